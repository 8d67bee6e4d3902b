//! A backup on demand.

use std::time::Instant;

use serde::Deserialize;
use serde_json::json;

use super::Take;
use crate::postgres::content;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Takes a backup now, and waits for the job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Backup {}

impl Take for Backup {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::Instance];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        if let (Some(postgres), Some(spec)) = (&play.postgres, play.source())
            && let Ok(client) = postgres.connect(&spec.key, &play.world.server.database).await
        {
            let content = content::snapshot(&client).await?;
            play.backed_up.insert(play.names.instance.clone(), content);
        }
        let path = format!("{}/backup", play.names.instance);
        let body = json!({"backupRuleOptions": {"ruleName": "BackupWeekly", "triggerOption": {}}});
        let began = Instant::now();
        let mut outcome = play.carry_out(&path, &body).await?;
        outcome.job_time = Some(began.elapsed());
        Ok(outcome)
    }
}
