//! Leases: a lock on a blob or a container for writing and deleting, for 15 to 60 seconds or for
//! ever, on our clock.
//!
//! A refusal is the name of a row of `errors.toml`.

use jiff::SignedDuration;
use uuid::Uuid;

use super::lease_state::{LeaseError, LeaseLevel, LeaseState};
use crate::model::Timestamp;
use crate::rules::code;

#[derive(Clone, Debug, PartialEq, Eq)]
struct LeaseTerm {
    id: Uuid,
    /// `None`: for ever.
    duration: Option<SignedDuration>,
    /// When it runs out, unless it is for ever.
    until: Option<Timestamp>,
    /// When it is broken, or was.
    broken_at: Option<Timestamp>,
}

/// The lease of a blob or a container. Most have none, which costs a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::services::storage) struct Lease(Option<Box<LeaseTerm>>);

impl Lease {
    /// How it stands.
    pub(in crate::services::storage) fn state(&self, now: Timestamp) -> LeaseState {
        match &self.0 {
            None => LeaseState::Available,
            Some(held) => match (held.broken_at, held.until) {
                (Some(at), _) if now < at => LeaseState::Breaking,
                (Some(_), _) => LeaseState::Broken,
                (None, Some(until)) if now >= until => LeaseState::Expired,
                (None, _) => LeaseState::Leased,
            },
        }
    }

