//! Rows of the database servers' network tables.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::network_row::{OnlyWhen, decides_by, takes_part};
use super::source::SourceCheck;
use super::stated::{Taken, of_network};
use super::{Decision, Mark, OriginKind, Rule, RuleId};
use crate::model::Origin;

const FILE: &str = "database_network.toml";

/// Which network paths reach a database server, by flavour, under one profile.
#[derive(Clone, Debug)]
pub struct DatabaseNetwork {
    /// Rows of single servers, in order.
    pub single_server: Vec<DatabaseRow>,
    /// Rows of flexible servers, in order.
    pub flexible_server: Vec<DatabaseRow>,
    messages: BTreeMap<String, String>,
    rules: Vec<Rule>,
}

/// Everything the tables look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseFacts<'a> {
    /// Where the caller stands.
    pub from: OriginKind,
    /// `publicNetworkAccess`, `Enabled` if unset.
    pub public_network_access: &'a str,
    /// Whether some firewall rule is 0.0.0.0 to 0.0.0.0.
    pub azure_services: bool,
    /// Whether some firewall rule covers every address.
    pub every_address: bool,
    /// Whether a firewall rule covers the caller's address.
    pub address_rule: bool,
    /// Whether a virtual network rule names the caller's subnet.
    pub subnet_rule: bool,
    /// Whether the server has an approved private endpoint connection.
    pub private_endpoint: bool,
    /// Whether the server stands in a delegated subnet.
    pub injected: bool,
    /// Whether the caller's subnet is in the network of that delegated subnet.
    pub same_network: bool,
}

/// One row: when it applies, and what follows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseRow {
    /// Its name.
    pub id: RuleId,
    /// When it applies.
    pub when: DatabaseConditions,
    /// What follows.
    pub outcome: Decision,
    /// What the client is told, if it is refused: the name of a message.
    #[serde(default)]
    pub says: String,
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

impl DatabaseRow {
    /// The rules it decides by: itself, the one it takes part by, and those that say so as well.
    pub fn decides_by(&self) -> &[RuleId] {
        &self.rules
    }
}

/// The columns of a row; one that is left out matches anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConditions {
    from: Option<Vec<OriginKind>>,
    public_network_access: Option<Vec<String>>,
    azure_services: Option<bool>,
    every_address: Option<bool>,
    address_rule: Option<bool>,
    subnet_rule: Option<bool>,
    private_endpoint: Option<bool>,
    injected: Option<bool>,
    same_network: Option<bool>,
}

impl DatabaseConditions {
    /// Whether every column given matches.
    pub fn matches(&self, facts: &DatabaseFacts<'_>) -> bool {
        let flag = |column: Option<bool>, value: bool| column.is_none_or(|wanted| wanted == value);
        let access = facts.public_network_access;
        self.from.as_ref().is_none_or(|kinds| kinds.contains(&facts.from))
            && self
                .public_network_access
                .as_ref()
                .is_none_or(|words| words.iter().any(|word| word.eq_ignore_ascii_case(access)))
            && flag(self.azure_services, facts.azure_services)
            && flag(self.every_address, facts.every_address)
            && flag(self.address_rule, facts.address_rule)
            && flag(self.subnet_rule, facts.subnet_rule)
            && flag(self.private_endpoint, facts.private_endpoint)
            && flag(self.injected, facts.injected)
            && flag(self.same_network, facts.same_network)
    }
}

impl From<&Origin> for OriginKind {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Internet { .. } => Self::Internet,
            Origin::Subnet { .. } => Self::Subnet,
            Origin::PrivateEndpoint { .. } => Self::PrivateEndpoint,
            Origin::AzureService { .. } => Self::Service,
        }
    }
}

impl DatabaseNetwork {
    /// What a client is told whom the row refuses; empty for a row that allows.
    pub fn message(&self, row: &DatabaseRow) -> &str {
        self.messages.get(&row.says).map_or("", String::as_str)
    }

