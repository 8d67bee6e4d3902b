//! What Resource Guards protect.

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::{Evidence, SourceCheck};
use crate::model::Action;

const FILE: &str = "resource_guard.toml";

/// What is known about Resource Guards.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceGuardFacts {
    /// For how long a deletion is unlocked.
    pub unlock: Unlock,
    /// What is asked of the caller at the guard.
    pub linked: LinkedActions,
    strength: Strength,
    operation: Vec<GuardedOperation>,
}

/// For how long a deletion is unlocked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlock {
    /// In minutes.
    pub minutes: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What the caller must be granted at the guard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedActions {
    map: String,
    act: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// The states of a vault's settings, the weakest first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strength {
    soft_delete: Vec<String>,
    immutability: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// How strong a state is; what is none of them, or not said, is as weak as the weakest.
fn strength(states: &[String], state: Option<&str>) -> usize {
    let place = |state: &str| states.iter().position(|own| own.eq_ignore_ascii_case(state));
    state.and_then(place).unwrap_or_default()
}

/// What is done to a Backup vault that a Resource Guard can protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriticalOperation {
    /// An instance goes, with its recovery points.
    DeleteInstance,
    /// The vault's mapping to its guard goes.
    DeleteProxy,
    /// Immutability gets weaker.
    ReduceImmutability,
    /// Soft delete gets weaker, or keeps for a shorter time.
    ReduceSoftDelete,
    /// The key of one's own is another, or is there at all.
    ModifyEncryption,
    /// Protection stops.
    StopProtection,
    /// Backups stop for the time being.
    SuspendBackups,
    /// An instance gets another policy.
    ModifyPolicy,
    /// Something is restored.
    Restore,
}

impl CriticalOperation {
    const ALL: [Self; 9] = [
        Self::DeleteInstance,
        Self::DeleteProxy,
        Self::ReduceImmutability,
        Self::ReduceSoftDelete,
        Self::ModifyEncryption,
        Self::StopProtection,
        Self::SuspendBackups,
        Self::ModifyPolicy,
        Self::Restore,
    ];
}

/// An operation that a guard can protect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardedOperation {
    /// `vaultCriticalOperation`.
    pub operation: String,
    /// The collection below the guard that requests for it stand in.
    pub requests: String,
    /// What of ours it is.
    pub critical: Option<CriticalOperation>,
    since: Option<String>,
    /// Whether no guard can leave it out.
    #[serde(default)]
    pub mandatory: bool,
    /// Whether it is asked for beforehand.
    #[serde(default)]
    pub unlocked: bool,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl GuardedOperation {
    /// `requestResourceType`, which for Backup vaults is the operation again.
    pub fn request_type(&self) -> String {
        match self.critical {
            Some(_) => self.operation.clone(),
            None => format!("Microsoft.DataProtection/resourceGuards/{}", self.requests),
        }
    }

    /// Whether a guard shows it at this API version.
    pub fn is_shown_at(&self, version: &str) -> bool {
        self.since.as_deref().is_none_or(|since| version >= since)
    }
}

impl ResourceGuardFacts {
    /// The operations of both kinds of vaults, in order.
    pub fn operations(&self) -> &[GuardedOperation] {
        &self.operation
    }

    /// The row of what is done to a Backup vault.
    pub fn of(&self, critical: CriticalOperation) -> &GuardedOperation {
        self.operation
            .iter()
            .find(|row| row.critical == Some(critical))
            .expect("each has a row: the loader has made sure")
    }

    /// The operation of a Backup vault whose requests stand in this collection.
    pub fn of_requests(&self, requests: &str) -> Option<&GuardedOperation> {
        self.operation
            .iter()
            .find(|row| row.critical.is_some() && row.requests.eq_ignore_ascii_case(requests))
    }

    /// How strong a state of soft delete is.
    pub fn strength_of_soft_delete(&self, state: Option<&str>) -> usize {
        strength(&self.strength.soft_delete, state)
    }

    /// How strong a state of immutability is.
    pub fn strength_of_immutability(&self, state: Option<&str>) -> usize {
        strength(&self.strength.immutability, state)
    }

    /// What the caller must be granted at a guard to map a vault to it.
    pub fn mapping_takes(&self) -> Action {
        Action::new(self.linked.map.clone())
    }

    /// What the caller must be granted at a guard to do what it protects.
    pub fn acting_takes(&self, row: &GuardedOperation) -> Action {
        Action::new(self.linked.act.replace("{requests}", &row.requests))
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<ResourceGuardFacts, RulesError> {
    let facts = parse::<ResourceGuardFacts>(FILE, text)?;
    known.check(FILE, "unlock", &facts.unlock.sources)?;
    known.check(FILE, "linked", &facts.linked.sources)?;
    known.check(FILE, "strength", &facts.strength.evidence.sources)?;
    for row in &facts.operation {
        known.check(FILE, &row.operation, &row.sources)?;
    }
    for critical in CriticalOperation::ALL {
        let rows = facts
            .operation
            .iter()
            .filter(|row| row.critical == Some(critical));
        if rows.count() != 1 {
            let what = format!("{critical:?} must have one row");
            return Err(row_error(FILE, "operation", &what));
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    #[test]
    fn what_is_done_to_a_vault_has_one_row() {
        let text = include_str!("../../rules/resource_guard.toml");
        let mut sources = test_sources();
        for key in text
            .split('"')
            .filter(|word| word.chars().all(|c| c == '-' || c.is_ascii_uppercase()))
        {
            sources.insert(key.to_owned(), sources["KNOWN"].clone());
        }
        assert!(load(text, &SourceCheck::new(&sources)).is_ok());
        let without = text.replace("critical = \"restore\"\n", "");
        let error = load(&without, &SourceCheck::new(&sources)).expect_err("refused");
        assert!(error.to_string().contains("Restore must have one row"), "{error}");
    }
}
