//! A server as others need to know it: that it is there, and in which state.

use serde_json::json;

use super::resource_types::{SERVER, SINGLE_SERVER};
use crate::gateway::{Permit, Refusal};
use crate::model::ResourceId;
use crate::services::Context;
use crate::state::Resource;

/// The states a single server's schema has words for.
const STATES: [&str; 4] = ["Ready", "Dropping", "Disabled", "Inaccessible"];

/// The server that a path is about a part of.
pub(super) fn server_of(permit: &Permit) -> ResourceId {
    permit.scope.parent()
}

/// Makes sure the server a child or an action is about exists.
pub(super) fn require_server(context: &Context<'_>, server: &ResourceId) -> Result<(), Refusal> {
    match context.state.resource(server) {
        Some(_) => Ok(()),
        None => Err(context.not_found(server)),
    }
}

/// The type of a server's children in that collection.
pub(super) fn child_type(context: &Context<'_>, server: &ResourceId, collection: &str) -> String {
    let kind = context.state.resource(server).map(|server| server.text("/type"));
    format!("{}/{collection}", kind.unwrap_or(SERVER))
}

/// The property a server shows its state in. The flavours have different names for it.
fn state_property(server: &Resource) -> &'static str {
    if server.is_type(SINGLE_SERVER) {
        "userVisibleState"
    } else {
        "state"
    }
}

pub(super) fn state_of(context: &Context<'_>, server: &ResourceId) -> String {
    let resource = context.state.resource(server);
    let state = resource.map(|server| server.text(&format!("/properties/{}", state_property(server))));
    state.unwrap_or_default().to_owned()
}

pub(super) fn set_state(context: &mut Context<'_>, server: &ResourceId, state: &str) {
    if let Some(resource) = context.state.resources.get_mut(server) {
        let property = state_property(resource);
        // A single server's schema has no words for what is on its way; it shows the state it was in.
        if property == "state" || STATES.contains(&state) {
            resource.set_property(&[property], json!(state));
        }
    }
}

/// A server has one of it, and it has this name.
pub(super) fn require_name(context: &Context<'_>, permit: &Permit, name: &str) -> Result<(), Refusal> {
    require_server(context, &permit.scope.parent())?;
    if permit.scope.name().eq_ignore_ascii_case(name) {
        return Ok(());
    }
    Err(context.not_found(&permit.scope))
}

/// Makes sure the server a list is of exists.
pub(super) fn require_listed(context: &Context<'_>, permit: &Permit) -> Result<(), Refusal> {
    require_server(context, &permit.scope)
}
