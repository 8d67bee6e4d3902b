//! What happens to the server.

use http::Method;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Stops, starts, restarts or deletes the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What is done.
    action: Change,
}

/// What is done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Change {
    /// It is stopped.
    Stop,
    /// It is started.
    Start,
    /// It is restarted.
    Restart,
    /// It is deleted.
    Delete,
}

impl Take for Server {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::Server];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let server = play.names.server.clone();
        let (method, path) = match self.action {
            Change::Stop => (Method::POST, format!("{server}/stop")),
            Change::Start => (Method::POST, format!("{server}/start")),
            Change::Restart => (Method::POST, format!("{server}/restart")),
            Change::Delete => (Method::DELETE, server),
        };
        let ended = play.client.operate(method, &path, None).await?;
        Ok(Outcome::of(&ended))
    }
}
