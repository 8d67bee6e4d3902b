//! A fault of jobs, as files and the admin endpoint write it.

use azdrill_emulator::fault::{ArtefactFault, JobFault, JobFaultKind, JobPhase};
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::bounds::{error_code, from_one, one};
use super::length::Length;
use super::when::When;
use crate::scenario::Misstated;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct JobEntry {
    /// What other faults call it.
    #[serde(default)]
    pub(super) name: String,
    /// What the job does; any job if left out.
    job: Option<JobWord>,
    /// A part of the backup instance's id; any if left out.
    #[serde(default)]
    instance_contains: String,
    /// How far it comes in its work before it fails or stops; if left out, it fails at once, or does all of its work.
    phase: Option<PhaseWord>,
    /// The first match to strike, from 1.
    #[serde(default = "one", deserialize_with = "from_one")]
    nth: u64,
    /// How many matches to strike.
    #[serde(default = "one", deserialize_with = "from_one")]
    times: u64,
    /// Which of the matches are struck, besides.
    #[serde(default)]
    pub(super) when: When,
    /// Whether it may never strike.
    #[serde(default)]
    optional: bool,
    /// What goes wrong.
    fault: JobFaultWord,
}

/// What a job does, in Azure's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
enum JobWord {
    Backup,
    Restore,
    CrossRegionRestore,
}

/// How far a job has come in its work: the words of a scenario's `during`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum PhaseWord {
    /// Nothing has been done yet.
    Accepted,
    /// A backup has asked for the dump.
    Dumping,
    /// A restore as files has written its first block.
    Copying,
    /// A restore to a database is about to load the dump.
    Loading,
}

/// What goes wrong with a job, as files write it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum JobFaultWord {
    /// It does nothing, and fails with this code.
    Fail(#[serde(deserialize_with = "error_code")] String),
    /// Its work is done, and it is told as failed with this code.
    FailThoughDone(#[serde(deserialize_with = "error_code")] String),
    /// Its work is done, and it is in progress for ever.
    Stick,
    /// Its work is done, and its end is told so much later on the world's clock.
    EndLate(Length),
    /// The restore goes well, and the first file with this in its name is not written.
    LeaveOutFile(String),
    /// The restore goes well, and a file ends early.
    CutFile(CutWord),
    /// The restore goes well, and 512 bytes of a file read as zeros.
    ZeroFile(ZeroWord),
    /// The restore goes well, with the files of the recovery point before.
    OlderRecoveryPoint,
}

/// A file that ends early.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct CutWord {
    /// A part of its name in vault storage, `database_shop`; the first file if left out.
    #[serde(default)]
    name_contains: String,
    /// How much of it is written, in bytes.
    bytes: u64,
}

/// A file of which a part has gone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct ZeroWord {
    /// A part of its name in vault storage, `database_shop`; the first file if left out.
    #[serde(default)]
    name_contains: String,
    /// Where the part begins, in bytes.
    at_byte: u64,
}

impl PhaseWord {
    fn phase(self) -> JobPhase {
        match self {
            Self::Accepted => JobPhase::Accepted,
            Self::Dumping => JobPhase::Dumping,
            Self::Copying => JobPhase::Copying,
            Self::Loading => JobPhase::Loading,
        }
    }
}

impl JobEntry {
    /// The fault.
    ///
    /// # Errors
    ///
    /// If its window is none.
    pub(super) fn fault(&self) -> Result<JobFault, Misstated> {
        let fault = JobFault {
            name: self.name.clone(),
            job: self.word().to_owned(),
            instance_contains: self.instance_contains.clone(),
            moment: self.when.moment(self.nth, self.times)?,
            optional: self.optional,
            phase: self.phase.map(PhaseWord::phase),
            kind: match &self.fault {
                JobFaultWord::Fail(code) => JobFaultKind::Fail { code: code.clone() },
                JobFaultWord::FailThoughDone(code) => JobFaultKind::FailThoughDone { code: code.clone() },
                JobFaultWord::Stick => JobFaultKind::Stick,
                JobFaultWord::EndLate(by) => JobFaultKind::EndLate { by: by.0 },
                JobFaultWord::LeaveOutFile(_)
                | JobFaultWord::CutFile(_)
                | JobFaultWord::ZeroFile(_)
                | JobFaultWord::OlderRecoveryPoint => JobFaultKind::Artefact(self.artefact()?),
            },
        };
        self.check_phase(&fault.kind)?;
        Ok(fault)
    }

    /// Checks that what goes wrong can in the middle of a job's work, and that such a job comes there.
    fn check_phase(&self, kind: &JobFaultKind) -> Result<(), Misstated> {
        let Some(phase) = self.phase else {
            return Ok(());
        };
        if !kind.has_phases() {
            let wrong =
                "only `fail` and `stick` break a job off at a phase: this goes wrong when its work is done";
            return Err(Misstated::new(wrong).at("phase"));
        }
        let comes_there = match (phase, self.job) {
            (PhaseWord::Accepted, _) | (_, None) => true,
            (PhaseWord::Dumping, Some(job)) => job == JobWord::Backup,
            (PhaseWord::Copying | PhaseWord::Loading, Some(job)) => job != JobWord::Backup,
        };
        if comes_there {
            return Ok(());
        }
        let wrong = format!("a {} does not come to that", self.word());
        Err(Misstated::new(wrong).at("phase"))
    }

    /// Azure's word for what the job does; empty for any.
    fn word(&self) -> &'static str {
        match self.job {
            None => "",
            Some(JobWord::Backup) => "Backup",
            Some(JobWord::Restore) => "Restore",
            Some(JobWord::CrossRegionRestore) => "CrossRegionRestore",
        }
    }

    /// What goes wrong with the files of a restore.
    fn artefact(&self) -> Result<ArtefactFault, Misstated> {
        if matches!(self.job, Some(JobWord::Backup)) {
            let wrong = "this goes wrong with the files of a restore, and a backup writes none";
            return Err(Misstated::new(wrong).at("job"));
        }
        Ok(match &self.fault {
            JobFaultWord::LeaveOutFile(file) => ArtefactFault::LeaveOut { file: file.clone() },
            JobFaultWord::CutFile(cut) => ArtefactFault::Cut {
                file: cut.name_contains.clone(),
                bytes: cut.bytes,
            },
            JobFaultWord::ZeroFile(zero) => ArtefactFault::Zero {
                file: zero.name_contains.clone(),
                at_byte: zero.at_byte,
            },
            _ => ArtefactFault::OlderPoint,
        })
    }
}
