//! Roles, given.

use serde::Deserialize;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError, roles};
use crate::scenario::{GrantWorld, World};

/// A role given: the words of a grant of the world's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RoleAssignment(GrantWorld);

impl ResourceKind for RoleAssignment {
    fn rank(&self) -> u8 {
        8
    }

    fn be_called(&mut self, _name: &str) {}

    fn id(&self, names: &Names) -> String {
        self.0
            .on
            .as_ref()
            .map_or(String::new(), |on| names.site(on).to_owned())
    }

    /// Of one role given twice nobody could tell which is which; its id is not known before there is a principal.
    fn known_by(&self, _names: &Names) -> String {
        let on = self.0.on.as_ref().map_or("", |on| on.as_str());
        format!("{} of {} on {on}", self.0.role, self.0.to.as_str())
    }

    fn grant(&self) -> Option<&GrantWorld> {
        Some(&self.0)
    }
}

impl RoleAssignment {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        if self.0.absent {
            return Ok(());
        }
        roles::introduce(client, names, seen, &self.0)?;
        must(roles::give(client, names, &self.0).await?, &self.0.role).map(|_| ())
    }
}
