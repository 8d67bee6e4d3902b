//! What is known of a world that is kept besides its journal.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::NoWayBack;
use crate::scenario::Scenario;

/// What is known of a world that is kept besides its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The world it was begun with, if one was named.
    pub world: Option<String>,
    /// A digest of that world's files.
    #[serde(default)]
    pub digest: Option<String>,
    /// How its database servers are had: a name of [`crate::postgres::PostgresMode`].
    pub postgres: String,
    /// Whether its time began with the machine's: it catches up with it. One that began at a time of its own goes on
    /// from where it stood.
    pub by_machine_time: bool,
}

impl About {
    /// Reads it; `None` if there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, NoWayBack> {
        let unusable = |source| NoWayBack::Unusable {
            path: path.to_owned(),
            source,
        };
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(unusable)?,
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| unusable(error.into()))
    }

    /// A digest of the files a world is read from; `None` if they cannot be read any more.
    pub fn digest_of(world: &Scenario) -> Option<String> {
        let mut digest = Sha256::new();
        for file in &world.files {
            let text = fs::read(file).ok()?;
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        }
        Some(
            digest
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}
