//! Rows of the network tables of storage accounts and key vaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::file::{RulesError, parse, row_error};
use super::gate::Gate;
use super::source::{Evidence, SourceCheck};
use super::stated::{self, Taken};
use super::{Code, Endpoint, Mark, Rule, RuleId};

const FILE: &str = "network.toml";

/// Where a caller stands, as far as the network table tells callers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// The internet.
    Internet,
    /// A subnet.
    Subnet,
    /// An Azure service acting for a resource.
    Service,
    /// An approved private endpoint of what is behind the firewall.
    PrivateEndpoint,
}

/// Everything the network tables look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirewallFacts<'a> {
    /// Where the caller stands.
    pub from: OriginKind,
    /// `properties.publicNetworkAccess`, `Enabled` if unset.
    pub public_network_access: &'a str,
    /// `networkAcls.defaultAction`, `Allow` if unset.
    pub default_action: &'a str,
    /// Whether `networkAcls.bypass` names AzureServices.
    pub bypass: bool,
    /// Whether a resource access rule names the caller and its tenant.
    pub resource_rule: bool,
    /// Whether an IP rule covers the caller.
    pub address_rule: bool,
    /// Whether a virtual network rule names the caller's subnet.
    pub subnet_rule: bool,
    /// Whether there is any IP or virtual network rule.
    pub any_address_rule: bool,
    /// Whether there is an approved private endpoint connection.
    pub private_endpoint: bool,
    /// Whether the caller's resource type is a trusted service.
    pub trusted: bool,
    /// Whether the caller's token belongs to a user-assigned identity.
    pub user_assigned: bool,
}

/// One row: when it applies, and what follows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkRow {
    /// Its name.
    pub id: RuleId,
    /// When it applies.
    pub when: Conditions,
    /// What follows.
    pub outcome: Decision,
    /// The error a refusal is made of, where the table has more than one.
    pub code: Option<Code>,
    /// Takes part only where a rule is taken with an alternative.
    pub only_when: Option<OnlyWhen>,
    #[serde(default)]
    also: Vec<RuleId>,
    #[serde(skip)]
    rules: Vec<RuleId>,
    /// Why, for a person.
    pub reason: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl NetworkRow {
    /// The rules it decides by: itself, the one it takes part by, and those that say so as well.
    pub fn decides_by(&self) -> &[RuleId] {
        &self.rules
    }
}

/// The rules a row decides by.
pub(super) fn decides_by(own: RuleId, only_when: &Option<OnlyWhen>, also: &[RuleId]) -> Vec<RuleId> {
    let taken = only_when.iter().map(|only| only.rule);
    std::iter::once(own)
        .chain(taken)
        .chain(also.iter().copied())
        .collect()
}

/// What follows from a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The caller gets in.
    Allow,
    /// The caller is refused.
    Deny,
}

/// A row's reference to an open point.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlyWhen {
    /// The rule.
    pub rule: RuleId,
    /// The alternative it must be taken with.
    pub alternative: String,
}

/// The columns of a row; one that is left out matches anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    from: Option<Vec<OriginKind>>,
    public_network_access: Option<Vec<String>>,
    default_action: Option<Vec<String>>,
    bypass: Option<bool>,
    resource_rule: Option<bool>,
    address_rule: Option<bool>,
    subnet_rule: Option<bool>,
    any_address_rule: Option<bool>,
    private_endpoint: Option<bool>,
    trusted: Option<bool>,
    user_assigned: Option<bool>,
}

impl Conditions {
    /// Whether every column given matches.
    pub fn matches(&self, facts: &FirewallFacts<'_>) -> bool {
        let word = |column: &Option<Vec<String>>, value: &str| {
            column
                .as_ref()
                .is_none_or(|words| words.iter().any(|word| word.eq_ignore_ascii_case(value)))
        };
        let flag = |column: Option<bool>, value: bool| column.is_none_or(|wanted| wanted == value);
        self.from.as_ref().is_none_or(|kinds| kinds.contains(&facts.from))
            && word(&self.public_network_access, facts.public_network_access)
            && word(&self.default_action, facts.default_action)
            && flag(self.bypass, facts.bypass)
            && flag(self.resource_rule, facts.resource_rule)
            && flag(self.address_rule, facts.address_rule)
            && flag(self.subnet_rule, facts.subnet_rule)
            && flag(self.any_address_rule, facts.any_address_rule)
            && flag(self.private_endpoint, facts.private_endpoint)
            && flag(self.trusted, facts.trusted)
            && flag(self.user_assigned, facts.user_assigned)
    }
}

