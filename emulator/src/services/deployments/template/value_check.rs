//! Whether a value is of the type that is declared, where it stands or by name below `definitions`.

use serde_json::{Map, Value};

use crate::services::budget::Budget;
use crate::state::field;

/// How many definitions may lead on to another before that is taken for a circle.
const HOPS_MAX: usize = 32;

/// A declaration with what the definition it names says; what stands beside the name counts more.
pub(super) fn resolved(definitions: &Map<String, Value>, declaration: &Value) -> Value {
    let mut resolved = declaration.as_object().cloned().unwrap_or_default();
    for _ in 0..HOPS_MAX {
        let Some(Value::String(name)) = resolved.remove("$ref") else {
            break;
        };
        let name = name.strip_prefix("#/definitions/").unwrap_or(&name);
        let found = definitions.get(name).and_then(Value::as_object);
        for (name, value) in found.into_iter().flatten() {
            resolved.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    Value::Object(resolved)
}

pub(super) fn is_nullable(declaration: &Value) -> bool {
    field(declaration, "nullable").as_bool() == Some(true)
}

/// Whether a value is of a declared type.
///
/// # Errors
///
/// What is wrong with it.
pub(in crate::services::deployments) fn check_value(
    definitions: &Map<String, Value>,
    budget: &Budget,
    name: &str,
    declaration: &Value,
    value: &Value,
) -> Result<(), String> {
    ValueCheck { definitions, budget }.value(name, declaration, value)
}

struct ValueCheck<'a> {
    definitions: &'a Map<String, Value>,
    budget: &'a Budget,
}

impl ValueCheck<'_> {
    fn value(&self, name: &str, declaration: &Value, value: &Value) -> Result<(), String> {
        let _deeper = self
            .budget
            .deeper()
            .map_err(|exhausted| format!("'{name}' cannot be checked: {exhausted}."))?;
        if let Some(path) = field(declaration, "$ref").as_str()
            && !self.is_known(path)
        {
            return Err(format!(
                "'{name}' refers to the type '{path}', which there is not."
            ));
        }
        let resolved = resolved(self.definitions, declaration);
        if value.is_null() && is_nullable(&resolved) {
            return Ok(());
        }
        let kind = field(&resolved, "type").as_str();
        check_kind(name, kind, value)?;
        check_allowed(name, &resolved, value)?;
        check_size(name, &resolved, value)?;
        match value {
            Value::Array(items) => self.items(name, &resolved, items),
            Value::Object(members) => self.members(name, &resolved, members),
            _ => Ok(()),
        }
    }

    fn is_known(&self, path: &str) -> bool {
        path.strip_prefix("#/definitions/")
            .is_some_and(|name| self.definitions.contains_key(name))
    }

    fn items(&self, name: &str, declaration: &Value, items: &[Value]) -> Result<(), String> {
        let first = field(declaration, "prefixItems").as_array();
        let rest = field(declaration, "items");
        for (turn, item) in items.iter().enumerate() {
            let place = format!("{name}[{turn}]");
            match first.and_then(|first| first.get(turn)) {
                Some(declaration) => self.value(&place, declaration, item)?,
                None if rest.is_object() => self.value(&place, rest, item)?,
                None if rest.as_bool() == Some(false) => {
                    return Err(format!("'{place}' is one item too many."));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn members(&self, name: &str, declaration: &Value, members: &Map<String, Value>) -> Result<(), String> {
        let chosen = self.chosen(name, declaration, members)?;
        let listed = [declaration, chosen.as_ref().unwrap_or(&Value::Null)];
        let mut known = Vec::new();
        for (member, declaration) in listed
            .iter()
            .flat_map(|declaration| field(declaration, "properties").as_object().into_iter().flatten())
        {
            let value = members
                .iter()
                .find(|(sent, _)| sent.eq_ignore_ascii_case(member))
                .map(|(_, value)| value)
                .unwrap_or(&Value::Null);
            let place = format!("{name}.{member}");
            if value.is_null() && !is_nullable(&resolved(self.definitions, declaration)) {
                return Err(format!(
                    "The template parameter '{name}' is missing the property '{member}'."
                ));
            }
            self.value(&place, declaration, value)?;
            known.push(member.as_str());
        }
        for (member, value) in members {
            if known.iter().any(|checked| checked.eq_ignore_ascii_case(member)) {
                continue;
            }
            // What the chosen variant says of other members counts as well.
            let more = listed
                .iter()
                .map(|declaration| field(declaration, "additionalProperties"))
                .find(|more| !more.is_null())
                .unwrap_or(&Value::Null);
            match more {
                Value::Bool(false) => {
                    return Err(format!(
                        "The template parameter '{name}' has no property '{member}'."
                    ));
                }
                Value::Object(_) => self.value(&format!("{name}.{member}"), more, value)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The variant of an object, where a member of it says which one it is.
    fn chosen(
        &self,
        name: &str,
        declaration: &Value,
        members: &Map<String, Value>,
    ) -> Result<Option<Value>, String> {
        let by = field(declaration, "discriminator");
        let Some(property) = field(by, "propertyName").as_str() else {
            return Ok(None);
        };
        let word = members
            .iter()
            .find(|(sent, _)| sent.eq_ignore_ascii_case(property))
            .and_then(|(_, value)| value.as_str())
            .unwrap_or_default();
        let mapping = field(by, "mapping").as_object();
        match mapping.and_then(|mapping| mapping.get(word)) {
            Some(declaration) => Ok(Some(resolved(self.definitions, declaration))),
            None => {
                let known: Vec<&str> = mapping
                    .into_iter()
                    .flat_map(Map::keys)
                    .map(String::as_str)
                    .collect();
                Err(format!(
                    "The template parameter '{name}' has '{word}' as its '{property}', which is none of '{}'.",
                    known.join(", ")
                ))
            }
        }
    }
}

fn check_kind(name: &str, kind: Option<&str>, value: &Value) -> Result<(), String> {
    let Some(kind) = kind else { return Ok(()) };
    let fits = match kind.to_ascii_lowercase().as_str() {
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64() || value.is_u64(),
        "bool" => value.is_boolean(),
        "array" => value.is_array(),
        "object" | "secureobject" => value.is_object(),
        _ => {
            return Err(format!(
                "The template parameter '{name}' has the type '{kind}', which there is not."
            ));
        }
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "Template parameter JToken type is not valid. Expected '{kind}' for parameter '{name}'."
        ))
    }
}

fn check_allowed(name: &str, declaration: &Value, value: &Value) -> Result<(), String> {
    let Some(allowed) = field(declaration, "allowedValues").as_array() else {
        return Ok(());
    };
    // Of an array, each item may be one of them.
    let fits = allowed.contains(value)
        || value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| allowed.contains(item)));
    if fits {
        return Ok(());
    }
    Err(format!(
        "The provided value for the template parameter '{name}' is not valid. It is not part of the allowed value(s): '{}'.",
        allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(",")
    ))
}

fn check_size(name: &str, declaration: &Value, value: &Value) -> Result<(), String> {
    let (least, most, size) = match value {
        Value::Number(number) => ("minValue", "maxValue", number.as_i64()),
        Value::String(text) => ("minLength", "maxLength", i64::try_from(text.chars().count()).ok()),
        Value::Array(items) => ("minLength", "maxLength", i64::try_from(items.len()).ok()),
        _ => return Ok(()),
    };
    let limit = |name: &str| field(declaration, name).as_i64();
    let size = size.unwrap_or(i64::MAX);
    if limit(least).is_some_and(|least| size < least) || limit(most).is_some_and(|most| size > most) {
        return Err(format!(
            "The provided value for the template parameter '{name}' is not valid. {least} and {most} are not met."
        ));
    }
    Ok(())
}
