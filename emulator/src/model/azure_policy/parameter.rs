//! Parameters of a definition, and the values an assignment gives them.

use serde_json::{Map, Value};

use crate::model::Timestamp;

/// A parameter of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyParameter {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: ParameterType,
    /// The value it has where an assignment says none.
    pub default: Option<Value>,
    /// The values there are, if they are listed.
    pub allowed: Vec<Value>,
}

/// What the values of a parameter are, by the published definition of Azure Policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// A text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// A time, as a text.
    DateTime,
}

impl ParameterType {
    const ALL: [(Self, &'static str); 7] = [
        (Self::String, "String"),
        (Self::Array, "Array"),
        (Self::Object, "Object"),
        (Self::Boolean, "Boolean"),
        (Self::Integer, "Integer"),
        (Self::Float, "Float"),
        (Self::DateTime, "DateTime"),
    ];

    /// The one a definition names.
    pub(super) fn called(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, own)| own.eq_ignore_ascii_case(name))
            .map(|(kind, _)| kind)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Whether it is a value of this type.
    pub(super) fn takes(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Float => value.is_number(),
            Self::DateTime => value
                .as_str()
                .is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        }
    }
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
