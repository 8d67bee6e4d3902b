//! Start, stop, restart.

use http::StatusCode;
use serde_json::json;

use super::servers::ServerChange;
use super::{accept, require_server, set_state, state_of};
use crate::gateway::{Permit, Refusal};
use crate::jobs::{ServerWork, Work};
use crate::model::{Request, Response};
use crate::services::{Context, json_body};
use crate::state::field;

pub(super) fn start(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    change(context, permit, request, "Starting", "Ready")
}

pub(super) fn stop(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    change(context, permit, request, "Stopping", "Stopped")
}

/// The data stays where it is; only the state shows that something happened.
pub(super) fn restart(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if *field(&*json_body(request)?, "restartWithFailover") == json!(true) {
        return Err(Refusal::not_played("failover of a server to its standby"));
    }
    change(context, permit, request, "Restarting", "Ready")
}

fn change(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    now: &str,
    then: &str,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    require_server(context, &id)?;
    let state = state_of(context, &id);
    let fits = match now {
        "Starting" => matches!(state.as_str(), "Stopped" | "Ready"),
        _ => state == "Ready" || state == then,
    };
    if !fits {
        let text = format!(
            "The operation cannot be performed on server '{}' in its state '{state}'.",
            id.name()
        );
        return Err(Refusal::arm(StatusCode::CONFLICT, "ServerIsBusy", text));
    }
    set_state(context, &id, now);
    let (operation, response) = accept(context, request, &id);
    let spec = context
        .own
        .postgres
        .specs
        .get(&id)
        .filter(|_| context.settings.has_postgres);
    let work = spec.map(|spec| {
        Work::Server(match now {
            "Stopping" => ServerWork::Stop(spec.key.clone()),
            _ => ServerWork::Start(spec.clone()),
        })
    });
    context.start(ServerChange {
        id,
        operation,
        work,
        then: then.to_owned(),
    });
    Ok(response)
}
