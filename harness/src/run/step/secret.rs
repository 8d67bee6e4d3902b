//! What happens to the secret of the credentials.

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::run::ended::{refused, succeeded};
use crate::run::secrets::{connection_string, secret_call};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{KeyVaultWorld, Misstated, Part, World};

/// Gives the secret another value, or changes what it is good for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Its new value; `{server}`, `{database}`, `{user}` and `{password}` are filled in.
    body: Option<String>,
    /// What happens to it instead.
    action: Option<Change>,
}

/// What happens to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Change {
    /// It is disabled.
    Disable,
    /// It is enabled, and expires no more.
    Enable,
    /// It has expired a second ago.
    Expire,
    /// It is deleted.
    Delete,
}

impl Secret {
    /// What is asked of the key vault.
    fn call(&self, play: &Play<'_>, own: &KeyVaultWorld) -> (Method, String, Value) {
        let path = format!("/secrets/{}", own.secret);
        let now = play.client.now().as_second();
        let change = |attributes| {
            (
                Method::PATCH,
                format!("{path}/"),
                json!({"attributes": attributes}),
            )
        };
        match self.action {
            None => {
                let world = &play.world;
                let said = KeyVaultWorld {
                    value: self.body.clone().unwrap_or_default(),
                    ..own.clone()
                };
                let value = connection_string(&said, &world.server.name, &world.server.database, &world.user);
                (Method::PUT, path, json!({"value": value}))
            }
            Some(Change::Disable) => change(json!({"enabled": false})),
            Some(Change::Enable) => change(json!({"enabled": true, "exp": null})),
            Some(Change::Expire) => change(json!({"exp": now - 1})),
            Some(Change::Delete) => (Method::DELETE, path, Value::Null),
        }
    }
}

impl Take for Secret {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::KeyVault];

    fn check(&self, _world: &World, _rules: &Rules) -> Result<(), Misstated> {
        if self.body.is_some() != self.action.is_some() {
            return Ok(());
        }
        Err(Misstated::new(
            "`body` with the new value, or `action` (disable, enable, expire or delete) was expected, and not both",
        ))
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let own = play.world.key_vault.clone();
        let (method, path, body) = self.call(play, &own);
        let answer = secret_call(&mut play.client, &own, method, &path, &body).await?;
        Ok(Outcome::of(&if answer.status.is_success() {
            succeeded(&answer)
        } else {
            refused(&answer)
        }))
    }
}
