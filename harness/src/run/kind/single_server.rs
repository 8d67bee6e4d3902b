//! Single servers.

use azdrill_emulator::entropy::Entropy;
use serde::Deserialize;

use super::Kind;
use crate::run::build_single;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::{Part, ServerFlavour, ServerWorld, World};

/// A single server: the words of `[world.server]`, but for `flavour`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SingleServer(pub(super) ServerWorld);

impl Kind for SingleServer {
    fn rank(&self) -> u8 {
        1
    }

    fn part(&self) -> Option<Part> {
        Some(Part::Server)
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.0.name);
    }

    fn place(&self) -> Option<(&str, Option<&str>)> {
        Some((&self.0.group, self.0.subscription.as_deref()))
    }

    fn stand_in(&self, seen: &mut World) {
        seen.server = ServerWorld {
            flavour: ServerFlavour::Single,
            ..self.0.clone()
        };
    }

    fn id(&self, names: &Names) -> String {
        names.server.clone()
    }

    fn password(&self) -> Option<&str> {
        Some(self.0.password.as_str())
    }

    fn derive_secrets(&mut self, entropy: &Entropy) {
        self.0.password.derive(entropy);
    }
}

impl SingleServer {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        super::flexible_server::network(client, names, seen).await?;
        build_single::server(client, names, seen).await
    }
}
