//! What a comparison came to, in figures.

use std::ops::AddAssign;
use std::path::PathBuf;

use serde::Serialize;

use super::accepted::{AcceptedDifferences, UnusedEntry, UsedEntries};
use super::differ::{Difference, DifferenceKind};
use super::player::PlayedRequest;
use super::recording::Recording;

/// What a comparison came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Each recording.
    pub files: Vec<FileReport>,
    /// Accepted differences that are none any more.
    pub unused: Vec<UnusedEntry>,
    /// Files that are no recordings and were left out.
    pub left_out: Vec<PathBuf>,
}

/// A recording.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// Its file.
    pub file: PathBuf,
    /// Its file's name.
    pub name: String,
    /// How much there was and how much is equal.
    pub figures: Figures,
    /// Each request with its differences.
    pub exchanges: Vec<ExchangeReport>,
}

/// A request.
#[derive(Clone, Debug, Serialize)]
pub struct ExchangeReport {
    /// Its place in the recording, from 1.
    pub number: usize,
    /// The method.
    pub method: String,
    /// The path as recorded.
    pub path: String,
    /// The version asked for.
    pub api_version: String,
    /// What became of it.
    pub outcome: PlayStatus,
    /// The differences, each with the reason it is accepted for, if it is.
    pub differences: Vec<NamedDifference>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayStatus {
    /// It was played.
    Played,
    /// It, or what it rests on, is refused by name.
    NotPlayed,
    /// It was left out, for this reason.
    LeftOut(String),
}

/// A difference, and why it is accepted.
#[derive(Clone, Debug, Serialize)]
pub struct NamedDifference {
    /// The difference.
    #[serde(flatten)]
    pub difference: Difference,
    /// Why it is accepted; `None` if it is not.
    pub reason: Option<String>,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Requests of the recording that were made.
    pub requests: usize,
    /// Of these, requests that are not played here.
    pub not_played: usize,
    /// Requests that were left out.
    pub left_out: usize,
    /// Requests whose status and code are equal.
    pub status_equal: usize,
    /// Fields that were recorded or are answered, of requests with equal status.
    pub fields: usize,
    /// Fields that are in both.
    pub fields_equal: usize,
    /// Of these, fields whose values are equal.
    pub values_equal: usize,
    /// Differences that are named.
    pub named: usize,
    /// Differences that are not.
    pub unnamed: usize,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.not_played += other.not_played;
        self.left_out += other.left_out;
        self.status_equal += other.status_equal;
        self.fields += other.fields;
        self.fields_equal += other.fields_equal;
        self.values_equal += other.values_equal;
        self.named += other.named;
        self.unnamed += other.unnamed;
    }
}

impl Figures {
    /// Requests that are played here.
    pub fn played(&self) -> usize {
        self.requests - self.not_played
    }
}

impl Report {
    /// All files' counts together.
    pub fn total(&self) -> Figures {
        let mut total = Figures::default();
        for file in &self.files {
            total += file.figures;
        }
        total
    }

    /// Whether every difference is named, and every name is of a difference.
    pub fn is_as_named(&self) -> bool {
        self.unused.is_empty() && self.total().unnamed == 0
    }
}

/// From what was played to figures.
pub(super) fn judge(
    recording: &Recording,
    played: Vec<PlayedRequest>,
    accepted: &AcceptedDifferences,
    used: &mut UsedEntries,
) -> FileReport {
    let name = recording.name();
    let mut figures = Figures::default();
    let mut exchanges = Vec::new();
    for (one, played) in recording.interactions.iter().zip(played) {
        let mut exchange = ExchangeReport {
            number: one.number,
            method: one.method.to_string(),
            path: one.uri.path().to_owned(),
            api_version: one.version(),
            outcome: PlayStatus::Played,
            differences: Vec::new(),
        };
        if let Some(why) = played.skipped {
            figures.left_out += 1;
            exchange.outcome = PlayStatus::LeftOut(why.to_owned());
            exchanges.push(exchange);
            continue;
        }
        figures.requests += 1;
        figures.fields += played.held.fields;
        figures.fields_equal += played.held.fields_equal;
        figures.values_equal += played.held.values_equal;
        let mut status_equal = true;
        for difference in played.held.differences {
            let entry = accepted.naming(&name, one.number, &difference);
            let mut not_played = difference.kind == DifferenceKind::NotPlayed;
            if let Some(entry) = entry {
                used.note(entry);
                not_played |= accepted.differences[entry].kind == Some(DifferenceKind::NotPlayed);
            }
            status_equal &= !matches!(
                difference.kind,
                DifferenceKind::Status | DifferenceKind::NotPlayed
            );
            if not_played {
                exchange.outcome = PlayStatus::NotPlayed;
            }
            let reason = entry.map(|entry| accepted.differences[entry].reason.clone());
            match reason {
                Some(_) => figures.named += 1,
                None => figures.unnamed += 1,
            }
            exchange.differences.push(NamedDifference { difference, reason });
        }
        figures.status_equal += usize::from(status_equal);
        figures.not_played += usize::from(exchange.outcome == PlayStatus::NotPlayed);
        exchanges.push(exchange);
    }
    FileReport {
        file: recording.file.clone(),
        name,
        figures,
        exchanges,
    }
}
