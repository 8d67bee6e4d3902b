//! Loads the rule files. Strict: an unknown key, a source or a code without a row, an alternative
//! that is not there: each is an error that names file and row.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::operation::OperationsFile;
use super::prerequisite::{Evidence, PrerequisiteRow, SwitchRow};
use super::{
    Assumptions, Check, Endpoint, ErrorCode, Gate, Mark, NetworkRow, Prerequisite, Profile, RoleDefinition,
    Router, RuleId, Rules, Source, Statement, database_row, single_server,
};

/// Why the rules could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A file is not what it should be.
    #[error("{file}: {error}")]
    Syntax {
        /// The file under `emulator/rules/`.
        file: String,
        /// The parser's words, with line and column.
        error: String,
    },
    /// A row contradicts another or refers to something that is not there.
    #[error("{file}, row {row}: {what}")]
    Row {
        /// The file under `emulator/rules/`.
        file: &'static str,
        /// The row.
        row: String,
        /// What is wrong.
        what: String,
    },
    /// An assumption does not fit the rules.
    #[error("no rule {rule} with the alternative `{alternative}`; its alternatives are: {known}")]
    Assumption {
        /// The rule named.
        rule: RuleId,
        /// The alternative named.
        alternative: String,
        /// What there is.
        known: String,
    },
}

