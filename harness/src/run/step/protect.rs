//! A backup instance is made.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::datasource::ActsAs;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};

/// Creates the backup instance, and waits until protection is configured or has failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Protect {
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

/// States that pass.
const PENDING: [&str; 2] = ["ConfiguringProtection", "UpdatingProtection"];

impl Take for Protect {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::Policy, Part::Instance];

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        self.identity
            .iter()
            .try_for_each(|identity| identity.check(world))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let body = json!({"properties": play.instance(self.identity.as_ref(), self.identity_details)});
        let path = play.names.instance.clone();
        let ended = play.client.operate(Method::PUT, &path, Some(&body)).await?;
        if ended.status != "Succeeded" {
            return Ok(Outcome::of(&ended));
        }
        let instance = play
            .client
            .read_until(&path, |body| {
                body["properties"]["currentProtectionState"]
                    .as_str()
                    .is_some_and(|state| !PENDING.contains(&state))
            })
            .await?;
        let properties = &instance["properties"];
        let mut outcome = Outcome::of_error(&properties["protectionErrorDetails"]);
        outcome.status = properties["currentProtectionState"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        play.add_reason(&mut outcome);
        Ok(outcome)
    }
}
