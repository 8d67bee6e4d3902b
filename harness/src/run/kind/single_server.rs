//! Single servers.

use crate::run::build_single;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::World;

server_kind! {
    /// A single server: the words of `[world.server]`, but for `flavour`.
    SingleServer, Single
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
