//! Private endpoint connections of a server. `Microsoft.Network` makes them; here they are shown,
//! approved, rejected and removed. They stand in the server's own body, where the network gate looks.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, all, bad};
use super::changes::{accept, refuse, take_turn};
use super::resource_types::SINGLE_SERVER;
use super::server_state::{child_type, require_listed, require_name, require_server};
use crate::gateway::{Permit, check_tags};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::{Context, Input, Next, Workflow, json_body, plain};
use crate::state::{OperationOutcome, field, field_mut};

const KIND: &str = "privateEndpointConnections";
/// What a private endpoint to a server connects to, `groupId` in its connection.
const GROUP: &str = "postgresqlServer";

fn connections(context: &Context<'_>, server: &ResourceId) -> Vec<Value> {
    let server = context.state.resource(server);
    let listed = server.and_then(|server| server.at(&format!("/properties/{KIND}")).as_array());
    listed.cloned().unwrap_or_default()
}

fn is_named(connection: &Value, name: &str) -> bool {
    let id = field(connection, "id").as_str().unwrap_or_default();
    id.rsplit('/')
        .next()
        .is_some_and(|last| last.eq_ignore_ascii_case(name))
}

fn find(context: &Context<'_>, permit: &Permit) -> Option<Value> {
    let name = permit.scope.name();
    connections(context, &permit.scope.parent())
        .into_iter()
        .find(|connection| is_named(connection, name))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_server(context, &permit.scope.parent())?;
    match find(context, permit) {
        Some(connection) => Ok(Response::json(StatusCode::OK, &connection)),
        None => Err(context.not_found(&permit.scope)),
    }
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_listed(context, permit)?;
    Ok(all(&connections(context, &permit.scope)))
}

/// Approves or rejects a connection.
pub(super) fn put(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_server(context, &permit.scope.parent())?;
    let Some(mut connection) = find(context, permit) else {
        return Err(context.not_found(&permit.scope));
    };
    let sent = json_body(request)?;
    let state = field(field(&sent, "properties"), "privateLinkServiceConnectionState");
    let status = field(state, "status").as_str().unwrap_or_default();
    let known = ["Approved", "Rejected", "Pending", "Disconnected"];
    let Some(status) = known.iter().find(|word| word.eq_ignore_ascii_case(status)) else {
        return Err(bad(format!(
            "'{status}' is no status of a private endpoint connection."
        )));
    };
    let properties = field_mut(&mut connection, "properties");
    let server = permit.scope.parent();
    let was = field(field(properties, "privateLinkServiceConnectionState"), "status");
    // A single server's is decided once.
    if server.is_type(SINGLE_SERVER) && was != "Pending" {
        return Err(refuse(
            context,
            code::PrivateEndpointConnectionStatusNotPending,
            &server,
        ));
    }
    let shown = field_mut(properties, "privateLinkServiceConnectionState");
    *field_mut(shown, "status") = json!(status);
    *field_mut(shown, "description") = field(state, "description").clone();
    change(context, permit, request, Some(connection))
}

/// Changes the tags of a connection, which is all a PATCH of it does.
pub(super) fn patch(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_server(context, &permit.scope.parent())?;
    let Some(mut connection) = find(context, permit) else {
        return Err(context.not_found(&permit.scope));
    };
    let sent = json_body(request)?;
    plain::merge(&mut connection, &json!({"tags": field(&sent, "tags")}));
    // What is sent has kept to the limits; with what was there it may not.
    if let Some(tags) = field(&connection, "tags").as_object() {
        let kind = permit.scope.resource_type().unwrap_or_default();
        check_tags(context.rules, &kind, tags)?;
    }
    replace(context, &permit.scope, Some(connection.clone()));
    Ok(Response::json(StatusCode::OK, &connection))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_server(context, &permit.scope.parent())?;
    if find(context, permit).is_none() {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    change(context, permit, request, None)
}

fn change(context: &mut Context<'_>, permit: &Permit, request: &Request, then: Option<Value>) -> Answer {
    let id = permit.scope.clone();
    let turn = take_turn(context, permit, &id.parent())?;
    let (operation, response) = accept(context, request, turn);
    context.start(ChangeConnection { id, operation, then });
    Ok(response)
}

/// Puts a connection in the place of the one with its id, or takes that one away.
fn replace(context: &mut Context<'_>, id: &ResourceId, then: Option<Value>) {
    let server = id.parent();
    let mut all = connections(context, &server);
    match (all.iter().position(|other| is_named(other, id.name())), then) {
        (Some(at), Some(connection)) => all[at] = connection,
        (Some(at), None) => {
            all.remove(at);
        }
        (None, _) => {}
    }
    if let Some(server) = context.state.resources.get_mut(&server) {
        server.set_property(&[KIND], Value::Array(all));
    }
}

#[derive(Clone)]
struct ChangeConnection {
    id: ResourceId,
    operation: String,
    then: Option<Value>,
}

impl Workflow for ChangeConnection {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        let then = self.then.take();
        replace(context, &self.id, then.clone());
        let outcome = OperationOutcome::Succeeded(then.unwrap_or_default());
        context
            .state
            .operations
            .end(&self.operation, context.now, outcome);
        Next::Done
    }
}

fn link_resource(context: &Context<'_>, server: &ResourceId) -> Value {
    json!({
        "id": server.child(["privateLinkResources", GROUP]),
        "name": GROUP,
        "type": child_type(context, server, "privateLinkResources"),
        "properties": {"groupId": GROUP, "requiredMembers": [GROUP]},
    })
}

pub(super) fn list_link_resources(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_listed(context, permit)?;
    Ok(all(&[link_resource(context, &permit.scope)]))
}

pub(super) fn get_link_resource(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_name(context, permit, GROUP)?;
    Ok(Response::json(
        StatusCode::OK,
        &link_resource(context, &permit.scope.parent()),
    ))
}
