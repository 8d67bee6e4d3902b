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
    files: BTreeMap<String, Files>,
}

/// Files whose names are the same but for what is another in each run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// How many.
    pub count: usize,
    /// Their bytes together.
    pub bytes: u64,
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
        let mut counted: BTreeMap<String, Files> = BTreeMap::new();
        for (name, length) in files {
            let own = counted.entry(masked(&name)).or_default();
            own.count += 1;
            own.bytes += length;
        }
        Self {
            facts,
            files: counted,
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
    pub fn new_files(&self, before: &Self) -> BTreeMap<String, Files> {
        let new = self.files.iter().filter_map(|(name, now)| {
            let then = before.files.get(name).copied().unwrap_or_default();
            let new = Files {
                count: now.count.saturating_sub(then.count),
                bytes: now.bytes.saturating_sub(then.bytes),
            };
            (new.count > 0).then(|| (name.clone(), new))
        });
        new.collect()
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

/// The shortest word with a digit that is taken for a time, a number or an id of one run.
const OF_ONE_RUN: usize = 4;
/// The shortest row of hexadecimal digits and hyphens that is taken for an id.
const ID: usize = 8;

/// A name without what is another in each run: times, numbers and ids.
fn masked(name: &str) -> String {
    let is_of_id = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    let without_ids = runs(name, is_of_id, |run| {
        run.len() >= ID && run.contains(|c: char| c.is_ascii_digit())
    });
    runs(
        &without_ids,
        |letter| letter.is_alphanumeric(),
        |run| run.len() >= OF_ONE_RUN && run.contains(|c: char| c.is_ascii_digit()),
    )
}

/// A text with one sign for each run of some letters that is one to be hidden.
fn runs(text: &str, of: impl Fn(char) -> bool, hides: impl Fn(&str) -> bool) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter| !of(letter)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        shown.push_str(if hides(run) { "#" } else { run });
        let next = behind.chars().next();
        shown.extend(next);
        rest = behind.get(next.map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_each_run() {
        for (one, other) in [
            ("restore-20261127101112", "restore-20261127101310"),
            ("restore-rcc9d9bc7", "restore-r1d28d2ea"),
            (
                "d28d2eaa-d16d-4711-aed1-e1d2ceac8abc",
                "0c8abcd2-11ae-47d1-96d1-eaad28d2eace",
            ),
            ("r1234567", "r7654321"),
        ] {
            let names = |prefix: &str| {
                let files = ["_database_shop.sql", "_database_postgres.sql", "_roles.sql"];
                files.map(|file| masked(&format!("restored/{prefix}{file}")))
            };
            assert_eq!(names(one), names(other));
            assert!(names(one)[0] != names(one)[1] && names(one)[0].ends_with("_database_shop.sql"));
        }
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
