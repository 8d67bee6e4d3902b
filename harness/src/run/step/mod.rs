//! What a step can be. One file each, with its words, what they must be, and what is done; listed here and
//! nowhere else.

use azdrill_emulator::rules::Rules;
use serde::de::{Deserialize, Error as _};
use toml::Spanned;
use toml::de::DeTable;

use super::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};
pub(crate) use take::Take;
pub(in crate::run) use take::words_of;

#[macro_use]
mod list;

mod advance;
mod azure_services;
mod backup;
mod blobs;
mod compare;
mod delete_container;
mod deploy;
mod fault;
mod grant;
mod grant_inline;
mod grants;
mod load;
mod move_vault;
mod protect;
mod recovery_points;
mod recycle_identity;
mod request;
mod restore;
mod revoke;
mod rotate;
mod secret;
mod server;
mod set;
mod sql;
mod take;
#[cfg(test)]
mod tests;
mod undelete_vault;
mod validate_backup;
mod validate_restore;

steps! {
    /// Move the clock.
    "advance" Advance(advance::Advance),
    /// Let Azure services into a server, or keep them out.
    "azure_services" AzureServices(azure_services::AzureServices),
    /// Take a backup now, and wait for the job.
    "backup" Backup(backup::Backup),
    /// List the target container's blobs.
    "blobs" Blobs(blobs::Blobs),
    /// Load a restored dump into a new server and compare it, row by row, with the source.
    "compare" Compare(compare::Compare),
    /// Delete the target container.
    "delete_container" DeleteContainer(delete_container::DeleteContainer),
    /// Deploy a template.
    "deploy" Deploy(deploy::Deploy),
    /// Have something go wrong with requests or connections to come.
    "fault" Fault(fault::Fault),
    /// Give a role.
    "grant" Grant(grant::Grant),
    /// Grant what can be granted in one step while configuring: what the vault's identity needs.
    "grant_inline" GrantInline(grant_inline::GrantInline),
    /// Grant the database user what a backup needs, with the text of `azdrill grants`.
    "grants" Grants(grants::Grants),
    /// Load a file of the last restore with PostgreSQL's own programs.
    "load" Load(load::Load),
    /// Move the vault to another resource group.
    "move" Move(move_vault::Move),
    /// Create the backup instance, and wait until protection is configured or has failed.
    "protect" Protect(protect::Protect),
    /// List recovery points.
    "recovery_points" RecoveryPoints(recovery_points::RecoveryPoints),
    /// Switch the vault's system-assigned identity off and on again.
    "recycle_identity" RecycleIdentity(recycle_identity::RecycleIdentity),
    /// Ask something of Azure Resource Manager that has no step of its own.
    "request" Request(request::Request),
    /// Restore the newest recovery point, and wait for the job.
    "restore" Restore(restore::Restore),
    /// Take a role back.
    "revoke" Revoke(revoke::Revoke),
    /// Change the password of the database user, in the database, in the secret, or in both.
    "rotate" Rotate(rotate::Rotate),
    /// Give the secret of the credentials a new value, or disable, expire, enable or delete it.
    "secret" Secret(secret::Secret),
    /// Stop, start, restart or delete the server.
    "server" Server(server::Server),
    /// Change properties of a resource.
    "set" Set(set::Set),
    /// Run SQL in the server's database.
    "sql" Sql(sql::Sql),
    /// Bring the vault back that was deleted.
    "undelete_vault" UndeleteVault(undelete_vault::UndeleteVault),
    /// Ask the vault whether the datasource can be protected.
    "validate_backup" ValidateBackup(validate_backup::ValidateBackup),
    /// Ask the vault whether the newest recovery point can be restored.
    "validate_restore" ValidateRestore(validate_restore::ValidateRestore),
}
