//! The question before a restore.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::datasource::{Goal, Wanted, check_goal};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Acting, Misstated, Part, World};

/// Asks the vault whether the newest recovery point can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ValidateRestore {
    /// Where to: `files`, or, of a single server, `database`.
    #[serde(default)]
    to: Goal,
    /// What the names of the files begin with.
    prefix: Option<String>,
    /// The database a restore to a database creates; `restored` if left out.
    database: Option<String>,
    /// Which of the vault's identities carries it out: `system` or `user`; the vault's `protect_as` if left out.
    identity: Option<Acting>,
    /// Whether the request says so; `false` leaves `identityDetails` out.
    #[serde(default = "yes")]
    identity_details: bool,
}

fn yes() -> bool {
    true
}

impl Take for ValidateRestore {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::Storage];

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        check_goal(self.to, world)
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let wanted = Wanted {
            goal: self.to,
            prefix: self.prefix.as_deref(),
            database: self.database.as_deref(),
            identity: self.identity,
            identity_details: self.identity_details,
        };
        let body = json!({"restoreRequestObject": play.restore_request(&wanted).await?});
        let path = format!("{}/validateRestore", play.names.instance);
        let ended = play.client.operate(Method::POST, &path, Some(&body)).await?;
        let mut outcome = Outcome::of(&ended);
        play.add_reason(&mut outcome);
        Ok(outcome)
    }
}
