//! Single servers.

use http::Method;
use serde_json::{Value, json};

use super::laid_over::over;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::names::ADMIN;
use crate::run::network::{azure_services, firewall, network, private_endpoint};
use crate::run::{Names, RunError};
use crate::scenario::{ServerNetwork, World};

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
        network(client, names, seen).await?;
        server(client, names, seen).await
    }
}

/// The server with its firewall and its database, and the one to restore to.
async fn server(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.server;
    let closed = own.deny_public_access || own.network == ServerNetwork::VirtualNetwork;
    // Rules are refused while public access is denied, so it is denied last.
    let password = own.password.as_str();
    let location = own.location.as_ref().unwrap_or(&world.location);
    let mut body = server_body(names, location, own.version, password, &own.properties);
    body["tags"] = own.taken_for.tags();
    must(
        client.operate(Method::PUT, &names.server, Some(&body)).await?,
        &names.server,
    )?;
    if own.azure_services {
        azure_services(client, &names.server, true).await?;
    }
    firewall(client, &names.server, &own.firewall).await?;
    if own.entra_administrator {
        entra_administrator(client, &names.server).await?;
    }
    let database = format!("{}/databases/{}", names.server, own.database);
    let body = json!({"properties": {"charset": "UTF8", "collation": "en_US.utf8"}});
    must(
        client.operate(Method::PUT, &database, Some(&body)).await?,
        &database,
    )?;
    if own.network == ServerNetwork::PrivateEndpoint {
        private_endpoint(client, names, world, &names.server, "postgresqlServer").await?;
    }
    if closed {
        let body = json!({"properties": {"publicNetworkAccess": "Disabled"}});
        must(
            client.operate(Method::PATCH, &names.server, Some(&body)).await?,
            &names.server,
        )?;
    }
    if let Some(target) = &world.target {
        let location = target.location.as_ref().unwrap_or(&world.location);
        let version = target.version.or(own.version);
        let body = server_body(names, location, version, password, &toml::Table::new());
        must(
            client.operate(Method::PUT, &names.target, Some(&body)).await?,
            &names.target,
        )?;
        if target.azure_services {
            azure_services(client, &names.target, true).await?;
        }
        if target.entra_user {
            entra_administrator(client, &names.target).await?;
        }
    }
    Ok(())
}

async fn entra_administrator(client: &mut Client, server: &str) -> Result<(), RunError> {
    let path = format!("{server}/administrators/activeDirectory");
    let operator = client.owner_of(server);
    let body = json!({"properties": {
        "administratorType": "ActiveDirectory",
        "login": "database-administrators",
        "sid": operator.object_id.to_string(),
        "tenantId": operator.tenant.to_string(),
    }});
    must(client.operate(Method::PUT, &path, Some(&body)).await?, &path).map(|_| ())
}

/// The body a single server is written with.
fn server_body(
    names: &Names,
    location: &str,
    version: Option<u32>,
    password: &str,
    properties: &toml::Table,
) -> Value {
    let mut body = json!({
        "location": location,
        "sku": {"name": "GP_Gen5_2", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 2},
        "properties": {
            "createMode": "Default",
            "administratorLogin": ADMIN,
            "administratorLoginPassword": password,
            "sslEnforcement": "Enabled",
            "minimalTlsVersion": "TLS1_2",
            "publicNetworkAccess": "Enabled",
            "storageProfile": {"storageMB": 51200, "backupRetentionDays": 7, "geoRedundantBackup": "Disabled"},
        },
    });
    if let Some(version) = version {
        body["properties"]["version"] = json!(version.to_string());
    }
    over(&mut body, properties, names);
    body
}
