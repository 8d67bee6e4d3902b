//! What goes wrong with a request.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::machine::NotKept;
use crate::model::{Mishap, Response};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request is answered with this and does nothing.
    Answer(FaultAnswer),
    /// The request does its work, and this is answered instead of the result.
    LoseAnswer {
        /// The status.
        status: u16,
    },
    /// The connection is closed before the request has done anything.
    Close,
    /// The request is answered as ever, and the operation that it begins ends so: with one of the codes its row has
    /// for that ([`crate::rules::Operation::can_end_with`]), nothing having been done.
    FailOperation {
        /// The error code.
        code: String,
    },
    /// The request is answered as ever and its work is done, and the operation that it begins is told to stand so.
    Operation(OperationFault),
    /// The request does its work, and these headers are missing in its answer.
    DropHeaders {
        /// Their names.
        names: Vec<String>,
    },
    /// A `GET` is answered as the same one was the last time. One that was not asked before is not struck.
    Stale,
    /// The request does its work, and this happens to its answer on the way. Only what comes over a connection is
    /// struck.
    Deliver(Mishap),
    /// As if the disk were full that azdrill keeps its world on: the first request it strikes is done, the others are
    /// not, and nobody is answered anything else than that.
    DiskFull,
    /// Nothing goes wrong. Faults that come after this one wait for it.
    Pass,
}

/// An answer in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultAnswer {
    /// The status.
    pub status: u16,
    /// The error code in the body.
    pub code: String,
    /// `Retry-After` in seconds, if any.
    pub retry_after_seconds: Option<u64>,
    /// The message in the body; one that says so if left empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether there is no body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty: bool,
    /// More headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl FaultAnswer {
    /// With a status and a code.
    pub fn new(status: u16, code: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            retry_after_seconds: None,
            message: String::new(),
            empty: false,
            headers: BTreeMap::new(),
        }
    }

    fn respond(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = match self.message.as_str() {
            "" => super::INJECTED,
            message => message,
        };
        let mut response = if self.empty {
            Response::new(status)
        } else {
            let body = serde_json::json!({"error": {"code": self.code, "message": message}});
            Response::json(status, &body).with_header("x-ms-error-code", &self.code)
        };
        if let Some(seconds) = self.retry_after_seconds {
            response = response.with_header("retry-after", &seconds.to_string());
        }
        for (name, value) in &self.headers {
            let name = name.parse::<HeaderName>();
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
                response.headers.insert(name, value);
            }
        }
        response
    }
}

/// How an operation stands that does its work as ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationFault {
    /// It runs for ever.
    Stick,
    /// Its end is told later.
    EndLate {
        /// How much later, on the world's clock.
        by: SignedDuration,
    },
    /// It is told as failed.
    Fail {
        /// The error code.
        code: String,
    },
}

impl FaultKind {
    /// Its word in a file of faults.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::LoseAnswer { .. } => "lose_answer",
            Self::FailOperation { .. } => "fail_operation",
            Self::Operation(OperationFault::Stick) => "operation_told: stick",
            Self::Operation(OperationFault::EndLate { .. }) => "operation_told: end_late",
            Self::Operation(OperationFault::Fail { .. }) => "operation_told: fail",
            Self::DropHeaders { .. } => "drop_headers",
            Self::Stale => "stale",
            Self::Close | Self::Deliver(_) => "connection",
            Self::DiskFull => "disk_full",
            Self::Pass => "pass",
        }
    }

    /// Whether it is something of a connection, and nothing of a request that comes without one.
    pub(super) fn needs_connection(&self) -> bool {
        matches!(self, Self::Close | Self::Deliver(_))
    }

    /// What a client is answered before anything is done. `first`: it is the first that is struck.
    pub(crate) fn instead(&self, first: bool) -> Option<Response> {
        let response = match self {
            Self::DiskFull if !first => no_room(),
            Self::Answer(answer) => answer.respond(),
            Self::Close => {
                let mut response = Response::new(StatusCode::BAD_GATEWAY);
                response.mishap = Some(Mishap::Close);
                response
            }
            _ => return None,
        };
        Some(response.with_header("x-azdrill-gate", "fault"))
    }

    /// What a client is answered when all is done, and whether that is anything else than it would have been. `begun`
    /// says whether the request has begun an operation.
    pub(crate) fn afterwards(&self, mut response: Response, begun: bool) -> (Response, bool) {
        let struck = match self {
            Self::LoseAnswer { .. }
            | Self::FailOperation { .. }
            | Self::Answer(_)
            | Self::Close
            | Self::DiskFull
            | Self::Stale => true,
            Self::Deliver(Mishap::Delay { .. } | Mishap::Close) => true,
            // Where there is no body nothing can happen to it.
            Self::Deliver(_) => !response.body.is_empty(),
            Self::DropHeaders { names } => names
                .iter()
                .any(|name| response.headers.contains_key(name.as_str())),
            Self::Operation(_) => begun,
            Self::Pass => false,
        };
        if !struck {
            return (response, false);
        }
        let response = match self {
            Self::LoseAnswer { status } => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
                Response::new(status).with_header("x-azdrill-gate", "fault")
            }
            Self::DiskFull => no_room().with_header("x-azdrill-gate", "fault"),
            Self::Deliver(mishap) => {
                response.mishap = Some(mishap.within(response.body.len()));
                response.with_header("x-azdrill-gate", "fault")
            }
            Self::DropHeaders { .. } | Self::Operation(_) => response.with_header("x-azdrill-gate", "fault"),
            Self::FailOperation { .. } | Self::Answer(_) | Self::Close | Self::Stale | Self::Pass => response,
        };
        (response, true)
    }

    /// Takes away what an answer lacks that is on its way.
    pub(crate) fn strip(&self, response: &mut Response) {
        if let Self::DropHeaders { names } = self {
            for name in names {
                response.headers.remove(name.as_str());
            }
        }
    }

    /// The code of the error that the operation ends with which the request begins.
    pub(crate) fn ends_operation(&self) -> Option<&str> {
        match self {
            Self::FailOperation { code } => Some(code),
            _ => None,
        }
    }

    /// How the operation stands that the request begins.
    pub(crate) fn of_operation(&self) -> Option<&OperationFault> {
        match self {
            Self::Operation(fault) => Some(fault),
            _ => None,
        }
    }
}

/// What is answered while there is no room to keep what happens.
fn no_room() -> Response {
    NotKept("No space left on device, says a fault".to_owned()).response()
}

impl std::fmt::Display for OperationFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stick => f.write_str("its operation runs for ever"),
            Self::EndLate { by } => write!(f, "the end of its operation is told {by:#} later"),
            Self::Fail { code } => write!(f, "its operation is told as failed with {code}"),
        }
    }
}

impl std::fmt::Display for FaultKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer(FaultAnswer { status, code, .. }) => write!(f, "answered with {status} {code}"),
            Self::LoseAnswer { status } => write!(f, "done, and answered with {status}"),
            Self::Close => f.write_str("not done, and the connection closed"),
            Self::FailOperation { code } => write!(f, "accepted, and its operation ends with {code}"),
            Self::Operation(fault) => write!(f, "done, and {fault}"),
            Self::DropHeaders { names } => write!(f, "done, and answered without {}", names.join(", ")),
            Self::Stale => f.write_str("answered as the last time"),
            Self::Deliver(mishap) => write!(f, "done, and {mishap}"),
            Self::DiskFull => {
                f.write_str("as if azdrill's own disk were full: the first is done, no other is")
            }
            Self::Pass => f.write_str("nothing goes wrong"),
        }
    }
}
