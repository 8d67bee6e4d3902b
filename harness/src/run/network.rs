//! What lets a world's servers and accounts be reached: its virtual network, private endpoints, firewall rules.

use std::net::IpAddr;

use http::Method;
use serde_json::json;

use super::client::Client;
use super::ended::{Ended, must};
use super::error::RunError;
use super::names::Names;
use crate::scenario::{ServerNetwork, World};

/// The network that a server or an account of the world needs, if one does.
pub(super) async fn network(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let needed = world.storage.private_endpoint || world.server.network != ServerNetwork::Public;
    if !needed {
        return Ok(());
    }
    let body = json!({
        "location": world.location,
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
            "subnets": [
                {"name": "endpoints", "properties": {"addressPrefix": "10.1.1.0/24"}},
                {"name": "postgres", "properties": {"addressPrefix": "10.1.2.0/24", "delegations": [{"name": "postgres", "properties": {"serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}}]}},
            ],
        },
    });
    let id = names.network();
    let is_there = id
        .parse()
        .is_ok_and(|id| client.look(|core| core.state().resource(&id).is_some()));
    if is_there {
        return Ok(());
    }
    must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
}

/// A private endpoint of a part of something, in the network of the world.
pub(super) async fn private_endpoint(
    client: &mut Client,
    names: &Names,
    world: &World,
    target: &str,
    part: &str,
) -> Result<(), RunError> {
    let name = format!("{}-endpoint", target.rsplit('/').next().unwrap_or(target));
    let id = names.private_endpoint(&name);
    let body = json!({
        "location": world.location,
        "properties": {
            "subnet": {"id": names.subnet("endpoints")},
            "privateLinkServiceConnections": [{"name": name, "properties": {"privateLinkServiceId": target, "groupIds": [part]}}],
        },
    });
    must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
}

/// Lets addresses on the internet into a server.
pub(super) async fn firewall(
    client: &mut Client,
    server: &str,
    addresses: &[IpAddr],
) -> Result<(), RunError> {
    for (number, address) in addresses.iter().enumerate() {
        let path = format!("{server}/firewallRules/client-{number}");
        let body = json!({"properties": {"startIpAddress": address, "endIpAddress": address}});
        must(client.operate(Method::PUT, &path, Some(&body)).await?, &path)?;
    }
    Ok(())
}

/// Lets Azure services into a server, or keeps them out.
pub(super) async fn azure_services(
    client: &mut Client,
    server: &str,
    allowed: bool,
) -> Result<Ended, RunError> {
    let path = format!("{server}/firewallRules/AllowAllWindowsAzureIps");
    if allowed {
        let body = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
        client.operate(Method::PUT, &path, Some(&body)).await
    } else {
        client.operate(Method::DELETE, &path, None).await
    }
}
