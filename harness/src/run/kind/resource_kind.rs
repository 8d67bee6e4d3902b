//! What every kind of named resource says of itself.

use azdrill_emulator::entropy::Entropy;
use azdrill_emulator::rules::Rules;

use crate::run::names::Names;
use crate::scenario::{About, GrantWorld, Misstated, Part, World};

/// What every kind of resource does.
pub(super) trait ResourceKind {
    /// Kinds are built in this order.
    fn rank(&self) -> u8;

    /// What it is for a step.
    fn part(&self) -> Option<Part> {
        None
    }

    /// Gets the name Azure knows it by, if the file says none.
    fn be_called(&mut self, name: &str);

    /// What it belongs to, where that has to be said.
    fn about(&self) -> About {
        About::default()
    }

    /// The resource group it is in, and the subscription.
    fn place(&self) -> Option<(&str, Option<&str>)> {
        None
    }

    /// Its region, if it says one.
    fn location(&self) -> Option<&str> {
        None
    }

    /// What it says as ARM spells it.
    fn properties(&self) -> Option<&toml::Table> {
        None
    }

    /// Whether it is a user-assigned identity.
    fn is_identity(&self) -> bool {
        false
    }

    /// The role it gives.
    fn grant(&self) -> Option<&GrantWorld> {
        None
    }

    /// Takes the place of the short form of its part.
    fn stand_in(&self, _seen: &mut World) {}

    /// Its id, where it stands in the place of the short form.
    fn id(&self, names: &Names) -> String;

    /// What no two resources have the same.
    fn known_by(&self, names: &Names) -> String {
        self.id(names)
    }

    /// Checks what it names.
    fn check(&self, _world: &World, _rules: &Rules) -> Result<(), Misstated> {
        Ok(())
    }

    /// The password the file says or that was made up, if it has one.
    fn password(&self) -> Option<&str> {
        None
    }

    /// Makes up what secrets the file does not say.
    fn derive_secrets(&mut self, _entropy: &Entropy) {}
}
