//! What every backup job does, whatever it protects: it begins, it ends well with a recovery point,
//! or it ends as failed.

use super::job_failure::{end_failed, failed_info};
use super::recovery_points::VaultFile;
use super::vault_store::Place;
use super::violation::Violation;
use super::{jobs, operations, recovery_points};
use crate::model::{ResourceId, Timestamp};
use crate::services::Context;

/// What began a backup.
#[derive(Clone)]
pub(super) enum Trigger {
    /// A schedule, at this time.
    Schedule(Timestamp),
    /// Somebody's request.
    Request {
        /// Its operation.
        operation: String,
        /// What the client calls it; may be empty.
        activity: String,
    },
}

/// A backup job under way.
#[derive(Clone)]
pub(super) struct BackupRun {
    pub(super) vault: ResourceId,
    pub(super) instance: ResourceId,
    /// The job's id.
    pub(super) job: String,
    /// The retention tag.
    pub(super) tag: String,
    /// The operation of an on-demand request.
    pub(super) operation: Option<String>,
    pub(super) activity: String,
    pub(super) started: Timestamp,
}

/// What a backup has written.
#[derive(Clone)]
pub(super) struct Written {
    /// The recovery point's id.
    pub(super) point: String,
    pub(super) place: Place,
    pub(super) files: Vec<VaultFile>,
    pub(super) transferred_bytes: Option<u64>,
    pub(super) source_bytes: Option<u64>,
}

impl BackupRun {
    /// Takes note of a job that begins now.
    pub(super) fn begin(
        context: &mut Context<'_>,
        vault: &ResourceId,
        instance: &ResourceId,
        tag: String,
        trigger: Trigger,
    ) -> Self {
        let (due, operation, activity) = match trigger {
            Trigger::Schedule(due) => (Some(due), None, String::new()),
            Trigger::Request { operation, activity } => (None, Some(operation), activity),
        };
        let activity = if activity.is_empty() {
            context.draw_uuid("activity").to_string()
        } else {
            activity
        };
        let job = jobs::begin_backup(context, vault, instance, &tag, &activity, due);
        Self {
            vault: vault.clone(),
            instance: instance.clone(),
            job,
            tag,
            operation,
            activity,
            started: context.now,
        }
    }

    /// Ends the operation of the request: the job has begun.
    pub(super) fn accept(&self, context: &mut Context<'_>) {
        if let Some(operation) = &self.operation {
            let outcome = operations::job_started(&self.vault, &self.job);
            context.end(operation, outcome);
        }
    }

    /// Ends the job as failed.
    pub(super) fn fail(&self, context: &mut Context<'_>, violation: &Violation) {
        violation.note(context, "backup");
        end_failed(
            context,
            &self.vault,
            &self.job,
            failed_info(violation, &self.activity),
        );
    }

    /// Ends the job well: what was written becomes a recovery point.
    pub(super) fn complete(&self, context: &mut Context<'_>, written: Written) {
        let Written {
            point,
            place,
            files,
            transferred_bytes,
            source_bytes,
        } = written;
        recovery_points::keep(context, &self.instance, &self.tag, &point, place, files);
        let now = context.now;
        jobs::change(context, &self.vault, &self.job, |job| {
            job.status = "Completed";
            job.ended = Some(now);
            job.recovery_point = Some((point, now));
            job.transferred_bytes = transferred_bytes;
            job.source_bytes = source_bytes;
        });
    }

    /// How long the job still takes at the world's pace.
    pub(super) fn rest(&self, context: &Context<'_>, phase: &str) -> jiff::SignedDuration {
        let until = self.started + context.phase(phase);
        until.duration_since(context.now).max(jiff::SignedDuration::ZERO)
    }
}
