//! From the tree to a value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Expression;
use super::function::Function;
use super::parse::parse;
use crate::model::ResourceId;
use crate::services::budget::{Budget, Exhausted};
use crate::services::deployments::template::{DeploymentTarget, Symbols};
use crate::state::field;

/// What expressions can refer to.
#[derive(Clone, Copy)]
pub(in crate::services::deployments) struct Scope<'a> {
    /// Where the deployment goes to.
    pub(in crate::services::deployments) place: &'a DeploymentTarget,
    /// Values of parameters.
    pub(in crate::services::deployments) parameters: &'a Map<String, Value>,
    /// Variables, not evaluated yet.
    pub(in crate::services::deployments) variables: &'a Map<String, Value>,
    /// Loops that make variables, by the variable's name.
    pub(in crate::services::deployments) repeated: &'a Map<String, Value>,
    /// Functions the template declares, by namespace and name in lower case.
    pub(in crate::services::deployments) functions: &'a BTreeMap<String, Function>,
    /// Resources by their symbolic names.
    pub(in crate::services::deployments) symbols: &'a Symbols,
    /// What has been asked for so far, by [`Reference::key`].
    pub(in crate::services::deployments) references: &'a BTreeMap<String, Value>,
    /// Whether values of parameters that no one gave may be made up: `newGuid()` and `utcNow()`.
    pub(in crate::services::deployments) in_default: bool,
    /// What is known here and nowhere else: the innermost first.
    pub(in crate::services::deployments) locals: Option<&'a Local<'a>>,
    /// What evaluating may still take.
    pub(in crate::services::deployments) budget: &'a Budget,
    /// The most characters of one expression.
    pub(in crate::services::deployments) characters: u64,
    /// The most turns of one loop.
    pub(in crate::services::deployments) turns: u64,
}

/// Something that is known inside a loop or a lambda.
pub(in crate::services::deployments) struct Local<'a> {
    pub(in crate::services::deployments) kind: LocalKind<'a>,
    pub(in crate::services::deployments) outer: Option<&'a Local<'a>>,
}

pub(in crate::services::deployments) enum LocalKind<'a> {
    /// A loop of that name, and its turn.
    Loop(&'a str, usize),
    /// A lambda's own variable.
    Variable(&'a str, &'a Value),
}

impl<'a> Scope<'a> {
    /// What is known here, from the inside out.
    pub(super) fn locals(&self) -> impl Iterator<Item = &'a Local<'a>> {
        std::iter::successors(self.locals, |local| local.outer)
    }
}

/// Something an expression needs to know about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::services::deployments) struct Reference {
    /// The resource.
    pub(in crate::services::deployments) id: ResourceId,
    /// The API version to ask with; the resource's own in the template if left out.
    pub(in crate::services::deployments) api_version: Option<String>,
    /// The action it is asked by, and its body; read if there is none.
    pub(in crate::services::deployments) action: Option<(String, Value)>,
}

impl Reference {
    /// What the answer is kept under.
    pub(in crate::services::deployments) fn key(&self) -> String {
        match &self.action {
            None => self.id.key().to_owned(),
            Some((action, body)) => format!("{}/{} {body}", self.id.key(), action.to_ascii_lowercase()),
        }
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::services::deployments) enum Problem {
    /// It makes no sense; the text says why.
    Wrong(String),
    /// It needs this first.
    Needs(Box<Reference>),
}

impl From<Exhausted> for Problem {
    fn from(exhausted: Exhausted) -> Self {
        Self::Wrong(format!("The template cannot be evaluated: {exhausted}."))
    }
}

impl Problem {
    pub(in crate::services::deployments) fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }
}

