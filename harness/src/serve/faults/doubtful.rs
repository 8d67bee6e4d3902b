//! What a file of faults may say and hardly means: faults that can never strike, and faults that strike everything.

use std::path::{Path, PathBuf};

use azdrill_emulator::fault::FaultKind;
use azdrill_emulator::rules::Rules;
use http::Method;

use super::FaultFile;
use super::request::RequestFault;
use crate::scenario::{Misstated, ScenarioError, nearest};
use crate::serve::known::DATABASE_CONNECTION;

/// From how many on a fault leaves nothing to those behind it that are about the same.
const ENDLESS: u64 = 1000;
/// The one operation of another method than `GET` that only reads, and can be answered as before.
const QUERY: &str = "ResourceGraph_Query";
/// What the namespaces of providers begin with.
const NAMESPACE: &str = "microsoft.";

impl FaultFile {
    /// What of a file can never strike, or strikes everything: each with its place, for people.
    pub fn doubts_about(&self, path: &Path, rules: &Rules) -> Vec<ScenarioError> {
        let files: [PathBuf; 1] = [path.to_owned()];
        let shown_in =
            "docs/faults.md has what a fault may be about; `azdrill incidents --operations` lists operations";
        let doubts = self.doubts(rules);
        doubts
            .iter()
            .map(|doubt| doubt.in_one_of(&files, shown_in))
            .collect()
    }

    /// The same, each in a sentence without its place.
    pub(crate) fn doubts_told(&self, rules: &Rules) -> Vec<String> {
        self.doubts(rules).iter().map(ToString::to_string).collect()
    }

    pub(super) fn doubts(&self, rules: &Rules) -> Vec<Misstated> {
        let mut doubts = Vec::new();
        for (number, fault) in self.requests.iter().enumerate() {
            let here = |doubt: Misstated| doubt.in_entry("request", number);
            doubts.extend(
                doubt_of_place(fault, rules)
                    .into_iter()
                    .chain(doubt_of_kind(fault, rules))
                    .map(here),
            );
            let earlier = self
                .requests
                .iter()
                .take(number)
                .position(|earlier| leaves_nothing(earlier, fault, rules));
            doubts.extend(earlier.map(|earlier| {
                here(Misstated::new(format!(
                    "it can never strike: number {} of the list is about the same, comes first and strikes every time",
                    earlier + 1
                )))
            }));
        }
        doubts.extend(self.doubts_of_windows());
        if let Some(before_last) = self.throttling.len().checked_sub(2) {
            let doubt = "it can never strike: of several limits the last that is put in place holds";
            doubts
                .extend((0..=before_last).map(|number| Misstated::new(doubt).in_entry("throttling", number)));
        }
        doubts.extend(self.regions.iter().enumerate().filter_map(|(number, entry)| {
            let again = self
                .regions
                .iter()
                .skip(number + 1)
                .any(|later| entry.is_undone_by(later));
            let doubt = "it changes nothing: the region answers again in the same moment, by the same file";
            again.then(|| Misstated::new(doubt).in_entry("region", number))
        }));
        doubts
    }

    /// Faults whose window has ended before the one they wait for can strike.
    fn doubts_of_windows(&self) -> Vec<Misstated> {
        let waits = self.named().filter_map(|(list, number, _, when)| {
            let (.., first) = self.named().find(|(_, _, name, _)| !name.is_empty() && *name == when.after())?;
            let over = when.ends()? <= first.begins();
            over.then(|| {
                let doubt = format!(
                    "it can never strike: its window has ended before that of `{}` begins, for which it waits",
                    when.after()
                );
                Misstated::new(doubt).at("ends").at("when").in_entry(list, number)
            })
        });
        waits.collect()
    }
}

/// What is doubtful about what a fault is about.
fn doubt_of_place(fault: &RequestFault, rules: &Rules) -> Option<Misstated> {
    let place = fault.place();
    if place.is_everything() {
        return Some(Misstated::new(
            "it is about every request of everybody, signing in and polling included: `operation`, `path_contains`, \
             `principal`, `from` and `by` say which are meant",
        ));
    }
    if place.operation == DATABASE_CONNECTION {
        let doubt =
            "it can never strike: a connection to a database is no request; `[[connection]]` is about those";
        return Some(Misstated::new(doubt).at("operation"));
    }
    let part = place.path_contains.to_ascii_lowercase();
    if part.contains('?') || part.contains("://") {
        let doubt = "it can never strike: a path has neither the host in it nor the query";
        return Some(Misstated::new(doubt).at("path_contains"));
    }
    let named: Vec<&str> = part
        .split('/')
        .filter(|word| word.starts_with(NAMESPACE))
        .collect();
    // A part of a path may end in the middle of a word.
    let is_there = |pattern: &str| named.iter().all(|namespace| pattern.contains(namespace));
    let open = |pattern: &str| pattern.contains("{scope}") || pattern.contains("{+}");
    let all = rules.router.operations().iter();
    let all = all.map(|row| (row, row.pattern().to_ascii_lowercase()));
    let mut about = all.filter(|(row, _)| place.operation.is_empty() || *row.id == *place.operation);
    let can = if place.operation.is_empty() {
        about.any(|(_, pattern)| is_there(&pattern))
    } else {
        about.any(|(_, pattern)| open(&pattern) || is_there(&pattern))
    };
    if can {
        return None;
    }
    let known: Vec<String> = rules
        .providers
        .iter()
        .map(|own| own.namespace.to_ascii_lowercase())
        .collect();
    let meant = named
        .first()
        .and_then(|word| nearest(word, known.iter().map(String::as_str)));
    let meant = meant.and_then(|word| {
        rules
            .providers
            .iter()
            .find(|own| own.namespace.eq_ignore_ascii_case(word))
    });
    let doubt = match place.operation.as_str() {
        "" => "it can never strike: no operation that azdrill plays has that in its path".to_owned(),
        operation => format!("it can never strike: {operation} has no such path"),
    };
    let doubt = Misstated::new(doubt).meant(meant.map(|own| own.namespace.as_str()));
    Some(doubt.at("path_contains"))
}

/// What is doubtful about what is to go wrong.
fn doubt_of_kind(fault: &RequestFault, rules: &Rules) -> Option<Misstated> {
    let row = rules.router.operation(&fault.place().operation)?;
    let reads = row.method == Method::GET || row.method == Method::HEAD;
    match fault.kind(rules).ok()? {
        FaultKind::Stale if row.method != Method::GET && *row.id != *QUERY => {
            let doubt = format!(
                "it can never strike: only what reads can be answered as the last time, and {} is a {}",
                row.id, row.method
            );
            Some(Misstated::new(doubt).at("stale"))
        }
        FaultKind::Operation(_) if reads => {
            let doubt = format!("it can never strike: {} begins no operation", row.id);
            Some(Misstated::new(doubt).at("operation_told"))
        }
        _ => None,
    }
}

/// Whether whatever the later one could strike has been struck by the earlier one.
fn leaves_nothing(earlier: &RequestFault, later: &RequestFault, rules: &Rules) -> bool {
    let blocks = || match earlier.kind(rules) {
        Ok(FaultKind::Pass | FaultKind::Stale | FaultKind::Close | FaultKind::Deliver(_)) | Err(_) => false,
        Ok(_) => true,
    };
    earlier.strikes_every_time(ENDLESS) && earlier.place().covers(&later.place()) && blocks()
}
