//! Arguments that several commands take.

use azdrill_emulator::rules::Profile;
use clap::ValueEnum;

/// How to write what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Whose word to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileArgument {
    /// What the documents say.
    Documented,
    /// What was seen or is inferred.
    #[default]
    Observed,
}

impl From<ProfileArgument> for Profile {
    fn from(argument: ProfileArgument) -> Self {
        match argument {
            ProfileArgument::Documented => Self::Documented,
            ProfileArgument::Observed => Self::Observed,
        }
    }
}
