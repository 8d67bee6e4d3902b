//! What came of a scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use azdrill_emulator::log::{Exchange, Note};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Profile, RuleId, Rules};
use azdrill_emulator::services::data_protection::JobOutline;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;

use super::ended::Ended;
use crate::scenario::StepKind;

/// What came of a scenario.
#[derive(Debug)]
pub struct Report {
    /// The scenario's name.
    pub name: String,
    /// Its topic.
    pub topic: String,
    /// Its claim.
    pub claim: String,
    /// The profile it was played under.
    pub profile: Profile,
    /// The rules it is about.
    pub about: Vec<RuleNote>,
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// Every backup and restore job there was, in order of their beginnings.
    pub jobs: Vec<JobTimes>,
    /// How much virtual time passed.
    pub virtual_time: SignedDuration,
    /// How much real time it took.
    pub real_time: Duration,
    /// The major version of the source server, if there was one.
    pub postgres_major: Option<u32>,
    /// Whether no row was moved: its servers only were said to run.
    pub simulated: bool,
    /// Whether a server that was only said to run was asked what only a real one knows.
    pub guessed: bool,
}

impl Report {
    /// Whether every expectation held.
    pub fn held(&self) -> bool {
        self.steps.iter().all(|step| step.misses.is_empty())
    }

    /// Whether data was moved: a job has ended well, or something was compared with its source.
    pub(super) fn moved_rows(&self) -> bool {
        let jobs = self.steps.iter().flat_map(|step| &step.jobs);
        let compared = self.steps.iter().any(|step| step.outcome.rows_equal.is_some());
        compared
            || jobs
                .map(|job| job.status.as_str())
                .any(|status| status == "Completed")
    }
}

/// What came of a step.
#[derive(Debug)]
pub struct StepReport {
    /// Its heading.
    pub title: String,
    /// What was done.
    pub kind: StepKind,
    /// Whether it says what it expects.
    pub expects: bool,
    /// What the documents lead one to expect, in one line.
    pub documented: String,
    /// What observation leads one to expect, in one line.
    pub observed: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The rules that decided, for people.
    pub rules: Vec<RuleNote>,
    /// Jobs that began or ended in it, in order of what they do.
    pub jobs: Vec<JobState>,
    /// Whether it was done. A step of rows is passed over where none are moved.
    pub played: bool,
    /// Expectations that did not hold.
    pub misses: Vec<String>,
    /// What was asked and answered.
    pub exchanges: Vec<Exchange>,
    /// What the log says besides.
    pub notes: Vec<Note>,
    /// When it began, on the world's clock.
    pub began: Timestamp,
    /// How much virtual time it took.
    pub virtual_time: SignedDuration,
    /// How much real time it took.
    pub real_time: Duration,
}

impl StepReport {
    /// The rules that applied to what was asked, or that a note tells of.
    pub(super) fn applied(&self) -> BTreeSet<&'static str> {
        applied(&self.exchanges, &self.notes)
    }
}

/// The rules that applied to exchanges, or that notes tell of.
pub(super) fn applied(exchanges: &[Exchange], notes: &[Note]) -> BTreeSet<&'static str> {
    let asked = exchanges.iter().flat_map(|exchange| &exchange.rules);
    let told = notes.iter().flat_map(|note| &note.rules);
    asked.chain(told).map(|id| id.as_str()).collect()
}

/// A backup or restore job, as it stands after a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct JobState {
    /// What it does: `Backup`, `Restore`.
    pub operation: String,
    /// `InProgress`, `Completed`, `Failed`.
    pub status: String,
    /// The error it failed with; empty if there is none.
    pub code: String,
}

