//! Role definitions: Azure's own, as `roles/built_in.txt` has them, and custom ones.

mod table;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::load::{RulesError, SourceCheck};
use super::stated::Taken;
use crate::model::{Action, ActionPattern, Condition, ConditionLanguage, PrincipalId, ResourceId};

/// One of the permissions a role is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolePermission {
    /// Control-plane actions granted.
    pub actions: Vec<ActionPattern>,
    /// Control-plane actions taken out of the grant. Not a denial: another role may grant them.
    pub not_actions: Vec<ActionPattern>,
    /// Data-plane actions granted.
    pub data_actions: Vec<ActionPattern>,
    /// Data-plane actions taken out of the grant.
    pub not_data_actions: Vec<ActionPattern>,
    /// What must hold besides.
    pub condition: Option<Condition>,
}

impl RolePermission {
    /// Whether it grants a control-plane action, if its condition holds.
    pub fn grants_action(&self, action: &Action) -> bool {
        covers(&self.actions, action) && !covers(&self.not_actions, action)
    }

    /// Whether it grants a data-plane action, if its condition holds. Control-plane patterns never do:
    /// Owner's `*` reads no blob.
    pub fn grants_data_action(&self, action: &Action) -> bool {
        covers(&self.data_actions, action) && !covers(&self.not_data_actions, action)
    }
}

fn covers(patterns: &[ActionPattern], action: &Action) -> bool {
    patterns.iter().any(|pattern| pattern.matches(action))
}

/// What a role grants. Of Azure's own nearly nobody asks, so that they stay text until somebody does.
#[derive(Clone, Debug)]
enum Permissions {
    Read(Vec<RolePermission>),
    Text(
        Arc<ConditionLanguage>,
        &'static str,
        OnceLock<Vec<RolePermission>>,
    ),
}

/// A built-in or custom role.
#[derive(Clone, Debug)]
pub struct RoleDefinition {
    /// The GUID that assignments name.
    pub id: Uuid,
    /// The display name.
    pub name: Cow<'static, str>,
    /// What it is for. Of Azure's own it was not recorded.
    pub description: Option<String>,
    /// When it was made, as on the wire.
    pub created_on: Cow<'static, str>,
    /// When it was last changed, as on the wire.
    pub updated_on: Cow<'static, str>,
    /// Who made it; nobody made Azure's own.
    pub created_by: Option<PrincipalId>,
    /// Who changed it last.
    pub updated_by: Option<PrincipalId>,
    /// Where a custom role may be assigned; empty for a built-in role.
    pub assignable_scopes: Vec<ResourceId>,
    permissions: Permissions,
}

impl RoleDefinition {
    /// A custom role that grants nothing yet.
    pub fn custom(id: Uuid, name: String, assignable_scopes: Vec<ResourceId>) -> Self {
        Self {
            id,
            name: Cow::Owned(name),
            description: None,
            created_on: Cow::Borrowed(""),
            updated_on: Cow::Borrowed(""),
            created_by: None,
            updated_by: None,
            assignable_scopes,
            permissions: Permissions::Read(Vec::new()),
        }
    }

    /// Whether it is one of Azure's own.
    pub fn is_built_in(&self) -> bool {
        self.assignable_scopes.is_empty()
    }

    /// What it grants. What of the table could not be read grants nothing; a test reads all of it.
    pub fn permissions(&self) -> &[RolePermission] {
        match &self.permissions {
            Permissions::Read(read) => read,
            Permissions::Text(language, text, read) => {
                read.get_or_init(|| table::permissions(language, text).unwrap_or_default())
            }
        }
    }

    /// What it grants, to be changed.
    pub fn permissions_mut(&mut self) -> &mut Vec<RolePermission> {
        if let Permissions::Text(language, text, _) = &self.permissions {
            self.permissions = Permissions::Read(table::permissions(language, text).unwrap_or_default());
        }
        match &mut self.permissions {
            Permissions::Read(read) => read,
            Permissions::Text(..) => unreachable!("it has just been read"),
        }
    }
}

/// Azure's own roles, in order of name.
#[derive(Clone, Debug)]
pub struct BuiltInRoles {
    roles: Vec<RoleDefinition>,
    /// Where each stands, in order of GUID.
    by_id: Vec<(Uuid, usize)>,
}

impl BuiltInRoles {
    fn of(roles: Vec<RoleDefinition>) -> Self {
        let mut by_id: Vec<(Uuid, usize)> = roles.iter().map(|role| role.id).zip(0..).collect();
        by_id.sort_unstable();
        Self { roles, by_id }
    }

    fn position(&self, id: Uuid) -> Option<usize> {
        let found = self.by_id.binary_search_by_key(&id, |(own, _)| *own).ok()?;
        Some(self.by_id[found].1)
    }

    /// The role of that GUID.
    pub fn get(&self, id: Uuid) -> Option<&RoleDefinition> {
        self.position(id).map(|at| &self.roles[at])
    }

    /// The role of that name, without regard to case.
    pub fn named(&self, name: &str) -> Option<&RoleDefinition> {
        self.roles
            .iter()
            .find(|role| role.name.eq_ignore_ascii_case(name))
    }

    /// The role of that name, to be changed: for engines with a mistake.
    pub fn named_mut(&mut self, name: &str) -> Option<&mut RoleDefinition> {
        let at = self.position(self.named(name)?.id)?;
        self.roles.get_mut(at)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &RoleDefinition> {
        self.roles.iter()
    }
}

/// Azure's built-in roles, those among them as the profile takes them of which documents and
/// recordings do not say the same.
pub(super) fn load_built_in(
    taken: &Taken<'_>,
    language: &Arc<ConditionLanguage>,
    known: &SourceCheck<'_>,
) -> Result<BuiltInRoles, RulesError> {
    let mut roles = BuiltInRoles::of(table::read(
        include_str!("../../../rules/roles/built_in.txt"),
        language,
        known,
    )?);
    for other in table::otherwise(include_str!("../../../rules/roles/otherwise.txt"))? {
        let is_taken = taken.is(other.rule, other.alternative);
        let is_taken = is_taken.map_err(|what| other.wrong(&what))?;
        let Some(at) = roles.position(other.role) else {
            return Err(other.wrong("built_in.txt has no such role"));
        };
        if is_taken {
            roles.roles[at].permissions =
                Permissions::Text(Arc::clone(language), other.permissions, OnceLock::new());
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests;
