//! The firewall rule that lets Azure services into a single server.

use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError, build_single};
use crate::scenario::Site;

/// Lets Azure services into a server, or keeps them out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureServices {
    /// Which server: `server` or `target`.
    #[serde(default = "of_the_source")]
    on: Site,
    /// Whether to let them in.
    action: Whether,
}

/// Whether Azure services are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whether {
    /// They are.
    Allow,
    /// They are not.
    Deny,
}

fn of_the_source() -> Site {
    Site::Server
}

impl Take for AzureServices {
    const DURING: bool = true;

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let server = play.names.site(self.on).to_owned();
        let allowed = self.action == Whether::Allow;
        let ended = build_single::azure_services(&mut play.client, &server, allowed).await?;
        Ok(Outcome::of(&ended))
    }
}
