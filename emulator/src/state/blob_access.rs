//! Who may read a container without a role: its public access and its stored access policies. The
//! storage service writes them, and the gates read them.

use std::collections::BTreeMap;

use crate::model::PublicAccess;

/// A stored access policy, as it was sent. An empty text is no text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredAccessPolicy {
    /// Its id, which signatures name as `si`.
    pub id: String,
    /// From when on.
    pub start: String,
    /// Until when.
    pub expiry: String,
    /// Permission letters.
    pub permissions: String,
}

/// The access to one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerAccess {
    /// What anybody may read, as far as the account allows it.
    pub public: Option<PublicAccess>,
    /// The stored access policies, in order.
    pub policies: Vec<StoredAccessPolicy>,
}

/// The access to containers, and how often user delegation keys have been revoked, by account name.
#[derive(Clone, Debug, Default)]
pub struct BlobAccess {
    containers: BTreeMap<String, BTreeMap<String, ContainerAccess>>,
    revocations: BTreeMap<String, u64>,
}

impl BlobAccess {
    /// The access to a container; `None` if nobody has said anything.
    pub fn container(&self, account: &str, container: &str) -> Option<&ContainerAccess> {
        self.containers.get(account)?.get(container)
    }

    /// What anybody may read of a container.
    pub fn public(&self, account: &str, container: &str) -> Option<PublicAccess> {
        self.container(account, container)?.public
    }

    /// Sets the access to a container.
    pub fn set(&mut self, account: &str, container: &str, access: ContainerAccess) {
        if access == ContainerAccess::default() {
            self.forget_container(account, container);
        } else {
            self.containers
                .entry(account.to_owned())
                .or_default()
                .insert(container.to_owned(), access);
        }
    }

    /// Forgets a container that has gone.
    pub fn forget_container(&mut self, account: &str, container: &str) {
        if let Some(containers) = self.containers.get_mut(account) {
            containers.remove(container);
        }
    }

    /// Forgets an account that has gone.
    pub fn forget_account(&mut self, account: &str) {
        self.containers.remove(account);
        self.revocations.remove(account);
    }

    /// Makes all user delegation keys of an account worthless.
    pub fn revoke_delegation_keys(&mut self, account: &str) {
        *self.revocations.entry(account.to_owned()).or_default() += 1;
    }

    /// How often that has happened.
    pub fn revocations(&self, account: &str) -> u64 {
        self.revocations.get(account).copied().unwrap_or_default()
    }
}
