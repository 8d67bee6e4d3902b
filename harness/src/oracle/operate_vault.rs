//! What a person may do with a vault: what the built-in roles' definitions grant (B.2), and where.

use super::{Expected, Gate, no};
use crate::sketch::operate_vault::{Operation, Role, Scope, Sketch};

/// What an operation is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Vault,
    /// A policy, or what was deleted: inside the vault, and in no instance.
    Inside,
    Instance,
    /// Calls of the paired region go to the resource group.
    Group,
}

/// Whether a person may do it.
pub fn operate_vault(sketch: &Sketch) -> Expected {
    let granted = grants(sketch.role, sketch.operation);
    let about = about(sketch.operation);
    let covered = match sketch.scope {
        Scope::Group | Scope::Subscription | Scope::TooNew => true,
        Scope::Vault => about != Of::Group,
        Scope::Instance => about == Of::Instance,
        Scope::Prefix => false,
    };
    if granted && covered && sketch.scope != Scope::TooNew {
        return Expected::Passes;
    }
    let mut rules = vec!["RBAC"];
    if granted && sketch.scope == Scope::TooNew {
        rules.push("E1-PROPAGATION");
    }
    rules.extend(says_so(sketch.operation));
    no(Gate::Authorization, &rules, "AuthorizationFailed")
}

fn about(operation: Operation) -> Of {
    match operation {
        Operation::ReadVault
        | Operation::WriteVault
        | Operation::DeleteVault
        | Operation::ValidateBackup
        | Operation::ReadDeleted
        | Operation::AssignRole => Of::Vault,
        Operation::ReadPolicy
        | Operation::WritePolicy
        | Operation::DeletePolicy
        | Operation::ReadJob
        | Operation::Undelete => Of::Inside,
        Operation::ReadSecondaryPoints | Operation::RestoreAcross => Of::Group,
        _ => Of::Instance,
    }
}

/// What the roles' definitions grant.
fn grants(role: Role, operation: Operation) -> bool {
    let reads = matches!(
        operation,
        Operation::ReadVault
            | Operation::ReadPolicy
            | Operation::ReadInstance
            | Operation::ReadPoints
            | Operation::ReadJob
            | Operation::ReadDeleted
    );
    // OP-02: no Backup role reads jobs.
    let reads_but_jobs = reads && operation != Operation::ReadJob;
    // Actions that change nothing, which the recorded definition of Backup Reader has as well.
    let looks = reads_but_jobs || matches!(operation, Operation::FindTimes | Operation::ReadSecondaryPoints);
    let runs = matches!(
        operation,
        Operation::WriteInstance
            | Operation::ValidateBackup
            | Operation::BackUp
            | Operation::ValidateRestore
            | Operation::Restore
            | Operation::RestoreAcross
    );
    // "Can't create vaults", and yet may write them. Not among its actions: deleting a vault, stopping protection,
    // resuming backups.
    let configures = matches!(
        operation,
        Operation::WriteVault
            | Operation::WritePolicy
            | Operation::DeletePolicy
            | Operation::DeleteInstance
            | Operation::SuspendBackups
            | Operation::ResumeProtection
            | Operation::Undelete
    );
    match role {
        Role::Owner => true,
        // OP-03: everything but access control.
        Role::Contributor => operation != Operation::AssignRole,
        Role::BackupContributor => looks || runs || configures,
        Role::BackupOperator => looks || runs,
        Role::BackupReader => looks,
        Role::Reader => reads,
        Role::UserAccess | Role::AccessControl => reads || operation == Operation::AssignRole,
        Role::LongTermRetention => false,
    }
}

/// Published behaviours that say so of an operation.
fn says_so(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::ValidateBackup | Operation::WriteInstance | Operation::BackUp => &["FX-B-22", "SS-B-22"],
        Operation::ValidateRestore | Operation::Restore => &["FX-RF-15", "SS-RD-12"],
        _ => &[],
    }
}
