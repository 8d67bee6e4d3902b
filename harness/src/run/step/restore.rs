//! A restore.

use std::time::Instant;

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use crate::run::datasource::{Goal, Wanted};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};

/// Restores the newest recovery point, as files or to a database, and waits for the job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Restore(Wanted);

impl Restore {
    /// Whether it goes to a database.
    pub(crate) fn to_database(&self) -> bool {
        self.0.to == Goal::Database
    }
}

impl Take for Restore {
    fn needs(&self) -> Vec<Part> {
        self.0.needs()
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        self.0.check(world)
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let body = match play.restore_request(&self.0).await? {
            Ok(body) => body,
            Err(refused) => return Ok(refused),
        };
        play.restores += 1;
        let before = play.blob_names();
        let path = format!("{}/restore", play.names.instance);
        let began = Instant::now();
        let mut outcome = play.carry_out(&path, &body).await?;
        outcome.job_time = Some(began.elapsed());
        outcome.blobs = play.blob_names();
        play.restored = outcome.blobs.clone();
        play.restored.retain(|blob| !before.contains(blob));
        outcome.files = Some(play.restored.len() as u64);
        Ok(outcome)
    }
}
