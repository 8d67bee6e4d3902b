//! The proof of a restore.

use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};

/// Loads a restored dump into a new server, or looks at the database a restore made, and compares it, row by
/// row, with what was in the source when it was backed up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {}

impl Take for Compare {
    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.compare().await
    }
}
