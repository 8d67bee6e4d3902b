//! What a command did to Azure, from the emulator's own log.

use std::collections::BTreeMap;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::Profile;
use azdrill_emulator::server::Clock;
use serde::Serialize;
use serde_json::Value;

use super::call::{Call, Failed, Refused, RefusedCall, Told};
use super::probes::only_asked;
use crate::run::{RuleNote, rule_note};

/// A run, as it is written into a file and summed up for people. Holds no secret: the log has none.
/// `compare` reads its calls.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The command and its arguments' count: arguments may hold anything.
    pub command: String,
    /// The command's exit code; 128 and the signal's number if a signal ended it.
    pub exit_code: i32,
    /// The world's name, if there was one.
    pub world: Option<String>,
    /// The profile.
    pub profile: String,
    /// When it began, on the world's clock.
    pub began: Timestamp,
    /// When it ended, on the world's clock.
    pub ended: Timestamp,
    /// How long it really took, in seconds.
    pub seconds: f64,
    /// How many calls there were; more than `calls` holds if the oldest were dropped.
    pub calls_made: u64,
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// What the emulator told besides, refusals at stages of jobs among it.
    pub told: Vec<Told>,
    /// Jobs that were begun.
    pub jobs: Vec<Job>,
    /// Long-running operations that failed.
    pub failed_operations: Vec<FailedOperation>,
    /// Recovery points at the end.
    pub recovery_points: u64,
    /// Recovery points that were made.
    pub new_recovery_points: u64,
    /// Operations asked for that the emulator does not have, and how often.
    pub not_implemented: Vec<(String, u64)>,
    /// Hosts asked for that are none of ours, and how often.
    pub unknown_hosts: Vec<(String, u64)>,
    /// Faults that were put in place.
    pub faults: u64,
    /// How many of them struck at least once; `faulted` calls are those they struck.
    pub faults_struck: u64,
    /// Faults that were put in place and never struck, each in a sentence.
    pub faults_unstruck: Vec<String>,
    /// What hosts of the internet among the unknown ones are, and how to do without.
    #[serde(skip)]
    pub outside: BTreeMap<String, String>,
    /// The rules that decided a refusal.
    #[serde(skip)]
    pub rules: Vec<RuleNote>,
    /// What to do where one of them says no.
    #[serde(skip)]
    pub fixes: BTreeMap<String, String>,
}

/// A job.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// `Backup` or `Restore`.
    pub operation: String,
    /// The backup instance.
    pub instance: String,
    /// `InProgress`, `Completed`, `Failed`.
    pub status: String,
    /// The code of the error; empty if there is none.
    pub code: String,
    /// The message of the error.
    pub message: String,
    /// When it began, on the world's clock.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who said no and why, if it failed for that.
    pub refused: Option<Refused>,
}

/// A long-running operation that failed.
#[derive(Clone, Debug, Serialize)]
pub struct FailedOperation {
    /// Its id, the last part of the addresses it is asked about at.
    pub id: String,
    /// Who said no and by which rules, if it was a no.
    pub because: Option<Failed>,
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
}

/// How things stood when a command began.
#[derive(Clone, Debug)]
pub(super) struct Before {
    exchanges: u64,
    notes: usize,
    at: Timestamp,
    recovery_points: u64,
}

impl Before {
    /// As things stand now.
    pub(super) fn of(azure: &Azure, now: Timestamp) -> Self {
        Self {
            exchanges: azure.log().count(),
            notes: azure.log().notes().len(),
            at: now,
            recovery_points: recovery_points(azure),
        }
    }
}

fn recovery_points(azure: &Azure) -> u64 {
    azure.services().data_protection.all_recovery_points().count() as u64
}

/// What is known of a run besides the log.
#[derive(Clone, Debug)]
pub(super) struct Outside<'a> {
    pub(super) command: &'a str,
    pub(super) exit_code: i32,
    pub(super) world: Option<&'a str>,
    pub(super) profile: Profile,
    pub(super) unknown_hosts: Vec<(String, u64)>,
}

impl Record {
    pub(super) fn take(azure: &Azure, clock: &Clock, before: &Before, outside: Outside<'_>) -> Self {
        let now = clock.now();
        let began = clock.gone_until(before.at);
        let seconds = |at: Timestamp| (clock.gone_until(at) - began).as_secs_f64();
        let calls: Vec<Call> = azure
            .log()
            .since(before.exchanges)
            .map(|exchange| Call::of(exchange, seconds(exchange.at)))
            .collect();
        let told: Vec<Told> = azure.log().notes()[before.notes..]
            .iter()
            .map(|note| Told::of(note, seconds(note.at)))
            .collect();
        let all = recovery_points(azure);
        let (faults_struck, all_faults) = azure.faults().struck();
        Self {
            command: outside.command.to_owned(),
            exit_code: outside.exit_code,
            world: outside.world.map(str::to_owned),
            profile: outside.profile.to_string(),
            began: before.at,
            ended: now,
            seconds: seconds(now),
            calls_made: azure.log().count() - before.exchanges,
            not_implemented: not_implemented(&calls),
            fixes: fixes(azure),
            rules: rules(azure, &calls, &told),
            calls,
            told,
            jobs: jobs(azure, before.at),
            failed_operations: failed_operations(azure, before.at),
            recovery_points: all,
            new_recovery_points: all.saturating_sub(before.recovery_points),
            faults: all_faults as u64,
            faults_struck: faults_struck as u64,
            faults_unstruck: super::faults::unstruck(azure),
            outside: outside
                .unknown_hosts
                .iter()
                .filter_map(|(host, _)| {
                    let row = azure.rules().outside(host)?;
                    Some((host.clone(), format!("{}: {}", row.what, row.instead)))
                })
                .collect(),
            unknown_hosts: outside.unknown_hosts,
        }
    }

