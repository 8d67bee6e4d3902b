//! What an engine answers, and when that agrees with the oracle.

use super::sketch::Sketch;
use crate::oracle::{self, Code, Expected, Gate, Profile};

/// Anything that claims to know how the validation of a restore as files ends.
pub trait RestoreEngine {
    /// Puts the sketch's world up and asks.
    fn validate(&mut self, sketch: &Sketch) -> Answer;
}

impl<E: RestoreEngine + ?Sized> RestoreEngine for &mut E {
    fn validate(&mut self, sketch: &Sketch) -> Answer {
        (**self).validate(sketch)
    }
}

/// An engine's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The validation passed.
    Passes,
    /// It failed.
    Fails {
        /// Who said no.
        gate: String,
        /// The rules that decided, the one that was not kept first.
        rules: Vec<String>,
        /// The error code.
        code: String,
    },
    /// Something that is no answer to the question. Never agrees.
    Odd(String),
}

impl Answer {
    /// Whether the validation passed.
    pub fn passes(&self) -> bool {
        *self == Self::Passes
    }

    /// Whether it failed at this gate.
    pub fn fails_at(&self, wanted: &str) -> bool {
        matches!(self, Self::Fails { gate, .. } if gate == wanted)
    }
}

/// How closely an answer must fit what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Pass or fail.
    Verdict,
    /// Pass or fail, and with which gate, rule and code.
    Reason,
}

/// A cell in which engine and oracle say different things.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The cell.
    pub sketch: Sketch,
    /// The oracle's word.
    pub expected: Expected,
    /// The engine's.
    pub answer: Answer,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "expected {:?}, answered {:?}, in {:?}",
            self.expected, self.answer, self.sketch
        )
    }
}

/// The word an engine uses for a gate.
pub fn gate_name(gate: Gate) -> &'static str {
    match gate {
        Gate::Service => "service",
        Gate::Network => "network",
        Gate::Authorization => "authorization",
    }
}

/// Whether an answer is what was expected.
pub fn agrees(agreement: Agreement, expected: Expected, answer: &Answer) -> bool {
    match (expected, answer) {
        (Expected::Passes, Answer::Passes) => true,
        (Expected::Fails { .. }, Answer::Fails { .. }) if agreement == Agreement::Verdict => true,
        (
            Expected::Fails { gate, rule, code },
            Answer::Fails {
                gate: own_gate,
                rules,
                code: own_code,
            },
        ) => {
            own_gate == gate_name(gate)
                && rules.first().is_some_and(|named| is_rule(named, rule))
                && match code {
                    Code::Is(code) => own_code == code,
                    Code::Unknown => own_code.starts_with("Synthetic"),
                }
        }
        _ => false,
    }
}

/// Whether an engine's rule is the one expected, or a part of it: the engine may split `FX-RF-09`
/// into `FX-RF-09` and `FX-RF-09-PREFIX`.
fn is_rule(named: &str, expected: &str) -> bool {
    named
        .strip_prefix(expected)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// THE property: in every cell the engine answers what the oracle expects. The first cell in which
/// it does not, and how many cells were looked at.
pub fn first_disagreement(
    agreement: Agreement,
    profile: Profile,
    engine: &mut impl RestoreEngine,
    cells: impl IntoIterator<Item = Sketch>,
) -> (Option<Disagreement>, usize) {
    let mut count = 0;
    for sketch in cells {
        count += 1;
        let expected = oracle::restore_as_files(profile, &sketch);
        let answer = engine.validate(&sketch);
        if !agrees(agreement, expected, &answer) {
            let found = Disagreement {
                sketch,
                expected,
                answer,
            };
            return (Some(found), count);
        }
    }
    (None, count)
}
