//! Time goes by.

use jiff::SignedDuration;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};

/// Moves the clock; what falls due on the way happens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// How far.
    #[cfg_attr(test, schemars(with = "String"))]
    by: SignedDuration,
}

impl Take for Advance {
    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.client.advance(self.by).await?;
        Ok(Outcome::done())
    }
}
