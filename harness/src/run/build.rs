//! Builds a scenario's world, by the calls anybody would make.

use std::collections::BTreeSet;
use std::net::IpAddr;

use http::Method;
use serde_json::{Value, json};

use super::client::{Client, Ended};
use super::kind::Resource;
use super::kind::flexible_server::network;
use super::names::Names;
use super::{RunError, roles, tenants};
use crate::scenario::{Scenario, ServerFlavour, World};

/// What is built before servers has a lower rank.
const SERVERS: u8 = 2;

/// The administrator of a world's server.
pub(super) const ADMIN: &str = "drilladmin";

/// Builds the world: what its short forms say, then whatever has a name of its own.
pub(super) async fn build(client: &mut Client, names: &Names, scenario: &Scenario) -> Result<(), RunError> {
    let world = &scenario.world;
    tenants::found(client, names, world)?;
    let mut groups = BTreeSet::new();
    let mut named: Vec<&Resource> = world.resources.values().collect();
    named.sort_by_key(|resource| resource.rank());
    // Networks and identities are there before what is in them, or has them.
    let rest = named.split_off(named.partition_point(|resource| resource.rank() < SERVERS));
    for resource in named {
        build_named(client, names, world, resource, &mut groups).await?;
    }
    if !world.all_named {
        for id in [&names.server_group, &names.vault_group, &names.account_group] {
            group(client, id, world, &mut groups).await?;
        }
        network(client, names, world).await?;
        short_forms(client, names, world).await?;
    }
    for resource in rest {
        build_named(client, names, world, resource, &mut groups).await?;
    }
    for grant in world.grants.values().filter(|grant| !grant.absent) {
        client.act_as_owner_of(&roles::scope(names, grant));
        roles::introduce(client, names, world, grant)?;
        must(roles::give(client, names, grant).await?, &grant.role)?;
    }
    client.act_as(None);
    // What was given while the world was built has been seen everywhere when the scenario begins.
    client
        .driver()
        .advance(world.role_propagation)
        .await
        .map_err(|error| RunError::Emulator(error.to_string()))
}

/// Something with a name, built by whoever owns the subscription it is in.
async fn build_named(
    client: &mut Client,
    names: &Names,
    world: &World,
    resource: &Resource,
    groups: &mut BTreeSet<String>,
) -> Result<(), RunError> {
    let seen = world.seen_from(resource);
    let names = names.seen_by(&seen);
    client.act_as_owner_of(&resource.id(&names));
    if let Some((name, subscription)) = resource.place() {
        group(client, &names.group(name, subscription), world, groups).await?;
    }
    resource.build(client, &names, &seen).await?;
    client.act_as(None);
    Ok(())
}

async fn short_forms(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let has_credentials = world.server.flavour == ServerFlavour::Single;
    for (word, resource) in Resource::short_forms(world) {
        if word != "key_vault" || has_credentials {
            resource.build(client, names, world).await?;
        }
    }
    Ok(())
}

/// A resource group, unless it has been made.
async fn group(
    client: &mut Client,
    id: &str,
    world: &World,
    made: &mut BTreeSet<String>,
) -> Result<(), RunError> {
    if !made.insert(id.to_owned()) {
        return Ok(());
    }
    let body = json!({"location": world.location});
    must(client.operate(Method::PUT, id, Some(&body)).await?, id).map(|_| ())
}

/// A step of building that must succeed.
pub(super) fn must(ended: Ended, what: &str) -> Result<Value, RunError> {
    if ended.status == "Succeeded" || ended.status == "Completed" {
        return Ok(ended.value);
    }
    let name = what.rsplit('/').next().unwrap_or(what);
    let message = ended.error["message"].as_str().unwrap_or("no message").to_owned();
    Err(RunError::World {
        what: name.to_owned(),
        status: ended.status,
        message,
    })
}

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
