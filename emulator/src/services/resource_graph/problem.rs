//! What is wrong with a query, and how Azure says so.

use serde_json::{Value, json};

use crate::gateway::Refusal;
use crate::model::wire_hundred_nanoseconds;
use crate::rules::{Code, Mark, code};
use crate::services::Context;
use crate::services::budget::Exhausted;

/// Where something stands in a query: lines from one, characters from nought, as Azure counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) character: usize,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It cannot be read.
    Syntax {
        at: Position,
        found: String,
        expected: String,
    },
    /// A table that is not there.
    Table(String),
    /// A function that is not there.
    Function(String),
    /// A column that is not there.
    Column(String),
    /// Something of the language that is not played here.
    NotPlayed { what: String, instead: String },
    /// A function or an operator is used wrongly.
    Misused(String),
}

impl From<Exhausted> for Problem {
    fn from(exhausted: Exhausted) -> Self {
        Self::Misused(format!("The query cannot be carried out: {exhausted}"))
    }
}

impl Problem {
    pub(super) fn syntax(at: Position, found: &str, expected: &str) -> Self {
        Self::Syntax {
            at,
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
    }

    /// The second detail of the answer; the first is the same for all.
    fn detail(&self) -> Value {
        let row = |code: Code, fill: &[(&str, &str)]| {
            let refusal = Refusal::of(code, fill);
            json!({"code": refusal.code, "message": refusal.message})
        };
        match self {
            Self::Syntax { at, found, expected } => {
                let mut detail = row(code::ParserFailure, &[]);
                detail["line"] = json!(at.line);
                detail["characterPositionInLine"] = json!(at.character);
                detail["token"] = json!(found);
                detail["expectedToken"] = json!(expected);
                detail
            }
            Self::Table(name) => row(code::DisallowedLogicalTableName, &[("table", name)]),
            Self::Function(name) => row(code::UnknownFunction, &[("function", name)]),
            Self::Column(name) => row(code::SyntheticUnknownColumn, &[("column", name)]),
            Self::NotPlayed { what, instead } => row(
                code::SyntheticQueryNotPlayed,
                &[("what", what.as_str()), ("instead", instead.as_str())],
            ),
            Self::Misused(text) => row(code::SyntheticQueryMisuse, &[("text", text)]),
        }
    }

    /// The answer.
    pub(super) fn refuse(&self, context: &mut Context<'_>) -> Refusal {
        let correlation = context.draw_uuid("resource graph correlation").to_string();
        let time = wire_hundred_nanoseconds(context.now);
        let fill = [("time", time.as_str()), ("correlation", correlation.as_str())];
        let detail = self.detail();
        let reason = format!(
            "the query was not understood: {}",
            detail["message"].as_str().unwrap_or_default()
        );
        let invalid = Refusal::of(code::InvalidQuery, &[]);
        let mut refusal = Refusal::of(code::BadRequestOfResourceGraph, &fill);
        refusal.details = vec![json!({"code": invalid.code, "message": invalid.message}), detail];
        if matches!(self, Self::NotPlayed { .. } | Self::Column(_) | Self::Misused(_)) {
            refusal.mark = Mark::Unverified;
        }
        refusal.because(reason)
    }
}
