//! A job, as it is seen.

use azdrill_emulator::model::Timestamp;
use azdrill_emulator::services::data_protection::{JobKind, JobOutline};

/// A job as it stands.
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) kind: JobKind,
    pub(super) status: String,
    pub(super) code: String,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
}

impl Seen {
    pub(super) fn of(job: &JobOutline<'_>) -> Self {
        Self {
            id: job.id.to_owned(),
            kind: job.kind,
            status: job.status.to_owned(),
            code: job.error["code"].as_str().unwrap_or_default().to_owned(),
            started: job.started,
            ended: job.ended,
        }
    }
}
