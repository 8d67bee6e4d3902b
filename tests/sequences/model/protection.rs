//! What is done to the backup instance.

use azdrill::oracle::{Expected, SYNTHETIC};

use super::events::{Event, Phase};
use super::{Instance, Job, Mistake, Model, Protection, not_there, protected_by_guard, refused};
use azdrill::sequence::step::{Change, Restore};

impl Model {
    /// FX-B-21: what is being configured or changed is left alone.
    fn busy(instance: &Instance) -> Option<Expected> {
        let configuring = matches!(
            instance.protection,
            Protection::Configuring | Protection::Updating
        );
        (configuring || instance.changing.is_some()).then(|| refused(&["FX-B-21"], SYNTHETIC))
    }

    /// What is there already and well is left as it is; what has failed is tried again.
    pub(super) fn protect(&mut self) -> Expected {
        if let Some(busy) = self.instance.as_ref().and_then(Self::busy) {
            return busy;
        }
        if self.deleted.is_some() {
            return refused(&["FX-B-20"], "UserErrorDppDatasourceAlreadyHasBackupInstance");
        }
        let configuration = self.count();
        match &mut self.instance {
            Some(instance) if matches!(instance.protection, Protection::Error(_)) => {
                instance.protection = Protection::Updating;
                instance.configuration = configuration;
            }
            Some(_) => return Expected::Passes,
            None => {
                self.instance = Some(Instance {
                    number: u32::try_from(configuration).unwrap_or(u32::MAX),
                    returned: 0,
                    protection: Protection::Configuring,
                    changing: None,
                    configuration,
                });
            }
        }
        self.after(
            Phase::Put.lasts() + Phase::Configure.lasts(),
            Event::Configured(configuration),
        );
        Expected::Passes
    }

    pub(super) fn back_up(&mut self) -> Expected {
        let Some(instance) = &self.instance else {
            return not_there();
        };
        if instance.protection != Protection::Configured {
            return refused(&["FX-B-21"], SYNTHETIC);
        }
        if self.backup_runs() && !self.is(Mistake::TwoBackups) {
            return refused(&["FX-B-10"], "UserErrorMaxConcurrentOperationLimitReached");
        }
        self.begin_job(None);
        Expected::Passes
    }

    /// Takes note of a job of the instance there is.
    pub(super) fn begin_job(&mut self, restore: Option<Restore>) {
        let Some(of) = self.instance.as_ref().map(|instance| instance.number) else {
            return;
        };
        self.jobs.push(Job {
            started: self.now,
            ended: None,
            failed: None,
            restore,
            of,
        });
        let phase = match restore {
            None => Phase::BackupAccepted,
            Some(_) => Phase::RestoreAccepted,
        };
        self.after(phase.lasts(), Event::JobBegins(self.jobs.len() - 1));
    }

    /// A restore names a recovery point of an instance that is there.
    fn nothing_to_restore(&self, what: Restore) -> Option<Expected> {
        if self.instance.is_none() {
            return Some(not_there());
        }
        let found = what.newest && !self.points.is_empty();
        (!found).then(|| refused(&["DPP-POINT"], "UserErrorRestorePointNotFound"))
    }

    pub(super) fn validate(&mut self, what: Restore) -> Expected {
        if let Some(refused) = self.nothing_to_restore(what) {
            return refused;
        }
        let ticket = self.count();
        self.ticket = Some(ticket);
        self.after(Phase::Validation.lasts(), Event::Validated { ticket, what });
        Expected::Passes
    }

    pub(super) fn restore(&mut self, what: Restore, approved: bool) -> Expected {
        if self.guarded && !approved {
            return protected_by_guard();
        }
        if let Some(refused) = self.nothing_to_restore(what) {
            return refused;
        }
        self.begin_job(Some(what));
        Expected::Passes
    }

    /// What is not there is deleted already. A deletion is one of the instance as it was when it was asked for.
    pub(super) fn delete(&mut self) -> Expected {
        let Some(instance) = &self.instance else {
            return Expected::Passes;
        };
        let deletion = Event::Deleted(instance.number, instance.returned);
        if self.immutability != azdrill::sequence::step::Immutability::Disabled && !self.points.is_empty() {
            return refused(&["VLT-05"], SYNTHETIC);
        }
        if let Err(refused) = self.use_instance_unlocking() {
            return refused;
        }
        self.after(Phase::Delete.lasts(), deletion);
        Expected::Passes
    }

    /// It comes back with its points, and without protection.
    pub(super) fn undelete(&mut self) -> Expected {
        let Some(deleted) = self.deleted.take() else {
            return not_there();
        };
        for point in &deleted.points {
            self.at(point.expires.max(self.now), Event::Expires(*point));
        }
        self.points = deleted.points;
        let protection = if self.is(Mistake::UndeletedProtected) {
            Protection::Configured
        } else {
            Protection::Stopped
        };
        self.instance = Some(Instance {
            returned: deleted.instance.returned + 1,
            protection,
            changing: None,
            ..deleted.instance
        });
        Expected::Passes
    }

    pub(super) fn change(&mut self, what: Change, approved: bool) -> Expected {
        let Some(instance) = &self.instance else {
            return not_there();
        };
        if let Some(busy) = Self::busy(instance) {
            return busy;
        }
        let to = match what {
            Change::Stop => Protection::Stopped,
            Change::Suspend => Protection::Suspended,
            Change::Resume => Protection::Configured,
        };
        // Where there is nothing to do, nothing is protected from being done.
        if instance.protection == to {
            return Expected::Passes;
        }
        if what != Change::Resume && self.guarded && !approved {
            return protected_by_guard();
        }
        let number = self.count();
        if let Some(instance) = &mut self.instance {
            instance.changing = Some(number);
        }
        self.after(Phase::Change.lasts(), Event::Changed { number, to });
        Expected::Passes
    }
}
