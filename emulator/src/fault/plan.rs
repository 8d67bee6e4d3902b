//! The faults that are in place, and which of them strikes.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::moment::Count;
use super::place::Arrived;
use super::{
    ConnectionFault, DatabaseFault, FaultKind, JobFault, JobFaultKind, JobPoint, Moment, Place, RegionFault,
    ThrottlingFault,
};
use crate::model::{Body, NetworkPath, Request, Response, Timestamp, region_name};
use crate::rules::RequestLimits;

/// One fault of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What other faults call it; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where it strikes.
    #[serde(flatten)]
    pub place: Place,
    /// When it strikes.
    #[serde(flatten)]
    pub moment: Moment,
    /// Whether it may never strike.
    pub optional: bool,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// The first request for an operation is struck.
    pub fn first(operation: &str, kind: FaultKind) -> Self {
        Self {
            name: String::new(),
            place: Place::of(operation),
            moment: Moment::default(),
            optional: false,
            kind,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "requests for {}, {}: {}", self.place, self.moment, self.kind)
    }
}

/// A fault that has not struck once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstruck<'a> {
    /// What it is, in a sentence.
    pub what: String,
    /// How many requests, connections or jobs matched it.
    pub matched: u64,
    /// The database server it waits for, if it is about one.
    pub server: Option<&'a str>,
}

/// The most answers that are remembered for reads that are stale.
const REMEMBERED_MAX: usize = 1000;

/// Faults in the order they were put in, with their counts. The first of a kind that strikes wins.
#[derive(Debug, Default)]
pub struct FaultPlan {
    requests: Vec<(Fault, Count)>,
    connections: Vec<(DatabaseFault, Count)>,
    jobs: Vec<(JobFault, Count)>,
    throttling: Vec<(ThrottlingFault, Count)>,
    down: BTreeSet<String>,
    /// What was answered last, by address, while a fault is in place that gives it again.
    remembered: BTreeMap<String, Response>,
    /// Which fault of requests struck last.
    last: Option<usize>,
}

/// What is told of a fault that is in place.
struct Placed<'a> {
    what: String,
    optional: bool,
    count: Count,
    server: Option<&'a str>,
}

impl FaultPlan {
    /// Adds a fault of requests behind the others.
    pub fn push(&mut self, now: Timestamp, fault: Fault) {
        self.requests.push((fault, Count::new(now)));
    }

    /// Adds a fault of database connections behind the others.
    pub fn push_connection(&mut self, now: Timestamp, fault: DatabaseFault) {
        self.connections.push((fault, Count::new(now)));
    }

    /// Adds a fault of jobs behind the others.
    pub fn push_job(&mut self, now: Timestamp, fault: JobFault) {
        self.jobs.push((fault, Count::new(now)));
    }

    /// Adds limits of Resource Manager, which hold from here on.
    pub(crate) fn push_throttling(&mut self, now: Timestamp, fault: ThrottlingFault) {
        self.throttling.push((fault, Count::new(now)));
    }

    /// The limits of Resource Manager beyond which it refuses, if it does.
    pub(crate) fn limits(&self) -> Option<&RequestLimits> {
        self.throttling.last().map(|(fault, _)| &fault.limits)
    }

    /// A request has been counted, and refused if it was too much.
    pub(crate) fn note_counted(&mut self, refused: bool) {
        if let Some((_, count)) = self.throttling.last_mut() {
            count.matched += 1;
            count.struck += u64::from(refused);
        }
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
        *self = Self::default();
    }

