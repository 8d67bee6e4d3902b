//! Who says no.

use serde::Deserialize;

/// A gate a request passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// The request is not one we know.
    Route,
    /// Who is asking?
    Authentication,
    /// May this network path reach the endpoint?
    Network,
    /// May the caller do this here?
    Authorization,
    /// Has the caller asked for too much lately?
    Throttling,
    /// May anybody do this here, while a lock is on it?
    Lock,
    /// Would what is written be what Azure Policy forbids?
    Policy,
    /// Does the request make sense, and does the state allow it?
    Service,
    /// A fault was injected.
    Fault,
}

impl Gate {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Authentication => "authentication",
            Self::Network => "network",
            Self::Authorization => "authorization",
            Self::Throttling => "throttling",
            Self::Lock => "lock",
            Self::Policy => "policy",
            Self::Service => "service",
            Self::Fault => "fault",
        }
    }
}
