//! Giving and taking roles, as the operator does.

use azdrill_emulator::model::{PrincipalId, ResourceId};
use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::ended::Ended;
use super::error::RunError;
use super::names::{self, Names};
use super::personas::{persona, persona_id};
use crate::scenario::{GrantWorld, Grantee, World};

/// The object id (or what is pasted in its place) a grant is made to. Whoever gives a role has been told it, by whoever
/// may look it up.
pub(super) async fn principal(client: &mut Client, names: &Names, to: &Grantee) -> Result<String, RunError> {
    if let Some(owner) = client.owners().of_tenant(to.as_str()) {
        return Ok(owner.object_id.to_string());
    }
    let persona = persona_id(to.as_str());
    if client.look(|core| core.state().directory.get(persona).is_some()) {
        return Ok(persona.to_string());
    }
    let asks = names.principal_of(to.parts().0).map(|(id, _)| id.to_owned());
    let gives = client.act_as_owner_of(&asks.unwrap_or_default());
    let found = look_up(client, names, to).await;
    client.act_as(gives);
    found
}

async fn look_up(client: &mut Client, names: &Names, to: &Grantee) -> Result<String, RunError> {
    let missing = || {
        RunError::Scenario(format!(
            "a role is given to {}, which this world does not have",
            to.as_str()
        ))
    };
    let (name, which) = to.parts();
    if name == "operator" {
        return Ok(client.operator().object_id.to_string());
    }
    let (id, user_identity) = names.principal_of(name).ok_or_else(missing)?;
    let of_its_own = user_identity.is_some();
    let resource = client.send(Method::GET, id, None).await?.json_body();
    let pointer = if of_its_own {
        "/identity/principalId"
    } else {
        "/properties/principalId"
    };
    let own = resource
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let found = match (which, user_identity) {
        ("user", Some(identity)) => {
            let identity = client.send(Method::GET, identity, None).await?.json_body();
            let found = identity["properties"]["principalId"].as_str();
            found.unwrap_or_default().to_owned()
        }
        ("application_id", _) => {
            let id = own.parse().map(PrincipalId).ok();
            let app_id = client.look(|core| core.state().directory.get(id?)?.app_id);
            app_id.map(|id| id.to_string()).unwrap_or_default()
        }
        _ => own.to_owned(),
    };
    if found.is_empty() {
        return Err(missing());
    }
    Ok(found)
}

/// Makes sure that somebody who has not acted yet can be given a role.
pub(super) fn introduce(
    client: &Client,
    names: &Names,
    world: &World,
    grant: &GrantWorld,
) -> Result<(), RunError> {
    let name = grant.to.as_str();
    match world.personas.contains_key(name) {
        true => persona(client, names, world, name).map(|_| ()),
        false => Ok(()),
    }
}

/// What a grant is made on.
pub(super) fn scope(names: &Names, grant: &GrantWorld) -> String {
    let of_all = names.subscription.as_str();
    grant.on.as_ref().map_or(of_all, |on| names.site(on)).to_owned()
}

/// The path of the assignment a grant makes: the same grant has the same name.
async fn path(client: &mut Client, names: &Names, grant: &GrantWorld) -> Result<(String, String), RunError> {
    let principal = principal(client, names, &grant.to).await?;
    let scope = scope(names, grant);
    let name = names::guid_of(&format!("{principal} {} {scope}", grant.role));
    Ok((
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
        principal,
    ))
}

/// Gives a role.
pub(super) async fn give(client: &mut Client, names: &Names, grant: &GrantWorld) -> Result<Ended, RunError> {
    let role = client
        .look(|core| core.rules().built_in_role(&grant.role).map(|role| role.id))
        .ok_or_else(|| RunError::Scenario(format!("there is no built-in role `{}`", grant.role)))?;
    let (path, principal) = path(client, names, grant).await?;
    let scope: Option<ResourceId> = scope(names, grant).parse().ok();
    // At a management group a role is named by what it is in every tenant.
    let subscription = scope.as_ref().and_then(ResourceId::subscription);
    let of = subscription.map_or(String::new(), |subscription| {
        format!("/subscriptions/{subscription}")
    });
    let body = json!({"properties": {
        "roleDefinitionId": format!("{of}/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }});
    client.operate(Method::PUT, &path, Some(&body)).await
}

/// Takes a role back.
pub(super) async fn take(client: &mut Client, names: &Names, grant: &GrantWorld) -> Result<Ended, RunError> {
    let (path, _) = path(client, names, grant).await?;
    client.operate(Method::DELETE, &path, None).await
}
