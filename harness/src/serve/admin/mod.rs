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
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post, put};

use super::builder::SharedBuilder;
use problem::Problem;

/// What is described, as OpenAPI. A test makes it of the declarations and compares.
const DESCRIPTION: &str = include_str!("openapi.json");

/// The routes, and their description.
pub(super) fn routes(builder: SharedBuilder) -> Router {
    let described = get(async || ([("content-type", "application/json")], DESCRIPTION));
    own_routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods)
        })
        .layer(middleware::from_fn_with_state(builder.clone(), only_if_kept))
        .with_state(builder)
        .route("/_azdrill/openapi.json", described)
}

/// Nothing is begun, and nobody told that something is done, while it cannot be kept.
async fn only_if_kept(State(builder): State<SharedBuilder>, request: Request, next: Next) -> Response {
    let door = builder.driver.front_door();
    let reads = request.method() == http::Method::GET;
    if !reads && let Err(why) = door.kept() {
        return Problem::full(why).into_response();
    }
    let response = next.run(request).await;
    match door.kept() {
        Err(why) if !reads => Problem::full(why).into_response(),
        _ => response,
    }
}

fn own_routes() -> [(&'static str, MethodRouter<SharedBuilder>); 10] {
    [
        ("/_azdrill/state", get(state::state)),
        ("/_azdrill/time", get(time::now).post(time::advance)),
        (
            "/_azdrill/faults",
            get(faults::list).post(faults::add).delete(faults::clear),
        ),
        ("/_azdrill/explain", post(explain::explain)),
        ("/_azdrill/log", get(log::log)),
        ("/_azdrill/hosts", get(hosts)),
        ("/_azdrill/reset", post(snapshots::reset)),
        ("/_azdrill/snapshots", get(snapshots::list)),
        (
            "/_azdrill/snapshots/{name}",
            put(snapshots::keep).delete(snapshots::forget),
        ),
        ("/_azdrill/snapshots/{name}/restore", post(snapshots::restore)),
    ]
}

/// The lines a hosts file needs for the names that answer.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/hosts", responses((status = 200, body = String, content_type = "text/plain"))))]
async fn hosts(State(builder): State<SharedBuilder>) -> String {
    let hosts = builder.setup.hosts.as_ref();
    hosts.map_or_else(String::new, |hosts| hosts.lines())
}

#[cfg(test)]
mod described;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;
