//! Regions whose services do not answer.

use serde::{Deserialize, Serialize};

/// Whether the services of a region answer, from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionFault {
    /// The region's name, as ARM writes it.
    pub region: String,
    /// Whether they do not.
    pub down: bool,
}

impl std::fmt::Display for RegionFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let answer = if self.down {
            "do not answer"
        } else {
            "answer again"
        };
        write!(f, "the services of {} {answer}", self.region)
    }
}
