//! Key vaults.

use crate::run::build_single;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::{KeyVaultWorld, World};

short_form_kind! { KeyVaultWorld, KeyVault, key_vault, rank 6, id key_vault }

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