    /// The calls that were refused; not those for operations we do not have, nor those that only asked
    /// whether something is there, or where to get a token.
    pub fn refused_calls(&self) -> impl Iterator<Item = RefusedCall<'_>> {
        let only_asked = only_asked(&self.calls);
        self.calls
            .iter()
            .filter(move |call| {
                call.not_implemented.is_none()
                    && !only_asked.contains(&call.number)
                    && !call.is_housekeeping()
            })
            .filter_map(|call| {
                let refused = call.refused.as_ref()?;
                Some(RefusedCall { call, refused })
            })
    }
}

fn not_implemented(calls: &[Call]) -> Vec<(String, u64)> {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.is_housekeeping()) {
        if let Some(what) = &call.not_implemented {
            *found.entry(what.clone()).or_default() += 1;
        }
    }
    found.into_iter().collect()
}

fn rules(azure: &Azure, calls: &[Call], told: &[Told]) -> Vec<RuleNote> {
    let refusals = calls
        .iter()
        .filter_map(|call| call.refused.as_ref())
        .chain(told.iter().filter_map(|told| told.refused.as_ref()));
    let mut notes: Vec<RuleNote> = Vec::new();
    for id in refusals.flat_map(|refused| &refused.rules) {
        if !notes.iter().any(|note| note.id == *id)
            && let Some(note) = rule_note(azure.rules(), id)
        {
            notes.push(note);
        }
    }
    notes
}

fn fixes(azure: &Azure) -> BTreeMap<String, String> {
    let rules = azure.rules().stated.values();
    rules
        .filter_map(|rule| Some((rule.id.to_string(), rule.fix.clone()?)))
        .collect()
}

fn jobs(azure: &Azure, since: Timestamp) -> Vec<Job> {
    let mut jobs: Vec<Job> = azure
        .services()
        .data_protection
        .all_jobs()
        .filter(|job| job.started >= since)
        .map(|job| {
            let text = |name: &str| job.error[name].as_str().unwrap_or_default().to_owned();
            Job {
                id: job.id.to_owned(),
                operation: job.kind.as_str().to_owned(),
                instance: job.instance.name().to_owned(),
                status: job.status.to_owned(),
                code: text("code"),
                message: text("message"),
                started: job.started,
                ended: job.ended,
                refused: refused_at(azure, job.ended, &text("code")),
            }
        })
        .collect();
    jobs.sort_by_key(|job| job.started);
    jobs
}

/// Who said no when a job ended, as the log was told.
fn refused_at(azure: &Azure, ended: Option<Timestamp>, code: &str) -> Option<Refused> {
    let told = azure.log().notes().iter().rev();
    told.filter(|note| Some(note.at) == ended)
        .filter_map(|note| note.refused.as_ref())
        .find(|refused| refused.code == code)
        .map(Refused::of)
}

fn failed_operations(azure: &Azure, since: Timestamp) -> Vec<FailedOperation> {
    let mut failed: Vec<(Timestamp, FailedOperation)> = azure
        .state()
        .operations
        .all()
        .filter(|(_, operation)| operation.started >= since)
        .filter_map(|(id, operation)| {
            let azdrill_emulator::state::OperationOutcome::Failed(error) = &operation.outcome else {
                return None;
            };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let mark = |name: &str| {
                let marks = operation.marks.iter();
                marks
                    .filter(|(marked, _)| *marked == name)
                    .map(|(_, value)| value.clone())
                    .next()
            };
            let because = mark("x-azdrill-gate").map(|gate| Failed {
                gate,
                rules: mark("x-azdrill-rules")
                    .iter()
                    .flat_map(|rules| rules.split(','))
                    .filter(|rule| !rule.is_empty())
                    .map(str::to_owned)
                    .collect(),
                mark: mark("x-azdrill-mark").unwrap_or_default(),
            });
            let failed = FailedOperation {
                id: id.to_owned(),
                because,
                code: text(&error["code"]),
                message: text(&error["message"]),
            };
            Some((operation.started, failed))
        })
        .collect();
    failed.sort_by_key(|(started, _)| *started);
    failed.into_iter().map(|(_, failed)| failed).collect()
}
