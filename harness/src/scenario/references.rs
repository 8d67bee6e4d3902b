//! What the tables of a world name is there: roles, regions, and whatever else has a name in it.

use azdrill_emulator::rules::Rules;

use super::named::none_called;
use super::{GrantWorld, KeyVaultWorld, Misstated, Part, PersonaWorld, StorageWorld, VaultWorld, World};
use crate::serve::known;

/// Checks that there is such a region.
pub(crate) fn check_region(name: &str, rules: &Rules) -> Result<(), Misstated> {
    let word = name.to_lowercase().replace(' ', "");
    if rules.knows_region(&word) {
        return Ok(());
    }
    let all = rules.regions.iter().map(|region| region.name.as_str());
    known::one_of("region", name, all)
}

impl GrantWorld {
    /// Checks that it says all it has to, and names what there is.
    ///
    /// # Errors
    ///
    /// What is missing, or is not there.
    pub(crate) fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        let Some(on) = self.on.as_ref().filter(|_| !self.role.is_empty()) else {
            return Err(Misstated::new("a role that is given needs `role` and `on`"));
        };
        known::role(rules, &self.role).map_err(|wrong| wrong.at("role"))?;
        world.check_site(on).map_err(|wrong| wrong.at("on"))?;
        world.check_grantee(&self.to).map_err(|wrong| wrong.at("to"))
    }

    /// The same of one that is given while the world is built: whoever gets it is there by then.
    ///
    /// # Errors
    ///
    /// What is missing, or is not there.
    pub(crate) fn check_at_once(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        self.check(world, rules)?;
        if self.absent {
            return Ok(());
        }
        world.check_has_identity(&self.to).map_err(|wrong| wrong.at("to"))
    }
}

impl VaultWorld {
    /// Checks what it names.
    pub(crate) fn check_names(&self, world: &World) -> Result<(), Misstated> {
        for (number, name) in self.identities.iter().enumerate() {
            let checked = world.check_identity(name);
            checked.map_err(|wrong| wrong.in_entry("identities", number))?;
        }
        Ok(())
    }
}

/// What resource access rules are called that name no vault of the world's by name.
const SHORT_RULES: [&str; 3] = ["vault", "other_vault", "vault_of_other_tenant"];

impl StorageWorld {
    /// Checks what it names.
    pub(crate) fn check_names(&self, world: &World) -> Result<(), Misstated> {
        for (number, rule) in self.resource_rules.iter().enumerate() {
            let checked = world.check_resource_rule(rule);
            checked.map_err(|wrong| wrong.in_entry("resource_rules", number))?;
        }
        Ok(())
    }
}

impl World {
    /// Checks the short name of a resource access rule.
    pub(crate) fn check_resource_rule(&self, rule: &str) -> Result<(), Misstated> {
        let vaults = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.part() == Some(Part::Vault));
        let all = vaults.map(|(name, _)| name.as_str()).chain(SHORT_RULES);
        if all.clone().any(|known| known == rule) {
            return Ok(());
        }
        Err(none_called("vault", rule, all))
    }
}

impl KeyVaultWorld {
    /// It names nothing.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "as the other short forms are checked"
    )]
    pub(crate) fn check_names(&self, _world: &World) -> Result<(), Misstated> {
        Ok(())
    }
}

impl PersonaWorld {
    /// Checks what it names.
    pub(super) fn check(&self, world: &World, rules: &Rules) -> Result<(), Misstated> {
        if let Some(tenant) = &self.tenant {
            world.check_tenant(tenant).map_err(|wrong| wrong.at("tenant"))?;
        }
        for (number, role) in self.roles.iter().enumerate() {
            known::role(rules, &role.role)
                .map_err(|wrong| wrong.at("role"))
                .and_then(|()| world.check_site(&role.on).map_err(|wrong| wrong.at("on")))
                .map_err(|wrong| wrong.in_entry("roles", number))?;
        }
        Ok(())
    }
}
