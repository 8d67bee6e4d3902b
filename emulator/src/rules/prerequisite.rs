//! What must be true before a backup or a restore goes through.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Gate, Mark, RuleId};
use crate::model::Timestamp;

/// Which kind of datasource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// `Microsoft.DBforPostgreSQL/flexibleServers`.
    FlexibleServer,
}

/// Where a prerequisite is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// `validateForBackup`, and the protection that follows a PUT.
    ValidateBackup,
    /// `validateRestore`.
    ValidateRestore,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The datasource.
    Server,
    /// The datasource's resource group.
    ServerGroup,
    /// The target storage account.
    Account,
    /// The target container.
    Container,
}

/// How a prerequisite is checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// The identity the request names exists on the vault.
    Identity,
    /// The identity holds this very role at (or above) the scope.
    HoldsRole {
        /// The role's display name.
        role: String,
        /// The scope.
        on: Subject,
    },
    /// The front door would let the identity perform the operation.
    Admitted {
        /// The operation's id.
        operation: String,
        /// On what.
        on: Subject,
        /// Only a refusal at this gate counts against the row.
        gate: Gate,
    },
    /// A property of the resource has a value.
    Setting {
        /// The resource.
        on: Subject,
        /// The name under `properties`.
        property: String,
        /// The value it must have.
        value: bool,
        /// Another value is worth a note in the log and nothing more.
        #[serde(default)]
        only_warns: bool,
        /// A resource created before this time has the value while the property is not set.
        #[serde(default)]
        unset_has_it_before: Option<Timestamp>,
    },
    /// The resource lies in the vault's region.
    SameRegion {
        /// The resource.
        on: Subject,
    },
    /// Cross-subscription restore is allowed, or not needed.
    SameSubscriptionOrAllowed {
        /// The resource.
        on: Subject,
    },
    /// The resource is there.
    Exists {
        /// The resource.
        on: Subject,
    },
    /// No blob begins with the file prefix.
    PrefixFree {
        /// The container.
        on: Subject,
    },
    /// The server's state is Ready.
    Ready {
        /// The server.
        on: Subject,
    },
    /// The server is not a replica.
    Primary {
        /// The server.
        on: Subject,
    },
    /// Nothing is checked.
    None {},
}

/// One prerequisite under one profile.
#[derive(Clone, Debug)]
pub struct Prerequisite {
    /// Its name.
    pub id: RuleId,
    /// The kind of datasource.
    pub flavour: Flavour,
    /// Where it is found out.
    pub stage: Stage,
    /// A word to group by.
    pub topic: String,
    /// What the documents state, in our words.
    pub statement: String,
    /// The error where it is not met.
    pub code: String,
    /// How sure we are that Azure answers with this code.
    pub code_mark: Option<Mark>,
    /// How it is checked under the profile.
    pub check: Check,
    /// How sure we are of that.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A row of `prerequisites.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrerequisiteRow {
    pub(super) id: RuleId,
    pub(super) flavour: Flavour,
    pub(super) stage: Stage,
    pub(super) topic: String,
    pub(super) statement: String,
    pub(super) code: String,
    pub(super) code_mark: Option<Mark>,
    pub(super) documented: String,
    pub(super) observed: String,
    pub(super) alternatives: BTreeMap<String, toml::Table>,
}

/// An open point other rows refer to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SwitchRow {
    pub(super) id: RuleId,
    #[expect(dead_code, reason = "read by people and by the report")]
    pub(super) topic: String,
    pub(super) statement: String,
    pub(super) documented: String,
    pub(super) observed: String,
    pub(super) alternatives: BTreeMap<String, Evidence>,
}

/// How sure we are, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    pub(super) mark: Mark,
    pub(super) sources: Vec<String>,
}
