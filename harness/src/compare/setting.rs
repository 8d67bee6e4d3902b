//! What stands beside a recording about how to play it: `NAME.world.toml`.

use std::path::Path;

use serde::Deserialize;

use crate::scenario::{ScenarioError, read_toml};

/// How to play a recording. What its requests presuppose is built from the ids they name; this says
/// what cannot be read from them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingSetting {
    /// Where what is built stands, if no request says.
    pub region: Option<String>,
    /// Ends of ids of what is not built although requests name it.
    #[serde(default)]
    pub not_built: Vec<String>,
    /// How ids are spelled of what is built, where requests spell them otherwise.
    #[serde(default)]
    pub spelled: Vec<String>,
    /// Requests that were made and are not in the recording.
    #[serde(default)]
    pub before: Vec<CallBefore>,
    /// Members of requests' bodies that are not sent, with dots between names.
    #[serde(default)]
    pub not_sent: Vec<String>,
    /// What is read as something else.
    #[serde(default)]
    pub read_as: Vec<ReadAs>,
}

/// A request that was made and is not in the recording. It must succeed, and is followed to its end.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallBefore {
    /// The request of the recording it is made before, by its number; the first if left out.
    #[serde(default = "first")]
    pub request: usize,
    /// The method; `PUT` if left out.
    #[serde(default = "put")]
    pub method: String,
    /// The path at Azure Resource Manager, with `api-version` if it matters.
    pub path: String,
    /// The body.
    #[serde(default)]
    pub body: serde_json::Value,
    /// How many minutes pass after it.
    #[serde(default)]
    pub minutes: i64,
}

/// A text that stands for another wherever it is in the recording.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadAs {
    /// What the recording has.
    pub recorded: String,
    /// What is played in its place.
    pub played: String,
}

fn first() -> usize {
    1
}

fn put() -> String {
    "PUT".to_owned()
}

impl RecordingSetting {
    /// Reads what stands beside a recording; nothing if there is no such file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be.
    pub fn beside(recording: &Path) -> Result<Self, ScenarioError> {
        let file = recording.with_extension("world.toml");
        if !file.exists() {
            return Ok(Self::default());
        }
        read_toml(
            &file,
            "`azdrill compare --help` says what a file beside a recording may say",
        )
    }

    /// A recording's text as it is read.
    pub(super) fn read_as(&self, text: String) -> String {
        self.read_as
            .iter()
            .fold(text, |text, one| text.replace(&one.recorded, &one.played))
    }
}
