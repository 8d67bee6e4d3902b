//! Server groups (Cosmos DB for PostgreSQL).

use http::Method;
use serde_json::json;

use super::laid_over::over;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::World;

server_kind! {
    /// A server group: the words of `[world.server]`, but for `flavour`.
    ServerGroup, ServerGroup
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
        over(&mut body, &own.properties, names);
        let id = &names.server;
        must(client.operate(Method::PUT, id, Some(&body)).await?, id).map(|_| ())
    }
}
