//! Properties of a resource are changed.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::run::kind::storage_account::resource_rule;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Site, World};

/// Changes properties of the storage account, or of something else.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Of what; of the storage account if left out.
    #[serde(default = "of_the_account")]
    on: Site,
    /// The properties, as ARM spells them. Resource access rules may be said by their short names.
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    properties: toml::Table,
}

fn of_the_account() -> Site {
    Site::of("storage")
}

impl Take for Set {
    const DURING: bool = true;

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        world.check_site(&self.on).map_err(|wrong| wrong.at("on"))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.names.site(&self.on).to_owned();
        let mut properties = serde_json::to_value(&self.properties).unwrap_or_default();
        if let Some(rules) = properties
            .pointer_mut("/networkAcls/resourceAccessRules")
            .and_then(Value::as_array_mut)
        {
            for rule in rules {
                if let Some(short) = rule.as_str() {
                    *rule = resource_rule(&play.client, &play.names, short)?;
                }
            }
        }
        let body = json!({"properties": properties});
        let ended = play.client.operate(Method::PATCH, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }
}
