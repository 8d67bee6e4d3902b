//! A role is taken back.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use super::grant::GrantWords;
use crate::run::{Outcome, Play, RunError, roles};
use crate::scenario::{Misstated, World};

/// Takes a role back: one of the world's by name, or another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Revoke(GrantWords);

impl Take for Revoke {
    const DURING: bool = true;

    fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        self.0.check(world, rules)
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let grant = self.0.wanted(&play.scenario.world)?;
        let ended = roles::take(&mut play.client, &play.names, grant).await?;
        Ok(Outcome::of(&ended))
    }
}
