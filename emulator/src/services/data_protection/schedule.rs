//! Scheduled backups: the policy's repeating intervals on the world's clock.

use jiff::SignedDuration;
use jiff::tz::Offset;
use serde_json::Value;

use super::backup::Trigger;
use super::datasource::Datasource;
use super::policy::rules_of;
use super::retention::{self, Occasion};
use super::task::{self, Over, Step, Task};
use super::violation::Violation;
use super::{backup, instance, jobs};
use crate::gateway::Refusal;
use crate::model::{ResourceId, Timestamp, region_name};
use crate::rules::{code, rule};
use crate::services::Context;
use crate::state::field;

/// The longest interval that is read, in days: a century. Ours, so that no time is out of reach; what a
/// policy may say is `policy_checks`'.
const DAYS_MAX: i64 = 36_525;

/// A repeating interval of ISO 8601, as policies write it: `R/2024-01-07T23:00:00+00:00/P1W`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    start: Timestamp,
    /// How the clock it is written by differs from UTC: days and months are that clock's. Not the
    /// policy's `timeZone`, which names zones in Windows' own way.
    offset: Offset,
    every: SignedDuration,
}

impl Interval {
    /// Reads an interval of weeks or days. Months and years have no fixed length and are not taken.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (repeat, start, every) = (parts.next()?, parts.next()?, parts.next()?);
        if repeat != "R" || parts.next().is_some() {
            return None;
        }
        let (count, days) = match every.strip_prefix('P')? {
            weeks if weeks.ends_with('W') => (weeks.strip_suffix('W')?, 7),
            days => (days.strip_suffix('D')?, 1),
        };
        let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
        let days = count.checked_mul(days).filter(|days| *days <= DAYS_MAX)?;
        let pieces = jiff::fmt::temporal::Pieces::parse(start).ok()?;
        Some(Self {
            start: start.parse().ok()?,
            offset: pieces.to_numeric_offset().unwrap_or(Offset::UTC),
            every: SignedDuration::from_hours(24 * days),
        })
    }

    /// How long after one occurrence the next one follows.
    pub(super) fn every(&self) -> SignedDuration {
        self.every
    }

    /// Whether it falls due every so many days.
    pub(super) fn is_every(&self, days: i64) -> bool {
        self.every == SignedDuration::from_hours(24 * days)
    }

    /// The first occurrence after a time.
    pub(super) fn after(&self, time: Timestamp) -> Timestamp {
        if time < self.start {
            return self.start;
        }
        let passed = time.duration_since(self.start).as_secs() / self.every.as_secs();
        let until = SignedDuration::from_secs(self.every.as_secs() * (passed + 1));
        // Behind the end of all time nothing falls due.
        self.start.checked_add(until).unwrap_or(Timestamp::MAX)
    }
}

/// Begins the schedule of an instance whose protection has been configured or resumed. An earlier
/// schedule of the instance ends by itself when it finds a later one.
pub(super) fn begin(context: &mut Context<'_>, id: &ResourceId) {
    let number = context.draws.entry(format!("schedule {}", id.key())).or_default();
    *number += 1;
    let number = *number;
    let schedule = Schedule {
        instance: id.clone(),
        number,
        next: None,
    };
    task::start(context, schedule);
}

/// An occasion on which a policy's schedule wants a backup.
#[derive(Clone, Copy)]
struct Due {
    at: Timestamp,
    offset: Offset,
    /// Which of the policy's backup rules wants it.
    rule: usize,
}

#[derive(Clone)]
struct Schedule {
    instance: ResourceId,
    number: u64,
    /// What it sleeps until.
    next: Option<Due>,
}

impl Schedule {
    fn is_current(&self, context: &Context<'_>) -> bool {
        context.draws.get(&format!("schedule {}", self.instance.key())) == Some(&self.number)
    }

    fn policy<'a>(&self, context: &'a Context<'_>) -> Option<&'a Value> {
        let resource = context.state.resource(&self.instance)?;
        let policy = instance::policy_id(resource.at("/properties"))?;
        Some(&context.state.resource(&policy)?.body)
    }

    /// The next time any of the policy's intervals falls due.
    fn next_due(&self, context: &Context<'_>) -> Option<Due> {
        rules_of(self.policy(context)?, "AzureBackupRule")
            .enumerate()
            .flat_map(|(number, rule)| intervals_of(rule).map(move |interval| (number, interval)))
            .map(|(rule, interval)| Due {
                at: interval.after(context.now),
                offset: interval.offset,
                rule,
            })
            .min_by_key(|due| due.at)
    }

    /// The tag of the backup an occasion asks for.
    fn tag(&self, context: &Context<'_>, due: Due) -> Option<String> {
        let policy = self.policy(context)?;
        let rule = rules_of(policy, "AzureBackupRule").nth(due.rule)?;
        let before = jobs::last_succeeded(context, &self.instance.parent(), &self.instance);
        let occasion = Occasion {
            due: due.offset.to_datetime(due.at),
            before: before.map(|time| due.offset.to_datetime(time)),
            offset: due.offset,
        };
        Some(retention::tag_of(policy, rule, &occasion))
    }

