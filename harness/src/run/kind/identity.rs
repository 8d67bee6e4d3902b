//! User-assigned identities.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::World;

/// A user-assigned identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Its name.
    name: String,
    /// Its region, if it is not the world's.
    location: Option<String>,
    /// The resource group it is in.
    group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    subscription: Option<String>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            name: String::new(),
            location: None,
            group: "backup".to_owned(),
            subscription: None,
        }
    }
}

impl ResourceKind for Identity {
    fn rank(&self) -> u8 {
        0
    }

    in_a_group!("Microsoft.ManagedIdentity/userAssignedIdentities");

    fn is_identity(&self) -> bool {
        true
    }
}

impl Identity {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        seen: &World,
    ) -> Result<(), RunError> {
        let body = json!({"location": self.location.as_ref().unwrap_or(&seen.location)});
        let id = self.id(names);
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id).map(|_| ())
    }
}
