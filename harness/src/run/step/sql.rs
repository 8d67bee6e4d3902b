//! SQL of a customer's.

use serde::Deserialize;

use super::Take;
use crate::postgres::{quote_identifier, sql_error};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Runs SQL in the server's database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// What is run.
    sql: String,
    /// The role it is run as; the server's own superuser if left out.
    role: Option<String>,
}

impl Take for Sql {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::Server];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.sql_as(&self.sql, self.role.as_deref()).await
    }
}

impl Play<'_> {
    /// Runs SQL in the server's database, as its own superuser or as a role.
    pub(super) async fn sql_as(&self, sql: &str, role: Option<&str>) -> Result<Outcome, RunError> {
        let (Some(postgres), Some(spec)) = (&self.postgres, self.source()) else {
            return Err(RunError::NeedsRows);
        };
        let client = postgres.connect(&spec.key, &self.world.server.database).await?;
        let sql = match role {
            Some(role) => format!("SET SESSION AUTHORIZATION {};{sql}", quote_identifier(role)),
            None => sql.to_owned(),
        };
        let mut outcome = Outcome::done();
        if let Err(error) = client.batch_execute(&sql).await {
            outcome.status = "Failed".to_owned();
            outcome.message = sql_error("SQL", &error).to_string();
        }
        Ok(outcome)
    }
}
