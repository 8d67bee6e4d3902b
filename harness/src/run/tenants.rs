//! Puts further tenants and subscriptions into a world.

use azdrill_emulator::journal::{Application, Given};
use azdrill_emulator::model::ResourceId;

use super::client::Client;
use super::error::RunError;
use super::names::Names;
use super::personas::give_role;
use crate::scenario::World;

/// Puts the further subscriptions into a world, with who owns them. Nobody's call makes one: subscriptions are there
/// before anybody calls.
pub(super) fn found(client: &Client, names: &Names, world: &World) -> Result<(), RunError> {
    let now = client.now();
    let give = |given: &Given| {
        client
            .look(|core| core.give(now, given))
            .map_err(RunError::Scenario)
    };
    for (name, owner) in client.owners().tenants() {
        give(&Given::Application(Application {
            id: owner.object_id,
            app_id: owner.client_id,
            tenant: owner.tenant,
            name: format!("operator of {name}"),
            secret: owner.client_secret.clone(),
        }))?;
    }
    for name in world.subscriptions.keys() {
        let id = names.subscription_id(name);
        let scope = ResourceId::from_segments(["subscriptions", &id]);
        let owner = client
            .owners()
            .of_id(&scope.to_string())
            .unwrap_or(client.operator());
        give(&Given::Subscription {
            id,
            name: name.clone(),
            tenant: owner.tenant,
        })?;
        give_role(client, now, owner.object_id, "Owner", scope)?;
    }
    Ok(())
}
