//! The value of an expression for one row.

use std::cmp::Ordering;

use serde_json::Value;

use super::functions;
use super::means::{Means, Row};
use super::problem::Problem;
use super::scalar::{Scalar, number};
use super::syntax::{Comparison, Expression, TextTest};

/// The value of an expression.
pub(super) fn evaluate(expression: &Expression, row: &Row, means: &Means) -> Result<Scalar, Problem> {
    let _deeper = means.budget.deeper()?;
    let value = value_of(expression, row, means)?;
    if let Scalar::Json(value) = &value {
        means.budget.value(value)?;
    }
    Ok(value)
}

fn value_of(expression: &Expression, row: &Row, means: &Means) -> Result<Scalar, Problem> {
    let value = |inner: &Expression| evaluate(inner, row, means);
    Ok(match expression {
        Expression::Constant(constant) => constant.clone(),
        Expression::Column(name) => Scalar::Json(row.get(name).cloned().unwrap_or_default()),
        Expression::Member(inner, name) => member(value(inner)?, name),
        Expression::Index(inner, at) => index(value(inner)?, &value(at)?),
        Expression::Call(name, arguments) => {
            let arguments: Vec<Scalar> = arguments.iter().map(value).collect::<Result<_, _>>()?;
            functions::call(name, &arguments, means)?
        }
        Expression::Negated(inner) => Scalar::truth(!value(inner)?.is_true()),
        Expression::Compare(comparison, left, right) => {
            Scalar::truth(compare(*comparison, &value(left)?, &value(right)?))
        }
        Expression::OneOf {
            value: subject,
            choices,
            with_case,
            negated,
        } => {
            let subject = value(subject)?;
            means.budget.steps(choices.len())?;
            let mut found = false;
            for choice in choices {
                found |= is_among(&subject, &value(choice)?, *with_case);
            }
            Scalar::truth(found != *negated)
        }
        Expression::Arithmetic(sign, left, right) => arithmetic(*sign, &value(left)?, &value(right)?),
        Expression::All(parts) => {
            for part in parts {
                if !value(part)?.is_true() {
                    return Ok(Scalar::truth(false));
                }
            }
            Scalar::truth(true)
        }
        Expression::Any(parts) => {
            for part in parts {
                if value(part)?.is_true() {
                    return Ok(Scalar::truth(true));
                }
            }
            Scalar::truth(false)
        }
    })
}

/// A choice may be a list itself.
fn is_among(value: &Scalar, choice: &Scalar, with_case: bool) -> bool {
    match choice {
        Scalar::Json(Value::Array(items)) => items
            .iter()
            .any(|item| value.equals(&Scalar::Json(item.clone()), with_case)),
        other => value.equals(other, with_case),
    }
}

fn member(value: Scalar, name: &str) -> Scalar {
    match value {
        Scalar::Json(Value::Object(mut members)) => {
            Scalar::Json(members.get_mut(name).map(Value::take).unwrap_or_default())
        }
        _ => Scalar::NULL,
    }
}

fn index(value: Scalar, at: &Scalar) -> Scalar {
    match (&value, at.to_number()) {
        (Scalar::Json(Value::Array(items)), Some(number)) => {
            // An index is small; what is not whole or out of range finds nothing.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let position = if number < 0.0 {
                (items.len() as f64 + number) as usize
            } else {
                number as usize
            };
            Scalar::Json(items.get(position).cloned().unwrap_or_default())
        }
        _ => member(value, &at.to_text()),
    }
}

fn compare(comparison: Comparison, left: &Scalar, right: &Scalar) -> bool {
    let ordered = |fits: fn(Ordering) -> bool| left.compare(right).is_some_and(fits);
    match comparison {
        Comparison::Equal => left.equals(right, true),
        Comparison::NotEqual => !left.equals(right, true),
        Comparison::EqualWithoutCase => left.equals(right, false),
        Comparison::NotEqualWithoutCase => !left.equals(right, false),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::LessOrEqual => ordered(Ordering::is_le),
        Comparison::Greater => ordered(Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(Ordering::is_ge),
        Comparison::Text(test, with_case, negated) => {
            let (mut text, mut wanted) = (left.to_text(), right.to_text());
            if !with_case {
                (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
            }
            let found = match test {
                TextTest::Contains => text.contains(&wanted),
                TextTest::StartsWith => text.starts_with(&wanted),
                TextTest::EndsWith => text.ends_with(&wanted),
                TextTest::Has => has_term(&text, &wanted),
            };
            found != negated
        }
    }
}

/// Whether a text holds another as a whole term: with nothing alphanumeric right before or after it.
fn has_term(text: &str, wanted: &str) -> bool {
    let is_edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(wanted).any(|(at, found)| {
        is_edge(text[..at].chars().next_back()) && is_edge(text[at + found.len()..].chars().next())
    })
}

fn arithmetic(sign: char, left: &Scalar, right: &Scalar) -> Scalar {
    match (left, right) {
        (Scalar::Time(time), Scalar::Span(span)) => {
            let moved = match sign {
                '+' => time.checked_add(*span),
                '-' => time.checked_sub(*span),
                _ => return Scalar::NULL,
            };
            moved.map_or(Scalar::NULL, Scalar::Time)
        }
        (Scalar::Time(one), Scalar::Time(two)) if sign == '-' => Scalar::Span(one.duration_since(*two)),
        _ => match (left.to_number(), right.to_number()) {
            (Some(one), Some(two)) => number(match sign {
                '+' => one + two,
                '-' => one - two,
                '*' => one * two,
                _ => one / two,
            }),
            _ => Scalar::NULL,
        },
    }
}
