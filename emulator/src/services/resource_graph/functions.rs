//! Functions over values.

use serde_json::{Value, json};

use super::means::Means;
use super::problem::Problem;
use super::scalar::{Scalar, number};

const PLAYED: &str = "ago, array_length, bag_keys, case, coalesce, iff, iif, indexof, isempty, isnotempty, isnotnull, isnull, now, parse_json, replace_string, split, strcat, strlen, substring, tobool, todatetime, todouble, todynamic, toint, tolong, tolower, tostring, toupper";
/// What a part of a text takes as a value of its own, in bytes.
const PART_BYTES: usize = 64;
/// Functions of the language that queries use and that are not played: refused by name, and not told
/// to be unknown.
const NOT_PLAYED: [&str; 18] = [
    "array_concat",
    "arg_max",
    "arg_min",
    "bag_merge",
    "bin",
    "datetime_diff",
    "extract",
    "format_datetime",
    "has_any",
    "has_all",
    "parse_url",
    "pack",
    "bag_pack",
    "pack_all",
    "pack_array",
    "percentile",
    "strcat_array",
    "trim",
];

/// Makes sure that a function is one that is played, for queries that find no row.
pub(super) fn check(name: &str) -> Result<(), Problem> {
    if PLAYED.split(", ").any(|played| played == name) {
        return Ok(());
    }
    if NOT_PLAYED.contains(&name) {
        return Err(Problem::NotPlayed {
            what: format!("the function `{name}`"),
            instead: PLAYED.to_owned(),
        });
    }
    Err(Problem::Function(name.to_owned()))
}

fn misused(name: &str, how: &str) -> Problem {
    Problem::Misused(format!("{name}(): {how}"))
}

/// The value of a call.
pub(super) fn call(name: &str, arguments: &[Scalar], means: &Means) -> Result<Scalar, Problem> {
    check(name)?;
    if let Some(much) = much(name, arguments, means) {
        return much;
    }
    let argument = |at: usize| {
        arguments
            .get(at)
            .ok_or_else(|| misused(name, "an argument is missing"))
    };
    let text = |at: usize| argument(at).map(Scalar::to_text);
    let whole = |at: usize| {
        // Positions in texts: small numbers.
        #[expect(clippy::cast_possible_truncation)]
        let whole = argument(at)?.to_number().map(|number| number as i64);
        whole.ok_or_else(|| misused(name, "an argument must be a number"))
    };
    Ok(match name {
        "tolower" => Scalar::text(text(0)?.to_lowercase()),
        "toupper" => Scalar::text(text(0)?.to_uppercase()),
        "tostring" => Scalar::text(text(0)?),
        "strlen" => Scalar::Json(json!(text(0)?.chars().count())),
        "strcat" => Scalar::text(arguments.iter().map(Scalar::to_text).collect::<String>()),
        "indexof" => {
            let (searched, wanted) = (text(0)?, text(1)?);
            let at = searched.find(&wanted).map(|at| searched[..at].chars().count());
            Scalar::Json(at.map_or(json!(-1), |at| json!(at)))
        }
        "substring" => {
            let skipped = usize::try_from(whole(1)?).unwrap_or_default();
            let length = match arguments.len() {
                0..=2 => usize::MAX,
                _ => usize::try_from(whole(2)?).unwrap_or_default(),
            };
            Scalar::text(text(0)?.chars().skip(skipped).take(length).collect::<String>())
        }
        "toint" | "tolong" => argument(0)?
            .to_number()
            .map_or(Scalar::NULL, |value| number(value.trunc())),
        "todouble" => argument(0)?.to_number().map_or(Scalar::NULL, number),
        "tobool" => truth_of(argument(0)?),
        "todatetime" => argument(0)?.to_time().map_or(Scalar::NULL, Scalar::Time),
        "isnull" => Scalar::truth(argument(0)?.is_null()),
        "isnotnull" => Scalar::truth(!argument(0)?.is_null()),
        "isempty" => Scalar::truth(text(0)?.is_empty()),
        "isnotempty" => Scalar::truth(!text(0)?.is_empty()),
        "coalesce" => arguments
            .iter()
            .find(|value| !value.is_null() && !value.to_text().is_empty())
            .cloned()
            .unwrap_or(Scalar::NULL),
        "iff" | "iif" => argument(if argument(0)?.is_true() { 1 } else { 2 })?.clone(),
        "case" => case(arguments).ok_or_else(|| misused(name, "conditions with values, then a value"))?,
        "array_length" => match argument(0)? {
            Scalar::Json(Value::Array(items)) => Scalar::Json(json!(items.len())),
            _ => Scalar::NULL,
        },
        "bag_keys" => match argument(0)? {
            Scalar::Json(Value::Object(members)) => Scalar::Json(members.keys().cloned().collect()),
            _ => Scalar::NULL,
        },
        "now" => Scalar::Time(means.now),
        "ago" => match argument(0)? {
            Scalar::Span(span) => means.now.checked_sub(*span).map_or(Scalar::NULL, Scalar::Time),
            _ => return Err(misused(name, "the argument must be a length of time, such as 7d")),
        },
        _ => return Err(Problem::Function(name.to_owned())),
    })
}