    /// `x-ms-lease-duration`, which only a live lease has.
    pub(in crate::services::storage) fn duration(&self, now: Timestamp) -> Option<&'static str> {
        let held = self
            .0
            .as_ref()
            .filter(|_| self.state(now) == LeaseState::Leased)?;
        Some(if held.duration.is_some() {
            "fixed"
        } else {
            "infinite"
        })
    }

    fn is(&self, id: Uuid) -> bool {
        self.0.as_ref().is_some_and(|held| held.id == id)
    }

    /// Takes the lease. `duration` is `None` for ever.
    pub(in crate::services::storage) fn acquire(
        &mut self,
        now: Timestamp,
        id: Uuid,
        duration: Option<SignedDuration>,
    ) -> Result<(), LeaseError> {
        match self.state(now) {
            LeaseState::Leased if !self.is(id) => return Err(code::LeaseAlreadyPresent),
            LeaseState::Breaking if self.is(id) => return Err(code::LeaseIsBreakingAndCannotBeAcquired),
            LeaseState::Breaking => return Err(code::LeaseAlreadyPresent),
            LeaseState::Available | LeaseState::Leased | LeaseState::Expired | LeaseState::Broken => {}
        }
        self.0 = Some(Box::new(LeaseTerm {
            id,
            duration,
            until: duration.map(|duration| now + duration),
            broken_at: None,
        }));
        Ok(())
    }

    /// Begins the lease's time anew.
    pub(in crate::services::storage) fn renew(&mut self, now: Timestamp, id: Uuid) -> Result<(), LeaseError> {
        let state = self.state(now);
        match &mut self.0 {
            Some(held) if held.id == id => match state {
                LeaseState::Breaking | LeaseState::Broken => Err(code::LeaseIsBrokenAndCannotBeRenewed),
                LeaseState::Available | LeaseState::Leased | LeaseState::Expired => {
                    held.until = held.duration.map(|duration| now + duration);
                    Ok(())
                }
            },
            _ => Err(code::LeaseIdMismatchWithLeaseOperation),
        }
    }

    /// Gives the lease another id.
    pub(in crate::services::storage) fn change(
        &mut self,
        now: Timestamp,
        id: Uuid,
        proposed: Uuid,
    ) -> Result<(), LeaseError> {
        let state = self.state(now);
        match &mut self.0 {
            Some(held) if state == LeaseState::Leased => {
                // Asked a second time, it has the id already.
                if held.id != id && held.id != proposed {
                    return Err(code::LeaseIdMismatchWithLeaseOperation);
                }
                held.id = proposed;
                Ok(())
            }
            Some(held) if state == LeaseState::Breaking => Err(if held.id == id {
                code::LeaseIsBreakingAndCannotBeChanged
            } else {
                code::LeaseIdMismatchWithLeaseOperation
            }),
            _ => Err(code::LeaseNotPresentWithLeaseOperation),
        }
    }

    /// Ends the lease.
    pub(in crate::services::storage) fn release(&mut self, id: Uuid) -> Result<(), LeaseError> {
        if !self.is(id) {
            return Err(code::LeaseIdMismatchWithLeaseOperation);
        }
        self.0 = None;
        Ok(())
    }

    /// Ends the lease without its id, after `period` or what is left of its time, whichever is
    /// shorter; answers with the seconds until then.
    pub(in crate::services::storage) fn break_off(
        &mut self,
        now: Timestamp,
        period: Option<SignedDuration>,
    ) -> Result<i64, LeaseError> {
        let state = self.state(now);
        let Some(held) = &mut self.0 else {
            return Err(code::LeaseNotPresentWithLeaseOperation);
        };
        let left = match state {
            LeaseState::Leased => held.until,
            LeaseState::Breaking => held.broken_at,
            LeaseState::Available | LeaseState::Expired | LeaseState::Broken => Some(now),
        };
        let asked = period.map(|period| now + period);
        // A lease for ever has no time left to wait for, unless a period is named.
        let at = match (left, asked) {
            (Some(left), Some(asked)) => left.min(asked),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => now,
        };
        held.broken_at = Some(at);
        let seconds = at.duration_since(now).as_secs_f64().ceil();
        // A break period is at most 60 seconds and so is a lease.
        Ok(seconds as i64)
    }

    /// Whether a write may go on. `level` is `Blob` or `Container`.
    pub(in crate::services::storage) fn check_write(
        &self,
        now: Timestamp,
        shown: Option<Uuid>,
        level: LeaseLevel,
    ) -> Result<(), LeaseError> {
        if self.0.is_none() && shown.is_none() {
            return Ok(());
        }
        match (self.state(now).locks(), shown) {
            (true, None) => Err(level.missing()),
            (false, None) => Ok(()),
            (_, Some(_)) => self.check_read(now, shown, level),
        }
    }

    /// Whether a read may go on: it needs no id, but one that is shown must be right.
    pub(in crate::services::storage) fn check_read(
        &self,
        now: Timestamp,
        shown: Option<Uuid>,
        level: LeaseLevel,
    ) -> Result<(), LeaseError> {
        let Some(id) = shown else { return Ok(()) };
        if !self.state(now).locks() {
            return Err(level.not_present());
        }
        if self.is(id) {
            Ok(())
        } else {
            Err(level.mismatch())
        }
    }

    /// Forgets a lease that has run out or was broken: its id is good for renewing only until the
    /// blob is written.
    pub(in crate::services::storage) fn written(&mut self, now: Timestamp) {
        if self.0.is_some() && !self.state(now).locks() {
            self.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Code;

    const A: Uuid = Uuid::from_u128(1);
    const B: Uuid = Uuid::from_u128(2);
    const C: Uuid = Uuid::from_u128(3);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    /// A lease of A in each of the five states, as of second 100.
    fn all() -> [(LeaseState, Lease); 5] {
        let fixed = |from: i64| {
            let mut lease = Lease::default();
            lease
                .acquire(at(from), A, Some(SignedDuration::from_secs(60)))
                .unwrap();
            lease
        };
        let (mut breaking, mut broken) = (fixed(90), fixed(90));
        breaking
            .break_off(at(99), Some(SignedDuration::from_secs(30)))
            .unwrap();
        broken.break_off(at(99), Some(SignedDuration::ZERO)).unwrap();
        [
            (LeaseState::Available, Lease::default()),
            (LeaseState::Leased, fixed(90)),
            (LeaseState::Breaking, breaking),
            (LeaseState::Broken, broken),
            (LeaseState::Expired, fixed(10)),
        ]
    }

    /// What an action makes of each state: the new state, or the code.
    fn outcomes(action: impl Fn(&mut Lease) -> Result<(), LeaseError>) -> [String; 5] {
        all().map(|(state, mut lease)| {
            assert_eq!(lease.state(at(100)), state);
            match action(&mut lease) {
                Ok(()) => lease.state(at(100)).as_str().to_owned(),
                Err(code) => code.to_string(),
            }
        })
    }

    #[test]
    fn lease_actions_by_state() {
        let minute = Some(SignedDuration::from_secs(60));
        let (present, breaking) = ("LeaseAlreadyPresent", "LeaseIsBreakingAndCannotBeAcquired");
        assert_eq!(
            outcomes(|lease| lease.acquire(at(100), B, minute)),
            ["leased", present, present, "leased", "leased"]
        );
        assert_eq!(
            outcomes(|lease| lease.acquire(at(100), A, minute)),
            ["leased", "leased", breaking, "leased", "leased"]
        );
        let (none, other) = (
            "LeaseNotPresentWithLeaseOperation",
            "LeaseIdMismatchWithLeaseOperation",
        );
        let not_renewed = "LeaseIsBrokenAndCannotBeRenewed";
        assert_eq!(
            outcomes(|lease| lease.renew(at(100), A)),
            [other, "leased", not_renewed, not_renewed, "leased"]
        );
        assert_eq!(outcomes(|lease| lease.renew(at(100), B)), [other; 5]);
        assert_eq!(
            outcomes(|lease| lease.change(at(100), A, B)),
            [none, "leased", "LeaseIsBreakingAndCannotBeChanged", none, none]
        );
        assert_eq!(
            outcomes(|lease| lease.change(at(100), B, C)),
            [none, other, other, none, none]
        );
        assert_eq!(
            outcomes(|lease| lease.release(A)),
            [other, "available", "available", "available", "available"]
        );
        let broken = |period: i64| {
            outcomes(move |lease| {
                let period = SignedDuration::from_secs(period);
                lease.break_off(at(100), Some(period)).map(|_| ())
            })
        };
        assert_eq!(broken(0), [none, "broken", "broken", "broken", "broken"]);
        assert_eq!(broken(9), [none, "breaking", "breaking", "broken", "broken"]);
    }

    #[test]
    fn writes_and_reads_by_state() {
        let (none, other) = (
            "LeaseNotPresentWithBlobOperation",
            "LeaseIdMismatchWithBlobOperation",
        );
        let missing = "BlobLeaseIdMissing";
        let write = |shown| {
            all().map(|(_, lease)| {
                lease
                    .check_write(at(100), shown, LeaseLevel::Blob)
                    .err()
                    .map_or("ok", Code::as_str)
            })
        };
        let read = |shown| {
            all().map(|(_, lease)| {
                lease
                    .check_read(at(100), shown, LeaseLevel::Blob)
                    .err()
                    .map_or("ok", Code::as_str)
            })
        };
        assert_eq!(write(None), ["ok", missing, missing, "ok", "ok"]);
        assert_eq!(write(Some(A)), [none, "ok", "ok", none, none]);
        assert_eq!(write(Some(B)), [none, other, other, none, none]);
        assert_eq!(read(None), ["ok"; 5]);
        assert_eq!(read(Some(A)), [none, "ok", "ok", none, none]);
        assert_eq!(read(Some(B)), [none, other, other, none, none]);
    }

    #[test]
    fn a_lease_is_broken_after_the_shorter_of_what_is_left_and_what_is_asked() {
        let minute = Some(SignedDuration::from_secs(60));
        let mut lease = Lease::default();
        lease.acquire(at(0), A, minute).unwrap();
        assert_eq!(lease.break_off(at(20), None), Ok(40));
        assert_eq!(lease.break_off(at(30), minute), Ok(30));
        assert_eq!(lease.state(at(60)), LeaseState::Broken);
        assert_eq!(lease.break_off(at(61), minute), Ok(0));
        let mut forever = Lease::default();
        forever.acquire(at(0), A, None).unwrap();
        assert_eq!(forever.duration(at(1)), Some("infinite"));
        assert_eq!(forever.clone().break_off(at(20), None), Ok(0));
        assert_eq!(
            forever.break_off(at(20), Some(SignedDuration::from_secs(10))),
            Ok(10)
        );
    }

    #[test]
    fn writing_forgets_a_lease_that_has_run_out() {
        let left = all().map(|(_, mut lease)| {
            lease.written(at(100));
            lease.state(at(100))
        });
        assert_eq!(
            left,
            [
                LeaseState::Available,
                LeaseState::Leased,
                LeaseState::Breaking,
                LeaseState::Available,
                LeaseState::Available
            ]
        );
    }
}
