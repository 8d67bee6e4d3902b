//! Roles, given.

use serde::Deserialize;

use super::ResourceKind;
use crate::run::build::must;
use crate::run::client::Client;
use crate::run::{Names, RunError, roles};
use crate::scenario::{GrantWorld, Misstated, World};

/// A role given: the words of a grant of the world's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RoleAssignment(GrantWorld);

impl ResourceKind for RoleAssignment {
    fn rank(&self) -> u8 {
        7
    }

    fn be_called(&mut self, _name: &str) {}

    fn id(&self, names: &Names) -> String {
        self.0
            .on
            .as_ref()
            .map_or(String::new(), |on| names.site(on).to_owned())
    }

    fn check(&self, world: &World) -> Result<(), Misstated> {
        self.0.check(world)
    }
}

impl RoleAssignment {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        if self.0.absent {
            return Ok(());
        }
        must(roles::give(client, names, &self.0).await?, &self.0.role).map(|_| ())
    }
}
