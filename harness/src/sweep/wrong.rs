//! What goes wrong in a run, in the words of `docs/faults.md`.

use azdrill_emulator::fault::{
    CallMaker, Chance, Fault, FaultAnswer, FaultKind, JobFault, JobFaultKind, Moment, OperationFault, Place,
    RegionFault,
};
use jiff::SignedDuration;
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};

use crate::strategy::foundation::REGION;

/// The code of a job that has done its work and is told as failed: no other job of a run fails with it.
pub(super) const TOLD_FAILED: &str = "LongRunningRestoreTrackingFailure";
/// What is asked in runs, by clients and services. A test holds it against what really is.
pub(super) const OPERATIONS: [&str; 23] = [
    "BackupInstances_AdhocBackup",
    "BackupInstances_CreateOrUpdate",
    "BackupInstances_Delete",
    "BackupInstances_Get",
    "BackupInstances_ResumeProtection",
    "BackupInstances_StopProtection",
    "BackupInstances_SuspendBackups",
    "BackupInstances_TriggerRestore",
    "BackupInstances_ValidateForRestore",
    "BackupVaults_Update",
    "Blob_Put",
    "Blob_PutBlock",
    "Blob_PutBlockList",
    "DeletedBackupInstances_Undelete",
    "DppResourceGuardProxy_CreateOrUpdate",
    "DppResourceGuardProxy_Delete",
    "DppResourceGuardProxy_UnlockDelete",
    "LongTermRetention_PreBackup",
    "LongTermRetention_Start",
    "RecoveryPoints_List",
    "RoleAssignments_Create",
    "RoleAssignments_Delete",
    "StorageAccounts_Update",
];

/// One thing that goes wrong.
#[derive(Clone, PartialEq, Eq)]
pub enum Wrong {
    /// With requests.
    Request(Fault),
    /// With jobs.
    Job(JobFault),
    /// With a region.
    Region(RegionFault),
}

impl Wrong {
    /// The word of its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Request(fault) => fault.kind.word(),
            Self::Job(fault) => fault.kind.word(),
            Self::Region(_) => REGION_DOWN,
        }
    }
}

impl std::fmt::Debug for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request(fault) => write!(f, "{fault}"),
            Self::Job(fault) => write!(f, "{fault}"),
            Self::Region(fault) => write!(f, "{fault}"),
        }
    }
}

/// The word of a region that is down.
pub(super) const REGION_DOWN: &str = "region: down";

/// The kinds there are in a run without connections, by their words: what happens on a connection needs one.
pub const KINDS: [&str; 12] = [
    "answer",
    "lose_answer",
    "operation_told: stick",
    "operation_told: end_late",
    "operation_told: fail",
    "drop_headers",
    "job: fail",
    "job: fail_though_done",
    "job: stick",
    "job: end_late",
    REGION_DOWN,
    "stale",
];

/// The kinds that a seed has on.
pub(super) struct WrongKinds(Vec<&'static str>);

impl WrongKinds {
    /// About half of them, and at least one.
    pub(super) fn some(rng: &mut impl Rng) -> Self {
        let some: Vec<&str> = KINDS.into_iter().filter(|_| rng.random_bool(0.5)).collect();
        Self(if some.is_empty() { KINDS.to_vec() } else { some })
    }

    /// Draws one.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Wrong {
        let kind = self.0.choose(rng).copied().unwrap_or("answer");
        if kind == REGION_DOWN {
            return Wrong::Region(RegionFault {
                region: REGION.to_owned(),
                down: rng.random_bool(0.5),
            });
        }
        let moment = moment(rng);
        match of_job(kind) {
            Some(kind) => Wrong::Job(JobFault {
                name: String::new(),
                job: ["Backup", "Restore", ""]
                    .choose(rng)
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                instance_contains: String::new(),
                moment,
                optional: true,
                phase: None,
                kind,
            }),
            None => Wrong::Request(Fault {
                name: String::new(),
                place: Place {
                    by: [None, None, Some(CallMaker::Client), Some(CallMaker::Service)]
                        .choose(rng)
                        .copied()
                        .flatten(),
                    ..Place::of(operation(rng))
                },
                moment,
                optional: true,
                kind: of_request(kind, rng),
            }),
        }
    }
}

/// Mostly one of those that runs ask for; sometimes any.
fn operation(rng: &mut impl Rng) -> &'static str {
    if rng.random_bool(0.1) {
        return "";
    }
    OPERATIONS.choose(rng).copied().unwrap_or_default()
}

fn moment(rng: &mut impl Rng) -> Moment {
    let times = [1, 1, 2, 5, u64::MAX].choose(rng).copied().unwrap_or(1);
    let mut moment = Moment::of(rng.random_range(1..=3), times);
    if rng.random_bool(0.2) {
        let begins = rng.random_range(0..3600);
        moment.begins = SignedDuration::from_secs(begins);
        moment.ends = Some(SignedDuration::from_secs(begins + rng.random_range(60..7200)));
    }
    if rng.random_bool(0.2) {
        moment.chance = Some(Chance {
            percent: rng.random_range(10..=90),
            seed: rng.random_range(0..1000),
        });
    }
    moment
}

fn of_job(kind: &str) -> Option<JobFaultKind> {
    Some(match kind {
        "job: fail" => JobFaultKind::Fail {
            code: "CloudInternalError".to_owned(),
        },
        "job: fail_though_done" => JobFaultKind::FailThoughDone {
            code: TOLD_FAILED.to_owned(),
        },
        "job: stick" => JobFaultKind::Stick,
        "job: end_late" => JobFaultKind::EndLate {
            by: SignedDuration::from_mins(50),
        },
        _ => return None,
    })
}

fn of_request(kind: &str, rng: &mut impl Rng) -> FaultKind {
    match kind {
        "lose_answer" => FaultKind::LoseAnswer {
            status: if rng.random_bool(0.5) { 500 } else { 504 },
        },
        "operation_told: stick" => FaultKind::Operation(OperationFault::Stick),
        "operation_told: end_late" => FaultKind::Operation(OperationFault::EndLate {
            by: SignedDuration::from_mins(30),
        }),
        "operation_told: fail" => FaultKind::Operation(OperationFault::Fail {
            code: "CloudInternalError".to_owned(),
        }),
        "drop_headers" => FaultKind::DropHeaders {
            names: vec!["azure-asyncoperation".to_owned(), "location".to_owned()],
        },
        "stale" => FaultKind::Stale,
        _ => {
            let answers = [
                (429, "TooManyRequests"),
                (500, "InternalServerError"),
                (503, "ServerBusy"),
                (409, "Conflict"),
            ];
            let (status, code) = answers.choose(rng).copied().unwrap_or((500, ""));
            FaultKind::Answer(FaultAnswer::new(status, code))
        }
    }
}
