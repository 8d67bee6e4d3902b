//! Builds a scenario's world, by the calls anybody would make.

use std::collections::BTreeSet;
use std::path::PathBuf;

use http::Method;
use serde_json::json;

use super::client::Client;
use super::ended::must;
use super::error::RunError;
use super::kind::Resource;
use super::names::Names;
use super::network::network;
use super::{roles, tenants};
use crate::scenario::{Scenario, ServerFlavour, World};

/// What is built before servers has a lower rank.
const SERVERS: u8 = 2;

/// Builds the world: what its short forms say, then whatever has a name of its own. What cannot be built is told with
/// the place that says it.
pub(super) async fn build(client: &mut Client, names: &Names, scenario: &Scenario) -> Result<(), RunError> {
    let world = &scenario.world;
    let files = &scenario.files;
    tenants::found(client, names, world)?;
    let mut groups = BTreeSet::new();
    let mut named: Vec<(&String, &Resource)> = world.resources.iter().collect();
    named.sort_by_key(|(_, resource)| resource.rank());
    // Networks and identities are there before what is in them, or has them.
    let rest = named.split_off(named.partition_point(|(_, resource)| resource.rank() < SERVERS));
    for (name, resource) in named {
        let built = build_named(client, names, world, resource, &mut groups).await;
        built.map_err(|error| in_resource(error, files, name))?;
    }
    if !world.all_named {
        let of_short_forms = [
            ("server", &names.server_group),
            ("vault", &names.vault_group),
            ("storage", &names.account_group),
        ];
        for (form, id) in of_short_forms {
            let made = group(client, id, world, &mut groups).await;
            made.map_err(|error| in_short_form(error, files, form))?;
        }
        network(client, names, world).await?;
        short_forms(client, names, scenario).await?;
    }
    for (name, resource) in rest {
        let built = build_named(client, names, world, resource, &mut groups).await;
        built.map_err(|error| in_resource(error, files, name))?;
    }
    for (name, grant) in world.grants.iter().filter(|(_, grant)| !grant.absent) {
        client.act_as_owner_of(&roles::scope(names, grant));
        roles::introduce(client, names, world, grant)?;
        let given = roles::give(client, names, grant).await;
        let given = given.and_then(|ended| must(ended, &grant.role));
        given
            .map_err(|error| error.placed(files, |wrong| wrong.at(name.clone()).at("grants").at("world")))?;
    }
    client.act_as(None);
    // What was given while the world was built has been seen everywhere when the scenario begins.
    client
        .driver()
        .advance(world.lags.lags().longest(world.role_propagation))
        .await
        .map_err(|error| RunError::Emulator(error.to_string()))
}

fn in_resource(error: RunError, files: &[PathBuf], name: &str) -> RunError {
    error.placed(files, |wrong| wrong.at(name.to_owned()).at("resource"))
}

fn in_short_form(error: RunError, files: &[PathBuf], word: &'static str) -> RunError {
    error.placed(files, |wrong| wrong.at(word).at("world"))
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

async fn short_forms(client: &mut Client, names: &Names, scenario: &Scenario) -> Result<(), RunError> {
    let world = &scenario.world;
    let has_credentials = world.server.flavour == ServerFlavour::Single;
    for (word, resource) in Resource::short_forms(world) {
        if word != "key_vault" || has_credentials {
            let built = resource.build(client, names, world).await;
            built.map_err(|error| in_short_form(error, &scenario.files, word))?;
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
