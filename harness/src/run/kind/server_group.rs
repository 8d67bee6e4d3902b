//! Server groups (Cosmos DB for PostgreSQL).

use azdrill_emulator::entropy::Entropy;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Kind, over};
use crate::run::build::must;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::{Part, ServerFlavour, ServerWorld, World};

/// A server group: the words of `[world.server]`, but for `flavour`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ServerGroup(pub(super) ServerWorld);

impl Kind for ServerGroup {
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
            flavour: ServerFlavour::ServerGroup,
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

impl ServerGroup {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let own = &seen.server;
        let mut body = json!({"location": own.location.as_ref().unwrap_or(&seen.location), "properties": {"administratorLoginPassword": own.password.as_str(), "coordinatorVCores": 4, "nodeCount": 2}});
        over(&mut body, &own.properties);
        let id = &names.server;
        must(client.operate(Method::PUT, id, Some(&body)).await?, id).map(|_| ())
    }
}
