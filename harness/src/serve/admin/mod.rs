//! What whoever runs a fake Azure may ask and tell it, below `/_azdrill/`: its state, its time, its
//! faults, its log, why a request would be refused, and to begin again. No part of Azure; described by OpenAPI at
//! `/_azdrill/openapi.json`.

mod explain;
mod faults;
mod log;
mod problem;
mod snapshots;
mod state;
mod time;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stage::SharedStage;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "azdrill",
        description = "What whoever runs a fake Azure may ask and tell it. No part of Azure. Answered at \
                       this machine's own name only, without a token."
    ),
    paths(servers, assertion)
)]
struct Description;

/// The routes, and their description.
pub(super) fn routes(stage: SharedStage) -> Router {
    let (router, description) = described();
    let text = description.to_pretty_json().unwrap_or_default();
    let answer = move || {
        let text = text.clone();
        async move { ([("content-type", "application/json")], text) }
    };
    router
        .with_state(stage)
        .route("/_azdrill/openapi.json", get(answer))
}

/// The routes with their description: one is made from the other.
fn described() -> (Router<SharedStage>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(state::state))
        .routes(routes!(time::now, time::advance))
        .routes(routes!(faults::list, faults::add, faults::clear))
        .routes(routes!(explain::explain))
        .routes(routes!(log::log))
        .routes(routes!(hosts))
        .routes(routes!(snapshots::reset))
        .routes(routes!(snapshots::list))
        .routes(routes!(snapshots::keep, snapshots::forget))
        .routes(routes!(snapshots::restore))
        .split_for_parts()
}

/// The lines a hosts file needs for the names that answer.
#[utoipa::path(get, path = "/_azdrill/hosts", responses((status = 200, body = String, content_type = "text/plain")))]
async fn hosts(State(stage): State<SharedStage>) -> String {
    let hosts = stage.setup.hosts.as_ref();
    hosts.map_or_else(String::new, |hosts| hosts.lines())
}

/// Where programs on this machine reach the database servers that run. Answered by the emulator itself.
#[utoipa::path(get, path = "/_azdrill/servers", responses((status = 200, description = "Name, fully qualified name, host and port of each")))]
#[expect(dead_code, reason = "described here, answered by the emulator's own handler")]
async fn servers() {}

/// A token of an outside issuer, for workload identity federation: no issuer can be reached from here, so
/// that one key signs for all. As text, or to who accepts JSON as `{"value": …}`.
#[utoipa::path(
    get,
    path = "/_azdrill/assertion",
    params(
        ("issuer" = String, Query, description = "Who is to have issued it"),
        ("subject" = String, Query, description = "Whom it is about"),
        ("audience" = String, Query, description = "Whom it is for, `api://AzureADTokenExchange` as a rule")
    ),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[expect(dead_code, reason = "described here, answered by the emulator's own handler")]
async fn assertion() {}

#[cfg(test)]
mod tests;
