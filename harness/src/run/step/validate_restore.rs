//! The question before a restore.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::run::datasource::Wanted;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};

/// Asks the vault whether the newest recovery point can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ValidateRestore(Wanted);

impl Take for ValidateRestore {
    fn needs(&self) -> Vec<Part> {
        self.0.needs()
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        self.0.check(world)
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let request = match play.restore_request(&self.0).await? {
            Ok(request) => request,
            Err(refused) => return Ok(refused),
        };
        let body = json!({"restoreRequestObject": request});
        let path = format!("{}/validateRestore", play.names.instance);
        let ended = play.client.operate(Method::POST, &path, Some(&body)).await?;
        let mut outcome = Outcome::of(&ended);
        play.add_reason(&mut outcome);
        Ok(outcome)
    }
}
