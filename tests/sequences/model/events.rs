//! What comes of itself, when its time has come.

use azdrill::oracle::Expected;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Deleted, Mistake, Model, Point, Protection};
use azdrill::sequence::step::Restore;

const DAY: i64 = 86_400_000;
/// The first time of the policy's weekly schedule: Sunday, 8 March 2026, 02:00 UTC.
const FIRST_SUNDAY: i64 = 1_772_935_200_000;
/// For how long what is deleted softly can be brought back.
const KEPT: i64 = 14 * DAY;

/// Something that is to come.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Configuring protection ends.
    Configured(u64),
    /// A change of protection ends.
    Changed {
        number: u64,
        to: Protection,
    },
    Validated {
        ticket: u64,
        what: Restore,
    },
    /// A job looks at everything, and moves its data.
    JobBegins(usize),
    JobEnds(usize),
    /// The deletion of an instance, by its number and how often it had returned, ends.
    Deleted(u32, u32),
    Purged,
    Expires(Point),
    /// The schedule falls due.
    Scheduled,
    KeyExchanged {
        ticket: u64,
        to: usize,
    },
}

/// What takes time, as it was recorded.
#[derive(Clone, Copy)]
pub(super) enum Phase {
    Validation,
    Put,
    Configure,
    Change,
    Delete,
    BackupAccepted,
    RestoreAccepted,
    /// The whole of a job, from its beginning.
    Backup,
    Restore,
}

impl Phase {
    /// How long, in milliseconds: the recordings' medians, or the one recording there is.
    pub(super) fn lasts(self) -> i64 {
        match self {
            Self::Validation => 41_000,
            Self::Put => 2_000,
            Self::Configure => 38_000,
            Self::Change => 42_000,
            Self::Delete => 80_000,
            Self::BackupAccepted => 1_000,
            Self::RestoreAccepted => 900,
            Self::Backup => 940_886,
            Self::Restore => 123_564,
        }
    }
}

impl Model {
    /// Something is to come at a time.
    pub(super) fn at(&mut self, time: i64, event: Event) {
        let number = self.count();
        self.agenda.insert((time, number), event);
    }

    /// Something that takes so long is to come; where nothing takes time, at once.
    pub(super) fn after(&mut self, lasts: i64, event: Event) {
        let lasts = if self.beginning.recorded { lasts } else { 0 };
        self.at(self.now + lasts, event);
    }

    pub(super) fn plan_schedule(&mut self) {
        self.at(FIRST_SUNDAY, Event::Scheduled);
    }

    /// Lets everything come that is due until a time, each at its own.
    pub(super) fn run_until(&mut self, until: i64) {
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= until
        {
            let ((time, _), event) = entry.remove_entry();
            self.now = time.max(self.now);
            self.come(event);
        }
    }

    fn come(&mut self, event: Event) {
        match event {
            Event::Configured(number) => self.configured(number),
            Event::Changed { number, to } => {
                if let Some(instance) = &mut self.instance
                    && instance.changing == Some(number)
                {
                    instance.changing = None;
                    instance.protection = to;
                }
            }
            Event::Validated { ticket, what } => {
                let answer = self.judge_restore(what);
                self.ended.push((ticket, answer));
            }
            Event::JobBegins(job) => self.job_begins(job),
            Event::JobEnds(job) => self.job_ends(job),
            Event::Deleted(number, returned) => self.remove(number, returned),
            Event::Purged => {
                if self.deleted.as_ref().is_some_and(|own| own.purged <= self.now) {
                    self.deleted = None;
                }
            }
            Event::Expires(point) => self.expire(point),
            Event::Scheduled => {
                let protects = self.instance.as_ref();
                let configured = protects.is_some_and(|own| own.protection == Protection::Configured);
                if configured && !self.backup_runs() {
                    self.begin_job(None);
                }
                self.at(self.now + 7 * DAY, Event::Scheduled);
            }
            Event::KeyExchanged { ticket, to } => {
                let answer = self.look_at_key(to);
                if answer == Expected::Passes {
                    self.key = to;
                }
                self.ended.push((ticket, answer));
            }
        }
    }

