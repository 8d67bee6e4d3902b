//! What kept a command from running.

use azdrill::scenario::ScenarioError;

/// What kept a command from running.
pub(super) enum Failure {
    /// Said in a line.
    Plain(String),
    /// A scenario that cannot be had.
    Scenario(Box<ScenarioError>),
    /// Whoever read standard output has seen enough.
    NobodyReads,
    /// A signal of this number asked to end.
    Interrupted(u8),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

impl Failure {
    /// The exit code: where a signal ends other programs, the one a shell gives them.
    pub(super) fn code(&self) -> u8 {
        const PIPE: u8 = 13;
        match self {
            Self::Plain(_) | Self::Scenario(_) => 2,
            Self::NobodyReads => 128 + PIPE,
            Self::Interrupted(number) => 128 + number,
        }
    }
}
