//! The vault comes to another resource group.

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::{Names, Outcome, Play, Resource, RunError};
use crate::scenario::{Misstated, Part, Site, World};

/// Moves the vault to another resource group, or finds out whether it can be moved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The name of the resource group.
    to: String,
    /// The subscription that group is in: one of `[subscription.NAME]`; the operator's own if left out.
    subscription: Option<String>,
    /// What else is to be moved by the same request, by name.
    #[serde(default)]
    along: Vec<Site>,
    /// Whether it is only found out if that can be done.
    #[serde(default)]
    only_validate: bool,
}

impl Take for Move {
    const NEEDS: &'static [Part] = &[Part::Vault];

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        for (number, site) in self.along.iter().enumerate() {
            let checked = world.check_site_of_step(site);
            checked.map_err(|wrong| wrong.in_entry("along", number))?;
        }
        let subscription = self.subscription.as_deref();
        subscription.map_or(Ok(()), |name| {
            let checked = world.check_subscription(name);
            checked.map_err(|wrong| wrong.at("subscription"))
        })
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let names = &play.names;
        let vault = names.vault.clone();
        let to = names.group(&self.to, self.subscription.as_deref());
        let along = self.along.iter().map(|site| names.site(site).to_owned());
        let resources: Vec<String> = [vault.clone()].into_iter().chain(along).collect();
        let action = if self.only_validate {
            "validateMoveResources"
        } else {
            "moveResources"
        };
        let path = format!("{}/{action}", names.vault_group);
        let body = json!({"resources": resources, "targetResourceGroup": to});
        let moved = vault.replacen(&names.vault_group, &to, 1);
        let ended = play.client.operate(Method::POST, &path, Some(&body)).await?;
        // It may be there although something went wrong.
        let is_there = moved
            .parse()
            .is_ok_and(|id: ResourceId| play.client.look(|core| core.state().resource(&id).is_some()));
        if is_there {
            play.vault_is_moved(&vault, &moved, &self.to, self.subscription.as_deref());
        }
        Ok(Outcome::of(&ended))
    }
}

impl Play<'_> {
    /// The vault is somewhere else from now on, for this step and those to come.
    fn vault_is_moved(&mut self, old: &str, new: &str, group: &str, subscription: Option<&str>) {
        let is_it = |name: &str| self.names.called(name) == Some(old);
        let named = self.whole.resources.keys().find(|name| is_it(name)).cloned();
        match named.and_then(|name| self.whole.resources.get_mut(&name)) {
            Some(Resource::Vault(vault)) => vault.move_to(group, subscription),
            _ => self.whole.vault.move_to(group, subscription),
        }
        self.names = Names::of(&self.whole, &self.client.operator().subscription);
        self.world = self.whole.clone();
        let backed_up = std::mem::take(&mut self.backed_up).into_iter();
        self.backed_up = backed_up
            .map(|(instance, content)| (instance.replacen(old, new, 1), content))
            .collect();
    }
}
