//! Properties of a resource are changed.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::run::kind::storage_account::resource_rule;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, Site, World};

/// Changes properties of the storage account, or of something else.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Of what; of the storage account if left out.
    #[serde(default = "of_the_account")]
    on: Site,
    /// The properties, as ARM spells them. Resource access rules may be said by their short names, and ids by names in
    /// braces.
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    properties: toml::Table,
}

fn of_the_account() -> Site {
    Site::of("storage")
}

impl Set {
    /// Resource access rules that are said by their short names, and which of the rules they are.
    fn short_rules(&self) -> impl Iterator<Item = (usize, &str)> {
        let networks = self.properties.get("networkAcls");
        let rules = networks.and_then(|networks| networks.get("resourceAccessRules"));
        let rules = rules.and_then(toml::Value::as_array).into_iter().flatten();
        rules
            .enumerate()
            .filter_map(|(number, rule)| Some((number, rule.as_str()?)))
    }
}

impl Take for Set {
    const DURING: bool = true;

    fn needs(&self) -> Vec<Part> {
        let rules = self.short_rules().any(|(_, rule)| rule == "vault");
        let of_rules: &[Part] = if rules { &[Part::Vault] } else { &[] };
        [self.on.parts(), of_rules].concat()
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        world
            .check_site_of_step(&self.on)
            .map_err(|wrong| wrong.at("on"))?;
        for (number, rule) in self.short_rules() {
            let checked = world.check_resource_rule(rule);
            checked.map_err(|wrong| {
                let wrong = wrong.in_entry("resourceAccessRules", number);
                wrong.at("networkAcls").at("properties")
            })?;
        }
        let checked = world.check_filled_table(&self.properties, true);
        checked.map_err(|wrong| wrong.at("properties"))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.names.site(&self.on).to_owned();
        let mut properties = serde_json::to_value(&self.properties).unwrap_or_default();
        play.names.fill_value(&mut properties);
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
