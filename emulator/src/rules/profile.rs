//! Profiles: which alternative of each rule is taken.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose word to take where documents and observation differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// What the documents say.
    Documented,
    /// What was seen or is inferred.
    #[default]
    Observed,
}

impl Profile {
    /// Both, documented first.
    pub const ALL: [Self; 2] = [Self::Documented, Self::Observed];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Documented => Self::Observed,
            Self::Observed => Self::Documented,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
        }
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "documented" => Ok(Self::Documented),
            "observed" => Ok(Self::Observed),
            _ => Err(format!(
                "`{text}` is not a profile: expected `documented` or `observed`"
            )),
        }
    }
}

/// Alternatives to take instead of the profile's, by the name of the rule.
pub type Assumptions = BTreeMap<String, String>;
