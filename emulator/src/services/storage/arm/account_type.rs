//! The resource type of a storage account.

/// As ids and bodies name it.
pub(super) const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";
