//! The tags a request puts on something: how many there may be, and what they may be called.

use serde_json::{Map, Value};

use super::super::Refusal;
use crate::rules::{Code, Operation, Rules, code};

/// What no name of a tag holds, besides control characters.
const RESERVED: [char; 7] = ['<', '>', '%', '&', '\\', '?', '/'];

/// Names that begin so are those of Azure's own, and may hold anything.
const HIDDEN: [&str; 2] = ["hidden-", "link:"];

/// Checks the tags of a body, before anything changes.
pub(super) fn check(rules: &Rules, operation: &Operation, body: &Value) -> Result<(), Refusal> {
    let place = if operation
        .resource_type
        .eq_ignore_ascii_case("Microsoft.Resources/tags")
    {
        body.pointer("/properties/tags")
    } else {
        body.get("tags")
    };
    match place.and_then(Value::as_object) {
        Some(tags) => check_tags(rules, &operation.resource_type, tags),
        None => Ok(()),
    }
}

/// Checks the tags of something of a type, as they would stand.
pub(crate) fn check_tags(rules: &Rules, kind: &str, tags: &Map<String, Value>) -> Result<(), Refusal> {
    let limits = &rules.limits;
    let (most, most_characters) = limits.of_tags(kind);
    if holds_more(tags.len(), most) {
        return Err(refuse(code::SyntheticTooManyTags, &tags.len().to_string(), most));
    }
    for (name, value) in tags {
        let own = HIDDEN.iter().any(|start| {
            name.get(..start.len())
                .is_some_and(|begins| begins.eq_ignore_ascii_case(start))
        });
        if !own && name.contains(|letter: char| RESERVED.contains(&letter) || letter.is_control()) {
            return Err(refuse(code::InvalidTagNameCharacters, name, 0));
        }
        if holds_more(name.chars().count(), most_characters) {
            return Err(refuse(code::InvalidTagName, name, most_characters));
        }
        let value = value.as_str().unwrap_or_default();
        let most = limits.tag_value_characters.most;
        if holds_more(value.chars().count(), most) {
            return Err(refuse(code::InvalidTagValueLength, value, most));
        }
    }
    Ok(())
}

fn holds_more(count: usize, most: u64) -> bool {
    u64::try_from(count).is_ok_and(|count| count > most)
}

fn refuse(code: Code, what: &str, most: u64) -> Refusal {
    let most = most.to_string();
    Refusal::of(code, &[("what", what), ("most", &most)])
}
