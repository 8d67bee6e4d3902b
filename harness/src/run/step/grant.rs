//! A role is given.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError, roles};
use crate::scenario::{GrantWorld, Misstated, World, none_called};

/// Gives a role: one of the world's by name, or another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Grant(GrantWords);

/// Which role is given, or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(deny_unknown_fields)]
pub(super) struct GrantWords {
    /// The name of one of the world's grants.
    grant: Option<String>,
    /// A grant that is not the world's.
    give: Option<GrantWorld>,
}

impl GrantWords {
    /// The grant that is named or said.
    pub(super) fn wanted<'a>(&'a self, world: &'a World) -> Result<&'a GrantWorld, Misstated> {
        match (&self.grant, &self.give) {
            (None, Some(said)) => Ok(said),
            (Some(name), None) => world.grants.get(name).ok_or_else(|| {
                let known = world.grants.keys().map(String::as_str);
                none_called("grant", name, known).at("grant")
            }),
            _ => Err(Misstated::new(
                "`grant` (the name of one of the world's grants) or `give` was expected, and not both",
            )),
        }
    }

    pub(super) fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        self.wanted(world)?;
        match &self.give {
            Some(said) => said.check(world, rules).map_err(|wrong| wrong.at("give")),
            None => Ok(()),
        }
    }
}

impl Take for Grant {
    const DURING: bool = true;

    fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        self.0.check(world, rules)
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let grant = self.0.wanted(&play.scenario.world)?;
        roles::introduce(&play.client, &play.names, &play.scenario.world, grant)?;
        let ended = roles::give(&mut play.client, &play.names, grant).await?;
        Ok(Outcome::of(&ended))
    }
}
