//! Role definitions.

use serde::Deserialize;
use uuid::Uuid;

use super::Mark;
use crate::model::{Action, ActionPattern, ResourceId};

/// A built-in or custom role.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleDefinition {
    /// The GUID that assignments name.
    pub id: Uuid,
    /// The display name.
    #[serde(rename = "roleName")]
    pub name: String,
    /// How sure we are of the action list.
    #[serde(default = "unverified")]
    pub mark: Mark,
    /// Where it was read.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Control-plane actions granted.
    pub actions: Vec<ActionPattern>,
    /// Control-plane actions taken out of the grant. Not a denial: another role may grant them.
    pub not_actions: Vec<ActionPattern>,
    /// Data-plane actions granted.
    pub data_actions: Vec<ActionPattern>,
    /// Data-plane actions taken out of the grant.
    pub not_data_actions: Vec<ActionPattern>,
    /// Where a custom role may be assigned; empty for a built-in role.
    #[serde(skip)]
    pub assignable_scopes: Vec<ResourceId>,
}

fn unverified() -> Mark {
    Mark::Unverified
}

impl RoleDefinition {
    /// Whether the role grants a control-plane action.
    pub fn grants_action(&self, action: &Action) -> bool {
        covers(&self.actions, action) && !covers(&self.not_actions, action)
    }

    /// Whether the role grants a data-plane action. Control-plane patterns never do: Owner's `*`
    /// reads no blob.
    pub fn grants_data_action(&self, action: &Action) -> bool {
        covers(&self.data_actions, action) && !covers(&self.not_data_actions, action)
    }
}

fn covers(patterns: &[ActionPattern], action: &Action) -> bool {
    patterns.iter().any(|pattern| pattern.matches(action))
}
