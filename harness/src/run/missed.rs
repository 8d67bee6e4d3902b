//! What a step was expected to come to and did not.

use azdrill_emulator::log::{Exchange, Note};

use super::report::{Outcome, applied};
use crate::scenario::Expect;

/// The expectations an outcome misses, each in a sentence.
pub(super) fn misses(
    expected: &Expect,
    outcome: &Outcome,
    exchanges: &[Exchange],
    notes: &[Note],
) -> Vec<String> {
    let mut misses = Vec::new();
    let mut equal = |what: &str, expected: &Option<String>, actual: &str| {
        if let Some(expected) = expected
            && expected != actual
        {
            misses.push(format!("{what}: expected `{expected}`, got `{actual}`"));
        }
    };
    equal("status", &expected.status, &outcome.status);
    equal("code", &expected.code, &outcome.code);
    equal("inner code", &expected.inner_code, &outcome.inner_code);
    equal("gate", &expected.gate, &outcome.gate);
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    equal(
        "files",
        &number(expected.files),
        &number(outcome.files).unwrap_or_default(),
    );
    equal(
        "count",
        &number(expected.count),
        &number(outcome.count).unwrap_or_default(),
    );
    let flag = |value: Option<bool>| value.map(|value| value.to_string());
    equal(
        "rows equal",
        &flag(expected.rows_equal),
        &flag(outcome.rows_equal).unwrap_or_default(),
    );
    if let Some(part) = &expected.message_contains
        && !outcome.message.contains(part.as_str())
        && !outcome.inner_message.contains(part.as_str())
    {
        misses.push(format!(
            "message: expected it to contain `{part}`, got `{}` / `{}`",
            outcome.message, outcome.inner_message
        ));
    }
    if let Some(part) = &expected.note_contains
        && !notes.iter().any(|note| note.text.contains(part.as_str()))
    {
        misses.push(format!("log: expected a note that contains `{part}`"));
    }
    let applied = applied(exchanges, notes);
    for rule in expected.applies.iter().flatten() {
        if !applied.contains(rule.as_str()) {
            let all: Vec<&str> = applied.iter().copied().collect();
            misses.push(format!("applies: expected `{rule}` among {}", all.join(", ")));
        }
    }
    misses.extend(missing_members(expected, outcome));
    misses
}

/// The rules and blobs that should be there and are not, or the other way round.
fn missing_members(expected: &Expect, outcome: &Outcome) -> Vec<String> {
    let there = |wanted: &&String, all: &[String]| match wanted.strip_prefix('*') {
        Some(ending) => all.iter().any(|own| own.ends_with(ending)),
        None => all.contains(*wanted),
    };
    let rules = expected.rules.iter().flatten();
    let blobs = expected.blobs.iter().flatten();
    let unwanted = expected.no_blobs.iter().flatten();
    let got = |all: &[String]| all.join(", ");
    rules
        .filter(|rule| !there(rule, &outcome.rules))
        .map(|rule| {
            let got = got(&outcome.rules);
            format!("rules: expected {rule} among those that decided, got {got}")
        })
        .chain(
            blobs
                .filter(|blob| !there(blob, &outcome.blobs))
                .map(|blob| format!("blobs: expected `{blob}`, got {}", got(&outcome.blobs))),
        )
        .chain(
            unwanted
                .filter(|blob| there(blob, &outcome.blobs))
                .map(|blob| format!("blobs: `{blob}` must not be there")),
        )
        .collect()
}
