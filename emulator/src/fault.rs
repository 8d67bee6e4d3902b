//! Faults on purpose: where, when, what. Counted, never rolled; the first that matches wins.

use std::collections::BTreeSet;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::model::{NetworkPath, Request, Response, region_name};
use crate::rules::OriginKind;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request is answered with this and does nothing.
    Answer {
        /// The status.
        status: u16,
        /// The error code in the body.
        code: String,
        /// `Retry-After` in seconds, if any.
        retry_after_seconds: Option<u64>,
    },
    /// The request does its work, and this is answered instead of the result.
    LoseAnswer {
        /// The status.
        status: u16,
    },
    /// The request is answered as ever, and the operation that it begins ends so: with one of the codes its row has
    /// for that ([`crate::rules::Operation::can_end_with`]).
    FailOperation {
        /// The error code.
        code: String,
    },
}

/// One fault: it strikes the `nth` to `nth + times - 1` request that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The operation's id; empty matches any.
    pub operation: String,
    /// A part of the path, without regard to case; empty matches any.
    pub path_contains: String,
    /// The first match to strike, from 1.
    pub nth: u64,
    /// How many matches to strike.
    pub times: u64,
    /// Whether it may never strike.
    pub optional: bool,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong with a connection to a database server that the network let in. The gate in
/// front of the server carries it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFault {
    /// The connection is refused.
    Refuse,
    /// Nothing passes for this long, in either direction; then all goes on.
    Stall {
        /// How long, in seconds.
        seconds: u64,
    },
    /// The connection is reset once the server has sent this much.
    ResetAfter {
        /// How much, in bytes.
        bytes: u64,
    },
    /// What the server sends passes slowly.
    Slow {
        /// How fast, in bytes a second.
        bytes_per_second: u64,
    },
    /// The connection is accepted, and closed without a word.
    AcceptThenClose,
}

impl std::fmt::Display for ConnectionFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refuse => f.write_str("it is refused"),
            Self::Stall { seconds } => write!(f, "nothing passes for {seconds} s"),
            Self::ResetAfter { bytes } => {
                write!(f, "it is reset once the server has sent {bytes} bytes")
            }
            Self::Slow { bytes_per_second } => {
                write!(
                    f,
                    "what the server sends passes at {bytes_per_second} bytes a second"
                )
            }
            Self::AcceptThenClose => f.write_str("it is accepted and closed without a word"),
        }
    }
}

/// One fault of database connections: it strikes the `nth` to `nth + times - 1` one that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFault {
    /// The server's name, without regard to case; empty matches any.
    pub server: String,
    /// Where the client stands; `None` matches anywhere.
    pub from: Option<OriginKind>,
    /// The first match to strike, from 1.
    pub nth: u64,
    /// How many matches to strike.
    pub times: u64,
    /// Whether it may never strike.
    pub optional: bool,
    /// What goes wrong.
    pub kind: ConnectionFault,
}

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

/// A fault that has not struck once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstruck<'a> {
    /// What it is, in a sentence.
    pub what: String,
    /// How many requests or connections matched it.
    pub matched: u64,
    /// The database server it waits for, if it is about one.
    pub server: Option<&'a str>,
}

/// Faults in the order they were put in, with their counts.
#[derive(Debug, Default)]
pub struct FaultPlan {
    faults: Vec<(Fault, u64)>,
    connections: Vec<(DatabaseFault, u64)>,
    down: BTreeSet<String>,
}

impl FaultPlan {
    /// Adds a fault behind the others.
    pub fn push(&mut self, fault: Fault) {
        self.faults.push((fault, 0));
    }

    /// Adds a fault of database connections behind the others.
    pub fn push_connection(&mut self, fault: DatabaseFault) {
        self.connections.push((fault, 0));
    }

    /// Has the services of a region answer, or not.
    pub fn set_region(&mut self, fault: &RegionFault) {
        let region = region_name(&fault.region);
        if fault.down {
            self.down.insert(region);
        } else {
            self.down.remove(&region);
        }
    }

    /// The regions whose services do not answer.
    pub fn down(&self) -> &BTreeSet<String> {
        &self.down
    }

    /// Takes all faults away.
    pub fn clear(&mut self) {
        self.down.clear();
        self.faults.clear();
        self.connections.clear();
    }

