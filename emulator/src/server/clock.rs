//! The only place that may ask what time it is.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;

use crate::model::Timestamp;

/// The time everything behind the front door goes by. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    System { ahead: SignedDuration },
    Virtual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self {
            kind: Kind::System {
                ahead: SignedDuration::ZERO,
            },
        }
    }

    /// The machine's own clock, set to `start` now: time goes by as it does, from there.
    pub fn system_from(start: Timestamp) -> Self {
        Self {
            kind: Kind::System {
                ahead: start.duration_since(system_now()),
            },
        }
    }

    /// A clock that stands still at `start` until it is told to move.
    pub fn at(start: Timestamp) -> Self {
        Self {
            kind: Kind::Virtual(Arc::new(Mutex::new(start))),
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match &self.kind {
            // A clock that would leave the calendar stands still at its end.
            Kind::System { ahead } => system_now().saturating_add(*ahead).unwrap_or(Timestamp::MAX),
            Kind::Virtual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Whether this clock moves only when told to.
    pub fn is_virtual(&self) -> bool {
        matches!(self.kind, Kind::Virtual(_))
    }

    /// Moves a virtual clock forward. It never goes back, and the machine's clock is not ours to move.
    pub fn advance_to(&self, time: Timestamp) {
        if let Kind::Virtual(now) = &self.kind {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = time.max(*now);
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
    fn a_virtual_clock_moves_forward_only_and_is_shared() {
        let start: Timestamp = "2024-06-26T07:49:42Z".parse().expect("a time");
        let later: Timestamp = "2024-06-27T00:00:00Z".parse().expect("a time");
        let clock = Clock::at(start);
        let shared = clock.clone();
        assert_eq!(clock.now(), start);
        clock.advance_to(later);
        assert_eq!(shared.now(), later);
        clock.advance_to(start);
        assert_eq!(shared.now(), later);
        assert!(clock.is_virtual());
    }

    #[test]
    fn a_clock_set_to_another_time_goes_on_from_there() {
        let start: Timestamp = "2025-02-03T06:00:00Z".parse().expect("a time");
        let clock = Clock::system_from(start);
        let (first, second) = (clock.now(), clock.clone().now());
        assert!(first >= start && first < start + SignedDuration::from_secs(60));
        assert!(second >= first);
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(clock.now() > first);
        assert!(!clock.is_virtual());
    }

    #[test]
    fn the_system_clock_cannot_be_moved() {
        let clock = Clock::system();
        let far: Timestamp = "9000-01-01T00:00:00Z".parse().expect("a time");
        clock.advance_to(far);
        assert!(clock.now() < far);
        assert!(!clock.is_virtual());
    }
}
