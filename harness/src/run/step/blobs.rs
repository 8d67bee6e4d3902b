//! What is in the target container.

use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Lists the target container's blobs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Blobs {}

impl Take for Blobs {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::Storage, Part::Container];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let mut outcome = Outcome::done();
        outcome.blobs = play.blob_names();
        outcome.count = Some(outcome.blobs.len() as u64);
        Ok(outcome)
    }
}
