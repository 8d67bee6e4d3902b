//! Key vaults.

use super::ResourceKind;
use crate::run::build_single;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::{KeyVaultWorld, Part, World};

impl ResourceKind for KeyVaultWorld {
    fn rank(&self) -> u8 {
        5
    }

    fn part(&self) -> Option<Part> {
        Some(Part::KeyVault)
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn place(&self) -> Option<(&str, Option<&str>)> {
        Some((&self.group, self.subscription.as_deref()))
    }

    fn stand_in(&self, seen: &mut World) {
        seen.key_vault = self.clone();
    }

    fn id(&self, names: &Names) -> String {
        names.key_vault.clone()
    }
}

impl KeyVaultWorld {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        build_single::credentials(client, names, seen).await
    }
}
