//! What of a world somebody may leave behind: roles, networks, protection, leases, files.

use std::collections::BTreeMap;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::Resource;
use serde_json::Value;

/// The parts of a resource that open it, or end its protection.
const WATCHED: [&str; 12] = [
    "/properties/publicNetworkAccess",
    "/properties/network/publicNetworkAccess",
    "/properties/networkAcls",
    "/properties/allowBlobPublicAccess",
    "/properties/allowSharedKeyAccess",
    "/properties/allowCrossTenantReplication",
    "/properties/enableRbacAuthorization",
    "/properties/accessPolicies",
    "/properties/currentProtectionState",
    "/properties/securitySettings",
    "/properties/startIpAddress",
    "/properties/endIpAddress",
];

/// Facts by what they are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    facts: BTreeMap<String, String>,
    /// Files in storage accounts, by a name without what is another in each run, with their lengths.
    files: BTreeMap<String, u64>,
}

impl Facts {
    /// As things stand.
    pub fn of(azure: &Azure, rules: &Rules, now: Timestamp) -> Self {
        let state = azure.state();
        let mut facts = BTreeMap::new();
        for assignment in state.access.assignments() {
            let role = state.access.role(&rules.built_in_roles, assignment.role);
            let role = role.map_or_else(
                || assignment.role.to_string(),
                |role| role.name.clone().into_owned(),
            );
            let who = state.directory.get(assignment.principal);
            let who = who.map_or_else(
                || assignment.principal.0.to_string(),
                |who| who.display_name.clone(),
            );
            let about = format!("the role {role} of {who} on {}", last(assignment.scope.as_str()));
            facts.insert(about, "given".to_owned());
        }
        let shown = |resource: &&Resource| {
            let subscription = resource.id.subscription().and_then(|id| state.subscription(id));
            !subscription.is_some_and(|own| own.hidden)
        };
        for resource in state.resources.values().filter(shown) {
            let kind = resource.id.resource_type().unwrap_or_default();
            let about = format!("{} {}", last(&kind), resource.id.name());
            facts.insert(about, watched(resource));
        }
        let storage = &azure.services().storage;
        for lease in storage.leased(now) {
            facts.insert(format!("a lease of {lease}"), "held".to_owned());
        }
        let accounts = state.resources.values().filter(shown);
        let accounts = accounts.filter(|own| own.id.is_type("Microsoft.Storage/storageAccounts"));
        let files = accounts.flat_map(|account| storage.lengths(account.id.name()));
        Self {
            facts,
            files: files.map(|(name, length)| (masked(&name), length)).collect(),
        }
    }

    /// What is otherwise at the end of a run than it was before, and is not so at the end of one without faults.
    pub fn left(before: &Self, after: &Self, clean: &Self) -> Vec<String> {
        let mut left = Vec::new();
        for (about, now) in &after.facts {
            match (before.facts.get(about), clean.facts.get(about)) {
                (Some(then), _) if then == now => {}
                (_, Some(clean)) if clean == now => {}
                (Some(then), _) => left.push(format!("{about} was {then}, and is {now}")),
                (None, _) => left.push(format!("{about} is there")),
            }
        }
        let gone = before
            .facts
            .keys()
            .filter(|about| !after.facts.contains_key(*about) && clean.facts.contains_key(*about));
        left.extend(gone.map(|about| format!("{about} is there no more")));
        left
    }

    /// The files there are that were not there before, by names that are the same in each run.
    pub fn new_files(&self, before: &Self) -> BTreeMap<String, u64> {
        let new = self
            .files
            .iter()
            .filter(|(name, _)| !before.files.contains_key(*name));
        new.map(|(name, length)| (name.clone(), *length)).collect()
    }
}

fn watched(resource: &Resource) -> String {
    let parts = WATCHED.iter().filter_map(|place| {
        let value = resource.at(place);
        let name = last(place);
        (!value.is_null()).then(|| match value {
            Value::String(text) => format!("{name} {text}"),
            value => format!("{name} {value}"),
        })
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        "there".to_owned()
    } else {
        parts.join(", ")
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A name without what is another in each run: times and ids.
fn masked(name: &str) -> String {
    let mut text = String::new();
    let mut digits = String::new();
    let end = |text: &mut String, digits: &mut String| {
        if digits.len() >= 4 {
            text.push('#');
        } else {
            text.push_str(digits);
        }
        digits.clear();
    };
    for letter in name.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
        } else {
            end(&mut text, &mut digits);
            text.push(letter);
        }
    }
    end(&mut text, &mut digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_each_run() {
        assert_eq!(
            masked("restore-20261127101112_database_shop2.sql"),
            "restore-#_database_shop2.sql"
        );
        assert_eq!(masked("a/2026"), "a/#");
    }

    #[test]
    fn what_a_run_leaves_is_what_neither_was_there_nor_belongs_there() {
        let facts = |all: &[(&str, &str)]| Facts {
            facts: all
                .iter()
                .map(|(about, is)| ((*about).to_owned(), (*is).to_owned()))
                .collect(),
            files: BTreeMap::new(),
        };
        let before = facts(&[("account", "closed"), ("instance", "protected")]);
        let clean = facts(&[
            ("account", "closed"),
            ("instance", "protected"),
            ("database", "there"),
        ]);
        let after = facts(&[("account", "open"), ("database", "there"), ("role", "given")]);
        let left = Facts::left(&before, &after, &clean);
        assert_eq!(
            left,
            [
                "account was closed, and is open",
                "role is there",
                "instance is there no more"
            ]
        );
        assert!(Facts::left(&before, &clean, &clean).is_empty());
    }
}
