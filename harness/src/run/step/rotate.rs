//! A password is changed.

use serde::Deserialize;

use super::Take;
use crate::postgres::{password_verifier, quote_identifier, quote_literal};
use crate::run::secrets::{connection_string, set_secret};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Part, Password, ROTATED, UserWorld};

/// Changes the password of the world's user, where it says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Where: `database`, `secret`, or both.
    rotate: Vec<PasswordIn>,
}

/// Where a password stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum PasswordIn {
    /// In the database.
    Database,
    /// In the secret.
    Secret,
}

impl Take for Rotate {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::Server];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.rotations += 1;
        let world = play.world.clone();
        let user = UserWorld {
            password: rotated(&play.rotations.to_string()),
            ..world.user
        };
        if self.rotate.contains(&PasswordIn::Database) {
            let key = play.key_of(&play.names.server.clone());
            if let (Some(postgres), Some(key)) = (&play.postgres, key) {
                let client = postgres.connect(&key, "postgres").await?;
                let verifier = quote_literal(&password_verifier(user.password.as_str()));
                let sql = format!("ALTER ROLE {} PASSWORD {verifier}", quote_identifier(&user.name));
                play.run_sql(&client, &sql).await?;
            }
        }
        if self.rotate.contains(&PasswordIn::Secret) {
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
