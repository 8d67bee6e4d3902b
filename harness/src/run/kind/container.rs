//! Containers.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{About, Part, World};

/// A container of a storage account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Container {
    /// Its name.
    name: String,
    /// The storage account, by name.
    storage: Option<String>,
}

impl ResourceKind for Container {
    fn rank(&self) -> u8 {
        5
    }

    fn part(&self) -> Option<Part> {
        Some(Part::Container)
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn about(&self) -> About {
        About::default().and(Part::Storage, self.storage.as_ref())
    }

    fn stand_in(&self, seen: &mut World) {
        seen.storage.container.clone_from(&self.name);
    }

    fn id(&self, names: &Names) -> String {
        names.container.clone()
    }
}

impl Container {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        let body = json!({"properties": {}});
        let id = &names.container;
        must(client.operate(Method::PUT, id, Some(&body)).await?, id).map(|_| ())
    }
}
