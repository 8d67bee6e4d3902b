//! Role definitions: Azure's own, as `roles/built_in.txt` has them, and custom ones.

mod definition;
mod permission;
mod table;

pub use definition::RoleDefinition;
pub use permission::RolePermission;

use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::file::RulesError;
use super::source::SourceCheck;
use super::stated::Taken;
use crate::model::ConditionLanguage;
use definition::Permissions;

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
