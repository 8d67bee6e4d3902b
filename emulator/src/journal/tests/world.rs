//! A machine with a journal in memory, driven as a shell drives it.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::calls::palette;
use super::lines::Lines;
use crate::authz::{DeniedPrincipal, DenyAssignment};
use crate::fault::{
    ConnectionFault, DatabaseFault, Fault, FaultAnswer, FaultKind, JobFault, JobFaultKind, Moment,
    RegionFault, ThrottlingFault,
};
use crate::jobs::{Effect, EffectFailure, EffectResult, ServerWork, Work};
use crate::journal::{Application, Beginning, Given, Journalled};
use crate::machine::{Admission, Core as _};
use crate::model::{
    ActionPattern, Body, Extent, NetworkPath, PrincipalId, Request, Response, StoredBody, Timestamp,
};
use crate::rules::{Assumptions, Profile, RequestLimits, TokenBucket};
use crate::services::Settings;
use crate::world::Operator;

pub(super) fn beginning(seed: u64) -> Beginning {
    let settings = Settings {
        has_postgres: true,
        engine_namespace: "w1-".to_owned(),
        ..Settings::default()
    };
    Beginning::new(Profile::Observed, &Assumptions::new(), seed, settings)
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A call of [`palette`].
    Call(usize),
    /// One that somebody makes who is nobody.
    Stranger(usize),
    /// A blob is written, of so many bytes.
    Blob(u8, u16),
    /// A body was too long.
    TooLong,
    /// Whatever is due is run.
    Tick,
    /// Time passes, in minutes.
    Wait(u16),
    /// The oldest work under way ends, well or not.
    End(bool),
    /// A fault, of requests or of connections.
    Fault(bool),
    ClearFaults,
    Keep(bool),
    ComeBack(bool),
    Forget(bool),
    BeginAgain,
    Connect,
    Entrance(Option<u16>),
    /// Something is worked out for a call that is never made.
    Prepare(usize),
    /// Something is noted: that the world is built, the time, where a server listens now.
    Note(u8),
    /// The world is given something: properties, a subscription, an application.
    Give(u8),
}

/// The names worlds are kept under.
fn name(which: bool) -> &'static str {
    if which { "one" } else { "two" }
}

pub(super) struct World {
    pub(super) machine: Journalled,
    lines: Lines,
    now: Timestamp,
    operator: Operator,
    tokens: [String; 3],
    stored: u64,
    work: Vec<Effect>,
    /// Whether what is to change nothing is held against what it changed.
    pub(super) suspicious: bool,
}

impl World {
    pub(super) fn new() -> Self {
        let lines = Lines::default();
        let now = "2026-03-02T06:00:00Z".parse().expect("it is a time");
        let mut machine = Journalled::with_journal(beginning(7), "a test", Box::new(lines.clone()))
            .expect("the rules load");
        let operator = machine.found(now, Some(b"no certificate"));
        let mut world = Self {
            machine,
            lines,
            now,
            operator,
            tokens: Default::default(),
            stored: 0,
            work: Vec::new(),
            suspicious: false,
        };
        world.settle_in();
        world
    }

    pub(super) fn journal(&self) -> Vec<u8> {
        self.lines.bytes()
    }

    /// Gives the operator roles for data, and tokens.
    fn settle_in(&mut self) {
        let at = format!("/subscriptions/{}", self.operator.subscription);
        for role in ["Storage Blob Data Owner", "Key Vault Administrator"] {
            let role = Given::Role {
                to: self.operator.object_id,
                role: role.to_owned(),
                at: at.parse().expect("it is an id"),
                after: jiff::SignedDuration::ZERO,
            };
            self.machine.give(self.now, &role).expect("there is such a role");
        }
        self.sign_in();
    }

    fn sign_in(&mut self) {
        let principal = self.machine.state().directory.get(self.operator.object_id);
        let principal = principal.expect("the operator is somebody");
        self.tokens = [
            "https://management.azure.com",
            "https://storage.azure.com",
            "https://vault.azure.net",
        ]
        .map(|audience| self.machine.tokens().issue(self.now, principal, audience).0);
    }

    fn request(&self, index: usize) -> Request {
        let palette = palette(&self.operator);
        let (method, host, target, body) = &palette[index % palette.len()];
        let kind = usize::from(host.contains(".blob.")) + 2 * usize::from(host.contains(".vault."));
        let request = Request::new(method.clone(), host, target)
            .with_header("authorization", &format!("Bearer {}", self.tokens[kind]))
            .with_header("x-ms-version", "2023-11-03");
        match body {
            Some(body) => request.with_json(body),
            None => request,
        }
    }

    /// As the front door does it.
    fn send(&mut self, mut request: Request) -> Response {
        let (now, path) = (self.now, NetworkPath::internet());
        let head = Request {
            body: Body::Empty,
            ..request.clone()
        };
        let admission = self.trying(|machine| machine.admit(now, &path, &head));
        if let Admission::Refuse(response) = admission {
            return response;
        }
        while let Some(preparation) = self.trying(|machine| machine.prepare(now, &path, &request)) {
            request.prepared.push(preparation.carry_out());
        }
        self.machine.call(now, &path, request)
    }

