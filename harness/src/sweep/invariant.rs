//! What holds in every run, whatever is done and whatever goes wrong.

/// What holds in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// An operation or a job that no fault has made stuck ends within its bound.
    Ends,
    /// A backup that is told as completed has made a recovery point, which can be restored, and what comes of it is what
    /// was in the source at its point.
    BackupIsRestorable,
    /// A restore that is told as completed has written all files, as they were in the source at the recovery point.
    RestoreIsWhole,
    /// A restore that is told as failed has left nothing that looks whole, and whoever restores changes nothing else in
    /// the target.
    FailedRestoreLeavesNothing,
    /// A recovery point that was acknowledged is there until it expires, unless its instance was deleted.
    PointsStay,
    /// What an immutable vault keeps is not deleted.
    ImmutableStays,
    /// No credential is in an answer or in the log.
    NoCredential,
    /// Nobody does what no role of theirs lets them do.
    WithinGrants,
    /// What is refused changes nothing.
    RefusedHasNoEffect,
    /// What is sent twice and may be is done once.
    TwiceIsOnce,
    /// The log says of each refusal which gate made it, why, and by which rule or which code.
    RefusalIsExplained,
    /// The emulator never breaks off.
    GoesOn,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Ends,
        Self::BackupIsRestorable,
        Self::RestoreIsWhole,
        Self::FailedRestoreLeavesNothing,
        Self::PointsStay,
        Self::ImmutableStays,
        Self::NoCredential,
        Self::WithinGrants,
        Self::RefusedHasNoEffect,
        Self::TwiceIsOnce,
        Self::RefusalIsExplained,
        Self::GoesOn,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ends => "everything-ends",
            Self::BackupIsRestorable => "completed-backup-is-restorable",
            Self::RestoreIsWhole => "completed-restore-is-whole",
            Self::FailedRestoreLeavesNothing => "failed-restore-leaves-nothing-whole",
            Self::PointsStay => "recovery-points-stay",
            Self::ImmutableStays => "immutable-is-not-deleted",
            Self::NoCredential => "no-credential-is-told",
            Self::WithinGrants => "nobody-acts-beyond-grants",
            Self::RefusedHasNoEffect => "refused-has-no-effect",
            Self::TwiceIsOnce => "sent-twice-is-done-once",
            Self::RefusalIsExplained => "refusals-are-explained",
            Self::GoesOn => "emulator-goes-on",
        }
    }
}

/// One that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub why: String,
}

impl Broken {
    pub(super) fn new(invariant: Invariant, why: String) -> Self {
        Self { invariant, why }
    }
}
