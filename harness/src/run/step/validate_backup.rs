//! The question before a protection.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::datasource::ActsAs;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};

/// Asks the vault whether the datasource can be protected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ValidateBackup {
    /// Which of the vault's identities carries it out: `system`, `user`, or a user-assigned one by name; the vault's
    /// `protect_as` if left out.
    identity: Option<ActsAs>,
    /// Whether the request says so; `false` leaves `identityDetails` out.
    #[serde(default = "yes")]
    identity_details: bool,
}

fn yes() -> bool {
    true
}

impl Take for ValidateBackup {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::Policy, Part::Instance];

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        self.identity
            .iter()
            .try_for_each(|identity| identity.check(world))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = format!("{}/validateForBackup", play.names.vault);
        let body = json!({"backupInstance": play.instance(self.identity.as_ref(), self.identity_details)});
        let ended = play.client.operate(Method::POST, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }
}
