//! The log: what was asked and answered.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use crate::serve::builder::SharedBuilder;
use crate::serve::{Call, Told};

/// Which part of the log.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Only calls with a higher number.
    #[serde(default)]
    #[cfg_attr(test, param(required = false))]
    after: u64,
    /// Only calls that were refused.
    #[serde(default)]
    #[cfg_attr(test, param(required = false))]
    refused: bool,
}

/// A part of the log.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Found {
    /// The number of the newest call there has been.
    newest: u64,
    /// The calls, in order. The oldest are dropped once there are very many.
    calls: Vec<Call>,
    /// What the emulator told besides since the first of these calls: why jobs and validations were
    /// refused, and by which rules.
    told: Vec<Told>,
}

/// What was asked and what was answered, with who said no and why.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/log", params(Part), responses((status = 200, body = Found), (status = 400, body = Problem))))]
pub(super) async fn log(
    State(builder): State<SharedBuilder>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Found>, Problem> {
    let Query(part) = part?;
    let door = builder.driver.front_door();
    let clock = door.clock();
    let seconds = |at| clock.gone_until(at).as_secs_f64();
    let found = door.with_core(|azure| {
        let log = azure.log();
        let calls: Vec<Call> = log
            .since(part.after)
            .filter(|exchange| !part.refused || exchange.refused.is_some() || exchange.failed.is_some())
            .map(|exchange| Call::of(exchange, seconds(exchange.at)))
            .collect();
        let first = log.since(part.after).next().map(|exchange| exchange.at);
        let notes = log.notes().iter();
        let told = notes.filter(|note| first.is_some_and(|first| note.at >= first));
        Found {
            newest: log.count(),
            told: told.map(|note| Told::of(note, seconds(note.at))).collect(),
            calls,
        }
    });
    Ok(Json(found))
}
