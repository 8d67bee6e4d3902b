//! Management groups.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::ended::must;
use crate::run::{Names, RunError};
use crate::scenario::{Misstated, Site, World, none_called};

/// A management group, with subscriptions in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ManagementGroup {
    /// Its name.
    name: String,
    /// The name people see.
    display_name: Option<String>,
    /// The group it is below, by name; the tenant's root group if left out. That one is below none of the file's itself.
    parent: Option<String>,
    /// The subscriptions in it: `subscription`, the operator's own, or by name.
    subscriptions: Vec<Site>,
}

impl Default for ManagementGroup {
    fn default() -> Self {
        Self {
            name: String::new(),
            display_name: None,
            parent: None,
            subscriptions: vec![Site::of("subscription")],
        }
    }
}

impl ResourceKind for ManagementGroup {
    /// What is below another is made after it.
    fn rank(&self) -> u8 {
        u8::from(self.parent.is_some())
    }

    fn be_called(&mut self, name: &str) {
        if self.name.is_empty() {
            name.clone_into(&mut self.name);
        }
    }

    fn id(&self, _names: &Names) -> String {
        format!("/providers/Microsoft.Management/managementGroups/{}", self.name)
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        for own in &self.subscriptions {
            let is_one = own.as_str() == "subscription" || world.subscriptions.contains_key(own.as_str());
            if !is_one {
                let known = world.subscriptions.keys().map(String::as_str);
                return Err(none_called("subscription", own.as_str(), known).at("subscriptions"));
            }
        }
        let Some(parent) = &self.parent else {
            return Ok(());
        };
        world
            .check_is(parent, "management_group")
            .map_err(|wrong| wrong.at("parent"))?;
        // Groups are built in two ranks.
        if world.resources.get(parent).is_some_and(|outer| outer.rank() > 0) {
            let what = format!("{parent} is below another of the file's groups: name one that is below none");
            return Err(Misstated::new(what).at("parent"));
        }
        Ok(())
    }
}

impl ManagementGroup {
    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        let id = self.id(names);
        let mut body =
            json!({"properties": {"displayName": self.display_name.as_ref().unwrap_or(&self.name)}});
        if let Some(parent) = self.parent.as_ref().and_then(|name| names.called(name)) {
            body["properties"]["details"] = json!({"parent": {"id": parent}});
        }
        must(client.operate(Method::PUT, &id, Some(&body)).await?, &id)?;
        for own in &self.subscriptions {
            let placed = format!("{id}{}", names.site(own));
            must(
                client.operate(Method::PUT, &placed, Some(&json!({}))).await?,
                &placed,
            )?;
        }
        Ok(())
    }
}
