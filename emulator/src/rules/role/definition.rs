//! A role.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::permission::{self, RolePermission};
use crate::model::{ConditionLanguage, PrincipalId, ResourceId};

/// What a role grants. Of Azure's own nearly nobody asks, so that they stay text until somebody does.
#[derive(Clone, Debug)]
pub(super) enum Permissions {
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
    pub(super) permissions: Permissions,
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
                read.get_or_init(|| permission::read(language, text).unwrap_or_default())
            }
        }
    }

    /// What it grants, to be changed.
    pub fn permissions_mut(&mut self) -> &mut Vec<RolePermission> {
        if let Permissions::Text(language, text, _) = &self.permissions {
            self.permissions = Permissions::Read(permission::read(language, text).unwrap_or_default());
        }
        match &mut self.permissions {
            Permissions::Read(read) => read,
            Permissions::Text(..) => unreachable!("it has just been read"),
        }
    }
}
