//! A restore.

use std::time::Instant;

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use crate::run::datasource::{Goal, Wanted, check_goal};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Acting, Misstated, Part, World};

/// Restores the newest recovery point, as files or to a database, and waits for the job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
}

fn yes() -> bool {
    true
}

impl Take for Restore {
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
        let body = play.restore_request(&wanted).await?;
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
