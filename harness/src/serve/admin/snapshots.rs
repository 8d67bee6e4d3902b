//! Beginning again, and coming back to where one was.

use axum::Json;
use axum::extract::{Path, State};
use azdrill_emulator::journal::NotBroughtBack;
use azdrill_emulator::model::Timestamp;
use serde::Serialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::problem::Problem;
use super::time::{Time, time};
use crate::serve::builder::SharedBuilder;

/// Worlds that are kept.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Snapshots {
    snapshots: Vec<Snapshot>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct Snapshot {
    name: String,
    /// When it was taken, on the world's clock.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    at: Timestamp,
}

fn all(builder: &SharedBuilder) -> Json<Snapshots> {
    let names = builder.kept_names().into_iter();
    Json(Snapshots {
        snapshots: names.map(|(name, at)| Snapshot { name, at }).collect(),
    })
}

/// Begins again: the world is built anew from its file, with new database servers, and its clock begins
/// where it began. Calls that come meanwhile see it half built. What was kept is gone; the log goes on.
#[cfg_attr(test, utoipa::path(post, path = "/_azdrill/reset", responses((status = 200, body = Time), (status = 409, body = Problem))))]
pub(super) async fn reset(State(builder): State<SharedBuilder>) -> Result<Json<Time>, Problem> {
    builder.reset().await.map_err(Problem::conflict)?;
    Ok(Json(time(&builder)))
}

/// The worlds that are kept.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/snapshots", responses((status = 200, body = Snapshots))))]
pub(super) async fn list(State(builder): State<SharedBuilder>) -> Json<Snapshots> {
    all(&builder)
}

/// Keeps the world as it is: resources, roles, secrets, blobs, recovery points, what is due. What is in
/// databases is not kept, and neither are the time, the faults and the log.
#[cfg_attr(test, utoipa::path(
    put,
    path = "/_azdrill/snapshots/{name}",
    params(("name" = String, Path, description = "What to call it")),
    responses((status = 200, body = Snapshots), (status = 409, body = Problem))
))]
pub(super) async fn keep(
    State(builder): State<SharedBuilder>,
    Path(name): Path<String>,
) -> Result<Json<Snapshots>, Problem> {
    builder.keep(&name).await.map_err(Problem::conflict)?;
    Ok(all(&builder))
}

/// Makes the world as it was then. Database servers made since are removed; if one of then has been
/// deleted, stopped or started since, nothing changes. The time stays: what has fallen due since is due.
#[cfg_attr(test, utoipa::path(
    post,
    path = "/_azdrill/snapshots/{name}/restore",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, body = Time), (status = 404, body = Problem), (status = 409, body = Problem))
))]
pub(super) async fn restore(
    State(builder): State<SharedBuilder>,
    Path(name): Path<String>,
) -> Result<Json<Time>, Problem> {
    match builder.bring_back(&name).await {
        Ok(()) => Ok(Json(time(&builder))),
        Err(error @ NotBroughtBack::Unknown(_)) => Err(Problem::missing(error)),
        Err(error @ NotBroughtBack::NotNow(_)) => Err(Problem::conflict(error)),
    }
}

/// Lets go of a world that is kept.
#[cfg_attr(test, utoipa::path(
    delete,
    path = "/_azdrill/snapshots/{name}",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, body = Snapshots), (status = 404, body = Problem))
))]
pub(super) async fn forget(
    State(builder): State<SharedBuilder>,
    Path(name): Path<String>,
) -> Result<Json<Snapshots>, Problem> {
    if builder.forget(&name).await {
        Ok(all(&builder))
    } else {
        Err(Problem::missing(NotBroughtBack::Unknown(name)))
    }
}
