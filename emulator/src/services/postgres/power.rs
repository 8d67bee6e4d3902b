//! Start, stop, restart.

use serde_json::json;

use super::changes::{accept, accept_beside, refuse, take_turn};
use super::late_refusal::LateRefusal;
use super::server_state::{require_server, set_state, state_of};
use super::servers::ServerChange;
use crate::gateway::{Permit, Refusal};
use crate::jobs::{ServerWork, Work};
use crate::model::{Request, Response};
use crate::rules::{code, unplayed};
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

/// Sessions end, and what waited for a restart takes effect.
pub(super) fn restart(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if *field(&*json_body(request)?, "restartWithFailover") == json!(true) {
        return Err(Refusal::not_played(unplayed::FailoverToStandby, &[]));
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
    let starts = now == "Starting";
    if !starts && state != "Ready" && state != then {
        return Ok(refuse_later(context, permit, request));
    }
    let turn = take_turn(context, permit, &id)?;
    set_state(context, &id, now);
    let (operation, response) = accept(context, request, turn);
    let spec = context
        .own
        .postgres
        .specs
        .get(&id)
        .filter(|_| context.settings.has_postgres);
    let work = spec.map(|spec| {
        Work::Server(match now {
            "Stopping" => ServerWork::Stop(spec.key.clone()),
            "Restarting" => ServerWork::Restart(spec.clone()),
            _ => ServerWork::Start(spec.clone()),
        })
    });
    context.start(ServerChange {
        id,
        operation,
        work,
        starts: then == "Ready",
        then: then.to_owned(),
    });
    Ok(response)
}

/// What only a server that is Ready can do is accepted of any, and fails then.
fn refuse_later(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Response {
    let refusal = refuse(context, code::ServerIsNotReadyToRestart, &permit.scope);
    let (operation, response) = accept_beside(context, permit, request, &permit.scope);
    context.start(LateRefusal { operation, refusal });
    response
}
