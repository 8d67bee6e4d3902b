//! What came of a change.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mutant::Name;

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// A test failed.
    Caught(String),
    /// A test came to no end.
    TimedOut(String),
    /// Tests came by it and none failed.
    Missed,
    /// No test comes by it.
    NotReached,
    /// It does not compile.
    NotViable,
}

/// A change and what came of it, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) name: Name,
    pub(crate) outcome: Outcome,
}

impl Outcome {
    /// Whether no test noticed.
    pub(crate) fn survived(&self) -> bool {
        matches!(self, Self::Missed | Self::NotReached)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught(test) => write!(f, "caught by {test}"),
            Self::TimedOut(test) => write!(f, "timed out: {test}"),
            Self::Missed => f.write_str("missed"),
            Self::NotReached => f.write_str("missed (not reached)"),
            Self::NotViable => f.write_str("not viable"),
        }
    }
}