    /// Only so many scheduled backups of a calendar week (from Monday) run, if that rule is taken.
    fn is_extra(&self, context: &Context<'_>, datasource: &Datasource) -> bool {
        let most = datasource.played(context.rules).policy.runs_a_week;
        let week = |time: Timestamp| {
            let date = time.to_zoned(jiff::tz::TimeZone::UTC).date().iso_week_date();
            (date.year(), date.week())
        };
        let vault = self.instance.parent();
        let begun = jobs::scheduled(context, &vault, &self.instance);
        let runs = begun.take_while(|time| week(*time) == week(context.now)).count();
        context.rules.takes(rule::FX_B_09, "first_only") && most.is_some_and(|most| runs >= most)
    }

    fn run(&self, context: &mut Context<'_>, due: Due) {
        let vault = self.instance.parent();
        let own = context.state.resource(&self.instance);
        let own = own.filter(|own| instance::protection_state(own) == "ProtectionConfigured");
        let datasource = own.and_then(|own| Datasource::of(context.rules, own.at("/properties")));
        let Some(datasource) = datasource.filter(|own| !own.is_retired(context)) else {
            return;
        };
        let region = context
            .state
            .resource(&vault)
            .map(|own| region_name(own.location()));
        if region.is_some_and(|region| context.faults.down().contains(&region)) {
            let name = self.instance.name();
            let text = format!(
                "the scheduled backup of {name} is left out: the services of its region do not answer"
            );
            context
                .log
                .applied(context.now, "backup", text, rule::REGION_DOWN);
            return;
        }
        if context.state.moves.moved(&vault).is_some() {
            let name = self.instance.name();
            let text = format!("the scheduled backup of {name} is left out: its vault is being moved");
            context
                .log
                .applied(context.now, "backup", text, rule::VLT_09_BUSY);
            return;
        }
        if jobs::backup_is_running(context, &vault, &self.instance) {
            let name = self.instance.name();
            let text = format!("the scheduled backup of {name} is left out: another still runs");
            context.log.applied(context.now, "backup", text, rule::FX_B_10);
            return;
        }
        let Some(tag) = self.tag(context, due) else { return };
        let trigger = Trigger::Schedule(due.at);
        if self.is_extra(context, &datasource) {
            let refusal = Refusal::user_facing(code::SyntheticExtraWeeklyBackup, &[]).by([rule::FX_B_09]);
            let violation = Violation::plain(refusal);
            let _: Over = backup::begin_failed(context, &vault, &self.instance, &tag, trigger, &violation);
            return;
        }
        backup::begin(context, &vault, &self.instance, tag, trigger);
    }
}

impl Task for Schedule {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if !self.is_current(context) {
            return Over::unheard().into();
        }
        if let Some(due) = self.next.take() {
            self.run(context, due);
        }
        self.next = self.next_due(context);
        match self.next {
            Some(due) => Step::sleep(due.at.duration_since(context.now), Self::begin),
            None => Over::unheard().into(),
        }
    }

    fn interrupted(&mut self, _: &mut Context<'_>) -> Over {
        Over::unheard()
    }
}

/// The repeating intervals of a backup rule.
pub(super) fn intervals_of(rule: &Value) -> impl Iterator<Item = Interval> {
    field(
        field(field(rule, "trigger"), "schedule"),
        "repeatingTimeIntervals",
    )
    .as_array()
    .into_iter()
    .flatten()
    .filter_map(|interval| Interval::parse(interval.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// It repeats without end, and is three parts.
    #[test]
    fn no_other_intervals_are_read() {
        let start = "2024-01-07T23:00:00+00:00";
        assert!(Interval::parse(&format!("R/{start}/P1D")).is_some());
        assert!(Interval::parse(&format!("R/{start}/P36525D")).is_some());
        let daily = Interval::parse(&format!("R/{start}/P1D")).expect("an interval");
        assert!(daily.is_every(1));
        for wrong in [
            format!("R5/{start}/P1D"),
            format!("R/{start}/P1D/P1D"),
            format!("{start}/P1D"),
        ] {
            assert_eq!(Interval::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn weekly_intervals_fall_due_on_their_weekday() {
        let interval = Interval::parse("R/2024-01-07T23:00:00+00:00/P1W").expect("an interval");
        assert!(interval.is_every(7));
        assert_eq!(
            interval.after(at("2023-12-01T00:00:00Z")),
            at("2024-01-07T23:00:00Z")
        );
        assert_eq!(
            interval.after(at("2024-01-07T23:00:00Z")),
            at("2024-01-14T23:00:00Z")
        );
        assert_eq!(
            interval.after(at("2026-03-02T06:00:00Z")),
            at("2026-03-08T23:00:00Z")
        );
    }

    #[test]
    fn other_texts_are_no_intervals() {
        for text in [
            "P1W",
            "R/x/P1W",
            "R/2024-01-07T23:00:00+00:00/P1M",
            "R/2024-01-07T23:00:00+00:00/P0W",
            "R/2024-01-07T23:00:00+00:00/P9223372036854775807W",
            "R/2024-01-07T23:00:00+00:00/P5219W",
        ] {
            assert_eq!(Interval::parse(text), None, "{text}");
        }
        assert!(
            !Interval::parse("R/2024-01-07T23:00:00Z/P1D")
                .expect("an interval")
                .is_every(7)
        );
    }
}
