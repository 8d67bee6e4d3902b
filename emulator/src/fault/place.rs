//! Where a fault strikes a request.

use serde::{Deserialize, Serialize};

use crate::model::{NetworkPath, PrincipalId, Request};
use crate::rules::OriginKind;

/// Whose requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallMaker {
    /// A client's, and those of work that moves data.
    Client,
    /// The fake services' own.
    Service,
}

/// Which requests a fault is about. What is left empty matches any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The operation's id.
    pub operation: String,
    /// A part of the path, without regard to case.
    pub path_contains: String,
    /// The caller's display name or object id, without regard to case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub principal: String,
    /// Where the caller stands in the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<OriginKind>,
    /// Whose requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CallMaker>,
}

/// A request that has passed the gates.
pub(crate) struct Arrived<'a> {
    pub(crate) operation: &'a str,
    /// The caller's display name.
    pub(crate) caller: &'a str,
    pub(crate) principal: Option<PrincipalId>,
    pub(crate) path: &'a NetworkPath,
    pub(crate) by: CallMaker,
    pub(crate) request: &'a Request,
}

impl Place {
    /// Every request for this operation.
    pub fn of(operation: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            ..Self::default()
        }
    }

    /// Whether it is about every request there is.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether every request that another is about is one of these.
    pub fn covers(&self, other: &Self) -> bool {
        let part = self.path_contains.to_ascii_lowercase();
        (self.operation.is_empty() || self.operation == other.operation)
            && other.path_contains.to_ascii_lowercase().contains(&part)
            && (self.principal.is_empty() || self.principal.eq_ignore_ascii_case(&other.principal))
            && (self.from.is_none() || self.from == other.from)
            && (self.by.is_none() || self.by == other.by)
    }

    /// Whether a request is one of these.
    pub(super) fn has(&self, arrived: &Arrived<'_>) -> bool {
        let is_caller = || {
            let id = arrived.principal.map(|id| id.0.to_string());
            let names = [Some(arrived.caller), id.as_deref()];
            let mut names = names.into_iter().flatten();
            names.any(|name| name.eq_ignore_ascii_case(&self.principal))
        };
        let contains = || {
            let path = arrived.request.path.to_ascii_lowercase();
            path.contains(&self.path_contains.to_ascii_lowercase())
        };
        (self.operation.is_empty() || self.operation == arrived.operation)
            && (self.path_contains.is_empty() || contains())
            && (self.principal.is_empty() || is_caller())
            && self
                .from
                .is_none_or(|from| from == OriginKind::from(&arrived.path.origin))
            && self.by.is_none_or(|by| by == arrived.by)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.operation.as_str() {
            "" => f.write_str("any operation")?,
            operation => f.write_str(operation)?,
        }
        if !self.path_contains.is_empty() {
            write!(f, " with `{}` in their path", self.path_contains)?;
        }
        if !self.principal.is_empty() {
            write!(f, " as {}", self.principal)?;
        }
        if let Some(from) = self.from {
            f.write_str(match from {
                OriginKind::Internet => " from the internet",
                OriginKind::Subnet => " from a subnet",
                OriginKind::Service => " from Azure services",
                OriginKind::PrivateEndpoint => " from a private endpoint",
            })?;
        }
        match self.by {
            Some(CallMaker::Client) => f.write_str(" by clients"),
            Some(CallMaker::Service) => f.write_str(" by services"),
            None => Ok(()),
        }
    }
}
