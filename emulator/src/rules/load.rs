//! Loads the rule files. Strict: an unknown key, a source or a code without a row, an alternative
//! that is not there: each is an error that names file and row.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::network_row::NetworkFile;
use super::operation::OperationsFile;
use super::source::{Evidence, SourceCheck};
use super::whole::Rules;
use super::{
    Assumptions, Code, Datasources, ErrorCode, KeptResource, Profile, Router, Rule, RuleId, azure_policy,
    blob_limits, blob_request, body, client_words, cloud, condition_facts, conditional_request, database_row,
    datasource_row, deployment_facts, directory, error_code, failure, federation, fix, header_rows,
    kept_resource, key_vault, limits, link, name_form, network_resource, outside, parameter_list, provider,
    public_client, query_option, region, resource_guard, role, server_facts, server_settings, single_server,
    source, stated, stated_rows, storage_accounts, storage_facts, throttling, time_zone, vault_facts,
};

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

impl Rules {
    /// Loads the rules under a profile.
    ///
    /// # Errors
    ///
    /// If a file of `emulator/rules/` is wrong, or an assumption names a rule or an alternative
    /// that does not exist.
    pub fn load(profile: Profile, assumptions: &Assumptions) -> Result<Self, RulesError> {
        load(profile, assumptions)
    }
}

/// The text of a file of `emulator/rules/`.
macro_rules! rules_file {
    ($name:literal) => {
        include_str!(concat!("../../rules/", $name))
    };
}

/// All rules, by name, with what is to be done about each: those of `stated/`, the rows of tables that are rules,
/// and those of the errors.
fn by_name(
    stated_rows: Vec<Rule>,
    tables: impl Iterator<Item = Rule>,
    errors: &BTreeMap<Code, ErrorCode>,
) -> Result<BTreeMap<RuleId, Rule>, RulesError> {
    let mut rules = BTreeMap::new();
    let of_errors = errors.values().map(stated::of_error);
    for rule in stated_rows.into_iter().chain(tables).chain(of_errors) {
        if let Some(twice) = rules.insert(rule.id, rule) {
            return Err(row_error("stated", twice.id.as_str(), "it stands there twice"));
        }
    }
    fix::load(rules_file!("fixes.toml"), &mut rules)?;
    // The constants were made of lines, these rows of tables: who finds more has misread something.
    match RuleId::all().find(|id| !rules.contains_key(id)) {
        Some(id) => Err(row_error("stated", id.as_str(), "its row was not read")),
        None => Ok(rules),
    }
}

fn load(profile: Profile, assumptions: &Assumptions) -> Result<Rules, RulesError> {
    let sources = source::load(rules_file!("sources.toml"))?;
    let known = SourceCheck::new(&sources);
    cloud::check(&known)?;
    let kept = kept_resource::load(rules_file!("kept_resources.toml"), &known)?;
    let operations = load_operations(&kept, &known)?;
    let key_vault = key_vault::load(rules_file!("key_vault.toml"), &known)?;
    operations.check_policies(&key_vault)?;
    let errors = error_code::load(&known)?;
    let rows = stated_rows::load(profile, assumptions, &known)?;
    let taken = stated::Taken::of(&rows);
    let network = NetworkFile::read(rules_file!("network.toml"), &known)?;
    let database_network = database_row::load(rules_file!("database_network.toml"), &taken, &known)?;
    let server_settings = server_settings::load(rules_file!("server_settings.toml"), &known)?;
    let of_network = network.rules().chain(database_network.rules());
    let lifecycle = load_lifecycle(&known)?;
    let recorded_seconds = seconds(lifecycle.recorded_seconds);
    let datasources = load_datasources(&taken, &recorded_seconds, &known)?;
    let router = Router::build(operations)?;
    let conditions = condition_facts::load(rules_file!("conditions.toml"), &router, &known).map(Arc::new)?;
    let (public_clients, token_resources) = public_client::load(rules_file!("clients.toml"), &known)?;
    Ok(Rules {
        links: link::load(rules_file!("links.toml"), &known, router.operations())?,
        azure_policy: azure_policy::load(rules_file!("policy.toml"), &known)?,
        bodies: body::load(&known)?,
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
        client_words: client_words::load(rules_file!("client_words.toml"), &known)?,
        prerequisites: stated::prerequisites(&rows),
        stated: by_name(rows, of_network.chain(server_settings.rules()), errors)?,
        datasources,
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
        blob_limits: blob_limits::load(rules_file!("blob_limits.toml"), &known)?,
        blob_requests: blob_request::load(rules_file!("blob_requests.toml"), &known)?,
        vaults: vault_facts::load(rules_file!("vaults.toml"), &known)?,
        resource_guard: resource_guard::load(rules_file!("resource_guard.toml"), &known)?,
        limits: limits::load(rules_file!("limits.toml"), &known)?,
        conditional_writes: conditional_request::load(rules_file!("conditional_requests.toml"), &known)?,
        kept,
        deployments: Arc::new(deployment_facts::load(rules_file!("deployments.toml"), &known)?),
        throttling: throttling::load(rules_file!("throttling.toml"), &known)?,
        headers: header_rows::load(rules_file!("headers.toml"), &known)?,
        directory: directory::load(rules_file!("directory.toml"), &known)?,
        federation: federation::load(rules_file!("federation.toml"), &known)?,
        public_clients,
        token_resources,
        server_settings,
        servers: server_facts::load(rules_file!("servers.toml"), &known)?,
        sources,
    })
}

fn load_operations(kept: &[KeptResource], known: &SourceCheck<'_>) -> Result<OperationsFile, RulesError> {
    const FILE: &str = "operations.toml";
    let mut operations: OperationsFile = parse(FILE, rules_file!("operations.toml"))?;
    operations.add_kept(kept.iter().map(|row| (row.sources.clone(), row.operations())));
    for source in operations.sources() {
        known.check(FILE, "service", std::slice::from_ref(source))?;
    }
    Ok(operations)
}

fn load_datasources(
    taken: &stated::Taken<'_>,
    recorded: &BTreeMap<String, f64>,
    known: &SourceCheck<'_>,
) -> Result<Datasources, RulesError> {
    datasource_row::load(rules_file!("datasources.toml"), taken, recorded, known)
}

fn load_lifecycle(known: &SourceCheck<'_>) -> Result<LifecycleFile, RulesError> {
    const FILE: &str = "lifecycle.toml";
    let lifecycle: LifecycleFile = parse(FILE, rules_file!("lifecycle.toml"))?;
    for (name, row) in &lifecycle.recorded_seconds {
        known.check(FILE, name, &row.evidence.sources)?;
    }
    if !lifecycle.retry_after_seconds.contains_key("otherwise") {
        return Err(row_error(FILE, "otherwise", "there is no such row"));
    }
    for (name, row) in &lifecycle.retry_after_seconds {
        known.check(FILE, name, &row.evidence.sources)?;
    }
    Ok(lifecycle)
}

fn seconds<T>(rows: BTreeMap<String, Duration<T>>) -> BTreeMap<String, T> {
    rows.into_iter().map(|(name, row)| (name, row.seconds)).collect()
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
