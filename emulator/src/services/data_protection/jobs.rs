//! The jobs of a vault: those that begin, change and are looked up by other parts of the service.

use serde_json::Value;

use super::deleted_vault::DeletedVault;
use super::job::{Job, JobKind};
use super::violation::Violation;
use crate::fault::{JobFaultKind, JobPhase, JobPoint};
use crate::model::{ResourceId, Timestamp};
use crate::services::Context;
use crate::services::later::later;

/// Takes note of a job that begins now.
pub(super) fn begin(context: &mut Context<'_>, vault: &ResourceId, job: Job) {
    context
        .own
        .data_protection
        .jobs
        .entry(vault.clone())
        .or_default()
        .push(job);
}

/// Takes note of a backup job that begins, and answers its id.
pub(super) fn begin_backup(
    context: &mut Context<'_>,
    vault: &ResourceId,
    id: &ResourceId,
    tag: &str,
    activity: &str,
    due: Option<Timestamp>,
) -> String {
    let job_id = context.draw_uuid("backup job").to_string();
    let begun = begun(context, job_id.clone(), JobKind::Backup, id, activity);
    let job = Job {
        due,
        label: tag.to_owned(),
        ..begun
    };
    begin(context, vault, job);
    job_id
}

/// A job that begins now, of which no more is known yet.
pub(super) fn begun(
    context: &Context<'_>,
    id: String,
    kind: JobKind,
    instance: &ResourceId,
    activity: &str,
) -> Job {
    let protects = context.state.resource(instance);
    let properties = protects.map(|resource| resource.at("/properties").clone());
    Job {
        id,
        kind,
        instance: instance.clone(),
        activity: activity.to_owned(),
        started: context.now,
        ended: None,
        changed: context.now,
        due: None,
        status: "InProgress",
        error: Value::Null,
        properties: properties.unwrap_or_default(),
        label: String::new(),
        rehydration: None,
        recovery_point: None,
        destination: None,
        transferred_bytes: None,
        source_bytes: None,
    }
}

/// How a job ends.
#[derive(Clone)]
pub(super) enum JobEnd {
    /// A backup went well.
    BackedUp {
        point: (String, Timestamp),
        transferred_bytes: Option<u64>,
        source_bytes: Option<u64>,
    },
    /// A restore went well.
    Restored { transferred_bytes: u64 },
    /// It failed, with this error as a job shows it.
    Failed { error: Value },
}

/// Ends a job, as it does or as a fault has it.
pub(super) fn end(context: &mut Context<'_>, vault: &ResourceId, id: &str, end: JobEnd) {
    let point = match end {
        JobEnd::Failed { .. } => JobPoint::Failed,
        JobEnd::BackedUp { .. } | JobEnd::Restored { .. } => JobPoint::Done,
    };
    match struck(context, vault, id, point) {
        None | Some(JobFaultKind::Fail { .. } | JobFaultKind::Artefact(_)) => {
            write_end(context, vault, id, end)
        }
        Some(JobFaultKind::Stick) => {}
        Some(JobFaultKind::EndLate { by }) => {
            let (vault, id) = (vault.clone(), id.to_owned());
            later(context, by, move |context| write_end(context, &vault, &id, end));
        }
        Some(JobFaultKind::FailThoughDone { code }) => {
            let job = found(context, vault, id);
            let (about, activity) = match job.map(|job| (job.kind, job.activity.clone())) {
                Some((JobKind::Backup, activity)) => ("backup", activity),
                other => ("restore", other.map(|(_, activity)| activity).unwrap_or_default()),
            };
            let violation = Violation::injected(&code);
            violation.note(context, about);
            let error = violation.job_error(&activity);
            write_end(context, vault, id, JobEnd::Failed { error });
        }
    }
}

fn found<'a>(context: &'a Context<'_>, vault: &ResourceId, id: &str) -> Option<&'a Job> {
    let mut jobs = context.own.data_protection.jobs.get(vault)?.iter();
    jobs.find(|job| job.id == id)
}

/// The fault that strikes a job where it stands.
pub(super) fn struck(
    context: &mut Context<'_>,
    vault: &ResourceId,
    id: &str,
    point: JobPoint<'_>,
) -> Option<JobFaultKind> {
    let job = found(context, vault, id)?;
    let (kind, instance) = (job.kind, job.instance.clone());
    let struck = context
        .faults
        .strike_job(context.now, kind.as_str(), instance.as_str(), point)?;
    let told = match point {
        JobPoint::Working(phase) if phase != JobPhase::Accepted => struck.told_at(phase),
        _ => struck.to_string(),
    };
    let text = format!("a job of {} is struck by a fault: {told}", instance.name());
    context.log.note(context.now, "fault", text, None);
    Some(struck)
}

fn write_end(context: &mut Context<'_>, vault: &ResourceId, id: &str, end: JobEnd) {
    let now = context.now;
    let own = &mut context.own.data_protection;
    // A vault that is deleted meanwhile takes its jobs along, and brings them back.
    let gone = own.deleted_vaults.values_mut().flat_map(DeletedVault::jobs_mut);
    let mut jobs = own.jobs.get_mut(vault).into_iter().flatten().chain(gone);
    if let Some(job) = jobs.find(|job| job.id == id) {
        job.ended = Some(now);
        job.changed = now;
        match end {
            JobEnd::BackedUp {
                point,
                transferred_bytes,
                source_bytes,
            } => {
                job.status = "Completed";
                job.recovery_point = Some(point);
                job.transferred_bytes = transferred_bytes;
                job.source_bytes = source_bytes;
            }
            JobEnd::Restored { transferred_bytes } => {
                job.status = "Completed";
                job.transferred_bytes = Some(transferred_bytes);
            }
            JobEnd::Failed { error } => {
                job.status = "Failed";
                job.error = error;
            }
        }
    }
}

/// The jobs of a vault, in the order they began.
pub(super) fn of_vault<'a>(
    context: &'a Context<'_>,
    vault: &ResourceId,
) -> impl DoubleEndedIterator<Item = &'a Job> {
    let jobs = context.own.data_protection.jobs.get(vault);
    jobs.into_iter().flatten()
}

/// The backups of an instance, newest first.
fn backups<'a>(
    context: &'a Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
) -> impl Iterator<Item = &'a Job> {
    let backups = of_vault(context, vault).rev();
    backups.filter(move |job| job.kind == JobKind::Backup && job.instance == *instance)
}

/// Whether a backup of the instance is under way.
pub(super) fn backup_is_running(context: &Context<'_>, vault: &ResourceId, instance: &ResourceId) -> bool {
    backups(context, vault, instance).any(|job| job.ended.is_none())
}

/// When scheduled backups of an instance began, newest first.
pub(super) fn scheduled(
    context: &Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
) -> impl Iterator<Item = Timestamp> {
    let scheduled = backups(context, vault, instance).filter(|job| job.due.is_some());
    scheduled.map(|job| job.started)
}

/// When the newest scheduled backup of an instance that has succeeded had fallen due. Jobs outlive the
/// recovery points they made.
pub(super) fn last_succeeded(
    context: &Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
) -> Option<Timestamp> {
    let mut succeeded = backups(context, vault, instance).filter(|job| job.status == "Completed");
    succeeded.find_map(|job| job.due)
}
