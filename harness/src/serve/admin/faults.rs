//! Faults: putting them in place, and taking them away.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Serialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::problem::Problem;
use crate::serve::FaultFile;
use crate::serve::builder::SharedBuilder;

/// The faults in place.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct InPlace {
    /// Each in a sentence, with how many matches there were so far.
    faults: Vec<String>,
    /// What of the faults that were sent can never strike, or strikes everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubtful: Vec<String>,
}

fn in_place(builder: &SharedBuilder) -> InPlace {
    let door = builder.driver.front_door();
    InPlace {
        faults: door.with_core(|azure| azure.faults().describe()),
        doubtful: Vec::new(),
    }
}

/// The faults in place.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/faults", responses((status = 200, body = InPlace))))]
pub(super) async fn list(State(builder): State<SharedBuilder>) -> Json<InPlace> {
    Json(in_place(&builder))
}

/// Puts faults in place, behind those that are there. Matches are counted from now on.
#[cfg_attr(test, utoipa::path(
    post,
    path = "/_azdrill/faults",
    request_body = FaultFile,
    responses(
        (status = 200, body = InPlace),
        (status = 400, body = Problem),
        (status = 415, body = Problem),
        (status = 422, body = Problem)
    )
))]
pub(super) async fn add(
    State(builder): State<SharedBuilder>,
    sent: Result<Json<FaultFile>, JsonRejection>,
) -> Result<Json<InPlace>, Problem> {
    let Json(file) = sent?;
    let door = builder.driver.front_door();
    let now = door.clock().now();
    door.with_core(|machine| file.apply(machine, now))
        .map_err(Problem::bad)?;
    Ok(Json(InPlace {
        doubtful: door.with_core(|machine| file.doubts_told(machine.rules())),
        ..in_place(&builder)
    }))
}

/// Takes all faults away.
#[cfg_attr(test, utoipa::path(delete, path = "/_azdrill/faults", responses((status = 200, body = InPlace))))]
pub(super) async fn clear(State(builder): State<SharedBuilder>) -> Json<InPlace> {
    let door = builder.driver.front_door();
    let now = door.clock().now();
    door.with_core(|machine| machine.clear_faults(now));
    Json(in_place(&builder))
}
