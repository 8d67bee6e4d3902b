//! Loads the rule files. Strict: an unknown key, a source or a code without a row, an alternative
//! that is not there: each is an error that names file and row.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::network_row::NetworkFile;
use super::operation::OperationsFile;
use super::prerequisite::Evidence;
use super::{
    Assumptions, Code, ErrorCode, KeptResource, Profile, Router, Rule, RuleId, Rules, Source, blob_request,
    body, condition_facts, conditional_request, database_row, datasource_row, deployment_facts, directory,
    error_code, failure, federation, fix, header_rows, kept_resource, key_vault, limits, name_form,
    network_resource, outside, parameter_list, provider, public_client, query_option, region, role,
    server_facts, server_settings, single_server, stated, storage_accounts, storage_facts, time_zone,
    vault_facts,
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
    /// An assumption is of a rule that is not there.
    #[error("there is no rule {rule} that has alternatives; those that have stand in emulator/rules")]
    NoSuchChoice {
        /// The rule named.
        rule: String,
    },
    /// An assumption does not fit the rules.
    #[error("no rule {rule} with the alternative `{alternative}`; its alternatives are: {known}")]
    Assumption {
        /// The rule named.
        rule: String,
        /// The alternative named.
        alternative: String,
        /// What there is.
        known: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesFile {
    sources: BTreeMap<String, Source>,
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

/// The text of a file of `emulator/rules/`.
macro_rules! rules_file {
    ($name:literal) => {
        include_str!(concat!("../../rules/", $name))
    };
}

/// All rules, by name: those of `stated/` and the rows of the network tables.
fn by_name(
    stated_rows: Vec<Rule>,
    network: impl Iterator<Item = Rule>,
    errors: &BTreeMap<Code, ErrorCode>,
) -> Result<BTreeMap<RuleId, Rule>, RulesError> {
    let mut rules = BTreeMap::new();
    let of_errors = errors.values().map(stated::of_error);
    for rule in stated_rows.into_iter().chain(network).chain(of_errors) {
        if let Some(twice) = rules.insert(rule.id, rule) {
            return Err(row_error("stated", twice.id.as_str(), "it stands there twice"));
        }
    }
    // The constants were made of lines, these rows of tables: who finds more has misread something.
    match RuleId::all().find(|id| !rules.contains_key(id)) {
        Some(id) => Err(row_error("stated", id.as_str(), "its row was not read")),
        None => Ok(rules),
    }
}

pub(super) fn load(profile: Profile, assumptions: &Assumptions) -> Result<Rules, RulesError> {
    let sources: SourcesFile = parse("sources.toml", rules_file!("sources.toml"))?;
    let known = SourceCheck::new(&sources.sources);
    let kept = kept_resource::load(rules_file!("kept_resources.toml"), &known)?;
    let operations = load_operations(&kept, &known)?;
    let key_vault = key_vault::load(rules_file!("key_vault.toml"), &known)?;
    operations.check_policies(&key_vault)?;
    let errors = error_code::load(&known)?;
    let mut rows = stated::load(profile, &known)?;
    stated::assume(&mut rows, assumptions)?;
    let prerequisites = stated::prerequisites(&rows);
    let taken = stated::Taken::of(&rows);
    let network: NetworkFile = parse("network.toml", rules_file!("network.toml"))?;
    network.check(&known)?;
    let database_network = database_row::load(rules_file!("database_network.toml"), &taken, &known)?;
    let of_network = network.rules().chain(database_network.rules());
    let mut stated = by_name(rows.clone(), of_network, errors)?;
    fix::load(rules_file!("fixes.toml"), &mut stated)?;
    let lifecycle = load_lifecycle(&known)?;
    let recorded_seconds = seconds(lifecycle.recorded_seconds);
    let bodies = body::load(&known)?;
    let router = Router::build(operations)?;
    let conditions = condition_facts::load(rules_file!("conditions.toml"), &router, &known)?;
    let conditions = Arc::new(conditions);
    let conditional = rules_file!("conditional_requests.toml");
    let (public_clients, token_resources) = public_client::load(rules_file!("clients.toml"), &known)?;
    let server_settings = server_settings::load(rules_file!("server_settings.toml"), &known)?;
    Ok(Rules {
        bodies,
        time_zones: time_zone::load(rules_file!("time_zones.toml"), &known)?,
        query_options: query_option::load(rules_file!("query_options.toml"), &router, &known)?,
        router,
        built_in_roles: role::load_built_in(&taken, &conditions, &known)?,
        conditions,
        trusted_services: network.trusted_services(),
        gates: network.gates(),
        storage_rows: network.storage_rows(&taken)?,
        key_vault_rows: network.key_vault_rows(&taken)?,
        key_vault_trusted_services: network.key_vault_trusted_services(&taken)?,
        failures: failure::load(rules_file!("failures.toml"), &rows, &known)?,
        prerequisites,
        stated,
        datasources: datasource_row::load(
            rules_file!("datasources.toml"),
            &taken,
            &recorded_seconds,
            &known,
        )?,
        recorded_seconds,
        retry_after_seconds: seconds(lifecycle.retry_after_seconds),
        outside: outside::load(rules_file!("outside.toml"), &known)?,
        database_network,
        single_server: single_server::load(rules_file!("single_server.toml"), &known)?,
        key_vault,
        network_resources: network_resource::load(rules_file!("network_resources.toml"), &known)?,
        parameters: parameter_list::load(rules_file!("parameters.toml"), &known)?,
        providers: provider::load(rules_file!("providers.toml"), &known)?,
        regions: region::load(rules_file!("regions.toml"), &known)?,
        names: name_form::load(rules_file!("names.toml"), &known)?,
        storage_accounts: storage_accounts::load(rules_file!("storage_accounts.toml"), &known)?,
        storage: storage_facts::load(rules_file!("storage.toml"), &known)?,
        blob_requests: blob_request::load(rules_file!("blob_requests.toml"), &known)?,
        vaults: vault_facts::load(rules_file!("vaults.toml"), &known)?,
        limits: limits::load(rules_file!("limits.toml"), &known)?,
        conditional_writes: conditional_request::load(conditional, &known)?,
        kept,
        deployments: Arc::new(deployment_facts::load(rules_file!("deployments.toml"), &known)?),
        headers: header_rows::load(rules_file!("headers.toml"), &known)?,
        directory: directory::load(rules_file!("directory.toml"), &known)?,
        federation: federation::load(rules_file!("federation.toml"), &known)?,
        public_clients,
        token_resources,
        server_settings,
        servers: server_facts::load(rules_file!("servers.toml"), &known)?,
        sources: sources.sources,
    })
}

fn load_operations(kept: &[KeptResource], known: &SourceCheck<'_>) -> Result<OperationsFile, RulesError> {
    const FILE: &str = "operations.toml";
    let mut operations: OperationsFile = parse(FILE, rules_file!("operations.toml"))?;
    operations.add_kept(kept);
    for source in operations.sources() {
        known.check(FILE, "service", std::slice::from_ref(source))?;
    }
    Ok(operations)
}

fn load_lifecycle(known: &SourceCheck<'_>) -> Result<LifecycleFile, RulesError> {
    const FILE: &str = "lifecycle.toml";
    let lifecycle: LifecycleFile = parse(FILE, rules_file!("lifecycle.toml"))?;
    for (name, row) in &lifecycle.recorded_seconds {
        known.check(FILE, name, &row.evidence.sources)?;
    }
    for (name, row) in &lifecycle.retry_after_seconds {
        known.check(FILE, name, &row.evidence.sources)?;
    }
    Ok(lifecycle)
}

fn seconds<T>(rows: BTreeMap<String, Duration<T>>) -> BTreeMap<String, T> {
    rows.into_iter().map(|(name, row)| (name, row.seconds)).collect()
}

/// Sources to test a loader with.
#[cfg(test)]
pub(super) fn test_sources() -> BTreeMap<String, Source> {
    let text = "[sources]\nKNOWN = { title = \"a document\", version = \"1\" }";
    parse::<SourcesFile>("sources.toml", text)
        .expect("sources")
        .sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Check, rule};

    #[test]
    fn both_profiles_load() {
        for profile in Profile::ALL {
            let rules = Rules::load(profile, &Assumptions::new()).expect("the rules load");
            assert!(rules.prerequisites.len() > 10);
        }
    }

    #[test]
    fn an_assumption_must_name_an_alternative() {
        let good =
            Assumptions::from(["both_required"].map(|taken| ("FX-RF-05".to_owned(), taken.to_owned())));
        let rules = Rules::load(Profile::Observed, &good).expect("the rules load");
        assert!(rules.takes(rule::FX_RF_05, "both_required"));
        let bad = Assumptions::from(["neither"].map(|taken| ("FX-RF-05".to_owned(), taken.to_owned())));
        let error = Rules::load(Profile::Observed, &bad)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("both_required, either_alone"), "{error}");
        let none = Assumptions::from(["foo"].map(|taken| ("FX-B-01".to_owned(), taken.to_owned())));
        let error = Rules::load(Profile::Observed, &none)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("there is no rule FX-B-01 that has alternatives"),
            "{error}"
        );
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
