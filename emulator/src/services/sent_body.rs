//! What a request sent, read as Azure's resource providers read it: member names and words without regard
//! to case, gaps filled with what a new resource has.

use serde_json::{Map, Value, json};

use crate::gateway::Refusal;
use crate::rules::code;

/// 400 for a member that must be an object and is none.
pub(super) fn not_an_object(name: &str) -> Refusal {
    let what = format!("'{name}' must be a JSON object");
    Refusal::of(code::BodyIsNoObject, &[("what", &what)])
}

/// Gives members the spelling of `names` where they differ in case only. The order is kept.
pub(super) fn respell(object: &mut Map<String, Value>, names: &[&str]) {
    let written = std::mem::take(object);
    for (key, value) in written {
        let known = names.iter().find(|name| name.eq_ignore_ascii_case(&key));
        object.insert(known.map_or(key, |name| (*name).to_owned()), value);
    }
}

/// Gives the word of a member its own spelling.
///
/// # Errors
///
/// 400 if it is none of the words.
pub(super) fn known_word(object: &mut Map<String, Value>, name: &str, words: &[&str]) -> Result<(), Refusal> {
    let Some(value) = object.get_mut(name).filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let text = value.as_str().unwrap_or_default();
    match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        Some(word) => {
            *value = json!(word);
            Ok(())
        }
        None => Err(Refusal::of(code::InvalidRequestParameter, &[("name", name)])),
    }
}

/// Adds to `body` what `defaults` has and it has not, object by object.
pub(super) fn fill(body: &mut Value, defaults: &Value) {
    match (body, defaults) {
        (Value::Object(body), Value::Object(defaults)) => {
            for (key, value) in defaults {
                fill(body.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (body, defaults) if body.is_null() => *body = defaults.clone(),
        _ => {}
    }
}
