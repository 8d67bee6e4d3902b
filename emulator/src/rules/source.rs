//! Where facts come from and how sure we are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::file::{RulesError, parse, row_error};

/// How sure we are of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// A Microsoft document says so.
    Doc,
    /// The code of a client or a provider says so.
    Code,
    /// Recorded traffic shows it.
    Recorded,
    /// Somebody reported it.
    Reported,
    /// We infer it.
    Inferred,
    /// Nobody we know of has checked it.
    Unverified,
}

impl Mark {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Code => "code",
            Self::Recorded => "recorded",
            Self::Reported => "reported",
            Self::Inferred => "inferred",
            Self::Unverified => "unverified",
        }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document, a recording, a repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its title.
    pub title: String,
    /// The version read.
    pub version: String,
    /// Where it is, if one address stands for it.
    pub url: Option<String>,
}

/// How sure we are, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    #[expect(dead_code, reason = "read by people")]
    pub(super) mark: Mark,
    pub(super) sources: Vec<String>,
}

/// Whether a text is a month, as `2025-03` is.
pub(super) fn is_month(text: &str) -> bool {
    let number = |text: &str, length: usize| {
        let digits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| digits)
    };
    let parts = text.split_once('-');
    let parts = parts.and_then(|(year, month)| Some((number(year, 4)?, number(month, 2)?)));
    parts.is_some_and(|(_, month)| (1..=12).contains(&month))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesFile {
    sources: BTreeMap<String, Source>,
}

/// Reads `sources.toml`.
pub(super) fn load(text: &str) -> Result<BTreeMap<String, Source>, RulesError> {
    Ok(parse::<SourcesFile>("sources.toml", text)?.sources)
}

/// Checks that every source named has a row.
pub(super) struct SourceCheck<'a>(&'a BTreeMap<String, Source>);

impl<'a> SourceCheck<'a> {
    pub(super) fn new(sources: &'a BTreeMap<String, Source>) -> Self {
        Self(sources)
    }

    pub(super) fn check(&self, file: &'static str, row: &str, sources: &[String]) -> Result<(), RulesError> {
        if sources.is_empty() {
            return Err(row_error(file, row, "it names no source"));
        }
        match sources.iter().find(|key| !self.0.contains_key(*key)) {
            Some(key) => Err(row_error(file, row, &format!("sources.toml has no `{key}`"))),
            None => Ok(()),
        }
    }
}

/// Sources to test a loader with.
#[cfg(test)]
pub(super) fn test_sources() -> BTreeMap<String, Source> {
    let text = "[sources]\nKNOWN = { title = \"a document\", version = \"1\" }";
    load(text).expect("sources")
}