/// The value of a call that may write more than it is given: what it writes is counted first.
fn much(name: &str, arguments: &[Scalar], means: &Means) -> Option<Result<Scalar, Problem>> {
    let text = |at: usize| {
        let found = arguments.get(at).map(Scalar::to_text);
        found.ok_or_else(|| misused(name, "an argument is missing"))
    };
    let call = || -> Result<Scalar, Problem> {
        let subject = text(0)?;
        match name {
            "split" => {
                let separator = text(1)?;
                let parts = subject.matches(&separator).count();
                means.budget.bytes(parts.saturating_mul(PART_BYTES))?;
                Ok(split(&subject, &separator, arguments.get(2)))
            }
            "replace_string" => {
                let (from, to) = (text(1)?, text(2)?);
                let parts = subject.matches(&from).count();
                means.budget.bytes(parts.saturating_mul(to.len()))?;
                Ok(Scalar::text(subject.replace(&from, &to)))
            }
            _ => {
                // A value takes more than the two letters it can be written with.
                means.budget.bytes(subject.len().saturating_mul(PART_BYTES / 2))?;
                Ok(arguments.first().map_or(Scalar::NULL, parsed))
            }
        }
    };
    ["split", "replace_string", "parse_json", "todynamic"]
        .contains(&name)
        .then(call)
}

/// The parts of a text, or the one that is asked for, as a list either way.
fn split(text: &str, separator: &str, asked: Option<&Scalar>) -> Scalar {
    let parts: Vec<&str> = if separator.is_empty() {
        vec![text]
    } else {
        text.split(separator).collect()
    };
    // A position in a list: a small number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let position = asked.and_then(Scalar::to_number).map(|at| at as usize);
    match position {
        Some(at) => Scalar::Json(json!(parts.get(at).into_iter().collect::<Vec<_>>())),
        None => Scalar::Json(json!(parts)),
    }
}

fn truth_of(value: &Scalar) -> Scalar {
    match value {
        Scalar::Json(Value::Bool(value)) => Scalar::truth(*value),
        other => match other.to_text().to_lowercase().as_str() {
            "true" | "1" => Scalar::truth(true),
            "false" | "0" => Scalar::truth(false),
            _ => Scalar::NULL,
        },
    }
}

fn parsed(value: &Scalar) -> Scalar {
    match value {
        Scalar::Json(Value::String(text)) => Scalar::Json(serde_json::from_str(text).unwrap_or_default()),
        other => other.clone(),
    }
}

/// The value behind the first condition that holds, or the last one.
fn case(arguments: &[Scalar]) -> Option<Scalar> {
    let (otherwise, pairs) = arguments.split_last()?;
    if pairs.is_empty() || pairs.len() % 2 != 0 {
        return None;
    }
    let found = pairs
        .chunks(2)
        .find(|pair| pair[0].is_true())
        .map_or(otherwise, |pair| &pair[1]);
    Some(found.clone())
}