impl JobState {
    pub(super) fn of(job: &JobOutline<'_>) -> Self {
        Self {
            operation: job.kind.as_str().to_owned(),
            status: job.status.to_owned(),
            code: job.error["code"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

/// When a job ran, on the world's clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobTimes {
    /// When it began.
    pub began: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// What it is and how it stands at the end.
    pub job: JobState,
}

impl JobTimes {
    pub(super) fn of(job: &JobOutline<'_>) -> Self {
        Self {
            began: job.started,
            ended: job.ended,
            job: JobState::of(job),
        }
    }
}

/// The jobs that are new, or otherwise than they were. In an order that no id decides: ids differ
/// where two machines went different ways before.
pub(super) fn changed(
    before: &BTreeMap<String, JobState>,
    after: BTreeMap<String, JobState>,
) -> Vec<JobState> {
    let changed = after.into_iter().filter(|(id, job)| before.get(id) != Some(job));
    let mut jobs: Vec<JobState> = changed.map(|(_, job)| job).collect();
    jobs.sort();
    jobs
}

/// A rule, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleNote {
    /// Its name.
    pub id: String,
    /// What it says.
    pub statement: String,
    /// How sure we are.
    pub mark: String,
    /// Its sources, by title and version.
    pub sources: Vec<String>,
}

/// The rule of that name as a note; `None` for one without a statement of its own.
pub(crate) fn rule_note(rules: &Rules, id: &str) -> Option<RuleNote> {
    let rule = rules.rule(RuleId::named(id).ok()?);
    Some(RuleNote {
        id: id.to_owned(),
        statement: rule.statement.clone(),
        mark: rule.mark().as_str().to_owned(),
        sources: titled(rules, rule.sources()),
    })
}

/// Sources by their keys, with titles and versions.
pub(crate) fn titled(rules: &Rules, keys: &[String]) -> Vec<String> {
    let keys = keys.iter();
    keys.map(|key| match rules.sources.get(key) {
        Some(source) => format!("{key}: {} ({})", source.title, source.version),
        None => key.clone(),
    })
    .collect()
}

/// How a step ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The end state.
    pub status: String,
    /// The error code; empty if there is none.
    pub code: String,
    /// The message.
    pub message: String,
    /// The inner error's code.
    pub inner_code: String,
    /// The inner error's message.
    pub inner_message: String,
    /// The gate that said no.
    pub gate: String,
    /// Why, in our words.
    pub reason: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// How sure we are that Azure answers like this.
    pub mark: String,
    /// Files a restore wrote.
    pub files: Option<u64>,
    /// Things listed.
    pub count: Option<u64>,
    /// Blobs in the target container.
    pub blobs: Vec<String>,
    /// Whether what was restored equals the source.
    pub rows_equal: Option<bool>,
    /// Rows compared.
    pub rows: Option<u64>,
    /// Tables compared.
    pub tables: Option<u64>,
    /// Real time from the request of a job to its end.
    #[serde(skip)]
    pub job_time: Option<Duration>,
}

impl Outcome {
    pub(super) fn done() -> Self {
        Self {
            status: "Succeeded".to_owned(),
            ..Self::default()
        }
    }

    /// The error part of an outcome, from an error object in any of the Backup service's shapes.
    pub(super) fn of_error(error: &Value) -> Self {
        let info = match &error["additionalInfo"][0]["info"] {
            Value::Null => error,
            info => info,
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let inner = &info["innerError"];
        // Resource Manager has it in a place of its own.
        let (inner_code, inner_message) = if info == error && error["recommendedAction"].is_null() {
            (&error["details"][0]["code"], &error["details"][0]["message"])
        } else {
            (
                &inner["code"],
                &inner["additionalInfo"]["DetailedNonLocalisedMessage"],
            )
        };
        Self {
            code: text(&error["code"]),
            message: text(&error["message"]),
            inner_code: text(inner_code),
            inner_message: text(inner_message),
            ..Self::default()
        }
    }

    pub(super) fn of(ended: &Ended) -> Self {
        let mut outcome = Self::of_error(&ended.error);
        outcome.status.clone_from(&ended.status);
        for (name, value) in &ended.marks {
            match name.as_str() {
                "x-azdrill-gate" => outcome.gate.clone_from(value),
                "x-azdrill-mark" => outcome.mark.clone_from(value),
                "x-azdrill-rules" => {
                    outcome.rules = value
                        .split(',')
                        .filter(|id| !id.is_empty())
                        .map(str::to_owned)
                        .collect();
                }
                _ => {}
            }
        }
        outcome
    }

    /// With who said no and why, where the answer itself does not tell: an operation that ends with an
    /// error of its own because a call on its way was refused, as a deployment does.
    pub(super) fn explained_by(mut self, exchanges: &[Exchange]) -> Self {
        let untold = !self.code.is_empty() && self.gate.is_empty();
        let mut refusals = exchanges.iter().rev().filter_map(|own| own.refused.as_ref());
        if let Some(refused) = refusals.next().filter(|_| untold) {
            refused.gate.as_str().clone_into(&mut self.gate);
            self.reason.clone_from(&refused.reason);
            self.rules = refused.rules.iter().map(ToString::to_string).collect();
            refused.mark.as_str().clone_into(&mut self.mark);
        }
        self
    }

    /// In one line, for tables.
    pub fn brief(&self) -> String {
        match (self.code.is_empty(), self.inner_code.is_empty()) {
            (true, _) => match self.count {
                Some(count) => format!("{count} found"),
                None => self.status.clone(),
            },
            (false, true) => format!("{}: {}", self.status, self.code),
            (false, false) => format!("{}: {} / {}", self.status, self.code, self.inner_code),
        }
    }
}
