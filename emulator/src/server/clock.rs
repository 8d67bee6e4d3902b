//! The only place that may ask what time it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::SignedDuration;

use crate::model::Timestamp;

/// The latest a clock of our own is set to: the beginning of the year 9000. What is reckoned from there (ten years of
/// retention, a schedule's next occasion) is still a time.
pub const LATEST: Timestamp = Timestamp::constant(221_845_392_000, 0);

/// The time everything behind the front door goes by. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: TimeSource,
}

#[derive(Clone, Debug)]
enum TimeSource {
    System,
    Own(Arc<Mutex<OwnTime>>),
}

/// A time of our own: it stands still, or goes on from where it stood.
#[derive(Debug)]
struct OwnTime {
    /// The time at `since`, or for as long as it stands still.
    time: Timestamp,
    /// When it was `time` on the machine's clock; `None` if it stands still.
    since: Option<Instant>,
    /// When it first began to go, on itself.
    set_going: Option<Timestamp>,
    /// Where it was moved forward since then: from, to.
    jumps: Vec<(Timestamp, Timestamp)>,
}

impl OwnTime {
    fn now(&self) -> Timestamp {
        let gone = self.since.map(|since| since.elapsed());
        let gone = gone.and_then(|gone| SignedDuration::try_from(gone).ok());
        self.time
            .checked_add(gone.unwrap_or_default())
            .unwrap_or(Timestamp::MAX)
    }
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self {
            kind: TimeSource::System,
        }
    }

    /// A clock of our own. It stands still at `start` until it is moved or set going.
    pub fn at(start: Timestamp) -> Self {
        let time = OwnTime {
            time: start,
            since: None,
            set_going: None,
            jumps: Vec::new(),
        };
        Self {
            kind: TimeSource::Own(Arc::new(Mutex::new(time))),
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match self.own_time() {
            None => system_now(),
            Some(own_time) => own_time.now(),
        }
    }

    /// Whether this clock moves only when told to.
    pub fn stands_still(&self) -> bool {
        self.own_time().is_some_and(|own_time| own_time.since.is_none())
    }

    /// Whether this clock is ours to move.
    pub fn is_ours(&self) -> bool {
        matches!(self.kind, TimeSource::Own(_))
    }

    /// Lets a clock of our own go on from where it stands, as fast as the machine's.
    pub fn set_going(&self) {
        if let Some(mut own_time) = self.own_time()
            && own_time.since.is_none()
        {
            own_time.set_going = own_time.set_going.or(Some(own_time.time));
            own_time.since = Some(Instant::now());
        }
    }

    /// Lets a clock of our own stand still where it is, until it is moved or set going again.
    pub fn freeze(&self) {
        if let Some(mut own_time) = self.own_time() {
            own_time.time = own_time.now();
            own_time.since = None;
        }
    }

    /// Lets a clock of our own stand still at `start`, which may lie in its past: for a world that
    /// takes the place of another one.
    pub fn begin_again(&self, start: Timestamp) {
        if let Some(mut own_time) = self.own_time() {
            *own_time = OwnTime {
                time: start,
                since: None,
                set_going: None,
                jumps: Vec::new(),
            };
        }
    }

    /// Moves a clock of our own forward. It never goes back, and the machine's clock is not ours to move.
    pub fn advance_to(&self, time: Timestamp) {
        let Some(mut own_time) = self.own_time() else {
            return;
        };
        let now = own_time.now();
        if time <= now {
            return;
        }
        if own_time.set_going.is_some() {
            own_time.jumps.push((now, time));
        }
        own_time.since = own_time.since.map(|_| Instant::now());
        own_time.time = time;
    }

    /// How long the clock had really been going at that time of its own: what it was moved forward
    /// in between does not count. Zero on a clock that never went, and on the machine's.
    pub fn gone_until(&self, time: Timestamp) -> SignedDuration {
        let Some(own_time) = self.own_time() else {
            return SignedDuration::ZERO;
        };
        let Some(began) = own_time.set_going.filter(|began| *began < time) else {
            return SignedDuration::ZERO;
        };
        let jumped: SignedDuration = own_time
            .jumps
            .iter()
            .filter(|(from, _)| *from < time)
            .map(|(from, to)| (*to).min(time).duration_since(*from))
            .sum();
        time.duration_since(began) - jumped
    }

    fn own_time(&self) -> Option<MutexGuard<'_, OwnTime>> {
        match &self.kind {
            TimeSource::System => None,
            TimeSource::Own(own_time) => Some(own_time.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_still_moves_forward_only_and_is_shared() {
        let start: Timestamp = "2024-06-26T07:49:42Z".parse().expect("a time");
        let later: Timestamp = "2024-06-27T00:00:00Z".parse().expect("a time");
        let clock = Clock::at(start);
        let shared = clock.clone();
        assert_eq!(clock.now(), start);
        clock.advance_to(later);
        assert_eq!(shared.now(), later);
        clock.advance_to(start);
        assert_eq!(shared.now(), later);
        assert!(clock.stands_still() && clock.is_ours());
        assert_eq!(clock.gone_until(later), SignedDuration::ZERO);
    }

    #[test]
    fn a_clock_set_going_goes_on_from_where_it_stood_and_can_be_moved() {
        let start: Timestamp = "2025-02-03T06:00:00Z".parse().expect("a time");
        let week = SignedDuration::from_hours(7 * 24);
        let clock = Clock::at(start);
        clock.set_going();
        assert!(!clock.stands_still() && clock.is_ours());
        while clock.now() == start {
            std::thread::yield_now();
        }
        let before = clock.now();
        clock.advance_to(before + week);
        let after = clock.now();
        assert!(after >= before + week);
        clock.advance_to(start);
        assert!(clock.now() >= after, "it does not go back");
        let gone = clock.gone_until(after);
        assert!(
            gone > SignedDuration::ZERO && gone < SignedDuration::from_hours(1),
            "{gone}"
        );
        let midway = clock.gone_until(before + week / 2);
        assert!(midway <= gone, "no time goes by while it is moved");
    }

    #[test]
    fn a_frozen_clock_stands_still_and_what_it_is_moved_by_has_not_gone() {
        let start: Timestamp = "2025-02-03T06:00:00Z".parse().expect("a time");
        let week = SignedDuration::from_hours(7 * 24);
        let clock = Clock::at(start);
        clock.set_going();
        while clock.now() == start {
            std::thread::yield_now();
        }
        clock.freeze();
        let frozen = clock.now();
        assert!(clock.stands_still() && frozen > start);
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(clock.now(), frozen);
        clock.advance_to(frozen + week);
        assert_eq!(clock.gone_until(clock.now()), frozen.duration_since(start));
        clock.set_going();
        while clock.now() == frozen + week {
            std::thread::yield_now();
        }
        let gone = clock.gone_until(clock.now());
        assert!(gone > frozen.duration_since(start) && gone < SignedDuration::from_hours(1));
        assert_eq!(LATEST.to_string(), "9000-01-01T00:00:00Z");
    }

    #[test]
    fn the_system_clock_cannot_be_moved() {
        let clock = Clock::system();
        let far: Timestamp = "9000-01-01T00:00:00Z".parse().expect("a time");
        clock.advance_to(far);
        assert!(clock.now() < far);
        assert!(!clock.stands_still() && !clock.is_ours());
    }
}
