//! Members of JSON objects, by name.

use serde_json::{Map, Value};

/// Objects of so many members are searched one by one, which is cheaper than the hash of a name.
const SMALL: usize = 12;

/// A member of a JSON object by its very name; `None` if there is none.
pub(crate) fn named<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if object.len() > SMALL {
        return object.get(name);
    }
    let mut members = object.iter();
    members.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The same, its name compared without regard to case, as the services do.
pub(crate) fn called<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    named(object, name).or_else(|| {
        let mut members = object.iter();
        members
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// A member of a JSON object, its name compared without regard to case; null if there is none, or no object.
pub fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let object = value.as_object();
    object
        .and_then(|object| called(object, name))
        .unwrap_or(&Value::Null)
}
