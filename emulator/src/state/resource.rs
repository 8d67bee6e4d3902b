//! A resource as ARM serves it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::{ResourceId, Timestamp, named};

/// A resource or a resource group. The body is what a GET answers; unknown properties are kept.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its id, as first written.
    pub id: ResourceId,
    /// The JSON a GET answers.
    pub body: ResourceBody,
    /// When it was created.
    pub created: Timestamp,
}

/// The body of a resource, which copies of it share until one of them is written to: whoever takes a
/// copy of all that exists, as a query and a snapshot of the world do, holds the core up no longer for
/// large bodies than for small ones.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceBody(Arc<Value>);

impl ResourceBody {
    /// A copy that shares nothing.
    pub fn to_value(&self) -> Value {
        Value::clone(self)
    }
}

impl Deref for ResourceBody {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for ResourceBody {
    fn deref_mut(&mut self) -> &mut Value {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Value> for ResourceBody {
    fn from(body: Value) -> Self {
        Self(Arc::new(body))
    }
}

impl Resource {
    /// A resource with this body.
    pub fn new(id: ResourceId, body: Value, created: Timestamp) -> Self {
        Self {
            id,
            body: body.into(),
            created,
        }
    }

    /// Whether it is of that type, without regard to case. A resource group's type is
    /// `Microsoft.Resources/resourceGroups`.
    pub fn is_type(&self, kind: &str) -> bool {
        match self.body.get("type").and_then(Value::as_str) {
            Some(own_kind) => own_kind.eq_ignore_ascii_case(kind),
            None => self.id.is_type(kind),
        }
    }

    /// A value below the body, by JSON pointer; `Null` if there is none.
    pub fn at(&self, pointer: &str) -> &Value {
        below(&self.body, pointer)
    }

    /// A text below the body; empty if there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// The region.
    pub fn location(&self) -> &str {
        self.text("/location")
    }

    /// Whether it is in a resource group itself, and neither a part of another resource nor laid over one.
    pub fn is_top_level(&self) -> bool {
        let kind = self.id.resource_type().unwrap_or_default();
        let providers = self.id.key().matches("/providers/").count();
        kind.split('/').count() == 2 && providers == 1
    }

    /// Sets a value below `properties`, creating objects on the way.
    pub fn set_property(&mut self, path: &[&str], value: Value) {
        let mut place = &mut *self.body;
        for key in std::iter::once(&"properties").chain(path) {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = field_mut(place, key);
        }
        *place = value;
    }
}

/// A value below another, by JSON pointer without escapes; `Null` if there is none. Gates ask for
/// the same few members on every request, and serde_json's own look-up copies each name twice to
/// unescape it.
pub fn below<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    debug_assert!(!pointer.contains('~'), "`{pointer}` has escapes");
    let found = pointer
        .split('/')
        .skip(1)
        .try_fold(value, |value, name| match value {
            Value::Object(members) => named(members, name),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        });
    found.unwrap_or(&Value::Null)
}

/// A member of a JSON object for writing, made if it is not there. `value` must be an object.
///
/// # Panics
///
/// If `value` is not an object.
pub fn field_mut<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    let object = value
        .as_object_mut()
        .expect("the caller made sure it is an object");
    let key = object
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .cloned()
        .unwrap_or_else(|| name.to_owned());
    object.entry(key).or_insert(Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_below_are_found_as_serde_finds_them() {
        let value = json!({"a": {"b": [1, {"c": "d"}], "": 2}, "e": null});
        for pointer in [
            "", "/a", "/a/b", "/a/b/1/c", "/a/b/2", "/a/b/x", "/a/", "/e", "/e/f", "/x",
        ] {
            let expected = value.pointer(pointer).unwrap_or(&Value::Null);
            assert_eq!(below(&value, pointer), expected, "{pointer}");
        }
    }
}
