//! Personas: those who act in a world besides its operator.

use azdrill_emulator::entropy::Entropy;
use azdrill_emulator::journal::{Application, Given};
use azdrill_emulator::model::{PrincipalId, ResourceId, Timestamp};
use azdrill_emulator::world::Operator;

use super::client::Client;
use super::error::RunError;
use super::names::Names;
use crate::scenario::World;

fn of_persona(name: &str) -> Entropy {
    Entropy::from_seed(0).fork("persona").fork(name)
}

/// The object id of a persona.
pub(super) fn persona_id(name: &str) -> PrincipalId {
    PrincipalId(of_persona(name).fork("object").uuid())
}

/// The world's personas as service principals with their roles.
pub(super) fn persona(
    client: &Client,
    names: &Names,
    world: &World,
    name: &str,
) -> Result<Operator, RunError> {
    let own = world.personas.get(name).ok_or_else(|| {
        let known: Vec<&str> = world.personas.keys().map(String::as_str).collect();
        RunError::Scenario(format!(
            "`as = \"{name}\"`: the world has no such persona; it has {}",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        ))
    })?;
    let entropy = of_persona(name);
    let of_its_tenant = own
        .tenant
        .as_ref()
        .and_then(|tenant| client.owners().of_tenant(tenant));
    let operator = Operator {
        client_id: entropy.fork("client").uuid(),
        client_secret: format!("azdrill~{}", own.secret.as_str()),
        object_id: persona_id(name),
        ..of_its_tenant.unwrap_or(client.operator()).clone()
    };
    let now = client.now();
    let mut scopes = Vec::new();
    for role in &own.roles {
        let scope = names.site(&role.on).parse().map_err(|_| {
            RunError::Scenario(format!("persona {name}: this world has no {}", role.on.as_str()))
        })?;
        scopes.push((role.role.clone(), scope));
    }
    if client.look(|core| core.state().directory.get(operator.object_id).is_some()) {
        return Ok(operator);
    }
    let application = Given::Application(Application {
        id: operator.object_id,
        app_id: operator.client_id,
        tenant: operator.tenant,
        name: name.to_owned(),
        secret: operator.client_secret.clone(),
    });
    client
        .look(|core| core.give(now, &application))
        .map_err(RunError::Scenario)?;
    for (role, scope) in scopes {
        give_role(client, now, operator.object_id, &role, scope)?;
    }
    Ok(operator)
}

/// Gives a role that is seen at once, as nobody's call.
pub(super) fn give_role(
    client: &Client,
    now: Timestamp,
    to: PrincipalId,
    role: &str,
    at: ResourceId,
) -> Result<(), RunError> {
    let role = Given::Role {
        to,
        role: role.to_owned(),
        at,
        after: jiff::SignedDuration::ZERO,
    };
    client
        .look(|core| core.give(now, &role))
        .map_err(RunError::Scenario)
}