/// `network.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkFile {
    trusted_services: Vec<TrustedService>,
    storage: Vec<NetworkRow>,
    key_vault_trusted_service: Vec<KeyVaultTrustedService>,
    key_vault: Vec<NetworkRow>,
    gates: Vec<GatesRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyVaultTrustedService {
    #[serde(rename = "type")]
    kind: String,
    only_when: Option<OnlyWhen>,
    #[serde(flatten)]
    evidence: Evidence,
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

impl NetworkFile {
    /// Reads the file's text.
    pub(super) fn read(text: &str, known: &SourceCheck<'_>) -> Result<Self, RulesError> {
        let file: Self = parse(FILE, text)?;
        file.check(known)?;
        Ok(file)
    }

    fn check(&self, known: &SourceCheck<'_>) -> Result<(), RulesError> {
        for row in self.storage.iter().chain(&self.key_vault) {
            known.check(FILE, row.id.as_str(), &row.sources)?;
        }
        for row in self.key_vault.iter().filter(|row| row.outcome == Decision::Deny) {
            if row.code.is_none() {
                return Err(row_error(FILE, row.id.as_str(), "it denies, and names no code"));
            }
        }
        for row in &self.key_vault_trusted_service {
            known.check(FILE, &row.kind, &row.evidence.sources)?;
        }
        for row in &self.gates {
            known.check(FILE, "gates", &row.evidence.sources)?;
        }
        for row in &self.trusted_services {
            known.check(FILE, &row.kind, &row.evidence.sources)?;
        }
        Ok(())
    }

    /// Each row as a rule; those that do not take part as well.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        let rule = |topic| {
            move |row: &NetworkRow| stated::of_network(row.id, &row.reason, topic, row.mark, &row.sources)
        };
        let storage = self.storage.iter().map(rule("storage_network"));
        storage.chain(self.key_vault.iter().map(rule("key_vault_network")))
    }

    /// The rows of storage that take part.
    pub(super) fn storage_rows(&self, taken: &Taken<'_>) -> Result<Vec<NetworkRow>, RulesError> {
        rows_that_take_part(&self.storage, taken)
    }

    /// The rows of Key Vault that take part.
    pub(super) fn key_vault_rows(&self, taken: &Taken<'_>) -> Result<Vec<NetworkRow>, RulesError> {
        rows_that_take_part(&self.key_vault, taken)
    }

    pub(super) fn key_vault_trusted_services(&self, taken: &Taken<'_>) -> Result<Vec<String>, RulesError> {
        let mut kinds = Vec::new();
        for row in &self.key_vault_trusted_service {
            let takes_part = takes_part(&row.only_when, taken);
            if takes_part.map_err(|what| row_error(FILE, &row.kind, &what))? {
                kinds.push(row.kind.to_ascii_lowercase());
            }
        }
        Ok(kinds)
    }

    pub(super) fn trusted_services(&self) -> Vec<String> {
        self.trusted_services
            .iter()
            .map(|service| service.kind.to_ascii_lowercase())
            .collect()
    }

    pub(super) fn gates(&self) -> BTreeMap<Endpoint, Vec<Gate>> {
        self.gates
            .iter()
            .map(|row| (row.endpoint, row.order.clone()))
            .collect()
    }
}

fn rows_that_take_part(rows: &[NetworkRow], taken: &Taken<'_>) -> Result<Vec<NetworkRow>, RulesError> {
    let mut found = Vec::new();
    for row in rows {
        let takes_part = takes_part(&row.only_when, taken);
        if takes_part.map_err(|what| row_error(FILE, row.id.as_str(), &what))? {
            found.push(NetworkRow {
                rules: decides_by(row.id, &row.only_when, &row.also),
                ..row.clone()
            });
        }
    }
    Ok(found)
}

/// Whether a row takes part, for whom the rule it refers to is taken with one of several alternatives.
pub(super) fn takes_part(only_when: &Option<OnlyWhen>, taken: &Taken<'_>) -> Result<bool, String> {
    match only_when {
        Some(only) => taken.is(only.rule, &only.alternative),
        None => Ok(true),
    }
}