    fn placed(&self) -> impl Iterator<Item = Placed<'_>> {
        let requests = self.requests.iter().map(|(fault, count)| Placed {
            what: fault.to_string(),
            optional: fault.optional,
            count: *count,
            server: None,
        });
        let connections = self.connections.iter().map(|(fault, count)| Placed {
            what: fault.to_string(),
            optional: fault.optional,
            count: *count,
            server: Some(fault.server.as_str()).filter(|name| !name.is_empty()),
        });
        let jobs = self.jobs.iter().map(|(fault, count)| Placed {
            what: fault.to_string(),
            optional: fault.optional,
            count: *count,
            server: None,
        });
        let throttling = self.throttling.iter().map(|(fault, count)| Placed {
            what: fault.to_string(),
            optional: fault.optional,
            count: *count,
            server: None,
        });
        requests.chain(connections).chain(jobs).chain(throttling)
    }

    /// Every fault in a sentence, with how often it was matched.
    pub fn describe(&self) -> Vec<String> {
        let down = self.down.iter().map(|region| {
            let region = region.clone();
            RegionFault { region, down: true }.to_string()
        });
        self.placed()
            .map(|placed| {
                let Count { matched, struck, .. } = placed.count;
                format!("{}; {matched} matched, {struck} struck", placed.what)
            })
            .chain(down)
            .collect()
    }

    /// The faults that should have struck and have not, once.
    pub fn unstruck(&self) -> impl Iterator<Item = Unstruck<'_>> {
        let never = |placed: &Placed<'_>| !placed.optional && placed.count.struck == 0;
        self.placed().filter(never).map(|placed| Unstruck {
            what: format!("{}; {} matched", placed.what, placed.count.matched),
            matched: placed.count.matched,
            server: placed.server,
        })
    }

    /// How many faults have struck at least once, and how many there are.
    pub fn struck(&self) -> (usize, usize) {
        let struck = self.placed().filter(|placed| placed.count.struck > 0).count();
        (struck, self.placed().count())
    }

    /// How often each fault of requests, of jobs and of throttling has struck, by its word.
    pub fn strikes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let requests = self
            .requests
            .iter()
            .map(|(own, count)| (own.kind.word(), count.struck));
        let jobs = self
            .jobs
            .iter()
            .map(|(own, count)| (own.kind.word(), count.struck));
        let throttling = self.throttling.iter();
        let throttling = throttling.map(|(_, count)| (ThrottlingFault::WORD, count.struck));
        requests.chain(jobs).chain(throttling)
    }

    /// Whether no fault of a request is in place.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The names of the faults that have struck.
    fn earlier(&self) -> BTreeSet<String> {
        let requests = self.requests.iter().map(|(fault, count)| (&fault.name, count));
        let connections = self.connections.iter().map(|(fault, count)| (&fault.name, count));
        let jobs = self.jobs.iter().map(|(fault, count)| (&fault.name, count));
        let throttling = self.throttling.iter().map(|(fault, count)| (&fault.name, count));
        let all = requests.chain(connections).chain(jobs).chain(throttling);
        all.filter(|(name, count)| !name.is_empty() && count.struck > 0)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The fault that strikes this request, if one does. Counts the match.
    pub(crate) fn strike(&mut self, now: Timestamp, arrived: &Arrived<'_>) -> Option<FaultKind> {
        let earlier = self.earlier();
        let has_connection = arrived.request.came_at.is_some();
        for (number, (fault, count)) in self.requests.iter_mut().enumerate() {
            let can = match fault.kind {
                FaultKind::Stale => self.remembered.contains_key(&address(arrived.request)),
                _ => has_connection || !fault.kind.needs_connection(),
            };
            if can
                && fault.place.has(arrived)
                && fault.moment.strikes(count, now, &|name| earlier.contains(name))
                && fault.kind != FaultKind::Pass
            {
                self.last = Some(number);
                return Some(fault.kind.clone());
            }
        }
        None
    }

    /// Whether the fault of requests that struck last had not struck before.
    pub(crate) fn struck_first(&self) -> bool {
        let last = self.last.and_then(|last| self.requests.get(last));
        last.is_some_and(|(_, count)| count.struck == 1)
    }

    /// The fault of requests that struck last changed nothing, and has not struck.
    pub(crate) fn had_no_effect(&mut self) {
        if let Some((_, count)) = self.last.take().and_then(|last| self.requests.get_mut(last)) {
            count.struck = count.struck.saturating_sub(1);
        }
    }

    /// What the same request was answered the last time.
    pub(crate) fn answered_before(&self, request: &Request) -> Option<Response> {
        self.remembered.get(&address(request)).cloned()
    }

    /// Keeps what a read was answered, if a fault may give it again.
    pub(crate) fn remember(&mut self, request: &Request, response: &Response) {
        let is_stale = |(fault, _): &(Fault, Count)| fault.kind == FaultKind::Stale;
        if !reads(request) || matches!(response.body, Body::Stored(_)) || !self.requests.iter().any(is_stale)
        {
            return;
        }
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.pop_first();
        }
        self.remembered.insert(address(request), response.clone());
    }

    /// The fault that strikes this connection to a database server, if one does. Counts the match.
    pub fn strike_connection(
        &mut self,
        now: Timestamp,
        server: &str,
        path: &NetworkPath,
    ) -> Option<ConnectionFault> {
        self.first_connection(now, |fault| fault.is_about(server, path))
    }

    /// The fault that strikes a dump of a whole server by its own service, if one does. Counts the match.
    pub(crate) fn strike_own_dump(&mut self, now: Timestamp, server: &str) -> Option<ConnectionFault> {
        self.first_connection(now, |fault| fault.is_about_own_dump(server))
    }

    fn first_connection(
        &mut self,
        now: Timestamp,
        is_about: impl Fn(&DatabaseFault) -> bool,
    ) -> Option<ConnectionFault> {
        let earlier = self.earlier();
        for (fault, count) in &mut self.connections {
            if is_about(fault) && fault.moment.strikes(count, now, &|name| earlier.contains(name)) {
                return Some(fault.kind);
            }
        }
        None
    }

    /// The fault that strikes a job where it stands, if one does. Counts the match.
    pub(crate) fn strike_job(
        &mut self,
        now: Timestamp,
        job: &str,
        instance: &str,
        point: JobPoint<'_>,
    ) -> Option<JobFaultKind> {
        let earlier = self.earlier();
        for (fault, count) in &mut self.jobs {
            if fault.kind.strikes_at(fault.phase, point)
                && fault.is_about(job, instance)
                && fault.moment.strikes(count, now, &|name| earlier.contains(name))
            {
                return Some(fault.kind.clone());
            }
        }
        None
    }
}

/// What only reads: a `GET`, or a query of Resource Graph.
fn reads(request: &Request) -> bool {
    let queries = || {
        let path = request.path.trim_end_matches('/').to_ascii_lowercase();
        path.ends_with(RESOURCE_GRAPH)
    };
    request.method == Method::GET || request.method == Method::POST && queries()
}

/// Where Resource Graph is queried.
const RESOURCE_GRAPH: &str = "/providers/microsoft.resourcegraph/resources";

/// What is asked: where, and by what body, if there is one.
fn address(request: &Request) -> String {
    let sent = match &request.body {
        Body::Bytes(bytes) if !bytes.is_empty() => Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        _ => String::new(),
    };
    format!("{}{}?{}#{sent}", request.host, request.path, &*request.query)
}
