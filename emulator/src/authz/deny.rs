//! Deny assignments: what somebody may not do, whatever their roles. Nobody makes one by a call: they come with
//! deployment stacks, managed applications and the like.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hierarchy::Hierarchy;
use super::wanted::WantedAction;
use crate::model::{Action, ActionPattern, PrincipalId, ResourceId};

/// Somebody a deny assignment is about. The nil GUID is everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeniedPrincipal {
    /// The object id.
    pub id: PrincipalId,
    /// The kind: `SystemDefined` for everybody.
    #[serde(rename = "type")]
    pub kind: String,
}

impl DeniedPrincipal {
    /// Everybody.
    pub fn everybody() -> Self {
        Self {
            id: PrincipalId(Uuid::nil()),
            kind: "SystemDefined".to_owned(),
        }
    }
}

/// What nobody of some may do at a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenyAssignment {
    /// Its own GUID.
    pub id: Uuid,
    /// The name people see.
    pub name: String,
    /// Where it applies.
    pub scope: ResourceId,
    /// Control-plane actions that are denied.
    #[serde(default)]
    pub actions: Vec<ActionPattern>,
    /// Those that are not, out of these.
    #[serde(default)]
    pub not_actions: Vec<ActionPattern>,
    /// Data-plane actions that are denied.
    #[serde(default)]
    pub data_actions: Vec<ActionPattern>,
    /// Those that are not, out of these.
    #[serde(default)]
    pub not_data_actions: Vec<ActionPattern>,
    /// Who is denied them.
    pub principals: Vec<DeniedPrincipal>,
    /// Who of these is not.
    #[serde(default)]
    pub exclude_principals: Vec<DeniedPrincipal>,
    /// Whether what is below the scope is not touched.
    #[serde(default)]
    pub do_not_apply_to_child_scopes: bool,
}

fn any(patterns: &[ActionPattern], action: &Action) -> bool {
    patterns.iter().any(|pattern| pattern.matches(action))
}

impl DenyAssignment {
    /// Whether it is about a scope.
    pub fn applies_at(&self, hierarchy: &Hierarchy, scope: &ResourceId) -> bool {
        if self.do_not_apply_to_child_scopes {
            self.scope == *scope
        } else {
            hierarchy.covers(&self.scope, scope)
        }
    }

    /// Whether it is about one of these: a caller and its groups.
    pub fn is_about(&self, principals: &[PrincipalId]) -> bool {
        let named = |all: &[DeniedPrincipal]| {
            all.iter()
                .any(|own| own.id.0.is_nil() || principals.contains(&own.id))
        };
        named(&self.principals) && !named(&self.exclude_principals)
    }

    /// Whether it takes an action away.
    pub fn denies(&self, wanted: WantedAction<'_>) -> bool {
        let (denied, not) = match wanted {
            WantedAction::Action(_) => (&self.actions, &self.not_actions),
            WantedAction::DataAction(_) => (&self.data_actions, &self.not_data_actions),
        };
        any(denied, wanted.action()) && !any(not, wanted.action())
    }
}
