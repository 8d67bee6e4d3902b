//! A role is given.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError, roles};
use crate::scenario::{GrantWorld, Misstated, World};

/// Gives a role: one of the world's by name, or another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The name of one of the world's grants.
    grant: Option<String>,
    /// A grant that is not the world's.
    give: Option<GrantWorld>,
}

/// The grant that a step names or says.
pub(super) fn wanted<'a>(
    named: Option<&str>,
    said: Option<&'a GrantWorld>,
    world: &'a World,
) -> Result<&'a GrantWorld, Misstated> {
    match (named, said) {
        (None, Some(said)) => said.check(world).map(|()| said).map_err(|wrong| wrong.at("give")),
        (Some(name), None) => world.grants.get(name).ok_or_else(|| {
            let known: Vec<&str> = world.grants.keys().map(String::as_str).collect();
            let what = format!(
                "grant = \"{name}\": the world has the grants {}",
                known.join(", ")
            );
            Misstated::new(what).at("grant")
        }),
        _ => Err(Misstated::new(
            "`grant` (the name of one of the world's grants) or `give` was expected, and not both",
        )),
    }
}

impl Take for Grant {
    const DURING: bool = true;

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        wanted(self.grant.as_deref(), self.give.as_ref(), world).map(|_| ())
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let world = &play.scenario.world;
        let grant = wanted(self.grant.as_deref(), self.give.as_ref(), world)?;
        let ended = roles::give(&mut play.client, &play.names, grant).await?;
        Ok(Outcome::of(&ended))
    }
}