/// A value with every expression in it evaluated, names of members included.
///
/// # Errors
///
/// The first expression that has no value.
pub(in crate::services::deployments) fn evaluate(scope: &Scope<'_>, value: &Value) -> Result<Value, Problem> {
    let _deeper = scope.budget.deeper()?;
    match value {
        Value::String(text) => of_text(scope, text),
        Value::Array(items) => items.iter().map(|item| evaluate(scope, item)).collect(),
        Value::Object(members) => {
            let mut evaluated = Map::new();
            for (name, member) in members {
                if name.eq_ignore_ascii_case("copy") && loops_of(member).is_some() {
                    for repeated in loops_of(member).into_iter().flatten() {
                        let (name, items) = repeat(scope, repeated)?;
                        evaluated.insert(name, items);
                    }
                    continue;
                }
                let name = match of_text(scope, name)? {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                evaluated.insert(name, evaluate(scope, member)?);
            }
            Ok(Value::Object(evaluated))
        }
        other => Ok(other.clone()),
    }
}

/// Loops that stand as `copy` beside what they make. Something else may be called so as well.
pub(in crate::services::deployments) fn loops_of(copy: &Value) -> Option<&Vec<Value>> {
    let is_loop = |item: &Value| {
        ["name", "count", "input"]
            .iter()
            .all(|name| !field(item, name).is_null())
    };
    copy.as_array()
        .filter(|all| !all.is_empty() && all.iter().all(is_loop))
}

/// What a loop makes, and what that is called.
fn repeat(scope: &Scope<'_>, repeated: &Value) -> Result<(String, Value), Problem> {
    let name = evaluate(scope, field(repeated, "name"))?;
    let name = name.as_str().unwrap_or_default().to_owned();
    let items = repeat_input(scope, &name, repeated)?;
    Ok((name, items))
}

/// The items a loop of that name makes.
///
/// # Errors
///
/// The first item that has no value.
pub(in crate::services::deployments) fn repeat_input(
    scope: &Scope<'_>,
    name: &str,
    repeated: &Value,
) -> Result<Value, Problem> {
    let count = count_of(scope, name, repeated)?;
    let mut items = Vec::new();
    for turn in 0..count {
        let local = Local {
            kind: LocalKind::Loop(name, turn),
            outer: scope.locals,
        };
        let inside = Scope {
            locals: Some(&local),
            ..*scope
        };
        items.push(evaluate(&inside, field(repeated, "input"))?);
    }
    Ok(Value::Array(items))
}

/// How many turns a loop takes.
///
/// # Errors
///
/// If that is no number, or too large a one.
pub(in crate::services::deployments) fn count_of(
    scope: &Scope<'_>,
    name: &str,
    repeated: &Value,
) -> Result<usize, Problem> {
    let count = evaluate(scope, field(repeated, "count"))?;
    let Some(count) = count.as_u64() else {
        return Err(Problem::wrong(format!(
            "The template copy definition '{name}' has the count '{count}', which must be a number from 0."
        )));
    };
    if count > scope.turns {
        return Err(Problem::wrong(format!(
            "The template copy definition '{name}' has the count {count}; Azure's limit is {}.",
            scope.turns
        )));
    }
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn of_text(scope: &Scope<'_>, text: &str) -> Result<Value, Problem> {
    scope.budget.bytes(text.len())?;
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Ok(Value::from(text));
    };
    if let Some(literal) = text.strip_prefix("[[") {
        return Ok(Value::from(format!("[{literal}")));
    }
    if inner.chars().count() as u64 > scope.characters {
        return Err(Problem::wrong(format!(
            "The template language expression is longer than {} characters, which is Azure's limit.",
            scope.characters
        )));
    }
    let expression = parse(inner)
        .map_err(|why| Problem::wrong(format!("Unable to parse language expression '{inner}': {why}.")))?;
    of(scope, &expression)
}

pub(super) fn of(scope: &Scope<'_>, expression: &Expression) -> Result<Value, Problem> {
    let _deeper = scope.budget.deeper()?;
    let value = value_of(scope, expression)?;
    scope.budget.value(&value)?;
    Ok(value)
}

fn value_of(scope: &Scope<'_>, expression: &Expression) -> Result<Value, Problem> {
    match expression {
        Expression::Text(text) => Ok(Value::from(text.as_str())),
        Expression::Number(number) => Ok(Value::from(*number)),
        Expression::Call { function, arguments } => scope.call(function, arguments),
        Expression::Member(whole, name) => member(scope, &of(scope, whole)?, name),
        Expression::Element(whole, index) => {
            let whole = of(scope, whole)?;
            match of(scope, index)? {
                Value::String(name) => member(scope, &whole, &name),
                index => element(&whole, &index).cloned().ok_or_else(|| {
                    Problem::wrong(format!("The language expression property '{index}' can't be evaluated: there is no such element."))
                }),
            }
        }
    }
}

pub(super) fn element<'a>(whole: &'a Value, index: &Value) -> Option<&'a Value> {
    whole.as_array()?.get(usize::try_from(index.as_u64()?).ok()?)
}

fn member(scope: &Scope<'_>, whole: &Value, name: &str) -> Result<Value, Problem> {
    match member_of(scope, whole, name)? {
        Some(found) => Ok(found.clone()),
        None => Err(Problem::wrong(format!(
            "The language expression property '{name}' doesn't exist."
        ))),
    }
}

pub(super) fn member_of<'a>(
    scope: &Scope<'_>,
    whole: &'a Value,
    name: &str,
) -> Result<Option<&'a Value>, Problem> {
    let Some(members) = whole.as_object() else {
        return Ok(None);
    };
    if let Some(found) = members.get(name) {
        return Ok(Some(found));
    }
    scope.budget.steps(members.len())?;
    let mut all = members.iter();
    Ok(all
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, found)| found))
}
