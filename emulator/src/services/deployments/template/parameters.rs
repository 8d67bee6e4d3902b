//! Parameters, and the types they may have: declared where they stand, or by name below `definitions`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Template;
use super::value_check::{check_value, is_nullable, resolved};
use crate::services::budget::Budget;
use crate::services::deployments::expression::{Problem, Scope, evaluate};
use crate::state::field;

impl Template {
    pub(super) fn take_parameters(
        &mut self,
        declared: &Map<String, Value>,
        sent: &Value,
        budget: &Budget,
    ) -> Result<(), String> {
        for name in sent.as_object().into_iter().flat_map(Map::keys) {
            if !declared
                .keys()
                .any(|parameter| parameter.eq_ignore_ascii_case(name))
            {
                let known: Vec<&str> = declared.keys().map(String::as_str).collect();
                return Err(format!(
                    "The template parameters '{name}' are not valid; they are not present in the original template. The only supported parameters for this template are '{}'.",
                    known.join(", ")
                ));
            }
        }
        let mut pending: Vec<(&String, &Value)> = declared.iter().collect();
        // A default value may need that of another, wherever it is declared.
        while !pending.is_empty() {
            let mut postponed = Vec::new();
            let mut problem = None;
            for (name, declaration) in &pending {
                match self.take_parameter(name, declaration, field(sent, name), budget) {
                    Ok(()) => {}
                    Err(NoValue::Default(text)) => {
                        problem.get_or_insert(text);
                        postponed.push((*name, *declaration));
                    }
                    Err(NoValue::Wrong(text)) => return Err(text),
                }
            }
            match problem {
                Some(text) if postponed.len() == pending.len() => return Err(text),
                _ => pending = postponed,
            }
        }
        Ok(())
    }

    fn take_parameter(
        &mut self,
        name: &str,
        declaration: &Value,
        given: &Value,
        budget: &Budget,
    ) -> Result<(), NoValue> {
        let wrong = |text: String| NoValue::Wrong(text);
        if !field(given, "reference").is_null() {
            return Err(wrong(format!(
                "Parameter '{name}': azdrill reads no Key Vault references in parameters."
            )));
        }
        if !field(given, "expression").is_null() {
            return Err(wrong(format!(
                "Parameter '{name}': azdrill plays no `expression` of parameters."
            )));
        }
        let whole = resolved(&self.definitions, declaration);
        let value = match (field(given, "value"), field(declaration, "defaultValue")) {
            (Value::Null, Value::Null) if is_nullable(&whole) => Value::Null,
            (Value::Null, Value::Null) => {
                return Err(wrong(format!(
                    "The value for the template parameter '{name}' is not provided."
                )));
            }
            (Value::Null, default) => {
                let empty = BTreeMap::new();
                let scope = Scope {
                    in_default: true,
                    ..self.scope(&empty, budget)
                };
                said(evaluate(&scope, default)).map_err(NoValue::Default)?
            }
            (value, _) => value.clone(),
        };
        check_value(&self.definitions, budget, name, declaration, &value).map_err(wrong)?;
        let kind = field(&whole, "type").as_str().unwrap_or_default();
        let secret = kind.to_ascii_lowercase().starts_with("secure");
        let shown = if secret {
            json!({"type": kind})
        } else {
            json!({"type": kind, "value": value})
        };
        self.shown.insert(name.to_owned(), shown);
        self.parameters.insert(name.to_owned(), value);
        Ok(())
    }
}

/// Why a parameter has no value.
enum NoValue {
    /// Its default value has none; it may get one when others have theirs.
    Default(String),
    Wrong(String),
}

/// While a template is read nothing is there to refer to.
pub(super) fn said<T>(result: Result<T, Problem>) -> Result<T, String> {
    result.map_err(|problem| match problem {
        Problem::Wrong(text) => text,
        Problem::Needs(reference) => {
            format!("'{}' is not known before the deployment.", reference.id)
        }
    })
}