    /// Each row as a rule; those that do not take part as well.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.rules.clone().into_iter()
    }

    /// The rows of both flavours.
    pub fn rows(&self) -> impl Iterator<Item = &DatabaseRow> {
        self.single_server.iter().chain(&self.flexible_server)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseNetworkFile {
    refusal: Vec<RefusalRow>,
    single_server: Vec<DatabaseRow>,
    flexible_server: Vec<DatabaseRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusalRow {
    name: String,
    message: String,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// Loads the file's text, and keeps the rows that take part.
pub(super) fn load(
    text: &str,
    taken: &Taken<'_>,
    known: &SourceCheck<'_>,
) -> Result<DatabaseNetwork, RulesError> {
    let file: DatabaseNetworkFile = parse(FILE, text)?;
    let mut messages = BTreeMap::new();
    for row in file.refusal {
        known.check(FILE, &row.name, &row.sources)?;
        if messages.insert(row.name.clone(), row.message).is_some() {
            return Err(row_error(FILE, &row.name, "it stands there twice"));
        }
    }
    let mut rules = Vec::new();
    let mut keep = |rows: Vec<DatabaseRow>| -> Result<Vec<DatabaseRow>, RulesError> {
        let mut kept = Vec::new();
        for mut row in rows {
            row.rules = decides_by(row.id, &row.only_when, &row.also);
            rules.push(of_network(
                row.id,
                &row.reason,
                "source_network",
                row.mark,
                &row.sources,
            ));
            if check(&row, &messages, taken, known)? {
                kept.push(row);
            }
        }
        Ok(kept)
    };
    let (single_server, flexible_server) = (keep(file.single_server)?, keep(file.flexible_server)?);
    Ok(DatabaseNetwork {
        single_server,
        flexible_server,
        messages,
        rules,
    })
}

/// Checks a row; whether it takes part.
fn check(
    row: &DatabaseRow,
    messages: &BTreeMap<String, String>,
    taken: &Taken<'_>,
    known: &SourceCheck<'_>,
) -> Result<bool, RulesError> {
    let wrong = |what: &str| row_error(FILE, row.id.as_str(), what);
    known.check(FILE, row.id.as_str(), &row.sources)?;
    match row.outcome {
        Decision::Allow if !row.says.is_empty() => Err(wrong("it allows, and tells the client a refusal")),
        Decision::Deny if !messages.contains_key(&row.says) => {
            Err(wrong(&format!("there is no refusal `{}`", row.says)))
        }
        Decision::Allow | Decision::Deny => takes_part(&row.only_when, taken).map_err(|what| wrong(&what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Profile, Rules, Source};

    const GOOD: &str = r#"
        flexible_server = []
        [[refusal]]
        name = "no"
        message = "no"
        mark = "doc"
        sources = ["KNOWN"]
        [[single_server]]
        id = "SS-N-NONE"
        when = { from = ["internet"] }
        outcome = "deny"
        says = "no"
        reason = "no"
        mark = "doc"
        sources = ["KNOWN"]
    "#;

    fn loaded(text: &str) -> Result<DatabaseNetwork, String> {
        let source = Source {
            title: "a document".to_owned(),
            version: "1".to_owned(),
            url: None,
        };
        let sources = BTreeMap::from([("KNOWN".to_owned(), source)]);
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
        let rules: Vec<Rule> = rules.stated.into_values().collect();
        load(text, &Taken::of(&rules), &SourceCheck::new(&sources)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_row_that_is_wrong_does_not_load() {
        assert_eq!(loaded(GOOD).expect("it loads").single_server.len(), 1);
        for (find, replace, says) in [
            ("says = \"no\"", "says = \"other\"", "no refusal `other`"),
            ("says = \"no\"", "", "no refusal ``"),
            ("outcome = \"deny\"", "outcome = \"allow\"", "it allows"),
            ("from = [", "form = [", "unknown field `form`"),
            (
                "reason = \"no\"",
                "reason = \"no\"\nmore = 1",
                "unknown field `more`",
            ),
            (
                "says = \"no\"",
                "says = \"no\"\nonly_when = { rule = \"SS-B-08\", alternative = \"one\" }",
                "SS-B-08 has no alternative `one`",
            ),
        ] {
            let text = GOOD.replace(find, replace);
            let error = loaded(&text).expect_err(says);
            assert!(error.contains(says), "{error}");
        }
        let unknown = GOOD.replacen("KNOWN", "UNKNOWN", 1);
        assert!(loaded(&unknown).expect_err("a source").contains("UNKNOWN"));
    }

    #[test]
    fn a_row_about_an_open_point_takes_part_under_its_alternative() {
        let with = |alternative: &str| {
            let only = format!(
                "says = \"no\"\nonly_when = {{ rule = \"SS-B-08\", alternative = \"{alternative}\" }}"
            );
            loaded(&GOOD.replace("says = \"no\"", &only))
                .expect("it loads")
                .single_server
                .len()
        };
        assert_eq!((with("not_supported"), with("supported")), (1, 0));
    }
}
