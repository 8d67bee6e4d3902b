//! The time: asking for it, moving it, letting it stand still or go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::machine::Core as _;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::server::LATEST;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use utoipa::ToSchema;

use super::problem::Problem;
use crate::scenario::FURTHEST;
use crate::serve::builder::SharedBuilder;

/// How far the clock is moved until it is quiet, where nothing is said: longer than any job takes.
const QUIET_WITHIN: SignedDuration = SignedDuration::from_hours(48);
/// So many jobs are named where they keep the world from being quiet.
const NAMED_MAX: usize = 3;

/// The time, as it stands.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Time {
    /// The world's time.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub(super) now: Timestamp,
    /// Whether it goes on by itself.
    clock: ClockState,
    /// How long the clock has really been going, in seconds; what it was moved forward does not count.
    gone_seconds: f64,
    /// When the next thing falls due by itself, if something does.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    next_due: Option<Timestamp>,
    /// Long-running operations of Azure that have not ended.
    running_operations: usize,
    /// Backup and restore jobs that have not ended.
    running_jobs: usize,
}

/// Whether a clock goes on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum ClockState {
    /// It goes, as fast as the machine's.
    Going,
    /// It stands still until it is moved or set going.
    Frozen,
}

/// What to do with the clock: one of these.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `by`, `to`, `until_quiet` or `clock`"
)]
pub(super) struct Forward {
    /// Forward by so much, as ISO 8601 writes durations (`P1D`, `PT10M`) or in words (`10 minutes`). A day
    /// has 24 hours. A hundred years at most.
    #[cfg_attr(test, schema(value_type = Option<String>, example = "P1D"))]
    by: Option<Span>,
    /// Forward to this time.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    to: Option<Timestamp>,
    /// Forward until no operation and no job is under way. What recurs (schedules) and what waits for its day
    /// (retention, a deletion that can be undone) does not count.
    until_quiet: Option<UntilQuiet>,
    /// Let it go on by itself, or stand still.
    clock: Option<ClockState>,
}

/// How far to go at most until it is quiet.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct UntilQuiet {
    /// Not further than by so much; two days if left out.
    #[cfg_attr(test, schema(value_type = Option<String>, example = "P2D"))]
    within: Option<Span>,
}

pub(super) fn time(builder: &SharedBuilder) -> Time {
    let door = builder.driver.front_door();
    let now = door.clock().now();
    door.with_core(|azure| Time {
        now,
        clock: if door.clock().stands_still() {
            ClockState::Frozen
        } else {
            ClockState::Going
        },
        gone_seconds: door.clock().gone_until(now).as_secs_f64(),
        next_due: azure.next_due(),
        running_operations: azure.state().operations.running().count(),
        running_jobs: running_jobs(azure).count(),
    })
}

/// What jobs that have not ended do, each with its backup instance.
fn running_jobs(azure: &Azure) -> impl Iterator<Item = String> {
    let all = azure.services().data_protection.all_jobs();
    all.filter(|job| job.ended.is_none())
        .map(|job| format!("{} of {}", job.kind.as_str(), job.instance.name()))
}

fn is_quiet(azure: &Azure) -> bool {
    azure.state().operations.running().next().is_none() && running_jobs(azure).next().is_none()
}

/// The world's time.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/time", responses((status = 200, body = Time))))]
pub(super) async fn now(State(builder): State<SharedBuilder>) -> Json<Time> {
    Json(time(&builder))
}

