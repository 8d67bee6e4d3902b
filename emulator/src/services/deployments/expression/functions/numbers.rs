//! Numbers, truth values, comparisons.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Call, Maybe, count, written};
use crate::services::deployments::expression::evaluate::Problem;

impl Call<'_> {
    pub(super) fn of_numbers(&self, name: &str) -> Maybe {
        Some(match name {
            "int" => self.any(0).and_then(|value| {
                let number = value
                    .as_i64()
                    .or_else(|| value.as_f64().map(|number| number as i64))
                    .or_else(|| value.as_str()?.trim().parse().ok());
                number
                    .map(Value::from)
                    .ok_or_else(|| count(self.function, "a whole number or its text"))
            }),
            "float" => self.any(0).and_then(|value| {
                let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
                number
                    .map(Value::from)
                    .ok_or_else(|| count(self.function, "a number or its text"))
            }),
            "bool" => self.any(0).map(|value| {
                let truth = match value {
                    Value::Bool(truth) => *truth,
                    Value::Number(number) => number.as_i64() != Some(0),
                    other => written(other).eq_ignore_ascii_case("true"),
                };
                Value::from(truth)
            }),
            "add" => self.arithmetic(i64::checked_add),
            "sub" => self.arithmetic(i64::checked_sub),
            "mul" => self.arithmetic(i64::checked_mul),
            "div" => self.arithmetic(i64::checked_div),
            "mod" => self.arithmetic(i64::checked_rem),
            "min" => self.extreme(Ordering::Less),
            "max" => self.extreme(Ordering::Greater),
            "range" => self.range(),
            "not" => self.any(0).and_then(|value| match value {
                Value::Bool(truth) => Ok(Value::from(!truth)),
                _ => Err(count(self.function, "a truth value")),
            }),
            "true" => Ok(Value::from(true)),
            "false" => Ok(Value::from(false)),
            "null" => Ok(Value::Null),
            "equals" => (|| Ok(Value::from(self.any(0)? == self.any(1)?)))(),
            "less" => self.compare(|order| order == Ordering::Less),
            "lessorequals" => self.compare(|order| order != Ordering::Greater),
            "greater" => self.compare(|order| order == Ordering::Greater),
            "greaterorequals" => self.compare(|order| order != Ordering::Less),
            _ => return None,
        })
    }

    fn arithmetic(&self, operation: fn(i64, i64) -> Option<i64>) -> Result<Value, Problem> {
        operation(self.number(0)?, self.number(1)?)
            .map(Value::from)
            .ok_or_else(|| {
                let what = "the result is too large, or something is divided by zero";
                Problem::wrong(format!("{}(): {what}.", self.function))
            })
    }

    /// The least or the most of an array of numbers, or of numbers.
    fn extreme(&self, wanted: Ordering) -> Result<Value, Problem> {
        let all = match self.values {
            [Value::Array(items)] => items,
            values => values,
        };
        let mut found: Option<i64> = None;
        for item in all {
            let number = item
                .as_i64()
                .ok_or_else(|| count(self.function, "whole numbers"))?;
            if found.is_none_or(|best| number.cmp(&best) == wanted) {
                found = Some(number);
            }
        }
        found
            .map(Value::from)
            .ok_or_else(|| count(self.function, "at least one number"))
    }

    fn range(&self) -> Result<Value, Problem> {
        let (from, count_of) = (self.number(0)?, self.size(1)?);
        self.many(count_of, size_of::<Value>())?;
        let numbers = (0..count_of).map(|turn| {
            let turn = i64::try_from(turn).ok();
            turn.and_then(|turn| from.checked_add(turn)).map(Value::from)
        });
        numbers
            .collect::<Option<Vec<_>>>()
            .map(Value::Array)
            .ok_or_else(|| count(self.function, "smaller numbers"))
    }

    fn compare(&self, holds: fn(Ordering) -> bool) -> Result<Value, Problem> {
        let order = match (self.any(0)?, self.any(1)?) {
            (Value::Number(one), Value::Number(other)) => one.as_f64().partial_cmp(&other.as_f64()),
            (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
            _ => None,
        };
        order
            .map(|order| Value::from(holds(order)))
            .ok_or_else(|| count(self.function, "two numbers or two texts"))
    }
}
