//! Faults: putting them in place, and taking them away.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use super::problem::Problem;
use crate::serve::FaultFile;

/// The faults in place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InPlace {
    /// Each in a sentence, with how many matches there were so far.
    faults: Vec<String>,
}

fn in_place(admin: &Admin) -> InPlace {
    let door = admin.driver.front_door();
    InPlace {
        faults: door.with_core(|azure| azure.faults_mut().describe()),
    }
}

/// The faults in place.
#[utoipa::path(get, path = "/_azdrill/faults", responses((status = 200, body = InPlace)))]
pub(super) async fn list(State(admin): State<Admin>) -> Json<InPlace> {
    Json(in_place(&admin))
}

/// Puts faults in place, behind those that are there. Matches are counted from now on.
#[utoipa::path(
    post,
    path = "/_azdrill/faults",
    request_body = FaultFile,
    responses((status = 200, body = InPlace), (status = 400, body = Problem))
)]
pub(super) async fn add(
    State(admin): State<Admin>,
    sent: Result<Json<FaultFile>, JsonRejection>,
) -> Result<Json<InPlace>, Problem> {
    let Json(file) = sent?;
    let door = admin.driver.front_door();
    door.with_core(|azure| file.apply(azure)).map_err(Problem::bad)?;
    Ok(Json(in_place(&admin)))
}

/// Takes all faults away.
#[utoipa::path(delete, path = "/_azdrill/faults", responses((status = 200, body = InPlace)))]
pub(super) async fn clear(State(admin): State<Admin>) -> Json<InPlace> {
    admin
        .driver
        .front_door()
        .with_core(|azure| azure.faults_mut().clear());
    Json(in_place(&admin))
}