    /// Every fault in a sentence, with how often it was matched.
    pub fn describe(&self) -> Vec<String> {
        let any = |name: &str| {
            if name.is_empty() {
                "any".to_owned()
            } else {
                name.to_owned()
            }
        };
        let requests = self.faults.iter().map(|(fault, seen)| {
            let last = fault.nth.saturating_add(fault.times).saturating_sub(1);
            format!(
                "requests {} to {last} of {} with `{}` in their path: {}; {seen} matched",
                fault.nth,
                any(&fault.operation),
                fault.path_contains,
                fault.kind
            )
        });
        let connections = self.connections.iter().map(|(fault, seen)| {
            let last = fault.nth.saturating_add(fault.times).saturating_sub(1);
            format!(
                "connections {} to {last} to {}: {}; {seen} matched",
                fault.nth,
                any(&fault.server),
                fault.kind
            )
        });
        let down = self.down.iter().map(|region| {
            let region = region.clone();
            RegionFault { region, down: true }.to_string()
        });
        requests.chain(connections).chain(down).collect()
    }

    /// The faults that should have struck and have not, once.
    pub fn unstruck(&self) -> impl Iterator<Item = Unstruck<'_>> {
        let requests = self.faults.iter();
        let requests = requests.map(|(fault, seen)| (fault.optional, fault.nth, *seen, None));
        let connections = self.connections.iter();
        let connections =
            connections.map(|(fault, seen)| (fault.optional, fault.nth, *seen, Some(fault.server.as_str())));
        let described = self.describe();
        requests
            .chain(connections)
            .zip(described)
            .filter(|((optional, nth, seen, _), _)| !optional && seen < nth)
            .map(|((_, _, matched, server), what)| Unstruck {
                what,
                matched,
                server: server.filter(|name| !name.is_empty()),
            })
    }

    /// How many faults have struck at least once, and how many there are.
    pub fn struck(&self) -> (usize, usize) {
        let requests = self.faults.iter().map(|(fault, seen)| *seen >= fault.nth);
        let connections = self.connections.iter().map(|(fault, seen)| *seen >= fault.nth);
        let all: Vec<bool> = requests.chain(connections).collect();
        (all.iter().filter(|struck| **struck).count(), all.len())
    }

    /// Whether no fault of a request is in place.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// The fault that strikes this request, if one does. Counts the match.
    pub fn strike(&mut self, operation: &str, request: &Request) -> Option<FaultKind> {
        let path = request.path.to_ascii_lowercase();
        for (fault, seen) in &mut self.faults {
            let here = (fault.operation.is_empty() || fault.operation == operation)
                && path.contains(&fault.path_contains.to_ascii_lowercase());
            if here {
                *seen += 1;
                if *seen >= fault.nth && *seen < fault.nth.saturating_add(fault.times) {
                    return Some(fault.kind.clone());
                }
            }
        }
        None
    }

    /// The fault that strikes this connection to a database server, if one does. Counts the match.
    pub fn strike_connection(&mut self, server: &str, path: &NetworkPath) -> Option<ConnectionFault> {
        let from = OriginKind::from(&path.origin);
        for (fault, seen) in &mut self.connections {
            let here = (fault.server.is_empty() || fault.server.eq_ignore_ascii_case(server))
                && fault.from.is_none_or(|wanted| wanted == from);
            if here {
                *seen += 1;
                if *seen >= fault.nth && *seen < fault.nth.saturating_add(fault.times) {
                    return Some(fault.kind);
                }
            }
        }
        None
    }
}

impl std::fmt::Display for FaultKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer { status, code, .. } => write!(f, "answered with {status} {code}"),
            Self::LoseAnswer { status } => write!(f, "done, and answered with {status}"),
            Self::FailOperation { code } => write!(f, "accepted, and its operation ends with {code}"),
        }
    }
}

impl FaultKind {
    /// What a client is answered before anything is done.
    pub(crate) fn instead(&self) -> Option<Response> {
        let Self::Answer {
            status,
            code,
            retry_after_seconds,
        } = self
        else {
            return None;
        };
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body =
            serde_json::json!({"error": {"code": code, "message": "A fault was injected by azdrill."}});
        let response = Response::json(status, &body)
            .with_header("x-ms-error-code", code)
            .with_header("x-azdrill-gate", "fault");
        Some(match retry_after_seconds {
            Some(seconds) => response.with_header("retry-after", &seconds.to_string()),
            None => response,
        })
    }

