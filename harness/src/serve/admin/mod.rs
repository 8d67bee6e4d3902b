//! What whoever runs a fake Azure may ask and tell it, below `/_azdrill/`: its state, its time, its
//! faults, its log, and why a request would be refused. No part of Azure; described by OpenAPI at
//! `/_azdrill/openapi.json`.

mod explain;
mod faults;
mod log;
mod problem;
mod state;
mod time;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::rules::Profile;
use azdrill_emulator::server::Driver;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::HostsFile;
use crate::scenario::World;

/// What the routes work with.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) driver: Driver<Azure>,
    pub(super) hosts: Option<Arc<HostsFile>>,
    /// The world and its seed, for places named in short.
    pub(super) world: Option<Arc<World>>,
    pub(super) seed: u64,
    pub(super) profile: Profile,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "azdrill",
        description = "What whoever runs a fake Azure may ask and tell it. No part of Azure. Answered at \
                       this machine's own name only, without a token."
    ),
    paths(servers)
)]
struct Description;

/// The routes, and their description.
pub(super) fn routes(admin: Admin) -> Router {
    let (router, description) = described();
    let text = description.to_pretty_json().unwrap_or_default();
    let answer = move || {
        let text = text.clone();
        async move { ([("content-type", "application/json")], text) }
    };
    router
        .with_state(admin)
        .route("/_azdrill/openapi.json", get(answer))
}

/// The routes with their description: one is made from the other.
fn described() -> (Router<Admin>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(state::state))
        .routes(routes!(time::now, time::advance))
        .routes(routes!(faults::list, faults::add, faults::clear))
        .routes(routes!(explain::explain))
        .routes(routes!(log::log))
        .routes(routes!(hosts))
        .split_for_parts()
}

/// The lines a hosts file needs for the names that answer.
#[utoipa::path(get, path = "/_azdrill/hosts", responses((status = 200, body = String, content_type = "text/plain")))]
async fn hosts(State(admin): State<Admin>) -> String {
    admin.hosts.map_or_else(String::new, |hosts| hosts.lines())
}

/// Where programs on this machine reach the database servers that run. Answered by the emulator itself.
#[utoipa::path(get, path = "/_azdrill/servers", responses((status = 200, description = "Name, fully qualified name, host and port of each")))]
#[expect(dead_code, reason = "described here, answered by the emulator's own handler")]
async fn servers() {}

#[cfg(test)]
mod tests;
