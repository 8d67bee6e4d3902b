//! The tables `[resource.NAME]` of a file: read by their kind.

use std::collections::BTreeMap;
use std::path::PathBuf;

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::cloud;
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;

use super::error::Unread;
use super::library::SHOWN_IN;
use super::named::Part;
use super::step::listed;
use super::{Misstated, Password, Scenario, ScenarioError, World};
use crate::run::{Names, Resource};

/// What of a world has a short form: where a file has none of these and names things, there is what it names.
const SHORT_FORMS: [&str; 6] = ["server", "vault", "storage", "key_vault", "user", "target"];

/// A further subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionWorld {
    /// The tenant it is in: one of `[tenant.NAME]`; the operator's own if left out.
    pub tenant: Option<String>,
}

/// A further tenant: another organisation's, with an operator of its own who owns its subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TenantWorld {
    /// The secret its operator signs in with.
    #[serde(skip)]
    pub secret: Password,
}

/// Reads the resources of one file strictly, as far as it says their kinds: a file that extends another may change
/// one without saying what it is.
pub(super) fn check_all(resources: Option<&Spanned<DeValue<'_>>>) -> Result<(), Unread> {
    let Some(resources) = resources else {
        return Ok(());
    };
    let DeValue::Table(resources) = resources.get_ref() else {
        return Err(Unread::at(
            resources.span(),
            "tables were expected: [resource.NAME]",
        ));
    };
    for resource in resources.values() {
        let span = resource.span();
        let DeValue::Table(said) = resource.get_ref() else {
            return Err(Unread::at(span, "a table was expected: [resource.NAME]"));
        };
        let mut said = said.clone();
        let Some(kind) = said.remove("kind") else {
            continue;
        };
        let Some(word) = kind.get_ref().as_str() else {
            return Err(Unread::at(kind.span(), "the word for a kind was expected"));
        };
        let Some(words) = Resource::own_words(word) else {
            let message = format!(
                "unknown kind `{word}`, expected one of {}",
                listed(Resource::KINDS)
            );
            return Err(Unread::at(kind.span(), message));
        };
        // It follows from the kind.
        let words: Vec<&str> = words.into_iter().filter(|word| *word != "flavour").collect();
        for key in said.keys() {
            if !words.contains(&key.get_ref().as_ref()) {
                let message = format!(
                    "unknown field `{}` of the kind `{word}`, expected one of {}",
                    key.get_ref(),
                    listed(&words)
                );
                return Err(Unread::at(key.span(), message));
            }
        }
        Resource::read(word, toml::de::Deserializer::from(Spanned::new(span, said)))?;
    }
    Ok(())
}

/// Refuses what is the same resource twice: the second would be written over the first.
pub(super) fn check_ids(world: &World) -> Result<(), Misstated> {
    let mut taken: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (name, what) in Names::of(world, NO_SUBSCRIPTION).all(world) {
        let host = taken_everywhere(&what);
        let known_by = host.clone().unwrap_or_else(|| what.to_lowercase());
        if let Some((first, other)) = taken.insert(known_by, (name.clone(), what.clone()))
            && world.resources.contains_key(&name)
        {
            let both = match host {
                Some(host) if !other.eq_ignore_ascii_case(&what) => {
                    format!("both would be {host}, whatever groups they are in")
                }
                _ => format!("both are {}", what.replace(NO_SUBSCRIPTION, "…")),
            };
            let what = format!("the same as {first}: {both}; leave one out, or give it another `name`");
            return Err(Misstated::new(what).at(name).at("resource"));
        }
    }
    Ok(())
}

/// The host of what is reached by its name alone, which nothing else in the world has.
fn taken_everywhere(id: &str) -> Option<String> {
    let id: ResourceId = id.parse().ok()?;
    let name = id.name().to_lowercase();
    let is = |kind: &str| id.is_type(kind);
    if is("Microsoft.Storage/storageAccounts") {
        Some(cloud().blob_host(&name))
    } else if is("Microsoft.KeyVault/vaults") {
        Some(cloud().vault_host(&name))
    } else if is("Microsoft.DBforPostgreSQL/flexibleServers") || is("Microsoft.DBforPostgreSQL/servers") {
        Some(cloud().server_host(&name))
    } else {
        None
    }
}

/// Where ids are only held against each other.
const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

impl Scenario {
    /// Fills in what has a name, once the files are one.
    pub(super) fn name_resources(&mut self, file: &toml::Table) -> Result<(), ScenarioError> {
        let files: &[PathBuf] = &self.files;
        let wrong = |name: &str, what: String| {
            let wrong = Misstated::new(format!("resource.{name}: {what}"));
            wrong
                .at(name.to_owned())
                .at("resource")
                .in_one_of(files, SHOWN_IN)
        };
        let mut resources = BTreeMap::new();
        for (name, table) in &self.resource {
            let mut table = table.clone();
            let kind = table.remove("kind");
            let kind = kind.as_ref().and_then(toml::Value::as_str);
            let Some(kind) = kind else {
                let what = format!("`kind` is missing: it is one of {}", listed(Resource::KINDS));
                return Err(wrong(name, what));
            };
            let is_called = table.contains_key("name");
            let mut resource = Resource::read(kind, toml::Value::Table(table))
                .map_err(|error| wrong(name, error.message().to_owned()))?;
            if !is_called {
                resource.be_called(name);
            }
            resources.insert(name.clone(), resource);
        }
        let world = file.get("world").and_then(toml::Value::as_table);
        let says = |form: &&str| world.is_some_and(|world| world.contains_key(*form));
        let parts = resources
            .values()
            .any(|resource| resource.part().is_some_and(Part::has_short_form));
        self.world.all_named = parts && !SHORT_FORMS.iter().any(says);
        self.world.resources = resources;
        self.world.subscriptions = self.subscription.clone();
        self.world.tenants = self.tenant.clone();
        Ok(())
    }
}
