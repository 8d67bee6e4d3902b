//! When things happened on both machines, in virtual time, at the pace that was recorded on Azure.
//!
//! What is claimed is played as fast as can be; at the recorded pace it is played once more, for the times alone,
//! without rows where that ends every step as it ended.

use std::sync::Arc;

use azdrill_emulator::log::{CallOrigin, Exchange};
use azdrill_emulator::model::Timestamp;
use serde::Serialize;

use crate::postgres::RealPostgres;
use crate::run::{Both, Machine, Outside, Report, play};
use crate::scenario::Scenario;

/// The word for the pace.
const RECORDED: &str = "recorded";

/// How a machine spent its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Whether things took as long as was recorded on Azure. Else nothing took time that did not have to.
    pub recorded_pace: bool,
    /// Virtual time from the first step to the end of the last, in seconds.
    pub seconds: f64,
    /// Step by step.
    pub steps: Vec<StepTimes>,
    /// Backup and restore jobs, in order of their beginnings.
    pub jobs: Vec<JobTime>,
}

/// When a step was, in seconds from the beginning of the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTimes {
    /// When it began.
    pub began: f64,
    /// When it ended.
    pub ended: f64,
    /// What was asked and answered, in order.
    pub calls: Vec<CallTime>,
}

/// A call, or several of the same kind one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallTime {
    /// When the first was, in milliseconds from the beginning of the first step.
    pub at: i64,
    /// Who asked: `client`, `service`, or `question` for a service that only asked whether it might.
    pub by: &'static str,
    /// The operation, or the method where there is none.
    pub operation: String,
    /// The status answered.
    pub status: u16,
    /// How many there were.
    pub count: usize,
    /// Who said no, if somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedCall>,
}

/// A no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedCall {
    /// The gate.
    pub gate: &'static str,
    /// The code.
    pub code: String,
    /// The rules that decided.
    pub rules: Vec<String>,
}

/// When a job ran, in seconds from the beginning of the first step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobTime {
    /// What it did: `Backup`, `Restore`.
    pub operation: String,
    /// How it stood at the end.
    pub status: String,
    /// When it began.
    pub began: f64,
    /// When it ended, if it did.
    pub ended: Option<f64>,
}

/// Of the documented and of the observed machine.
pub(super) async fn timelines(
    scenario: &Scenario,
    both: &Both,
    simulated: &Outside,
    postgres: Option<&Arc<dyn RealPostgres>>,
) -> [Timeline; 2] {
    let mut paced = scenario.clone();
    RECORDED.clone_into(&mut paced.world.pace);
    let (documented, observed) = (&both.documented, &both.observed);
    tokio::join!(
        timeline(&paced, documented, simulated, postgres),
        timeline(&paced, observed, simulated, postgres)
    )
    .into()
}

async fn timeline(
    paced: &Scenario,
    was: &Report,
    simulated: &Outside,
    postgres: Option<&Arc<dyn RealPostgres>>,
) -> Timeline {
    let real = postgres.map(|postgres| Outside::Real(Some(Arc::clone(postgres))));
    for outside in std::iter::once(simulated.clone()).chain(real) {
        let machine = Machine::of(was.profile, outside);
        // A play that comes to no end tells no times.
        let Ok(again) = Box::pin(play(paced, &machine)).await else {
            continue;
        };
        if ends_alike(was, &again) {
            return Timeline::of(&again, true);
        }
    }
    Timeline::of(was, false)
}

/// Whether every step that was taken in the second ended as in the first.
fn ends_alike(was: &Report, again: &Report) -> bool {
    let mut steps = was.steps.iter().zip(&again.steps);
    steps.all(|(was, again)| !again.played || was.outcome.brief() == again.outcome.brief())
}

impl Timeline {
    fn of(report: &Report, recorded_pace: bool) -> Self {
        let zero = report.steps.first().map(|step| step.began).unwrap_or_default();
        let since = |time: Timestamp| time.duration_since(zero).as_secs_f64();
        let steps = report.steps.iter().map(|step| {
            let began = since(step.began);
            StepTimes {
                began,
                ended: began + step.virtual_time.as_secs_f64(),
                calls: calls(zero, &step.exchanges),
            }
        });
        let jobs = report.jobs.iter().map(|times| JobTime {
            operation: times.job.operation.clone(),
            status: times.job.status.clone(),
            began: since(times.began),
            ended: times.ended.map(since),
        });
        let steps: Vec<StepTimes> = steps.collect();
        Self {
            recorded_pace,
            seconds: steps.last().map_or(0.0, |step| step.ended),
            steps,
            jobs: jobs.collect(),
        }
    }
}

/// Calls of the same kind that follow one another are one.
fn calls(zero: Timestamp, exchanges: &[Exchange]) -> Vec<CallTime> {
    let mut calls: Vec<CallTime> = Vec::new();
    for exchange in exchanges {
        let next = call(zero, exchange);
        match calls.last_mut() {
            Some(last) if same(last, &next) => last.count += 1,
            _ => calls.push(next),
        }
    }
    calls
}

fn same(one: &CallTime, other: &CallTime) -> bool {
    let kind = |call: &CallTime| (call.by, call.status);
    kind(one) == kind(other) && one.operation == other.operation && one.refused == other.refused
}

fn call(zero: Timestamp, exchange: &Exchange) -> CallTime {
    CallTime {
        at: exchange
            .at
            .duration_since(zero)
            .as_millis()
            .try_into()
            .unwrap_or(0),
        by: match exchange.asked {
            CallOrigin::ByClient => "client",
            CallOrigin::ByService => "service",
            CallOrigin::OnlyWhether => "question",
        },
        operation: match &*exchange.operation {
            "" => exchange.method.to_string(),
            operation => operation.to_owned(),
        },
        status: exchange.status,
        count: 1,
        refused: exchange.refused.as_ref().map(|refused| RefusedCall {
            gate: refused.gate.as_str(),
            code: refused.code.clone(),
            rules: refused.rules.iter().map(ToString::to_string).collect(),
        }),
    }
}
