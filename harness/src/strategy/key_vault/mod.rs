//! Reading a secret of a key vault: sketches of it, the world a sketch is painted on, and the comparison
//! with the oracle.

pub mod lower;
pub mod product;
pub mod sketch;
pub mod table;

use super::agreement::Answer;
use crate::oracle::key_vault::{Expected, Trust, read_secret};
use sketch::Sketch;

/// Anything that claims to know whether a secret can be read.
pub trait SecretEngine {
    /// Puts the sketch's world up and reads.
    fn read(&mut self, sketch: &Sketch) -> Answer;
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
        let (expected, answer, sketch) = (&self.expected, &self.answer, &self.sketch);
        write!(f, "expected {expected:?}, answered {answer:?}, in {sketch:?}")
    }
}

fn agrees(expected: Expected, answer: &Answer) -> bool {
    let (wanted_gate, wanted_code) = match expected {
        Expected::Passes => return answer.passes(),
        Expected::Network(code) => ("network", code),
        Expected::Authorization(code) => ("authorization", code),
    };
    matches!(answer, Answer::Fails { gate, code, .. } if gate == wanted_gate && code == wanted_code)
}

/// THE property: in every cell the engine answers what the oracle expects. The first cell in which it
/// does not, and how many cells were looked at.
pub fn first_disagreement(
    trust: Trust,
    engine: &mut impl SecretEngine,
    cells: impl IntoIterator<Item = Sketch>,
) -> (Option<Disagreement>, usize) {
    let mut count = 0;
    for sketch in cells {
        count += 1;
        let expected = read_secret(trust, &sketch);
        let answer = engine.read(&sketch);
        if !agrees(expected, &answer) {
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
