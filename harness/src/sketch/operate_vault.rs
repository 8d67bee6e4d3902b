//! What a person may do with a vault.

use super::{Dimension, Shape, dimension};

words! {
    /// The role of the person.
    Role {
        /// Owner.
        Owner = "Owner",
        /// Contributor.
        Contributor = "Contributor",
        /// Backup Contributor.
        BackupContributor = "Backup Contributor",
        /// Backup Operator.
        BackupOperator = "Backup Operator",
        /// Backup Reader.
        BackupReader = "Backup Reader",
        /// Reader.
        Reader = "Reader",
        /// User Access Administrator.
        UserAccess = "User Access Administrator",
        /// Role Based Access Control Administrator.
        AccessControl = "Role Based Access Control Administrator",
        /// The role of a vault's identity on a flexible server.
        LongTermRetention = "PostgreSQL Flexible Server Long Term Retention Backup Role",
    }
}

words! {
    /// Where it is assigned.
    Scope {
        /// The resource group of the vault.
        Group = "the group",
        /// Its subscription.
        Subscription = "the subscription",
        /// The vault.
        Vault = "the vault",
        /// The backup instance.
        Instance = "the instance",
        /// A vault whose name the vault's begins with.
        Prefix = "a vault with a prefix of the name",
        /// The group, too recently to be seen.
        TooNew = "the group, not yet propagated",
    }
}

words! {
    /// What the person wants to do.
    Operation {
        /// Look at the vault.
        ReadVault = "read the vault",
        /// Change the vault.
        WriteVault = "change the vault",
        /// Delete the vault.
        DeleteVault = "delete the vault",
        /// Look at a policy.
        ReadPolicy = "read a policy",
        /// Make a policy.
        WritePolicy = "write a policy",
        /// Delete a policy.
        DeletePolicy = "delete a policy",
        /// Look at an instance.
        ReadInstance = "read an instance",
        /// Protect something.
        WriteInstance = "write an instance",
        /// Delete an instance.
        DeleteInstance = "delete an instance",
        /// Validate a backup.
        ValidateBackup = "validate a backup",
        /// Take a backup now.
        BackUp = "take a backup",
        /// Stop protection.
        StopProtection = "stop protection",
        /// Suspend backups.
        SuspendBackups = "suspend backups",
        /// Resume backups.
        ResumeBackups = "resume backups",
        /// Resume protection.
        ResumeProtection = "resume protection",
        /// List recovery points.
        ReadPoints = "list recovery points",
        /// Find what can be restored.
        FindTimes = "find restorable times",
        /// Validate a restore.
        ValidateRestore = "validate a restore",
        /// Restore.
        Restore = "restore",
        /// Look at a job.
        ReadJob = "read a job",
        /// List deleted instances.
        ReadDeleted = "list deleted instances",
        /// Bring a deleted instance back.
        Undelete = "undelete an instance",
        /// List recovery points of the paired region.
        ReadSecondaryPoints = "list points of the paired region",
        /// Restore in the paired region.
        RestoreAcross = "restore in the paired region",
        /// Give a role on the vault.
        AssignRole = "give a role on the vault",
    }
}

/// A person, and what that person wants to do with a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// The person's role.
    pub role: Role,
    /// Where it is assigned.
    pub scope: Scope,
    /// What is to be done.
    pub operation: Operation,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            role: Role::Owner,
            scope: Scope::Group,
            operation: Operation::ReadVault,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("role", |sketch, word| sketch.role = word),
            dimension("on", |sketch, word| sketch.scope = word),
            dimension("to", |sketch, word| sketch.operation = word),
        ]
    }
}
