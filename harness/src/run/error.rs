//! Why a scenario could not be played.

use std::path::PathBuf;

use azdrill_emulator::rules::RulesError;
use azdrill_emulator::server::EngineError;

use crate::scenario::{Misstated, ScenarioError};

/// Why a scenario could not be played. Not a missed expectation: those are in the report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The rules do not load, or an assumption does not fit them.
    #[error("the rules: {0}")]
    Rules(#[from] RulesError),
    /// The scenario asks for something that makes no sense.
    #[error("the scenario: {0}")]
    Scenario(String),
    /// The world could not be built.
    #[error("the world could not be built: {what}: {status} {code}: {message}")]
    World {
        /// What was being made.
        what: String,
        /// How it ended: an HTTP status, or the state of an operation.
        status: String,
        /// The code of the error.
        code: String,
        /// The message.
        message: String,
    },
    /// What a file says could not be built: the same, with where it stands.
    #[error(transparent)]
    File(Box<ScenarioError>),
    /// PostgreSQL failed.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] EngineError),
    /// An operation does not end.
    #[error("{0} does not end")]
    Stuck(String),
    /// It needs rows, and there is no PostgreSQL to have them.
    #[error(
        "it needs rows, and this world has no PostgreSQL; AZDRILL_POSTGRES=container, local or download gives it one"
    )]
    NeedsRows,
    /// It needs a PostgreSQL of a version that is not at hand.
    #[error(
        "it needs PostgreSQL {version}, and {} at hand; AZDRILL_POSTGRES=container or download may have it",
        are(at_hand)
    )]
    NotAtHand {
        /// The major version it needs.
        version: u32,
        /// Those there are.
        at_hand: Vec<u32>,
    },
    /// There is no such time.
    #[error(
        "it goes on beyond the beginning of the year 9000, where a world's time ends; begin earlier (`start`), or go on by less"
    )]
    EndOfTime,
    /// What was to be asked for is no path, once names are filled in.
    #[error("\"{0}\" is no path to ask for: name something that has an id of its own, or begin with `/`")]
    NoPath(String),
    /// The emulator failed.
    #[error("the emulator: {0}")]
    Emulator(String),
}

fn are(majors: &[u32]) -> String {
    let list: Vec<String> = majors.iter().map(u32::to_string).collect();
    match list.as_slice() {
        [one] => format!("{one} is"),
        several => format!("{} are", several.join(", ")),
    }
}

impl RunError {
    /// Whether it would be played where there is another PostgreSQL, or one at all.
    pub fn lacks_postgres(&self) -> bool {
        matches!(self, Self::NeedsRows | Self::NotAtHand { .. })
    }

    /// The same, with the place in these files: of what could not be built. What no file says stays as it is.
    pub(super) fn placed(self, files: &[PathBuf], place: impl FnOnce(Misstated) -> Misstated) -> Self {
        if !matches!(self, Self::World { .. } | Self::Scenario(_)) {
            return self;
        }
        let wrong = Misstated::new(self.to_string());
        match place(wrong.quoted_in_it()).shown_in_one_of(files, TO_DO) {
            Some(error) => Self::File(Box::new(error)),
            None => self,
        }
    }
}

/// What is to be done when Azure refuses what a world has.
const TO_DO: &str = "say here what Azure takes, or build it by a step that expects this answer";
