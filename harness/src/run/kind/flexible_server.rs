//! Flexible servers.

use http::Method;
use serde_json::json;

use super::laid_over::over;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::names::ADMIN;
use crate::run::network::{firewall, network, private_endpoint};
use crate::run::{Names, RunError};
use crate::scenario::{ServerNetwork, World};

server_kind! {
    /// A flexible server: the words of `[world.server]`, but for `flavour`.
    FlexibleServer, Flexible
}

impl FlexibleServer {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        server(client, names, seen).await
    }
}

/// The server with its firewall and its database.
async fn server(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.server;
    network(client, names, world).await?;
    let network = match own.network {
        ServerNetwork::Public => json!({"publicNetworkAccess": "Enabled"}),
        ServerNetwork::PrivateEndpoint => json!({"publicNetworkAccess": "Disabled"}),
        ServerNetwork::VirtualNetwork => {
            let zone = names.private_dns_zone();
            must(
                client
                    .operate(Method::PUT, &zone, Some(&json!({"location": "global"})))
                    .await?,
                &zone,
            )?;
            json!({
                "publicNetworkAccess": "Disabled",
                "delegatedSubnetResourceId": names.subnet("postgres"),
                "privateDnsZoneArmResourceId": zone,
            })
        }
    };
    let mut body = json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "tags": own.taken_for.tags(),
        "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
        "properties": {
            "administratorLogin": ADMIN,
            "administratorLoginPassword": own.password.as_str(),
            "createMode": "Default",
            "storage": {"storageSizeGB": 32},
            "network": network,
        },
    });
    if let Some(version) = own.version {
        body["properties"]["version"] = json!(version.to_string());
    }
    over(&mut body, &own.properties, names);
    must(
        client.operate(Method::PUT, &names.server, Some(&body)).await?,
        &names.server,
    )?;
    if own.network == ServerNetwork::PrivateEndpoint {
        private_endpoint(client, names, world, &names.server, "postgresqlServer").await?;
    }
    if own.network == ServerNetwork::Public {
        firewall(client, &names.server, &own.firewall).await?;
    }
    let database = format!("{}/databases/{}", names.server, own.database);
    must(
        client
            .operate(Method::PUT, &database, Some(&json!({"properties": {}})))
            .await?,
        &database,
    )?;
    Ok(())
}