    /// Does something that is in the journal only if it changed anything: where it is not, the machine is to be as
    /// it was.
    fn trying<T>(&mut self, attempt: impl FnOnce(&mut Journalled) -> T) -> T {
        let before = self
            .suspicious
            .then(|| (self.lines.bytes().len(), self.machine.whole()));
        let value = attempt(&mut self.machine);
        if let Some((length, whole)) = before
            && length == self.lines.bytes().len()
        {
            assert!(
                whole == self.machine.whole(),
                "it changed something, and is in no journal"
            );
        }
        value
    }

    fn blob(&mut self, name: u8, length: u16) {
        let stored = StoredBody {
            extents: vec![Extent {
                segment: 0,
                offset: self.stored,
                length: u64::from(length),
            }],
            length: u64::from(length),
            md5: length.is_multiple_of(2).then_some([name; 16]),
        };
        self.stored += u64::from(length);
        let target = format!("/box/blob{}", name % 3);
        let mut request = Request::new(Method::PUT, "acct.blob.core.windows.net", &target)
            .with_header("authorization", &format!("Bearer {}", self.tokens[1]))
            .with_header("x-ms-version", "2023-11-03")
            .with_header("x-ms-blob-type", "BlockBlob");
        let path = NetworkPath::internet();
        if let Admission::Store { .. } = self.machine.admit(self.now, &path, &request) {
            request.body = Body::Stored(stored);
            self.machine.call(self.now, &path, request);
        }
    }

    fn end_work(&mut self, well: bool) {
        if self.work.is_empty() {
            return;
        }
        let Effect { id, work } = self.work.remove(0);
        let result = match work {
            Work::WorkOut(work) => work.carry_out(),
            _ if !well => EffectResult::Failed(EffectFailure::Engine("it did not work".to_owned())),
            Work::Server(ServerWork::Start(_) | ServerWork::Restart(_)) => {
                EffectResult::ServerStarted(([127, 0, 0, 1], 5432).into())
            }
            Work::Server(ServerWork::Describe(_)) => EffectResult::Described(Vec::new()),
            _ => EffectResult::ServerDone,
        };
        self.machine.complete(self.now, id, result);
    }

    pub(super) fn take(&mut self, step: &Step) {
        let path = NetworkPath::internet();
        let host = "drill.postgres.database.azure.com";
        match step {
            Step::Call(index) => {
                self.send(self.request(*index));
            }
            Step::Stranger(index) => {
                let mut request = self.request(*index);
                request.headers.remove("authorization");
                self.send(request);
            }
            Step::Blob(name, length) => self.blob(*name, *length),
            Step::TooLong => {
                let (now, request) = (self.now, self.request(0));
                self.trying(|machine| machine.too_long(now, &path, &request));
            }
            Step::Tick => {
                let now = self.now;
                let asked = self.trying(|machine| machine.tick(now));
                self.work.extend(asked);
            }
            Step::Wait(minutes) => {
                self.now += jiff::SignedDuration::from_mins(i64::from(*minutes));
                self.sign_in();
                self.work.extend(self.machine.tick(self.now));
            }
            Step::End(well) => self.end_work(*well),
            Step::Fault(of_requests) => self.fault(*of_requests),
            Step::ClearFaults => self.machine.clear_faults(self.now),
            Step::Keep(which) => {
                let now = self.now;
                let _ = self.trying(|machine| machine.keep(now, name(*which)));
            }
            Step::ComeBack(which) => {
                let now = self.now;
                let _ = self.trying(|machine| machine.come_back(now, name(*which)));
            }
            Step::Forget(which) => {
                let now = self.now;
                self.trying(|machine| machine.forget(now, name(*which)));
            }
            Step::BeginAgain => {
                self.machine
                    .begin_again(self.now, &beginning(8))
                    .expect("the rules load");
                self.operator = self.machine.found(self.now, None);
                self.work.clear();
                self.settle_in();
            }
            Step::Connect => {
                let _ = self.machine.connect_database(self.now, &path, host);
            }
            Step::Entrance(port) => {
                let address = port.map(|port| ([127, 0, 0, 1], port).into());
                self.machine.note_entrance(host, address);
            }
            Step::Prepare(index) => {
                let (now, request) = (self.now, self.request(*index));
                self.trying(|machine| machine.prepare(now, &path, &request));
            }
            Step::Note(what) => self.note(*what),
            Step::Give(what) => {
                let given = self.gift(*what);
                let _ = self.machine.give(self.now, &given);
            }
        }
        self.machine.take_released();
        self.machine.take_new_hosts();
    }

    fn note(&mut self, what: u8) {
        match what % 3 {
            0 => return self.machine.note_built(self.now),
            1 => return self.machine.note_time(self.now),
            _ => {}
        }
        for key in self.machine.services().postgres.keys() {
            self.machine
                .move_server(self.now, &key, ([127, 0, 0, 1], 5433).into());
        }
        self.machine
            .move_server(self.now, "nobody's", ([127, 0, 0, 1], 5433).into());
    }

