//! Anonymous reading of containers.

use serde::Deserialize;

/// What may be read without a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicAccess {
    /// Blobs whose name is known.
    Blob,
    /// Blobs, and what blobs there are.
    Container,
}

impl PublicAccess {
    /// The word of ARM; in lower case that of the data plane.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "Blob",
            Self::Container => "Container",
        }
    }

    /// Reads either word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Blob, Self::Container]
            .into_iter()
            .find(|access| access.as_str().eq_ignore_ascii_case(word))
    }
}
