//! What has a name, once the files of a scenario are one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::cloud;

use super::alike::listed;
use super::error::SHOWN_IN;
use super::{Misstated, Part, Scenario, ScenarioError, World};
use crate::run::{Names, Resource};

/// What of a world has a short form: where a file has none of these and names things, there is what it names.
const SHORT_FORMS: [&str; 6] = ["server", "vault", "storage", "key_vault", "user", "target"];

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

/// Refuses what is the same resource twice: the second would be written over the first.
pub(super) fn check_ids(world: &World) -> Result<(), Misstated> {
    let mut taken: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (name, what) in Names::of(world, NO_SUBSCRIPTION).all(world) {
        // What is reached by its name alone has it alone.
        let id: Option<ResourceId> = what.parse().ok();
        let host = id.and_then(|id| cloud().host_of(&id));
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

/// Where ids are only held against each other.
const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
