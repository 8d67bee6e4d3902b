//! Parameters of a definition, and the values an assignment gives them.

use serde_json::{Map, Value};

/// A parameter of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyParameter {
    /// Its name.
    pub name: String,
    /// The value it has where an assignment says none.
    pub default: Option<Value>,
    /// The values there are, if they are listed.
    pub allowed: Vec<Value>,
}

/// The parameter of a name.
pub(super) fn named<'a>(all: &'a [PolicyParameter], name: &str) -> Option<&'a PolicyParameter> {
    all.iter().find(|own| own.name.eq_ignore_ascii_case(name))
}

/// A parameter's value: an assignment's, or the definition's own.
pub(super) fn value<'a>(
    all: &'a [PolicyParameter],
    values: &'a Map<String, Value>,
    name: &str,
) -> Option<&'a Value> {
    given(values, name).or_else(|| named(all, name)?.default.as_ref())
}

/// The value an assignment gives.
pub(super) fn given<'a>(values: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = values.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}
