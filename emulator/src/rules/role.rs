//! Role definitions.

use serde::Deserialize;
use uuid::Uuid;

use super::Mark;
use super::load::{RulesError, SourceCheck};
use crate::model::{Action, ActionPattern, ResourceId};

const ROLES: [(&str, &str); 22] = [
    (
        "backup_contributor",
        include_str!("../../rules/roles/backup_contributor.json"),
    ),
    (
        "backup_operator",
        include_str!("../../rules/roles/backup_operator.json"),
    ),
    (
        "backup_reader",
        include_str!("../../rules/roles/backup_reader.json"),
    ),
    ("contributor", include_str!("../../rules/roles/contributor.json")),
    (
        "key_vault_administrator",
        include_str!("../../rules/roles/key_vault_administrator.json"),
    ),
    (
        "key_vault_contributor",
        include_str!("../../rules/roles/key_vault_contributor.json"),
    ),
    (
        "key_vault_crypto_officer",
        include_str!("../../rules/roles/key_vault_crypto_officer.json"),
    ),
    (
        "key_vault_crypto_service_encryption_user",
        include_str!("../../rules/roles/key_vault_crypto_service_encryption_user.json"),
    ),
    (
        "key_vault_crypto_user",
        include_str!("../../rules/roles/key_vault_crypto_user.json"),
    ),
    (
        "key_vault_reader",
        include_str!("../../rules/roles/key_vault_reader.json"),
    ),
    (
        "key_vault_secrets_officer",
        include_str!("../../rules/roles/key_vault_secrets_officer.json"),
    ),
    (
        "key_vault_secrets_user",
        include_str!("../../rules/roles/key_vault_secrets_user.json"),
    ),
    ("owner", include_str!("../../rules/roles/owner.json")),
    (
        "postgresql_flexible_server_long_term_retention_backup_role",
        include_str!("../../rules/roles/postgresql_flexible_server_long_term_retention_backup_role.json"),
    ),
    ("reader", include_str!("../../rules/roles/reader.json")),
    (
        "role_based_access_control_administrator",
        include_str!("../../rules/roles/role_based_access_control_administrator.json"),
    ),
    (
        "storage_account_backup_contributor",
        include_str!("../../rules/roles/storage_account_backup_contributor.json"),
    ),
    (
        "storage_account_contributor",
        include_str!("../../rules/roles/storage_account_contributor.json"),
    ),
    (
        "storage_blob_data_contributor",
        include_str!("../../rules/roles/storage_blob_data_contributor.json"),
    ),
    (
        "storage_blob_data_owner",
        include_str!("../../rules/roles/storage_blob_data_owner.json"),
    ),
    (
        "storage_blob_data_reader",
        include_str!("../../rules/roles/storage_blob_data_reader.json"),
    ),
    (
        "user_access_administrator",
        include_str!("../../rules/roles/user_access_administrator.json"),
    ),
];

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

/// Azure's built-in roles.
pub(super) fn load_built_in(known: &SourceCheck<'_>) -> Result<Vec<RoleDefinition>, RulesError> {
    ROLES
        .iter()
        .map(|(name, text)| {
            let role: RoleDefinition = serde_json::from_str(text).map_err(|error| RulesError::Syntax {
                file: format!("roles/{name}.json"),
                error: error.to_string(),
            })?;
            known.check("roles", name, &role.sources)?;
            Ok(role)
        })
        .collect()
}
