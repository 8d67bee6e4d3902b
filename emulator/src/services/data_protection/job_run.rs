//! What every job does, whatever it backs up or restores: it is asked for, it begins, and it ends, well or as
//! failed.

use super::job::JobKind;
use super::jobs::{self, JobEnd};
use super::operations;
use super::task::Over;
use super::violation::Violation;
use crate::fault::{JobFaultKind, JobPhase, JobPoint};
use crate::model::{ResourceId, Timestamp};
use crate::rules::rule;
use crate::services::Context;

/// A job under way.
#[derive(Clone)]
pub(super) struct JobRun {
    pub(super) vault: ResourceId,
    /// The job's id.
    pub(super) job: String,
    pub(super) kind: JobKind,
    /// The operation of the request it was asked for by, as long as it has not ended.
    pub(super) operation: Option<String>,
    pub(super) activity: String,
    pub(super) started: Timestamp,
    /// What the log calls it.
    pub(super) about: &'static str,
}

impl JobRun {
    /// Ends the operation of the request: the job has begun. Answers with a fault that leaves it nothing to do.
    pub(super) fn accept(&mut self, context: &mut Context<'_>) -> Option<JobFaultKind> {
        self.begun(context);
        self.struck_at(context, JobPhase::Accepted)
    }

    /// The fault that breaks the job off where it has come to.
    pub(super) fn struck_at(&self, context: &mut Context<'_>, phase: JobPhase) -> Option<JobFaultKind> {
        jobs::struck(context, &self.vault, &self.job, JobPoint::Working(phase))
    }

    /// Breaks the job off, as a fault has it: it fails, or is in progress for ever.
    pub(super) fn break_off(&mut self, context: &mut Context<'_>, fault: &JobFaultKind) -> Over {
        match fault {
            JobFaultKind::Fail { code } => {
                let violation = Violation::injected(code);
                self.fail(context, &violation)
            }
            _ => Over::unheard(),
        }
    }

    fn begun(&mut self, context: &mut Context<'_>) {
        if let Some(operation) = self.operation.take() {
            let outcome = operations::job_started(&self.shown_id(context));
            context.end(&operation, outcome);
        }
    }

    /// The job's id as it is told: one that can be read, but of a job of another region.
    fn shown_id(&self, context: &Context<'_>) -> String {
        let across = self.kind == JobKind::CrossRegionRestore;
        match across && context.rules.takes(rule::FX_CR_JOB, "by_its_own_operation") {
            true => self.job.clone(),
            false => self.vault.child(["backupJobs", &self.job]).to_string(),
        }
    }

    /// Ends the job as failed.
    pub(super) fn fail(&mut self, context: &mut Context<'_>, violation: &Violation) -> Over {
        self.begun(context);
        violation.note(context, self.about);
        let error = violation.job_error(&self.activity);
        Over::job(context, &self.vault, &self.job, JobEnd::Failed { error })
    }

    /// How long the job still takes at the world's pace.
    pub(super) fn rest(&self, context: &Context<'_>, phase: &str) -> jiff::SignedDuration {
        Self::rest_from(context, self.started, phase)
    }

    /// The same, of a job that could not go on before.
    pub(super) fn rest_from(context: &Context<'_>, begun: Timestamp, phase: &str) -> jiff::SignedDuration {
        let until = begun + context.phase(phase);
        until.duration_since(context.now).max(jiff::SignedDuration::ZERO)
    }
}