    fn gift(&self, what: u8) -> Given {
        let tenant = self.operator.tenant;
        let account = format!(
            "/subscriptions/{}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct",
            self.operator.subscription
        );
        let properties = json!({"publicNetworkAccess": "Disabled"});
        match what % 4 {
            0 => Given::Properties {
                id: account.parse().expect("it is an id"),
                properties: properties.as_object().cloned().unwrap_or_default(),
            },
            1 => Given::Subscription {
                id: "0000000A-0000-0000-0000-00000000000a".to_owned(),
                name: "second".to_owned(),
                tenant,
            },
            2 => Given::DenyAssignment(Box::new(DenyAssignment {
                id: uuid::Uuid::from_u128(3),
                name: "kept by a stack".to_owned(),
                scope: account.parse().expect("it is an id"),
                actions: vec![ActionPattern::new("*/delete")],
                not_actions: Vec::new(),
                data_actions: Vec::new(),
                not_data_actions: Vec::new(),
                principals: vec![DeniedPrincipal::everybody()],
                exclude_principals: Vec::new(),
                do_not_apply_to_child_scopes: false,
            })),
            _ => Given::Application(Application {
                id: PrincipalId(uuid::Uuid::from_u128(1)),
                app_id: uuid::Uuid::from_u128(2),
                tenant,
                name: "auditor".to_owned(),
                secret: "azdrill~auditor".to_owned(),
            }),
        }
    }

    fn fault(&mut self, of_requests: bool) {
        if of_requests {
            let mut answer = FaultAnswer::new(503, "ServerBusy");
            answer.retry_after_seconds = Some(1);
            let mut fault = Fault::first("", FaultKind::Answer(answer));
            fault.place.path_contains = "acct".to_owned();
            fault.moment = Moment::of(2, 1);
            self.machine.put_fault(self.now, fault);
        } else {
            let fault = DatabaseFault {
                name: String::new(),
                server: String::new(),
                from: None,
                moment: Moment::of(1, 2),
                optional: true,
                kind: ConnectionFault::ResetAfter { bytes: 10 },
            };
            self.machine.put_connection_fault(self.now, fault);
            let job = JobFault {
                name: String::new(),
                job: String::new(),
                instance_contains: String::new(),
                moment: Moment::default(),
                optional: true,
                phase: None,
                kind: JobFaultKind::Stick,
            };
            self.machine.put_job_fault(self.now, job);
            let region = "francecentral".to_owned();
            self.machine
                .put_region_fault(self.now, &RegionFault { region, down: true });
            let few = TokenBucket {
                size: 3,
                refill_per_second: 1,
            };
            let throttling = ThrottlingFault {
                name: String::new(),
                limits: RequestLimits {
                    reads: few,
                    writes: few,
                    deletes: few,
                },
                optional: true,
            };
            self.machine.put_throttling_fault(self.now, throttling);
        }
    }

    /// A body that is no text, and one that is long enough to be read beside the machine.
    pub(super) fn send_odd_bodies(&mut self) {
        let mut request = self.request(0);
        request.body = Body::Bytes(Bytes::from_static(&[0xff, 0, 0x80]));
        self.send(request);
        let mut request = self.request(6);
        let long = json!({"properties": {"mode": "Incremental", "template": {"resources": []}}, "tags": {"long": "x".repeat(40_000)}});
        request.body = Body::Bytes(Bytes::from(long.to_string()));
        self.send(request);
    }

    /// Something of everything.
    pub(super) fn live(&mut self) {
        self.live_noting(|_| {});
    }

    /// The same; the world is shown after each thing that happens.
    pub(super) fn live_noting(&mut self, mut note: impl FnMut(&Self)) {
        let calls = palette(&self.operator).len();
        self.send_odd_bodies();
        for step in (0..calls).map(Step::Call).chain([
            Step::Tick,
            Step::End(true),
            Step::End(true),
            Step::End(true),
            Step::Wait(30),
            Step::Entrance(Some(4000)),
            Step::Note(0),
            Step::Note(1),
            Step::Note(2),
            Step::Fault(true),
            Step::Fault(false),
            Step::Connect,
            Step::Call(0),
            Step::Call(1),
            Step::Call(2),
            Step::Blob(1, 100),
            Step::Call(15),
            Step::Stranger(15),
            Step::Prepare(9),
            Step::Call(10),
            Step::Call(11),
            Step::Give(0),
            Step::Give(1),
            Step::Give(2),
            Step::Give(3),
            Step::TooLong,
            Step::Tick,
            Step::End(false),
            Step::Wait(600),
            Step::End(true),
            Step::End(true),
            Step::Tick,
            Step::End(true),
            Step::Keep(true),
            Step::Blob(2, 7),
            Step::ComeBack(true),
            Step::Forget(true),
            Step::ClearFaults,
            Step::Entrance(None),
            Step::BeginAgain,
            Step::Call(0),
        ]) {
            self.take(&step);
            note(self);
        }
    }

    /// The work that has not ended.
    pub(super) fn under_way(&self) -> Vec<crate::jobs::EffectId> {
        self.work.iter().map(|effect| effect.id).collect()
    }
}
