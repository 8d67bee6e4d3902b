//! Which host names services answer under, for resolvers that have to be told.

use std::collections::BTreeSet;

use crate::rules::cloud;
use crate::state::State;

/// The hosts that were told of already.
#[derive(Debug, Default)]
pub(crate) struct KnownHosts {
    told: BTreeSet<String>,
    /// How many accounts and vaults there were when it was looked last.
    count: usize,
}

impl KnownHosts {
    /// Hosts that came since the last time of asking. Asked after every call, of which each makes or
    /// removes one at most: as long as the count stays, there is nothing to look for.
    pub(crate) fn take_new(&mut self, state: &State) -> Vec<String> {
        let count = state.storage_accounts.len() + state.key_vaults.len();
        if count == self.count {
            return Vec::new();
        }
        self.count = count;
        let blobs = state.storage_accounts.keys();
        let vaults = state.key_vaults.keys();
        blobs
            .map(|name| cloud().blob_host(name))
            .chain(vaults.map(|name| cloud().vault_host(name)))
            .filter(|host| self.told.insert(host.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_is_told_of_once() {
        let mut known = KnownHosts::default();
        let mut state = State::default();
        let id = |kind: &str, name: &str| {
            format!("/subscriptions/s/resourceGroups/g/providers/{kind}/{name}")
                .parse()
                .expect("an id")
        };
        assert!(known.take_new(&state).is_empty());
        let account = id("Microsoft.Storage/storageAccounts", "acct");
        state.storage_accounts.insert("acct".to_owned(), account);
        let keys = id("Microsoft.KeyVault/vaults", "keys");
        state.key_vaults.insert("keys".to_owned(), keys);
        assert_eq!(
            known.take_new(&state),
            [cloud().blob_host("acct"), cloud().vault_host("keys")]
        );
        assert!(known.take_new(&state).is_empty());
        let other = id("Microsoft.Storage/storageAccounts", "other");
        state.storage_accounts.insert("other".to_owned(), other);
        assert_eq!(known.take_new(&state), [cloud().blob_host("other")]);
    }
}
