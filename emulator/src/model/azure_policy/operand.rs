//! Values as rules write them: literals, parameters, fields.

use serde_json::Value;

use super::field::{PolicyField, field};
use super::language::PolicyLanguage;
use super::unread::PolicyUnread;

/// A value of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Literal(Value),
    Parameter(String),
    Field(PolicyField),
    List(Vec<Operand>),
}

impl Operand {
    /// Reads a value. A text in brackets is an expression; two brackets at its beginning stand for one.
    pub(super) fn read(language: &PolicyLanguage, value: &Value) -> Result<Self, PolicyUnread> {
        match value {
            Value::String(text) => Self::read_text(language, text),
            Value::Array(items) => {
                let items = items.iter().map(|item| Self::read(language, item));
                Ok(Self::List(items.collect::<Result<_, _>>()?))
            }
            other => Ok(Self::Literal(other.clone())),
        }
    }

    fn read_text(language: &PolicyLanguage, text: &str) -> Result<Self, PolicyUnread> {
        let literal = |text: &str| Ok(Self::Literal(Value::from(text)));
        if let Some(rest) = text.strip_prefix("[[") {
            return literal(&format!("[{rest}"));
        }
        let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
            return literal(text);
        };
        let not_played =
            || PolicyUnread::NotPlayed(format!("the expression '{text}' in a rule of Azure Policy"));
        let (function, rest) = inner.trim().split_once('(').ok_or_else(not_played)?;
        let argument = rest.strip_suffix(')').map(str::trim);
        let quoted = argument
            .and_then(|text| text.strip_prefix('\'')?.strip_suffix('\''))
            .filter(|text| !text.contains('\''))
            .ok_or_else(not_played)?;
        match function.trim().to_ascii_lowercase().as_str() {
            "parameters" => Ok(Self::Parameter(quoted.to_owned())),
            "field" => Ok(Self::Field(field(language, quoted)?)),
            _ => Err(not_played()),
        }
    }

    /// The parameters it names.
    pub(super) fn parameters<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Parameter(name) => found.push(name),
            Self::List(items) => items.iter().for_each(|item| item.parameters(found)),
            Self::Literal(_) | Self::Field(_) => {}
        }
    }
}
