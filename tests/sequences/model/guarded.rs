//! The vault's mapping to a Resource Guard.

use azdrill::oracle::{Expected, SYNTHETIC};

use super::{Mistake, Model, not_there, refused};

/// For how long a deletion is unlocked.
const UNLOCKED: i64 = 30 * 60_000;

impl Model {
    /// To be mapped again is to be mapped; what was unlocked about the mapping is not any more.
    pub(super) fn guard(&mut self) -> Expected {
        self.guarded = true;
        self.guard_unlocked = None;
        Expected::Passes
    }

    fn unlocked_until(&self) -> i64 {
        let twice = if self.is(Mistake::UnlockedForAnHour) { 2 } else { 1 };
        self.now + twice * UNLOCKED
    }

    pub(super) fn unlock_guard(&mut self) -> Expected {
        if !self.guarded {
            return not_there();
        }
        self.guard_unlocked = Some(self.unlocked_until());
        Expected::Passes
    }

    pub(super) fn unlock_instance(&mut self) -> Expected {
        if !self.guarded {
            return not_there();
        }
        if self.instance.is_none() {
            return refused(&["DPP-GUARD-REQUEST"], "BMSUserErrorInvalidInput");
        }
        self.instance_unlocked = Some(self.unlocked_until());
        Expected::Passes
    }

    /// What was unlocked serves once, and only in its time.
    fn take(&self, unlocked: Option<i64>) -> Result<(), Expected> {
        match unlocked {
            _ if !self.guarded => Ok(()),
            Some(until) if self.now < until => Ok(()),
            _ => Err(refused(&["VLT-10", "MUA-UNLOCK"], SYNTHETIC)),
        }
    }

    pub(super) fn use_instance_unlocking(&mut self) -> Result<(), Expected> {
        let unlocked = self.instance_unlocked.take();
        self.take(unlocked)
    }

    pub(super) fn unguard(&mut self) -> Expected {
        if !self.guarded {
            return Expected::Passes;
        }
        let unlocked = self.guard_unlocked.take();
        if let Err(refused) = self.take(unlocked) {
            return refused;
        }
        self.guarded = false;
        self.instance_unlocked = None;
        Expected::Passes
    }
}
