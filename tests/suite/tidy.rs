//! Tidiness that no linter checks.

use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::strategy::lower::rules_for;
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

/// The texts that are the first argument of a call to `name`.
fn first_arguments(code: &str, name: &str) -> BTreeSet<String> {
    let call = format!(".{name}(");
    code.match_indices(&call)
        .filter_map(|(at, _)| {
            let argument = code[at + call.len()..].trim_start();
            let text = argument.strip_prefix('"')?;
            Some(text.split('"').next()?.to_owned())
        })
        .collect()
}

/// The texts of a file that look like error codes of the Backup service, wherever they stand.
fn codes(code: &str) -> BTreeSet<String> {
    let texts = code.split('"').skip(1).step_by(2);
    let begins = ["Synthetic", "UserError", "BMSUserError"];
    texts
        .filter(|text| {
            begins
                .iter()
                .any(|begin| text.starts_with(begin) && *text != *begin)
        })
        .map(str::to_owned)
        .collect()
}

/// The rows of errors that the blob service names: as an argument of its own function, or as what a
/// lease refuses with.
fn blob_codes(path: &str, code: &str) -> BTreeSet<String> {
    let code: String = code.split_whitespace().collect();
    let call = "place::refusal(context,\"";
    let named = code
        .match_indices(call)
        .filter_map(|(at, _)| code[at + call.len()..].split('"').next().map(str::to_owned));
    let leases = path.ends_with("/lease.rs");
    let lease = code
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| leases && text.contains("Lease"))
        .map(str::to_owned);
    named.chain(lease).collect()
}

#[test]
fn every_error_code_a_service_names_has_a_row() {
    let rules = rules_for(Profile::OBSERVED).unwrap();
    let mut named = 0;
    let mut missing = Vec::new();
    for source in rust_files("emulator/src/services") {
        let code = source.code();
        let found = first_arguments(&code, "error").into_iter().chain(codes(&code));
        for code in found.chain(blob_codes(&source.path, &code)) {
            named += 1;
            if !rules.errors.contains_key(&code) {
                missing.push(format!("{} names {code}", source.path));
            }
        }
    }
    assert!(
        named > 60,
        "only {named} codes were found: has the way to name them changed?"
    );
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn arguments_are_found_across_lines() {
    let code = "rules.error(\n    \"A\",\n); context.error(code); x.error(\"B\")";
    assert_eq!(
        first_arguments(code, "error"),
        ["A".to_owned(), "B".to_owned()].into()
    );
}