    /// What a client is answered when all is done.
    pub(crate) fn afterwards(&self) -> Option<Response> {
        let Self::LoseAnswer { status } = self else {
            return None;
        };
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
        Some(Response::new(status).with_header("x-azdrill-gate", "fault"))
    }

    /// The code of the error that the operation ends with which the request begins.
    pub(crate) fn ends_operation(&self) -> Option<&str> {
        match self {
            Self::FailOperation { code } => Some(code),
            Self::Answer { .. } | Self::LoseAnswer { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn a_fault_strikes_the_matches_it_names_and_no_others() {
        let mut plan = FaultPlan::default();
        plan.push(Fault {
            operation: "Blob_Put".to_owned(),
            path_contains: "/C/".to_owned(),
            nth: 2,
            times: 1,
            optional: false,
            kind: FaultKind::LoseAnswer { status: 500 },
        });
        let here = Request::new(Method::PUT, "a.blob.core.windows.net", "/c/x");
        let elsewhere = Request::new(Method::PUT, "a.blob.core.windows.net", "/d/x");
        assert_eq!(plan.strike("Blob_Put", &here), None);
        assert_eq!(plan.strike("Blob_Put", &elsewhere), None);
        assert_eq!(plan.strike("Blob_Get", &here), None);
        assert!(plan.strike("Blob_Put", &here).is_some());
        assert_eq!(plan.strike("Blob_Put", &here), None);
    }

    #[test]
    fn what_never_struck_is_told_with_what_it_waits_for() {
        let mut plan = FaultPlan::default();
        let kind = FaultKind::LoseAnswer { status: 500 };
        let path_contains = String::new();
        for (operation, nth) in [("Blob_Put", 1), ("Blob_Put", 3)] {
            plan.push(Fault {
                operation: operation.to_owned(),
                path_contains: path_contains.clone(),
                nth,
                times: u64::MAX,
                optional: false,
                kind: kind.clone(),
            });
        }
        plan.push_connection(DatabaseFault {
            server: "drill".to_owned(),
            from: None,
            nth: 1,
            times: 1,
            optional: false,
            kind: ConnectionFault::Refuse,
        });
        let put = Request::new(Method::PUT, "a.blob.core.windows.net", "/c/x");
        assert!(plan.strike("Blob_Put", &put).is_some());
        let unstruck: Vec<_> = plan
            .unstruck()
            .map(|one| (one.matched, one.server.map(str::to_owned)))
            .collect();
        assert_eq!(unstruck, [(0, None), (0, Some("drill".to_owned()))]);
        assert_eq!(plan.struck(), (1, 3));
    }

    #[test]
    fn a_connection_is_struck_by_server_place_and_count() {
        let mut plan = FaultPlan::default();
        plan.push_connection(DatabaseFault {
            server: "Drill".to_owned(),
            from: Some(OriginKind::Internet),
            nth: 2,
            times: 1,
            optional: false,
            kind: ConnectionFault::ResetAfter { bytes: 10 },
        });
        plan.push_connection(DatabaseFault {
            server: String::new(),
            from: Some(OriginKind::Subnet),
            nth: 1,
            times: u64::MAX,
            optional: false,
            kind: ConnectionFault::Refuse,
        });
        assert!(plan.is_empty(), "no request is struck");
        let laptop = NetworkPath::internet();
        let subnet = NetworkPath {
            origin: crate::model::Origin::Subnet {
                subnet: crate::model::ResourceId::from_segments(["subnets", "s"]),
            },
        };
        assert_eq!(plan.strike_connection("drill", &laptop), None);
        assert_eq!(plan.strike_connection("other", &laptop), None);
        let reset = Some(ConnectionFault::ResetAfter { bytes: 10 });
        assert_eq!(plan.strike_connection("drill", &laptop), reset);
        assert_eq!(plan.strike_connection("drill", &laptop), None);
        for _ in 0..3 {
            assert_eq!(
                plan.strike_connection("drill", &subnet),
                Some(ConnectionFault::Refuse)
            );
        }
        plan.clear();
        assert_eq!(plan.strike_connection("drill", &subnet), None);
    }
}
