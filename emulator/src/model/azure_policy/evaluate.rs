//! Asks a rule's conditions of a resource.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::field::{Place, PolicyField};
use super::operand::Operand;
use super::parameter::{PolicyParameter, value};
use super::part::{Compared, Operator, PolicyCondition};
use super::read::flag;
use crate::model::{ResourceId, field, region_name};

/// A resource as a request would have it.
#[derive(Clone, Copy, Debug)]
pub struct PolicySubject<'a> {
    /// Its type.
    pub kind: &'a str,
    /// Its id.
    pub id: &'a ResourceId,
    /// Its body.
    pub body: &'a Value,
}

/// A comparison that was made, as Azure tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedExpression {
    result: bool,
    kind: &'static str,
    text: String,
    path: Option<String>,
    value: Option<Value>,
    target: Value,
    operator: &'static str,
}

impl EvaluatedExpression {
    /// Whether it holds because the resource does not say anything there.
    pub fn holds_of_nothing(&self) -> bool {
        self.result && self.kind == "Field" && self.value.is_none()
    }

    /// Its JSON.
    pub fn shown(&self) -> Value {
        let mut shown = json!({
            "result": if self.result { "True" } else { "False" },
            "expressionKind": self.kind,
            "expression": self.text,
        });
        if let Some(path) = &self.path {
            shown["path"] = json!(path);
        }
        if let Some(value) = &self.value {
            shown["expressionValue"] = value.clone();
        }
        shown["targetValue"] = self.target.clone();
        shown["operator"] = json!(self.operator);
        shown
    }
}

/// An array that is counted, and the item that is looked at.
#[derive(Clone, Copy)]
struct Item<'a> {
    array: &'a str,
    value: &'a Value,
}

/// One rule asked of one resource.
pub(super) struct Evaluation<'a> {
    parameters: &'a [PolicyParameter],
    values: &'a Map<String, Value>,
    subject: PolicySubject<'a>,
    item: Option<Item<'a>>,
    pub(super) seen: Vec<EvaluatedExpression>,
}

impl PolicyCondition {
    /// The parameters it names.
    pub(super) fn parameters<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().for_each(|one| one.parameters(found)),
            Self::Not(one) => one.parameters(found),
            Self::Compare { what, with, .. } => {
                with.parameters(found);
                match what {
                    Compared::Field(_) => {}
                    Compared::Value { value, .. } => value.parameters(found),
                    Compared::Count { fits, .. } => fits.iter().for_each(|fits| fits.parameters(found)),
                }
            }
        }
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        parameters: &'a [PolicyParameter],
        values: &'a Map<String, Value>,
        subject: PolicySubject<'a>,
    ) -> Self {
        Self {
            parameters,
            values,
            subject,
            item: None,
            seen: Vec::new(),
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&mut self, condition: &'a PolicyCondition) -> bool {
        match condition {
            PolicyCondition::All(all) => all.iter().all(|one| self.holds(one)),
            PolicyCondition::Any(any) => any.iter().any(|one| self.holds(one)),
            PolicyCondition::Not(one) => !self.holds(one),
            PolicyCondition::Compare { what, operator, with } => self.compares(what, *operator, with),
        }
    }

    fn compares(&mut self, what: &'a Compared, operator: Operator, with: &'a Operand) -> bool {
        let (kind, text, path, value) = match what {
            Compared::Field(field) => ("Field", &field.text, Some(path_of(field)), self.field(field)),
            Compared::Value { text, value } => ("Value", text, None, self.operand(value)),
            Compared::Count { over, fits } => {
                let count = self.count(over, fits.as_deref());
                (
                    "Count",
                    &over.text,
                    Some(path_of(over)),
                    Some(Cow::Owned(json!(count))),
                )
            }
        };
        let value = value.filter(|value| !value.is_null());
        let target = self.operand(with).unwrap_or(Cow::Owned(Value::Null));
        let result = holds(value.as_deref(), operator, &target);
        // What is asked of each item is no expression of its own.
        if self.item.is_none() {
            let (value, target) = (value.map(Cow::into_owned), target.into_owned());
            self.seen.push(EvaluatedExpression {
                result,
                kind,
                text: text.clone(),
                path,
                value,
                target,
                operator: operator.as_str(),
            });
        }
        result
    }

    fn count(&mut self, over: &'a PolicyField, fits: Option<&'a PolicyCondition>) -> usize {
        let Place::Alias(alias) = &over.place else {
            return 0;
        };
        let array = alias.path.trim_end_matches("[*]");
        let found = if self.is_of_type(&alias.kind) {
            below(self.subject.body, array)
        } else {
            &Value::Null
        };
        let Some(items) = found.as_array() else {
            return 0;
        };
        let Some(fits) = fits else {
            return items.len();
        };
        let mut count = 0;
        for value in items {
            self.item = Some(Item {
                array: &alias.path,
                value,
            });
            count += usize::from(self.holds(fits));
        }
        self.item = None;
        count
    }

    fn is_of_type(&self, kind: &str) -> bool {
        kind.eq_ignore_ascii_case(self.subject.kind)
    }

    fn operand(&self, operand: &'a Operand) -> Option<Cow<'a, Value>> {
        match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Parameter(name) => value(self.parameters, self.values, name).map(Cow::Borrowed),
            Operand::Field(field) => self.field(field),
            Operand::List(items) => {
                let items = items
                    .iter()
                    .filter_map(|item| Some(self.operand(item)?.into_owned()));
                Some(Cow::Owned(Value::Array(items.collect())))
            }
        }
    }

    fn field(&self, of: &PolicyField) -> Option<Cow<'a, Value>> {
        let subject = self.subject;
        let text = |text: &str| Some(Cow::Owned(json!(text)));
        match &of.place {
            Place::Type => text(subject.kind),
            Place::Name => text(subject.id.name()),
            Place::FullName => text(&full_name(subject.id)),
            Place::Id => text(subject.id.as_str()),
            Place::Kind => Some(Cow::Borrowed(field(subject.body, "kind"))),
            Place::Location => {
                let location = field(subject.body, "location").as_str()?;
                text(&region_name(location))
            }
            Place::IdentityType => Some(Cow::Borrowed(below(subject.body, "identity.type"))),
            // A type has no properties of another.
            Place::Alias(alias) if !self.is_of_type(&alias.kind) => None,
            Place::Alias(alias) => match self.item {
                Some(item) if alias.path.starts_with(item.array) => {
                    let rest = alias.path[item.array.len()..].trim_start_matches('.');
                    Some(Cow::Borrowed(below(item.value, rest)))
                }
                // Of each item of another array there is no one value.
                _ if alias.path.contains("[*]") => None,
                _ => Some(Cow::Borrowed(below(subject.body, &alias.path))),
            },
        }
    }
}

