//! Values of the query language, and how they are compared.

use std::cmp::Ordering;

use jiff::SignedDuration;
use serde_json::{Number, Value};

use crate::model::{Timestamp, wire_hundred_nanoseconds};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// Whatever JSON holds.
    Json(Value),
    /// A time.
    Time(Timestamp),
    /// A length of time.
    Span(SignedDuration),
}

impl Scalar {
    pub(super) const NULL: Self = Self::Json(Value::Null);

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Json(Value::String(text.into()))
    }

    pub(super) fn truth(value: bool) -> Self {
        Self::Json(Value::Bool(value))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Json(Value::Null))
    }

    /// Whether a row with this for a condition is kept.
    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Json(Value::Bool(true)))
    }

    /// As text; null is the empty one.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Json(Value::String(text)) => text.clone(),
            Self::Json(Value::Null) => String::new(),
            Self::Json(value) => value.to_string(),
            Self::Time(time) => wire_hundred_nanoseconds(*time),
            Self::Span(span) => format!("{}", span.as_secs_f64()),
        }
    }

    /// As a number, if it is one or reads like one.
    pub(super) fn to_number(&self) -> Option<f64> {
        match self {
            Self::Json(Value::Number(number)) => number.as_f64(),
            Self::Json(Value::String(text)) => text.trim().parse().ok(),
            Self::Json(Value::Bool(value)) => Some(f64::from(u8::from(*value))),
            Self::Json(_) | Self::Time(_) | Self::Span(_) => None,
        }
    }

    /// As a time, if it is one or reads like one.
    pub(super) fn to_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(*time),
            Self::Json(Value::String(text)) => read_time(text),
            Self::Json(_) | Self::Span(_) => None,
        }
    }

    /// As it stands in an answer.
    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Json(value) => value,
            other => Value::String(other.to_text()),
        }
    }

    /// Which of two values is the lesser; `None` where they cannot be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Self::Span(one), Self::Span(two)) = (self, other) {
            return Some(one.cmp(two));
        }
        if matches!(self, Self::Time(_)) || matches!(other, Self::Time(_)) {
            return Some(self.to_time()?.cmp(&other.to_time()?));
        }
        match (self, other) {
            (Self::Json(Value::String(one)), Self::Json(Value::String(two))) => Some(one.cmp(two)),
            (Self::Json(Value::Number(_)), _) | (_, Self::Json(Value::Number(_))) => {
                self.to_number()?.partial_cmp(&other.to_number()?)
            }
            (Self::Json(Value::Bool(one)), Self::Json(Value::Bool(two))) => Some(one.cmp(two)),
            _ if self.is_null() || other.is_null() => None,
            _ => Some(self.to_text().cmp(&other.to_text())),
        }
    }

    /// Whether two values are the same; with null, only null is.
    pub(super) fn equals(&self, other: &Self, with_case: bool) -> bool {
        if self.is_null() || other.is_null() {
            return self.is_null() && other.is_null();
        }
        if !with_case {
            return self.to_text().to_lowercase() == other.to_text().to_lowercase();
        }
        match self.compare(other) {
            Some(order) => order == Ordering::Equal,
            None => self.to_text() == other.to_text(),
        }
    }
}

/// A time as Azure writes it, or a date.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let civil = text.trim_end_matches('Z').parse::<jiff::civil::DateTime>().ok()?;
    civil
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A number as JSON shows it: whole ones without a point, and none that is not finite.
pub(super) fn number(value: f64) -> Scalar {
    #[expect(clippy::cast_possible_truncation)]
    let number = if value.fract() == 0.0 && value.abs() < 9e15 {
        Some(Number::from(value as i64))
    } else {
        Number::from_f64(value)
    };
    Scalar::Json(number.map_or(Value::Null, Value::Number))
}
