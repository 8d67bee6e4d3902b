//! What goes wrong with jobs of the Backup service.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::artefact::Artefact;
use super::{ArtefactFault, Moment};

/// What is told of a job whose files a fault has changed, before what it did to them.
pub const TOLD_AS_WELL: &str = "it is told as having gone well, and ";

/// How far a job has come in its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobPhase {
    /// Its request has been accepted, and nothing has been done yet.
    Accepted,
    /// Vault storage is ready, and the dump has been asked for.
    Dumping,
    /// The first block has been written into the container.
    Copying,
    /// The dump is about to be loaded into a new database.
    Loading,
}

impl JobPhase {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Dumping => "dumping",
            Self::Copying => "copying",
            Self::Loading => "loading",
        }
    }
}

/// What a piece of work is told to have failed for that a fault breaks off, by whoever carries it out.
pub(crate) const BROKEN_OFF: &str = "a fault breaks it off";

/// What goes wrong with a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobFaultKind {
    /// It fails as soon as its request has been accepted, and does nothing.
    Fail {
        /// The error code.
        code: String,
    },
    /// It does its work, and is told as failed all the same.
    FailThoughDone {
        /// The error code.
        code: String,
    },
    /// It does its work, and is in progress for ever.
    Stick,
    /// It does its work, and its end is told later.
    EndLate {
        /// How much later, on the world's clock.
        by: SignedDuration,
    },
    /// It is told as having gone well, and what it wrote is not what it should be.
    Artefact(ArtefactFault),
}

/// Where a job stands when a fault may strike it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobPoint<'a> {
    /// It has come so far in its work.
    Working(JobPhase),
    /// It is about to read its recovery point, before which there is another one.
    Reading,
    /// It is about to write these files.
    Writing(&'a [Artefact<'a>]),
    /// Its work is done.
    Done,
    /// It has failed.
    Failed,
}

impl JobFaultKind {
    /// Its word in a file of faults.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fail { .. } => "job: fail",
            Self::FailThoughDone { .. } => "job: fail_though_done",
            Self::Stick => "job: stick",
            Self::EndLate { .. } => "job: end_late",
            Self::Artefact(_) => "job: artefact",
        }
    }

    /// Whether it can happen in the middle of a job's work.
    pub fn has_phases(&self) -> bool {
        matches!(self, Self::Fail { .. } | Self::Stick)
    }

    /// Whether it would change anything there; `phase`: in the middle of its work, at that phase.
    pub(super) fn strikes_at(&self, phase: Option<JobPhase>, point: JobPoint<'_>) -> bool {
        match self {
            Self::Fail { .. } => point == JobPoint::Working(phase.unwrap_or(JobPhase::Accepted)),
            Self::Stick if phase.is_some() => phase.is_some_and(|phase| point == JobPoint::Working(phase)),
            Self::FailThoughDone { .. } => point == JobPoint::Done,
            Self::Stick | Self::EndLate { .. } => matches!(point, JobPoint::Done | JobPoint::Failed),
            Self::Artefact(ArtefactFault::OlderPoint) => point == JobPoint::Reading,
            Self::Artefact(artefact) => match point {
                JobPoint::Writing(files) => artefact.strikes(files).is_some(),
                _ => false,
            },
        }
    }
}

/// One fault of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFault {
    /// What other faults call it; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What the job does, in Azure's word (`Backup`, `Restore`, `CrossRegionRestore`); empty matches any.
    pub job: String,
    /// A part of the backup instance's id, without regard to case; empty matches any.
    pub instance_contains: String,
    /// When it strikes.
    #[serde(flatten)]
    pub moment: Moment,
    /// Whether it may never strike.
    pub optional: bool,
    /// How far it comes in its work before it is broken off: of those that can be ([`JobFaultKind::has_phases`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<JobPhase>,
    /// What goes wrong.
    pub kind: JobFaultKind,
}

impl JobFault {
    /// Whether a job is one it is about.
    pub(super) fn is_about(&self, job: &str, instance: &str) -> bool {
        let part = self.instance_contains.to_ascii_lowercase();
        (self.job.is_empty() || self.job.eq_ignore_ascii_case(job))
            && instance.to_ascii_lowercase().contains(&part)
    }
}

impl std::fmt::Display for JobFaultKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fail { code } => write!(f, "it does nothing, and fails with {code}"),
            Self::FailThoughDone { code } => {
                write!(f, "its work is done, and it is told as failed with {code}")
            }
            Self::Stick => f.write_str("its work is done, and it never ends"),
            Self::EndLate { by } => write!(f, "its work is done, and its end is told {by:#} later"),
            Self::Artefact(artefact) => write!(f, "{TOLD_AS_WELL}{artefact}"),
        }
    }
}

impl std::fmt::Display for JobFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let job = match self.job.as_str() {
            "" => "any job",
            job => job,
        };
        write!(f, "{job}")?;
        if !self.instance_contains.is_empty() {
            write!(f, " of `{}`", self.instance_contains)?;
        }
        match (self.phase, &self.kind) {
            (None, kind) => write!(f, ", {}: {kind}", self.moment),
            (Some(phase), JobFaultKind::Fail { code }) => {
                write!(f, ", {}: {}, it fails with {code}", self.moment, phase.as_str())
            }
            (Some(phase), _) => write!(f, ", {}: {}, it stops for ever", self.moment, phase.as_str()),
        }
    }
}
