//! Differences that are accepted, each with a reason.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::differ::{Difference, DifferenceKind};
use super::recording::Recording;
use crate::scenario::{ScenarioError, read_toml};

/// A file of accepted differences.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedDifferences {
    /// The differences.
    #[serde(default, rename = "difference")]
    pub differences: Vec<AcceptedDifference>,
}

/// A difference that is accepted.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedDifference {
    /// The recording's name; any if left out. `*` stands for any letters.
    pub file: Option<String>,
    /// Numbers of requests, as `compare` prints them; all if left out.
    #[serde(default)]
    pub requests: Vec<usize>,
    /// The place, as `compare` prints it. `*` stands for a member or an item, `**` for any number of them.
    pub path: Option<String>,
    /// Which kind of difference; any but `not_played` if left out.
    pub kind: Option<DifferenceKind>,
    /// What was recorded; anything if left out.
    pub expected: Option<serde_json::Value>,
    /// What is answered here; anything if left out.
    pub got: Option<serde_json::Value>,
    /// Why it is accepted.
    pub reason: String,
}

impl AcceptedDifferences {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be; an accepted difference without a reason is
    /// none.
    pub fn read(file: &Path) -> Result<Self, ScenarioError> {
        let read: Self = read_toml(
            file,
            "`azdrill compare --help` says what a file of differences may say",
        )?;
        for (number, one) in read.differences.iter().enumerate() {
            let what = if one.reason.trim().is_empty() {
                "has no reason"
            } else if one.file.is_none()
                && one.path.is_none()
                && one.kind != Some(DifferenceKind::NotPlayed)
                && one.requests.is_empty()
            {
                "names neither a file, nor a path, nor requests: it would accept everything"
            } else {
                continue;
            };
            return Err(ScenarioError::Content {
                path: file.to_owned(),
                what: format!("the difference at place {} {what}", number + 1),
            });
        }
        Ok(read)
    }

    /// The entry that names a difference, and its place among all.
    pub(super) fn naming(&self, file: &str, request: usize, difference: &Difference) -> Option<usize> {
        self.differences
            .iter()
            .position(|entry| entry.names(file, request, difference))
    }
}

impl AcceptedDifference {
    fn names(&self, file: &str, request: usize, difference: &Difference) -> bool {
        let kind = match self.kind {
            Some(kind) => {
                kind == difference.kind
                    // What rests on what is not played is not played either.
                    || (kind == DifferenceKind::NotPlayed && difference.kind == DifferenceKind::Status)
            }
            None => difference.kind != DifferenceKind::NotPlayed,
        };
        kind && self.is_about(file)
            && (self.requests.is_empty() || self.requests.contains(&request))
            && (self.path.as_ref()).is_none_or(|path| path_matches(path, &difference.path))
            && (self.expected.as_ref()).is_none_or(|value| *value == difference.expected)
            && (self.got.as_ref()).is_none_or(|value| *value == difference.got)
    }

    fn is_about(&self, file: &str) -> bool {
        self.file
            .as_ref()
            .is_none_or(|pattern| word_matches(pattern, file))
    }
}

/// Which entries named something.
pub(super) struct UsedEntries(Vec<bool>);

/// An entry that names nothing.
#[derive(Clone, Debug, Serialize)]
pub struct UnusedEntry {
    /// Its place among the differences, from 1.
    pub place: usize,
    /// What it is about, in words.
    pub about: String,
}

impl UsedEntries {
    pub(super) fn of(accepted: &AcceptedDifferences) -> Self {
        Self(vec![false; accepted.differences.len()])
    }

    pub(super) fn note(&mut self, entry: usize) {
        if let Some(used) = self.0.get_mut(entry) {
            *used = true;
        }
    }

    /// The entries that named nothing although what they are about was played.
    pub(super) fn unused(&self, accepted: &AcceptedDifferences, played: &[Recording]) -> Vec<UnusedEntry> {
        let entries = accepted.differences.iter().enumerate();
        entries
            .filter(|(place, entry)| {
                !self.0[*place] && played.iter().any(|recording| entry.is_about(&recording.name()))
            })
            .map(|(place, entry)| UnusedEntry {
                place: place + 1,
                about: entry.about(),
            })
            .collect()
    }
}

impl AcceptedDifference {
    fn about(&self) -> String {
        let mut words = Vec::new();
        if let Some(file) = &self.file {
            words.push(file.clone());
        }
        if !self.requests.is_empty() {
            words.push(format!("requests {:?}", self.requests));
        }
        if let Some(path) = &self.path {
            words.push(path.clone());
        }
        words.push(format!("\"{}\"", self.reason));
        words.join(", ")
    }
}

/// Whether a word fits a pattern in which `*` stands for any letters.
fn word_matches(pattern: &str, word: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == word,
        Some((before, rest)) => word.strip_prefix(before).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| word_matches(rest, &tail[at..]))
        }),
    }
}

/// Whether a place fits a pattern: members and items between dots.
fn path_matches(pattern: &str, path: &str) -> bool {
    fn fits(pattern: &[&str], path: &[&str]) -> bool {
        match pattern.split_first() {
            None => path.is_empty(),
            Some((&"**", rest)) => (0..=path.len()).any(|skipped| fits(rest, &path[skipped..])),
            Some((first, rest)) => path
                .split_first()
                .is_some_and(|(word, others)| word_matches(first, word) && fits(rest, others)),
        }
    }
    let parts = |text| str::split(text, '.').collect::<Vec<_>>();
    fits(&parts(pattern), &parts(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_members_and_for_letters() {
        assert!(path_matches("properties.*.status", "properties.a.status"));
        assert!(!path_matches("properties.*.status", "properties.a.b.status"));
        assert!(path_matches("**.status", "properties.a.b.status"));
        assert!(path_matches("properties.**", "properties.a.0"));
        assert!(path_matches(
            "properties.subTasks.*.x*",
            "properties.subTasks.3.xyz"
        ));
        assert!(!path_matches("properties", "properties.a"));
        assert!(word_matches("vault_*.json", "vault_cmk.json"));
        assert!(!word_matches("vault_*.json", "vault_cmk.yaml"));
    }
}
