//! A role is taken back.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use super::grant::wanted;
use crate::run::{Outcome, Play, RunError, roles};
use crate::scenario::{GrantWorld, Misstated, World};

/// Takes a role back: one of the world's by name, or another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The name of one of the world's grants.
    grant: Option<String>,
    /// A grant that is not the world's.
    give: Option<GrantWorld>,
}

impl Take for Revoke {
    const DURING: bool = true;

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        wanted(self.grant.as_deref(), self.give.as_ref(), world).map(|_| ())
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let world = &play.scenario.world;
        let grant = wanted(self.grant.as_deref(), self.give.as_ref(), world)?;
        let ended = roles::take(&mut play.client, &play.names, grant).await?;
        Ok(Outcome::of(&ended))
    }
}