const ROLES: [(&str, &str); 16] = [
    (
        "backup_contributor",
        include_str!("../../rules/roles/backup_contributor.json"),
    ),
    (
        "backup_operator",
        include_str!("../../rules/roles/backup_operator.json"),
    ),
    (
        "backup_reader",
        include_str!("../../rules/roles/backup_reader.json"),
    ),
    ("contributor", include_str!("../../rules/roles/contributor.json")),
    (
        "key_vault_reader",
        include_str!("../../rules/roles/key_vault_reader.json"),
    ),
    (
        "key_vault_secrets_user",
        include_str!("../../rules/roles/key_vault_secrets_user.json"),
    ),
    ("owner", include_str!("../../rules/roles/owner.json")),
    (
        "postgresql_flexible_server_long_term_retention_backup_role",
        include_str!("../../rules/roles/postgresql_flexible_server_long_term_retention_backup_role.json"),
    ),
    ("reader", include_str!("../../rules/roles/reader.json")),
    (
        "role_based_access_control_administrator",
        include_str!("../../rules/roles/role_based_access_control_administrator.json"),
    ),
    (
        "storage_account_backup_contributor",
        include_str!("../../rules/roles/storage_account_backup_contributor.json"),
    ),
    (
        "storage_account_contributor",
        include_str!("../../rules/roles/storage_account_contributor.json"),
    ),
    (
        "storage_blob_data_contributor",
        include_str!("../../rules/roles/storage_blob_data_contributor.json"),
    ),
    (
        "storage_blob_data_owner",
        include_str!("../../rules/roles/storage_blob_data_owner.json"),
    ),
    (
        "storage_blob_data_reader",
        include_str!("../../rules/roles/storage_blob_data_reader.json"),
    ),
    (
        "user_access_administrator",
        include_str!("../../rules/roles/user_access_administrator.json"),
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesFile {
    sources: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorsFile {
    error: Vec<ErrorCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkFile {
    trusted_services: Vec<TrustedService>,
    storage: Vec<NetworkRow>,
    gates: Vec<GatesRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustedService {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    evidence: Evidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GatesRow {
    endpoint: Endpoint,
    order: Vec<Gate>,
    #[serde(flatten)]
    evidence: Evidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrerequisitesFile {
    prerequisite: Vec<PrerequisiteRow>,
    switch: Vec<SwitchRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LifecycleFile {
    recorded_seconds: BTreeMap<String, Duration<f64>>,
    retry_after_seconds: BTreeMap<String, Duration<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Duration<T> {
    seconds: T,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Checks that every source named has a row.
pub(super) struct SourceCheck<'a>(&'a BTreeMap<String, Source>);

impl<'a> SourceCheck<'a> {
    pub(super) fn new(sources: &'a BTreeMap<String, Source>) -> Self {
        Self(sources)
    }

    pub(super) fn check(&self, file: &'static str, row: &str, sources: &[String]) -> Result<(), RulesError> {
        if sources.is_empty() {
            return Err(row_error(file, row, "it names no source"));
        }
        match sources.iter().find(|key| !self.0.contains_key(*key)) {
            Some(key) => Err(row_error(file, row, &format!("sources.toml has no `{key}`"))),
            None => Ok(()),
        }
    }
}

pub(super) fn row_error(file: &'static str, row: &str, what: &str) -> RulesError {
    RulesError::Row {
        file,
        row: row.to_owned(),
        what: what.to_owned(),
    }
}

pub(super) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, RulesError> {
    toml::from_str(text).map_err(|error| RulesError::Syntax {
        file: file.to_owned(),
        error: error.to_string(),
    })
}

pub(super) fn load(profile: Profile, assumptions: &Assumptions) -> Result<Rules, RulesError> {
    let sources: SourcesFile = parse("sources.toml", include_str!("../../rules/sources.toml"))?;
    let known = SourceCheck::new(&sources.sources);
    let operations: OperationsFile = parse("operations.toml", include_str!("../../rules/operations.toml"))?;
    for source in operations.sources() {
        known.check("operations.toml", "service", std::slice::from_ref(source))?;
    }
    let errors = load_errors(&known)?;
    let prerequisites: PrerequisitesFile = parse(
        "prerequisites.toml",
        include_str!("../../rules/prerequisites.toml"),
    )?;
    let taken = take(&prerequisites, profile, assumptions)?;
    let network: NetworkFile = parse("network.toml", include_str!("../../rules/network.toml"))?;
    check_network(&network, &taken, &known)?;
    let (compiled, mut statements) = compile_prerequisites(&prerequisites, &taken, &errors, &known)?;
    for row in &network.storage {
        statements.insert(
            RuleId::new(&row.id),
            statement(&row.reason, row.mark, &row.sources),
        );
    }
    let database_network =
        database_row::load(include_str!("../../rules/database_network.toml"), &taken, &known)?;
    statements.extend(database_network.statements());
    let lifecycle: LifecycleFile = parse("lifecycle.toml", include_str!("../../rules/lifecycle.toml"))?;
    for (name, row) in &lifecycle.recorded_seconds {
        known.check("lifecycle.toml", name, &row.evidence.sources)?;
    }
    Ok(Rules {
        router: Router::build(operations)?,
        built_in_roles: load_roles(&known)?,
        storage_rows: network
            .storage
            .into_iter()
            .filter(|row| match &row.only_when {
                Some(only) => taken.get(&RuleId::new(&only.rule)) == Some(&only.alternative),
                None => true,
            })
            .collect(),
        trusted_services: network
            .trusted_services
            .iter()
            .map(|service| service.kind.to_ascii_lowercase())
            .collect(),
        gates: network
            .gates
            .into_iter()
            .map(|row| (row.endpoint, row.order))
            .collect(),
        prerequisites: compiled,
        taken,
        errors,
        recorded_seconds: seconds(lifecycle.recorded_seconds),
        retry_after_seconds: seconds(lifecycle.retry_after_seconds),
        statements,
        database_network,
        single_server: single_server::load(include_str!("../../rules/single_server.toml"), &known)?,
        sources: sources.sources,
    })
}

fn seconds<T>(rows: BTreeMap<String, Duration<T>>) -> BTreeMap<String, T> {
    rows.into_iter().map(|(name, row)| (name, row.seconds)).collect()
}

fn statement(text: &str, mark: Mark, sources: &[String]) -> Statement {
    Statement {
        text: text.to_owned(),
        mark,
        sources: sources.to_vec(),
    }
}

fn load_errors(known: &SourceCheck<'_>) -> Result<BTreeMap<String, ErrorCode>, RulesError> {
    let file: ErrorsFile = parse("errors.toml", include_str!("../../rules/errors.toml"))?;
    let mut errors = BTreeMap::new();
    for error in file.error {
        known.check("errors.toml", &error.code, &error.sources)?;
        if let Some(twice) = errors.insert(error.code.clone(), error) {
            return Err(row_error("errors.toml", &twice.code, "it stands there twice"));
        }
    }
    Ok(errors)
}

fn load_roles(known: &SourceCheck<'_>) -> Result<Vec<RoleDefinition>, RulesError> {
    ROLES
        .iter()
        .map(|(name, text)| {
            let role: RoleDefinition = serde_json::from_str(text).map_err(|error| RulesError::Syntax {
                file: format!("roles/{name}.json"),
                error: error.to_string(),
            })?;
            known.check("roles", name, &role.sources)?;
            Ok(role)
        })
        .collect()
}

/// Which alternative each rule is taken with.
fn take(
    file: &PrerequisitesFile,
    profile: Profile,
    assumptions: &Assumptions,
) -> Result<BTreeMap<RuleId, String>, RulesError> {
    let prerequisites = file.prerequisite.iter().map(|row| {
        let names: Vec<&String> = row.alternatives.keys().collect();
        (&row.id, &row.documented, &row.observed, names)
    });
    let switches = file.switch.iter().map(|row| {
        let names: Vec<&String> = row.alternatives.keys().collect();
        (&row.id, &row.documented, &row.observed, names)
    });
    let mut taken = BTreeMap::new();
    let mut known = BTreeMap::new();
    for (id, documented, observed, names) in prerequisites.chain(switches) {
        for choice in [documented, observed] {
            if !names.contains(&choice) {
                return Err(row_error(
                    "prerequisites.toml",
                    id.as_str(),
                    &format!("no alternative `{choice}`"),
                ));
            }
        }
        let own = match profile {
            Profile::Documented => documented,
            Profile::Observed => observed,
        };
        known.insert(id.clone(), names);
        if taken.insert(id.clone(), own.clone()).is_some() {
            return Err(row_error(
                "prerequisites.toml",
                id.as_str(),
                "it stands there twice",
            ));
        }
    }
    for (rule, alternative) in assumptions {
        let names = known.get(rule).cloned().unwrap_or_default();
        if !names.contains(&alternative) {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            return Err(RulesError::Assumption {
                rule: rule.clone(),
                alternative: alternative.clone(),
                known: if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            });
        }
        taken.insert(rule.clone(), alternative.clone());
    }
    Ok(taken)
}

fn check_network(
    network: &NetworkFile,
    taken: &BTreeMap<RuleId, String>,
    known: &SourceCheck<'_>,
) -> Result<(), RulesError> {
    for row in &network.storage {
        known.check("network.toml", &row.id, &row.sources)?;
        if let Some(only) = &row.only_when
            && !taken.contains_key(&RuleId::new(&only.rule))
        {
            return Err(row_error(
                "network.toml",
                &row.id,
                &format!("there is no rule {}", only.rule),
            ));
        }
    }
    for row in &network.gates {
        known.check("network.toml", "gates", &row.evidence.sources)?;
    }
    for row in &network.trusted_services {
        known.check("network.toml", &row.kind, &row.evidence.sources)?;
    }
    Ok(())
}

type Compiled = (Vec<Prerequisite>, BTreeMap<RuleId, Statement>);

fn compile_prerequisites(
    file: &PrerequisitesFile,
    taken: &BTreeMap<RuleId, String>,
    errors: &BTreeMap<String, ErrorCode>,
    known: &SourceCheck<'_>,
) -> Result<Compiled, RulesError> {
    let mut compiled = Vec::new();
    let mut statements = BTreeMap::new();
    for row in &file.prerequisite {
        let wrong = |what: String| row_error("prerequisites.toml", row.id.as_str(), &what);
        if !errors.contains_key(&row.code) {
            return Err(wrong(format!("errors.toml has no `{}`", row.code)));
        }
        for (name, table) in &row.alternatives {
            let (check, evidence) =
                alternative(table).map_err(|what| wrong(format!("alternative {name}: {what}")))?;
            known.check("prerequisites.toml", row.id.as_str(), &evidence.sources)?;
            if taken.get(&row.id) == Some(name) {
                statements.insert(
                    row.id.clone(),
                    statement(&row.statement, evidence.mark, &evidence.sources),
                );
                compiled.push(Prerequisite {
                    id: row.id.clone(),
                    flavour: row.flavour,
                    stage: row.stage,
                    topic: row.topic.clone(),
                    statement: row.statement.clone(),
                    code: row.code.clone(),
                    code_mark: row.code_mark,
                    check,
                    mark: evidence.mark,
                    sources: evidence.sources,
                });
            }
        }
    }
    for row in &file.switch {
        for (name, evidence) in &row.alternatives {
            known.check("prerequisites.toml", row.id.as_str(), &evidence.sources)?;
            if taken.get(&row.id) == Some(name) {
                statements.insert(
                    row.id.clone(),
                    statement(&row.statement, evidence.mark, &evidence.sources),
                );
            }
        }
    }
    Ok((compiled, statements))
}

/// Splits an alternative into its check and its evidence, so that both can refuse unknown keys.
fn alternative(table: &toml::Table) -> Result<(Check, Evidence), String> {
    let mut check = table.clone();
    let mut evidence = toml::Table::new();
    for key in ["mark", "sources"] {
        if let Some(value) = check.remove(key) {
            evidence.insert(key.to_owned(), value);
        }
    }
    let check = check.try_into().map_err(|error| error.to_string())?;
    let evidence = evidence.try_into().map_err(|error| error.to_string())?;
    Ok((check, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_profiles_load() {
        for profile in Profile::ALL {
            let rules = Rules::load(profile, &Assumptions::new()).expect("the rules load");
            assert!(rules.prerequisites.len() > 10);
            assert_eq!(rules.built_in_roles.len(), ROLES.len());
        }
    }

    #[test]
    fn an_assumption_must_name_an_alternative() {
        let good = Assumptions::from([(RuleId::new("FX-RF-05"), "both_required".to_owned())]);
        let rules = Rules::load(Profile::Observed, &good).expect("the rules load");
        assert!(rules.takes("FX-RF-05", "both_required"));
        let bad = Assumptions::from([(RuleId::new("FX-RF-05"), "neither".to_owned())]);
        let error = Rules::load(Profile::Observed, &bad)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("both_required, either_alone"), "{error}");
    }

    #[test]
    fn every_check_names_an_operation_and_a_role_that_exist() {
        for profile in Profile::ALL {
            let rules = Rules::load(profile, &Assumptions::new()).expect("the rules load");
            for row in &rules.prerequisites {
                match &row.check {
                    Check::Admitted { operation, .. } => {
                        assert!(
                            rules.router.operation(operation).is_some(),
                            "{}: {operation}",
                            row.id
                        );
                    }
                    Check::HoldsRole { role, .. } => {
                        assert!(rules.built_in_role(role).is_some(), "{}: {role}", row.id);
                    }
                    _ => {}
                }
            }
        }
    }
}