/// Moves the time forward, or has the clock stand still or go on. What falls due on the way happens, in order: backups
/// on schedule are taken, retention ends, roles come to be seen. Answers when all of it is done; whoever leaves before
/// that stops it, at what falls due next.
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
    match forward {
        Forward {
            by: Some(by),
            to: None,
            until_quiet: None,
            clock: None,
        } => {
            let by = duration("by", &by)?;
            move_to(&builder, target(now, by)?).await?;
        }
        Forward {
            by: None,
            to: Some(to),
            until_quiet: None,
            clock: None,
        } => {
            move_to(&builder, target(now, to.duration_since(now))?).await?;
        }
        Forward {
            by: None,
            to: None,
            until_quiet: Some(asked),
            clock: None,
        } => {
            let within = asked
                .within
                .map_or(Ok(QUIET_WITHIN), |within| duration("within", &within))?;
            until_quiet(&builder, target(now, within)?).await?;
        }
        Forward {
            by: None,
            to: None,
            until_quiet: None,
            clock: Some(ClockState::Frozen),
        } => {
            builder.driver.freeze_clock();
        }
        Forward {
            by: None,
            to: None,
            until_quiet: None,
            clock: Some(ClockState::Going),
        } => {
            builder.driver.set_clock_going();
        }
        _ => return Err(Problem::bad("say one of `by`, `to`, `until_quiet` and `clock`")),
    }
    let door = builder.driver.front_door();
    let reached = door.clock().now();
    door.with_core(|machine| machine.note_time(reached));
    Ok(Json(time(&builder)))
}

fn duration(name: &str, span: &Span) -> Result<SignedDuration, Problem> {
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| {
            Problem::bad(format!(
                "`{name}` has months or years, whose length is not certain: say weeks or days"
            ))
        })
}

/// When it is after that long.
fn target(now: Timestamp, by: SignedDuration) -> Result<Timestamp, Problem> {
    if by.is_negative() {
        return Err(Problem::bad(format!(
            "time does not go back, and it is {now}: `POST /_azdrill/reset` begins again, and a snapshot brings a \
             world back, at the time there is"
        )));
    }
    if by > FURTHEST {
        return Err(Problem::bad(
            "it is moved by a hundred years (36600 days) at the most: what falls due on the way happens, and that \
             takes its time. Several moves go further",
        ));
    }
    let target = now.checked_add(by).ok().filter(|target| *target <= LATEST);
    target.ok_or_else(|| {
        Problem::bad(format!(
            "a world's time ends with {LATEST}: begin earlier, or go on by less"
        ))
    })
}

/// Says so when it is dropped.
struct Left(Arc<AtomicBool>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Goes to a time, for as long as `goes_on` says so. Work that is under way is done even if whoever asked has left
/// meanwhile. Whether it came to the last due time.
async fn go(
    builder: &SharedBuilder,
    target: Timestamp,
    goes_on: impl Fn(&Azure) -> bool + Send + Sync + 'static,
) -> Result<bool, Problem> {
    let left = Arc::new(AtomicBool::new(false));
    let _left = Left(Arc::clone(&left));
    let driver = builder.driver.clone();
    let going = tokio::spawn(async move {
        driver
            .advance_while(target, |azure| !left.load(Ordering::Relaxed) && goes_on(azure))
            .await
    });
    let went = going
        .await
        .map_err(|_| Problem::conflict("azdrill itself failed; its log says where"))?;
    went.map_err(Problem::conflict)
}

async fn move_to(builder: &SharedBuilder, target: Timestamp) -> Result<(), Problem> {
    if go(builder, target, |_| true).await? {
        builder.driver.front_door().clock().advance_to(target);
    }
    Ok(())
}

async fn until_quiet(builder: &SharedBuilder, target: Timestamp) -> Result<(), Problem> {
    if !go(builder, target, |azure| !is_quiet(azure)).await? {
        return Ok(());
    }
    let door = builder.driver.front_door();
    let (operations, jobs) = door.with_core(|azure| {
        let operations = azure.state().operations.running().count();
        (operations, running_jobs(azure).collect::<Vec<_>>())
    });
    let named = jobs
        .iter()
        .take(NAMED_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let named = if jobs.is_empty() {
        String::new()
    } else {
        format!(" ({named})")
    };
    Err(Problem::conflict(format!(
        "it is not quiet: {operations} operations and {} jobs{named} have not ended, and nothing that falls due before \
         {target} ends them. The clock stands at {}; `within` goes further",
        jobs.len(),
        door.clock().now(),
    )))
}
