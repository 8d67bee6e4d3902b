//! Tidiness that no linter checks.

use azdrill::oracle::Profile;
use azdrill::strategy::question::rules_for;
use azdrill_emulator::services;

use crate::source::{Source, rust_files};

/// The most lines a Rust file may have.
const LINES_MAX: usize = 500;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "utils", "util", "helpers", "helper", "common", "manager", "misc", "shared",
];

fn all_files() -> Vec<Source> {
    let folders = ["emulator", "harness", "tests"];
    folders.into_iter().flat_map(rust_files).collect()
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = all_files()
        .iter()
        .map(|source| (source.path.clone(), source.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn every_module_has_a_name_that_says_something() {
    let empty: Vec<String> = all_files()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| {
            path.trim_end_matches(".rs")
                .split('/')
                .any(|part| EMPTY_NAMES.contains(&part))
        })
        .collect();
    assert!(empty.is_empty(), "{empty:?}");
}

#[test]
fn every_operation_has_a_handler() {
    let rules = rules_for(Profile::OBSERVED).unwrap();
    let without: Vec<&str> = rules
        .router
        .operations()
        .iter()
        .filter(|row| services::handler(&row.service, &row.id).is_none())
        .map(|row| &*row.id)
        .collect();
    assert!(without.is_empty(), "{without:?}");
}
