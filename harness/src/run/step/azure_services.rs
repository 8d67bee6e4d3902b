//! The firewall rule that lets Azure services into a single server.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use crate::run::network::azure_services;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, Site, World};

/// Lets Azure services into a server, or keeps them out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AzureServices {
    /// Which server: `server`, `target`, or one by name.
    #[serde(default = "of_the_source")]
    on: Site,
    /// Whether to let them in.
    action: Whether,
}

/// Whether Azure services are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Whether {
    /// They are.
    Allow,
    /// They are not.
    Deny,
}

fn of_the_source() -> Site {
    Site::of("server")
}

impl Take for AzureServices {
    const DURING: bool = true;

    fn needs(&self) -> Vec<Part> {
        self.on.parts().to_vec()
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        let is_server = match world.resources.get(self.on.as_str()) {
            Some(resource) => resource.part() == Some(Part::Server),
            None => ["server", "target"].contains(&self.on.as_str()),
        };
        let checked = world.check_site_of_step(&self.on).and_then(|()| {
            let what = format!("{}: a server was expected", self.on.as_str());
            is_server.then_some(()).ok_or(Misstated::new(what))
        });
        checked.map_err(|wrong| wrong.at("on"))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let server = play.names.site(&self.on).to_owned();
        let allowed = self.action == Whether::Allow;
        let ended = azure_services(&mut play.client, &server, allowed).await?;
        Ok(Outcome::of(&ended))
    }
}
