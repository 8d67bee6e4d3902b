//! Where facts come from and how sure we are.

use serde::{Deserialize, Serialize};

/// How sure we are of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// A Microsoft document says so.
    Doc,
    /// The code of a client or a provider says so.
    Code,
    /// Recorded traffic shows it.
    Recorded,
    /// Somebody reported it.
    Reported,
    /// We infer it.
    Inferred,
    /// Nobody we know of has checked it.
    Unverified,
}

impl Mark {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Code => "code",
            Self::Recorded => "recorded",
            Self::Reported => "reported",
            Self::Inferred => "inferred",
            Self::Unverified => "unverified",
        }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document, a recording, a repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its title.
    pub title: String,
    /// The version read.
    pub version: String,
    /// Where it is, if one address stands for it.
    pub url: Option<String>,
}
