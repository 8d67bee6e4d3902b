//! Properties of a resource are changed.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::run::{Outcome, Play, RunError, build};
use crate::scenario::Site;

/// Changes properties of the storage account, or of something else.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Of what; of the storage account if left out.
    #[serde(default = "of_the_account")]
    on: Site,
    /// The properties, as ARM spells them. Resource access rules may be said by their short names.
    properties: toml::Table,
}

fn of_the_account() -> Site {
    Site::Storage
}

impl Take for Set {
    const DURING: bool = true;

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.names.site(self.on).to_owned();
        let mut properties = serde_json::to_value(&self.properties).unwrap_or_default();
        if let Some(rules) = properties
            .pointer_mut("/networkAcls/resourceAccessRules")
            .and_then(Value::as_array_mut)
        {
            for rule in rules {
                if let Some(short) = rule.as_str() {
                    *rule = build::resource_rule(&play.client, &play.names, short)?;
                }
            }
        }
        let body = json!({"properties": properties});
        let ended = play.client.operate(Method::PATCH, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }
}
