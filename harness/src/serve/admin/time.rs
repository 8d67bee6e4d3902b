//! The time: asking for it, and moving it.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use azdrill_emulator::model::Timestamp;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use utoipa::ToSchema;

use super::problem::Problem;
use crate::serve::builder::SharedBuilder;

/// The time, as it stands.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Time {
    /// The world's time.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub(super) now: Timestamp,
    /// How long the clock has really been going, in seconds; what it was moved forward does not count.
    gone_seconds: f64,
    /// When the next thing falls due by itself, if something does.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    next_due: Option<Timestamp>,
}

/// How far to move the time forward: one of the two.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields, expecting = "an object with `by` or `to`")]
pub(super) struct Forward {
    /// By so much, as ISO 8601 writes durations (`P1D`, `PT10M`) or in words (`10 minutes`). A day
    /// has 24 hours.
    #[cfg_attr(test, schema(value_type = Option<String>, example = "P1D"))]
    by: Option<Span>,
    /// To this time.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    to: Option<Timestamp>,
}

pub(super) fn time(builder: &SharedBuilder) -> Time {
    let door = builder.driver.front_door();
    let now = door.clock().now();
    Time {
        now,
        gone_seconds: door.clock().gone_until(now).as_secs_f64(),
        next_due: door.with_core(|azure| azdrill_emulator::machine::Core::next_due(azure)),
    }
}

/// The world's time.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/time", responses((status = 200, body = Time))))]
pub(super) async fn now(State(builder): State<SharedBuilder>) -> Json<Time> {
    Json(time(&builder))
}

/// Moves the time forward. What falls due on the way happens, in order: backups on schedule are
/// taken, retention ends, roles come to be seen. Answers when all of it is done.
#[cfg_attr(test, utoipa::path(
    post,
    path = "/_azdrill/time",
    request_body = Forward,
    responses(
        (status = 200, body = Time),
        (status = 400, body = Problem),
        (status = 409, body = Problem),
        (status = 415, body = Problem),
        (status = 422, body = Problem)
    )
))]
pub(super) async fn advance(
    State(builder): State<SharedBuilder>,
    sent: Result<Json<Forward>, JsonRejection>,
) -> Result<Json<Time>, Problem> {
    let Json(forward) = sent?;
    let now = builder.driver.front_door().clock().now();
    let by = match (forward.by, forward.to) {
        (Some(by), None) => duration(&by)?,
        (None, Some(to)) => to.duration_since(now),
        _ => return Err(Problem::bad("say `by` or `to`, and not both")),
    };
    if by.is_negative() {
        return Err(Problem::bad("time does not go back"));
    }
    builder.driver.advance(by).await.map_err(Problem::conflict)?;
    let door = builder.driver.front_door();
    let reached = door.clock().now();
    door.with_core(|machine| machine.note_time(reached));
    Ok(Json(time(&builder)))
}

fn duration(span: &Span) -> Result<SignedDuration, Problem> {
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| Problem::bad("`by` has months or years, whose length is not certain: say weeks or days"))
}
