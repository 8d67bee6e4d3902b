//! The functions of the template language. Those that are not here are refused by name.

mod collections;
mod dates;
mod deployed;
mod lambdas;
mod networks;
mod numbers;
mod resources;
mod texts;

use serde_json::{Map, Value};

use super::Expression;
use super::evaluate::{Problem, Scope, evaluate, of};
use super::function::Function;
use crate::services::deployments::template::check_value;

/// What a part of a text takes as a value of its own, in bytes.
const PART_BYTES: usize = 64;

impl Scope<'_> {
    /// The value of a call.
    pub(super) fn call(&self, function: &str, arguments: &[Expression]) -> Result<Value, Problem> {
        let name = function.to_ascii_lowercase();
        if let Some(value) = lazily(self, &name, function, arguments) {
            return value;
        }
        if let Some(value) = self.call_with_lambda(&name, function, arguments) {
            return value;
        }
        let values = arguments
            .iter()
            .map(|argument| of(self, argument))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(declared) = self.functions.get(&name) {
            return own_function(self, function, declared, values);
        }
        let call = Call {
            scope: self,
            function,
            values: &values,
        };
        call.of_scope(&name)
            .or_else(|| call.of_resources(&name))
            .or_else(|| call.of_texts(&name))
            .or_else(|| call.of_encodings(&name))
            .or_else(|| call.of_collections(&name))
            .or_else(|| call.of_parts(&name))
            .or_else(|| call.of_numbers(&name))
            .or_else(|| call.of_dates(&name))
            .or_else(|| call.of_networks(&name))
            .unwrap_or_else(|| {
                Err(Problem::wrong(format!(
                    "The template function '{function}' is not valid, or azdrill does not implement it."
                )))
            })
    }
}

/// Functions of which only the arguments that are needed have a value.
fn lazily(
    scope: &Scope<'_>,
    name: &str,
    function: &str,
    arguments: &[Expression],
) -> Option<Result<Value, Problem>> {
    let truth = |argument: &Expression| match of(scope, argument)? {
        Value::Bool(truth) => Ok(truth),
        other => Err(Problem::wrong(format!(
            "{function}() takes a truth value, not {}.",
            shortened(&other)
        ))),
    };
    Some(match name {
        "if" => {
            let [condition, yes, no] = arguments else {
                return Some(Err(count(function, "three arguments")));
            };
            truth(condition).and_then(|holds| of(scope, if holds { yes } else { no }))
        }
        "and" => every(arguments, truth, true),
        "or" => every(arguments, truth, false),
        "coalesce" => first_that_is(scope, arguments),
        _ => return None,
    })
}

/// Whether all of them are `wanted`, as far as that has to be looked at; the other truth if not.
fn every(
    arguments: &[Expression],
    truth: impl Fn(&Expression) -> Result<bool, Problem>,
    wanted: bool,
) -> Result<Value, Problem> {
    for argument in arguments {
        if truth(argument)? != wanted {
            return Ok(Value::from(!wanted));
        }
    }
    Ok(Value::from(wanted))
}

fn first_that_is(scope: &Scope<'_>, arguments: &[Expression]) -> Result<Value, Problem> {
    for argument in arguments {
        let value = of(scope, argument)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

/// A function the template declares knows its own parameters, and of the template its functions and
/// variables.
fn own_function(
    scope: &Scope<'_>,
    function: &str,
    declared: &Function,
    values: Vec<Value>,
) -> Result<Value, Problem> {
    if values.len() > declared.parameters.len() {
        return Err(count(
            function,
            &format!("{} arguments", declared.parameters.len()),
        ));
    }
    let mut given = values.into_iter();
    let mut parameters = Map::new();
    for (name, declaration) in &declared.parameters {
        let value = given.next().unwrap_or_default();
        check_value(&declared.definitions, scope.budget, name, declaration, &value)
            .map_err(|what| Problem::wrong(format!("The template function '{function}': {what}")))?;
        parameters.insert(name.clone(), value);
    }
    let inside = Scope {
        parameters: &parameters,
        locals: None,
        ..*scope
    };
    evaluate(&inside, &declared.output)
}

fn count(function: &str, wanted: &str) -> Problem {
    Problem::wrong(format!("The template function '{function}' takes {wanted}."))
}

/// A value for a message: a template's values may be long.
fn shortened(value: &Value) -> String {
    const LONGEST: usize = 60;
    value.to_string().chars().take(LONGEST).collect()
}

/// A text as `concat` and `string` write a value.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

struct Call<'a> {
    scope: &'a Scope<'a>,
    function: &'a str,
    values: &'a [Value],
}

type Maybe = Option<Result<Value, Problem>>;

impl Call<'_> {
    fn text(&self, at: usize) -> Result<&str, Problem> {
        self.values
            .get(at)
            .and_then(Value::as_str)
            .ok_or_else(|| count(self.function, &format!("a text as argument {}", at + 1)))
    }

    fn any(&self, at: usize) -> Result<&Value, Problem> {
        self.values
            .get(at)
            .ok_or_else(|| count(self.function, &format!("at least {} arguments", at + 1)))
    }

    fn array(&self, at: usize) -> Result<&Vec<Value>, Problem> {
        self.values
            .get(at)
            .and_then(Value::as_array)
            .ok_or_else(|| count(self.function, &format!("an array as argument {}", at + 1)))
    }

    fn object(&self, at: usize) -> Result<&Map<String, Value>, Problem> {
        self.values
            .get(at)
            .and_then(Value::as_object)
            .ok_or_else(|| count(self.function, &format!("an object as argument {}", at + 1)))
    }

    fn number(&self, at: usize) -> Result<i64, Problem> {
        self.any(at)?
            .as_i64()
            .ok_or_else(|| count(self.function, &format!("a whole number as argument {}", at + 1)))
    }

    /// A number that counts something.
    fn size(&self, at: usize) -> Result<usize, Problem> {
        usize::try_from(self.number(at)?.max(0)).map_err(|_| count(self.function, "smaller numbers"))
    }

    /// Takes note of so many parts of so many bytes, before they are made.
    fn many(&self, parts: usize, bytes: usize) -> Result<(), Problem> {
        self.scope.budget.steps(parts)?;
        self.scope.budget.bytes(parts.saturating_mul(bytes))?;
        Ok(())
    }
}

fn member(members: &Map<String, Value>, wanted: &str) -> Option<Value> {
    members
        .get(wanted)
        .or_else(|| {
            let mut all = members.iter();
            all.find(|(key, _)| key.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value)
        })
        .cloned()
}

fn not_found(kind: &str, name: &str) -> Problem {
    Problem::wrong(format!("The template {kind} '{name}' is not found."))
}
