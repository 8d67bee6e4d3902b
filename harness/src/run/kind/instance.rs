//! Backup instances. The step `protect` makes them, and no world: which roles and networks there have to be is what
//! scenarios are about.

use serde::Deserialize;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::{Names, RunError};
use crate::scenario::{About, Part, World};

/// A backup instance that the step `protect` makes: which server is backed up where, and by which policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Instance {
    /// Its name.
    name: String,
    /// The server, by name.
    server: Option<String>,
    /// The vault, by name.
    vault: Option<String>,
    /// The policy, by name, if it is not the vault's own.
    policy: Option<String>,
}

impl ResourceKind for Instance {
    fn rank(&self) -> u8 {
        9
    }

    fn part(&self) -> Option<Part> {
        Some(Part::Instance)
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn about(&self) -> About {
        About::default()
            .and(Part::Server, self.server.as_ref())
            .and(Part::Vault, self.vault.as_ref())
            .and(Part::Policy, self.policy.as_ref())
    }

    fn stand_in(&self, seen: &mut World) {
        seen.instance = Some(self.name.clone());
    }

    fn id(&self, names: &Names) -> String {
        names.instance.clone()
    }
}

impl Instance {
    #[expect(clippy::unused_async, reason = "as all kinds are built")]
    pub(super) async fn build(&self, _: &mut Client, _: &Names, _: &World) -> Result<(), RunError> {
        Ok(())
    }
}
