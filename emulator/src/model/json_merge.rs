//! What a patch makes of a body.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Changes a resource as `PATCH` does: what it does not name stays, and tags are replaced as a whole.
pub(crate) fn change(body: &mut Value, mut patch: Value) {
    let tags = patch.as_object_mut().and_then(|patch| patch.remove("tags"));
    if let Some(tags) = tags.filter(|tags| !tags.is_null()) {
        body["tags"] = tags;
    }
    merge(body, &patch);
}

/// Merges a patch into a body: objects member by member, everything else replaced. A null member
/// is left as it was, which is what ARM's services do with properties a client did not set.
pub(crate) fn merge(body: &mut Value, patch: &Value) {
    match (body, patch) {
        (Value::Object(body), Value::Object(patch)) => {
            let mut spelling = MemberSpelling::of(body);
            for (key, value) in patch {
                match spelling.known(body, key) {
                    Some(known) => merge(&mut body[&known], value),
                    None if value.is_null() => {}
                    None => {
                        spelling.note(key);
                        body.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (_, Value::Null) => {}
        (body, patch) => *body = patch.clone(),
    }
}

/// How an object spells the names of its members, to find them without regard to case and without looking
/// through all of them for each.
struct MemberSpelling(BTreeMap<String, String>);

impl MemberSpelling {
    fn of(object: &Map<String, Value>) -> Self {
        let mut spelling = Self(BTreeMap::new());
        object.keys().for_each(|key| spelling.note(key));
        spelling
    }

    /// The first spelling of a name counts.
    fn note(&mut self, key: &str) {
        let name = key.to_ascii_lowercase();
        self.0.entry(name).or_insert_with(|| key.to_owned());
    }

    fn known(&self, object: &Map<String, Value>, key: &str) -> Option<String> {
        if object.contains_key(key) {
            return Some(key.to_owned());
        }
        self.0.get(&key.to_ascii_lowercase()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let mut body = json!({"tags": {"a": "1"}, "properties": {"x": [1], "y": {"z": 1}}});
        merge(&mut body, &json!({"properties": {"X": [2], "y": null, "w": 3}}));
        assert_eq!(
            body,
            json!({"tags": {"a": "1"}, "properties": {"x": [2], "y": {"z": 1}, "w": 3}})
        );
    }
}