/// The names of a resource and of those it is a part of.
fn full_name(id: &ResourceId) -> String {
    let segments: Vec<&str> = id.segments().collect();
    let provider = segments
        .iter()
        .rposition(|part| part.eq_ignore_ascii_case("providers"));
    let behind = provider.map_or(0, |at| at + 2);
    let names: Vec<&str> = segments
        .get(behind..)
        .unwrap_or_default()
        .iter()
        .skip(1)
        .step_by(2)
        .copied()
        .collect();
    names.join("/")
}

fn path_of(field: &PolicyField) -> String {
    match &field.place {
        Place::Alias(alias) => alias.path.clone(),
        _ => field.text.clone(),
    }
}

fn below<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .filter(|name| !name.is_empty())
        .fold(value, |value, name| field(value, name))
}

fn holds(value: Option<&Value>, operator: Operator, target: &Value) -> bool {
    match operator {
        Operator::Equals => value.is_some_and(|value| same(value, target)),
        Operator::NotEquals => !value.is_some_and(|value| same(value, target)),
        Operator::Like => value.is_some_and(|value| like(value, target)),
        Operator::NotLike => !value.is_some_and(|value| like(value, target)),
        Operator::In => value.is_some_and(|value| is_in(value, target)),
        Operator::NotIn => !value.is_some_and(|value| is_in(value, target)),
        Operator::Contains => value.is_some_and(|value| contains(value, target)),
        Operator::NotContains => !value.is_some_and(|value| contains(value, target)),
        Operator::Exists => flag(target) == Some(value.is_some()),
        Operator::Less => order(value, target).is_some_and(std::cmp::Ordering::is_lt),
        Operator::LessOrEquals => order(value, target).is_some_and(std::cmp::Ordering::is_le),
        Operator::Greater => order(value, target).is_some_and(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEquals => order(value, target).is_some_and(std::cmp::Ordering::is_ge),
    }
}

/// A value as text: `true` is the same whether it is one or not.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string().to_lowercase(),
    }
}

fn same(value: &Value, target: &Value) -> bool {
    text(value) == text(target)
}

fn is_in(value: &Value, target: &Value) -> bool {
    target
        .as_array()
        .is_some_and(|all| all.iter().any(|one| same(value, one)))
}

fn contains(value: &Value, target: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| same(item, target)),
        value => text(value).contains(&text(target)),
    }
}

/// `*` stands for any text.
fn like(value: &Value, target: &Value) -> bool {
    let (value, target) = (text(value), text(target));
    match target.split_once('*') {
        None => value == target,
        Some((start, end)) => {
            value.len() >= start.len() + end.len() && value.starts_with(start) && value.ends_with(end)
        }
    }
}

fn order(value: Option<&Value>, target: &Value) -> Option<std::cmp::Ordering> {
    let value = value?;
    match (value.as_f64(), target.as_f64()) {
        (Some(value), Some(target)) => value.partial_cmp(&target),
        _ => Some(
            value
                .as_str()?
                .to_lowercase()
                .cmp(&target.as_str()?.to_lowercase()),
        ),
    }
}
