//! Time goes by.

use azdrill_emulator::rules::Rules;
use jiff::SignedDuration;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{FURTHEST, Misstated, World, duration};

/// Moves the clock; what falls due on the way happens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// How far.
    #[serde(deserialize_with = "duration")]
    #[cfg_attr(test, schemars(with = "String"))]
    by: SignedDuration,
}

impl Take for Advance {
    fn check(&self, _world: &World, _rules: &Rules) -> Result<(), Misstated> {
        if self.by.is_negative() || self.by > FURTHEST {
            let what = "a step goes on by a hundred years (\"876000h\") at the most, and not back: several steps go further";
            return Err(Misstated::new(what).at("by"));
        }
        Ok(())
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.client.advance(self.by).await?;
        Ok(Outcome::done())
    }
}
