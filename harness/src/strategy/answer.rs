//! What an engine answers.

/// An engine's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// What was asked for passed.
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
    /// Whether it passed.
    pub fn passes(&self) -> bool {
        *self == Self::Passes
    }

    /// Whether it failed at this gate.
    pub fn fails_at(&self, wanted: &str) -> bool {
        matches!(self, Self::Fails { gate, .. } if gate == wanted)
    }
}
