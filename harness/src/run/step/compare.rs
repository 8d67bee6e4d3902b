//! The proof of a restore.

use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Loads a restored dump into a new server, or looks at the database a restore made, and compares it, row by
/// row, with what was in the source when it was backed up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Compare {}

impl Take for Compare {
    const NEEDS: &'static [Part] = &[
        Part::Vault,
        Part::Server,
        Part::Storage,
        Part::Container,
        Part::Instance,
    ];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        play.compare().await
    }
}
