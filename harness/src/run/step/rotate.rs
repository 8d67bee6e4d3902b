//! A password is changed.

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::Take;
use crate::postgres::{password_verifier, quote_identifier, quote_literal, sql_error};
use crate::run::build_single::{connection_string, set_secret};
use crate::run::client::Ended;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Password, ROTATED, UserWorld};
use azdrill_emulator::fault::ConnectionFault;

/// How often a dump's session is looked for before it counts as not coming.
const DUMP_LOOKS_MAX: u32 = 4_000;

/// Changes the password of the world's user, where it says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Where: `database`, `secret`, or both.
    rotate: Vec<Place>,
}

/// Where a password stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// In the database.
    Database,
    /// In the secret.
    Secret,
}

impl Take for Rotate {
    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.rotations += 1;
        let world = play.scenario.world.clone();
        let user = UserWorld {
            password: rotated(&play.rotations.to_string()),
            ..world.user
        };
        if self.rotate.contains(&Place::Database) {
            let key = play.key_of(&play.names.server.clone());
            if let (Some(postgres), Some(key)) = (&play.postgres, key) {
                let client = postgres.connect(&key, "postgres").await?;
                let verifier = quote_literal(&password_verifier(user.password.as_str()));
                let sql = format!("ALTER ROLE {} PASSWORD {verifier}", quote_identifier(&user.name));
                play.run_sql(&client, &sql).await?;
            }
        }
        if self.rotate.contains(&Place::Secret) {
            let own = &world.key_vault;
            let value = connection_string(own, &world.server.name, &world.server.database, &user);
            set_secret(&mut play.client, own, &own.secret, &value).await?;
        }
        Ok(Outcome::done())
    }
}

/// What a password is rotated to: not to be guessed, and awkward to quote.
fn rotated(what: &str) -> Password {
    let fresh = Password::default();
    Password::try_from(format!("{ROTATED}{what} {}", fresh.as_str())).unwrap_or(fresh)
}

impl Play<'_> {
    /// Changes the password of the world's user once a dump has signed in as it. The dump's
    /// connection is slowed down, so that there is something to come after the change.
    pub(super) async fn rotate_while_dumping(&mut self, path: &str, body: &Value) -> Result<Ended, RunError> {
        let key = self.key_of(&self.names.server.clone());
        let (Some(postgres), Some(key)) = (self.postgres.clone(), key) else {
            return Err(RunError::NeedsRows);
        };
        let user = self.scenario.world.user.name.clone();
        let change = async move {
            let client = postgres.connect(&key, "postgres").await?;
            let sql = "SELECT FROM pg_stat_activity WHERE usename = $1 AND application_name = 'pg_dump'";
            let failed = |error| RunError::from(sql_error("looking for the dump", &error));
            for _ in 0..DUMP_LOOKS_MAX {
                if client.query_opt(sql, &[&user]).await.map_err(failed)?.is_some() {
                    let verifier = quote_literal(&password_verifier(rotated("while dumping").as_str()));
                    let sql = format!("ALTER ROLE {} PASSWORD {verifier}", quote_identifier(&user));
                    return client.batch_execute(&sql).await.map_err(failed);
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            Err(RunError::Stuck("waiting for a dump to sign in".to_owned()))
        };
        // The first connection looks, the second measures, the third is the dump's.
        self.break_connection(
            self.scenario.world.server.name.clone(),
            3,
            ConnectionFault::Slow {
                bytes_per_second: 400_000,
            },
        );
        let (ended, changed) = tokio::join!(self.client.operate(Method::POST, path, Some(body)), change);
        changed?;
        ended
    }
}