    fn configured(&mut self, number: u64) {
        let answer = self.judge_backup();
        if let Some(instance) = &mut self.instance
            && instance.configuration == number
        {
            instance.protection = match answer {
                Expected::Passes => Protection::Configured,
                Expected::Fails { code, .. } => Protection::Error(code),
            };
        }
    }

    /// Whether the instance a job began with is there.
    fn is_there(&self, number: u32) -> bool {
        self.instance.as_ref().is_some_and(|own| own.number == number)
    }

    fn job_begins(&mut self, job: usize) {
        let (started, restore, of) = {
            let job = &self.jobs[job];
            (job.started, job.restore, job.of)
        };
        let failed = match restore {
            None if !self.is_there(of) => Some(azdrill::oracle::SYNTHETIC),
            None if !self.identity => Some("UserErrorSystemIdentityNotEnabledWithVault"),
            None if !self.key_usable() => Some("CloudInternalError"),
            None if !self.holds(azdrill::sequence::step::Role::BacksUp).0 => {
                Some("PostgreSQLFlexOperationFailedUserError")
            }
            None => None,
            Some(what) => match self.judge_restore(what) {
                Expected::Fails { code, .. } => Some(code),
                Expected::Passes if !self.key_usable() => Some("CloudInternalError"),
                Expected::Passes => None,
            },
        };
        if failed.is_some() {
            self.end_job(job, failed);
            return;
        }
        let whole = match restore {
            None => Phase::Backup.lasts(),
            Some(_) => Phase::Restore.lasts(),
        };
        let whole = if self.beginning.recorded { whole } else { 0 };
        self.at((started + whole).max(self.now), Event::JobEnds(job));
    }

    fn end_job(&mut self, job: usize, failed: Option<&'static str>) {
        let now = self.now;
        let job = &mut self.jobs[job];
        (job.ended, job.failed) = (Some(now), failed);
    }

    /// A backup leaves a recovery point, if there still is an instance to have it.
    fn job_ends(&mut self, job: usize) {
        let (of, backup) = (self.jobs[job].of, self.jobs[job].restore.is_none());
        if backup && !self.is_there(of) {
            self.end_job(job, Some(azdrill::oracle::SYNTHETIC));
            return;
        }
        self.end_job(job, None);
        if backup {
            let point = Point {
                number: self.count(),
                made: self.now,
                expires: three_months_after(self.now),
            };
            self.points.insert(0, point);
            self.at(point.expires, Event::Expires(point));
        }
    }

    fn remove(&mut self, number: u32, returned: u32) {
        let is_it = |own: &super::Instance| own.number == number && own.returned == returned;
        let Some(instance) = self.instance.take_if(|own| is_it(own)) else {
            return;
        };
        let points = std::mem::take(&mut self.points);
        if self.soft_delete && !points.is_empty() {
            let purged = self.now + KEPT;
            self.deleted = Some(Deleted {
                instance,
                points,
                purged,
            });
            self.at(purged, Event::Purged);
        }
    }

    /// Nothing expires while protection is stopped, while the vault's key cannot be used, and the newest not while
    /// backups are suspended; each is looked at again a day later.
    fn expire(&mut self, point: Point) {
        let Some(position) = self.points.iter().position(|own| *own == point) else {
            return;
        };
        let protection = self.instance.as_ref().map(|own| own.protection);
        let stopped = protection == Some(Protection::Stopped) && !self.is(Mistake::ExpiresWhileStopped);
        let last = protection == Some(Protection::Suspended) && position == 0;
        if stopped || last || !self.key_usable() {
            self.at(self.now + DAY, Event::Expires(point));
            return;
        }
        self.points.remove(position);
    }
}

/// By the calendar.
fn three_months_after(time: i64) -> i64 {
    let time = Timestamp::from_millisecond(time).expect("it is a time");
    let later = time.to_zoned(TimeZone::UTC).checked_add(3.months());
    later.expect("it is a time").timestamp().as_millisecond()
}
