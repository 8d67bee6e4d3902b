//! A restore.

use std::time::Instant;

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::run::client::Ended;
use crate::run::datasource::{Goal, Wanted, check_goal};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Acting, Misstated, World};

/// Restores the newest recovery point, as files or to a database, and waits for the job.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restore {
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
    /// Storage properties to set while it is copying, after its first block.
    midway: Option<toml::Table>,
}

fn yes() -> bool {
    true
}

impl Take for Restore {
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
        let body = play.restore_request(&wanted).await?;
        play.restores += 1;
        let before = play.blob_names();
        let path = format!("{}/restore", play.names.instance);
        let began = Instant::now();
        let ended = match &self.midway {
            None => play.client.operate(Method::POST, &path, Some(&body)).await?,
            Some(properties) => play.restore_with_change(&path, &body, properties).await?,
        };
        let mut outcome = play.follow_job(ended).await?;
        outcome.job_time = Some(began.elapsed());
        outcome.blobs = play.blob_names();
        play.restored = outcome.blobs.clone();
        play.restored.retain(|blob| !before.contains(blob));
        outcome.files = Some(play.restored.len() as u64);
        Ok(outcome)
    }
}

impl Play<'_> {
    /// Restores, and changes the account after the first block has been written.
    async fn restore_with_change(
        &mut self,
        path: &str,
        body: &Value,
        properties: &toml::Table,
    ) -> Result<Ended, RunError> {
        let mut pause = self.client.driver().pause_copy_after_block(1);
        let patch = json!({"properties": serde_json::to_value(properties).unwrap_or_default()});
        let account = self
            .names
            .account
            .parse::<ResourceId>()
            .map_err(|error| RunError::Scenario(error.to_string()))?;
        let door = self.client.door().clone();
        let change = async {
            if pause.reached().await {
                // Made behind the scenes: the driver is busy with the copy, and a call of the
                // operator's would wait for it.
                door.with_core(|core| {
                    if let Some(resource) = core.state_mut().resources.get_mut(&account) {
                        for (name, value) in patch["properties"].as_object().into_iter().flatten() {
                            resource.set_property(&[name], value.clone());
                        }
                    }
                });
                pause.resume();
            }
        };
        let mut change = std::pin::pin!(change);
        let mut operate = std::pin::pin!(self.client.operate(Method::POST, path, Some(body)));
        // A restore that is refused copies nothing, and there is nothing to wait for.
        tokio::select! {
            ended = &mut operate => return ended,
            () = &mut change => {}
        }
        operate.await
    }
}
