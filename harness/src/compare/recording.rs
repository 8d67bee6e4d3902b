//! A recording: requests, and what was answered.

use std::path::PathBuf;

use azdrill_emulator::model::Timestamp;
use http::Method;
use serde_json::Value;
use url::Url;

use super::setting::RecordingSetting;
use crate::scenario::shown;

/// A recording, read.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The file it was read from.
    pub file: PathBuf,
    /// What was asked and answered, in order.
    pub interactions: Vec<Interaction>,
    /// The world it was recorded in, if it is one of ours and there was one.
    pub world: Option<String>,
    /// What stands beside it about how to play it.
    pub setting: RecordingSetting,
}

impl Recording {
    /// The file's name, without its folders.
    pub fn name(&self) -> String {
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// What to say of a recording of ours that begins with more than an empty world.
    pub fn of_another_world(&self) -> Option<String> {
        let world = self.world.as_ref()?;
        Some(format!(
            "{} was recorded in the world {}, and is played in an empty one, with what its ids name: what that \
             world held besides (roles, settings, what is in servers) is not there. Say it in {}.world.toml \
             (`[[before]]`), or record without `--world`",
            self.name(),
            shown(world),
            self.file.file_stem().unwrap_or_default().to_string_lossy(),
        ))
    }
}

/// One request and what was answered.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// Its place in the recording, from 1.
    pub number: usize,
    /// The method.
    pub method: Method,
    /// Where to.
    pub uri: Url,
    /// Headers of the request that change what is answered: names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of the request.
    pub body: Value,
    /// The status answered.
    pub status: u16,
    /// Headers of the answer, names in lower case.
    pub answer_headers: Vec<(String, String)>,
    /// The body of the answer: `Null` if there was none.
    pub answer: Value,
    /// Whether the answer's body was recorded at all.
    pub has_answer: bool,
    /// When it was answered, if the recording says.
    pub at: Option<Timestamp>,
}

impl Interaction {
    /// A header of the answer.
    pub fn answer_header(&self, name: &str) -> Option<&str> {
        self.answer_headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// Path and query, as they were sent.
    pub fn target(&self) -> String {
        match self.uri.query() {
            Some(query) => format!("{}?{query}", self.uri.path()),
            None => self.uri.path().to_owned(),
        }
    }

    /// The version asked for.
    pub fn version(&self) -> String {
        let mut pairs = self.uri.query_pairs();
        pairs
            .find(|(name, _)| name.eq_ignore_ascii_case("api-version"))
            .map(|(_, version)| version.into_owned())
            .unwrap_or_default()
    }

    /// The code of the error that was answered; empty if there was none.
    pub fn code(&self) -> &str {
        code_of(&self.answer)
    }
}

/// The code of an error.
pub(super) fn code_of(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap_or_default()
}
