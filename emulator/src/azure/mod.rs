//! The machine: every call, every due time, every result of outside work goes through here.

mod core;
mod kept_world;
#[cfg(test)]
mod whole;

use std::collections::{BTreeMap, HashMap};

use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::entropy::Entropy;
use crate::exchange::{AnswerDetails, IncomingRequest, exchange};
use crate::fault::{FaultKind, FaultPlan};
use crate::gateway::{
    Gates, KnownHosts, Permit, Refusal, Shape, TokenAuthority, add_key_vault_headers, arm_headers,
    check_body, check_conditions, check_place, endpoint_of,
};
use crate::jobs::{Agenda, WorkflowId};
use crate::log::{CallOrigin, FailedBecause, Log};
use crate::model::{Body, Extent, NetworkPath, PrincipalId, Request, Response, Timestamp};
use crate::rules::{Endpoint, Gate, Rules, rule};
use crate::services::{Context, Handler, Input, Next, Outbound, ServiceStates, Settings, Workflow, handler};
use crate::state::State;

pub use kept_world::{KeptWorld, NotNow};

/// The most steps one workflow takes without sleeping; more is a bug, not a plan.
const STEPS_MAX: usize = 10_000;

/// What of a request was passed over: of a body because the version asked for does not have it, of the headers
/// because the service does not heed them.
const IGNORED: &str = "x-azdrill-ignored";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const STORAGE_VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// A fake Azure.
pub struct Azure {
    rules: Rules,
    handlers: Vec<Handler>,
    settings: Settings,
    state: State,
    own: ServiceStates,
    tokens: TokenAuthority,
    entropy: Entropy,
    draws: BTreeMap<String, u64>,
    agenda: Agenda,
    workflows: BTreeMap<WorkflowId, Box<dyn Workflow>>,
    faults: FaultPlan,
    log: Log,
    released: Vec<Extent>,
    first_request_id: u128,
    inner_tokens: HashMap<(PrincipalId, &'static str), (Timestamp, String)>,
    hosts: KnownHosts,
}

impl Azure {
    /// An empty Azure: no tenant, no subscription. [`crate::world`] puts things into it.
    ///
    /// # Panics
    ///
    /// If an operation of the rules has no handler; a test makes sure each has one.
    pub fn new(rules: Rules, settings: Settings, seed: u64) -> Self {
        let handlers = rules
            .router
            .operations()
            .iter()
            .map(|row| {
                handler(&row.service, &row.id).unwrap_or_else(|| {
                    panic!("{} has a row and no handler in services/{}", row.id, row.service)
                })
            })
            .collect();
        let entropy = Entropy::from_seed(seed);
        let first_request_id = entropy.fork("request").uuid().as_u128();
        Self {
            handlers,
            rules,
            settings,
            state: State::default(),
            own: ServiceStates::default(),
            tokens: TokenAuthority::new(&entropy),
            entropy,
            draws: BTreeMap::new(),
            agenda: Agenda::default(),
            workflows: BTreeMap::new(),
            faults: FaultPlan::default(),
            log: Log::default(),
            released: Vec::new(),
            first_request_id,
            inner_tokens: HashMap::new(),
            hosts: KnownHosts::default(),
        }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What exists.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What exists, to change it behind the services' backs: for building worlds and for tests.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// What each service knows alone.
    pub fn services(&self) -> &ServiceStates {
        &self.own
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to change them.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The exchanges and notes so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// From now on the log keeps bodies as well, without their secrets.
    pub fn keep_bodies(&mut self) {
        self.log.keep_bodies();
    }

    /// The faults in place.
    pub fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    /// The faults in place, to change.
    pub fn faults_mut(&mut self) -> &mut FaultPlan {
        &mut self.faults
    }

    /// The authority that issues tokens.
    pub fn tokens(&self) -> &TokenAuthority {
        &self.tokens
    }

    /// Takes a request through the gates alone, without carrying it out.
    ///
    /// # Errors
    ///
    /// The refusal of the first gate that says no.
    pub fn decide(&self, now: Timestamp, path: &NetworkPath, request: &Request) -> Result<Permit, Refusal> {
        self.gates().pass(now, path, request)
    }

    fn gates(&self) -> Gates<'_> {
        Gates {
            rules: &self.rules,
            state: &self.state,
            tokens: &self.tokens,
        }
    }

    /// Runs `action` with everything a handler works with. For building worlds.
    pub fn with_context<T>(&mut self, now: Timestamp, action: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut started = Vec::new();
        let value = action(&mut self.context(now, None, &mut started));
        self.begin(now, started);
        value
    }

    fn context<'a>(
        &'a mut self,
        now: Timestamp,
        path: Option<&'a NetworkPath>,
        started: &'a mut Vec<Box<dyn Workflow>>,
    ) -> Context<'a> {
        Context {
            now,
            path,
            rules: &self.rules,
            settings: &self.settings,
            state: &mut self.state,
            own: &mut self.own,
            tokens: &self.tokens,
            entropy: &self.entropy,
            draws: &mut self.draws,
            log: &mut self.log,
            started,
            released: &mut self.released,
        }
    }

    fn begin(&mut self, now: Timestamp, started: Vec<Box<dyn Workflow>>) {
        for workflow in started {
            let id = WorkflowId(self.agenda.next_number());
            self.workflows.insert(id, workflow);
            self.agenda.wake_at(now, id);
        }
    }

    fn answer(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        mut request: Request,
        asked: CallOrigin,
    ) -> Response {
        let came = |request| IncomingRequest { path, request, asked };
        let permit = match self.decide(now, path, &request) {
            Ok(permit) => permit,
            Err(refusal) => {
                self.release_body(&request);
                let response = self.finish(now, &request, refusal.respond(&request));
                self.record(now, came(request), None, Ok(&response), Some(&refusal));
                return response;
            }
        };
        let struck = if self.faults.is_empty() {
            None
        } else {
            let operation = &permit.operation(&self.rules).id;
            self.faults.strike(operation, &request)
        };
        if let Some(fault @ FaultKind::Answer { .. }) = &struck {
            self.release_body(&request);
            let response = self.finish(now, &request, fault.response());
            self.record(now, came(request), Some(&permit), Ok(&response), None);
            return response;
        }
        let handler = self.handlers[permit.operation_index()];
        let mut started = Vec::new();
        let result = self.check(&permit, &mut request).and_then(|ignored| {
            let mut context = self.context(now, Some(path), &mut started);
            let response = handler(&mut context, &permit, &request)?;
            // What a service has kept without effect it has said itself.
            let by_service = response.header(IGNORED).map(str::to_owned);
            let all: Vec<String> = by_service.into_iter().chain(ignored).collect();
            Ok(if all.is_empty() {
                response
            } else {
                response.with_header(IGNORED, &all.join(","))
            })
        });
        self.begin(now, started);
        let (response, refusal) = match result {
            Ok(response) => (response, None),
            Err(mut refusal) => (self.refuse(&request, &mut refusal), Some(refusal)),
        };
        let response = match &struck {
            Some(fault) => fault.response(),
            None => response,
        };
        let mut response = self.finish(now, &request, response);
        if let Some(id) = response.headers.get(&REQUEST_ID).cloned() {
            arm_headers::identify(&mut response.headers, &self.rules, &self.state, &permit, &id);
        }
        self.record(now, came(request), Some(&permit), Ok(&response), refusal.as_ref());
        response
    }

    /// What is asked of a request whatever it is, once it has been let in; answers with what of it is
    /// passed over.
    fn check(&self, permit: &Permit, request: &mut Request) -> Result<Vec<String>, Refusal> {
        let operation = permit.operation(&self.rules);
        let mut ignored = check_body(&self.rules, operation, request)?;
        check_place(&self.rules, &self.state, permit, request)?;
        ignored.extend(check_conditions(
            &self.rules,
            &self.state,
            operation,
            permit,
            request,
        )?);
        Ok(ignored)
    }

    /// A service's own no. The Backup service cannot write one for a caller whose `Accept` header
    /// carries a charset, which is what every call of Terraform's provider does: it answers 406.
    fn refuse(&self, request: &Request, refusal: &mut Refusal) -> Response {
        let charset = request
            .header("accept")
            .is_some_and(|accept| accept.contains("charset"));
        if refusal.shape != Shape::UserFacing || !charset || !self.rules.takes(rule::DPP_406, "empty_406") {
            return refusal.respond(request);
        }
        refusal.name([rule::DPP_406]);
        refusal.stamp(Response::new(StatusCode::NOT_ACCEPTABLE))
    }

    /// Gives back a body no handler will see: a request that was admitted on its headers may be
    /// refused once its body is there.
    fn release_body(&mut self, request: &Request) {
        if let Body::Stored(body) = &request.body {
            self.released.extend_from_slice(&body.extents);
        }
    }

    /// Headers every answer of an endpoint carries.
    fn finish(&self, now: Timestamp, request: &Request, mut response: Response) -> Response {
        let id = self.request_id();
        let headers = &mut response.headers;
        headers.insert(REQUEST_ID, id.clone());
        if let Some(sent) = request.headers.get(&CLIENT_REQUEST_ID) {
            headers.insert(CLIENT_REQUEST_ID, sent.clone());
        }
        match endpoint_of(&request.host, &request.path) {
            Some(Endpoint::Arm) => {
                arm_headers::add(headers, &self.rules.headers, now, request, &id);
                headers.insert(CORRELATION_ID, id);
            }
            Some(Endpoint::Blob) => {
                if let Some(version) = request.headers.get(&STORAGE_VERSION) {
                    headers.insert(STORAGE_VERSION, version.clone());
                }
            }
            Some(Endpoint::KeyVault) => add_key_vault_headers(&self.rules, &self.state, request, headers),
            Some(_) | None => {}
        }
        response
    }

    /// A request id that no other answer has: the seed's number, stepped on for each exchange by a
    /// constant that makes neighbours look unlike each other. The exchange is recorded right after.
    fn request_id(&self) -> HeaderValue {
        const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        let exchange = u128::from(self.log.count()) + 1;
        let number = self.first_request_id.wrapping_add(exchange.wrapping_mul(STEP));
        let id = uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid();
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        HeaderValue::from_str(id.hyphenated().encode_lower(&mut text))
            .unwrap_or(HeaderValue::from_static("-"))
    }

    fn record(
        &mut self,
        now: Timestamp,
        came: IncomingRequest<'_>,
        permit: Option<&Permit>,
        answer: Result<&Response, StatusCode>,
        refusal: Option<&Refusal>,
    ) {
        let (status, told) = match answer {
            Ok(response) => (response.status, self.told(&came.request, response, refusal)),
            Err(status) => (status, AnswerDetails::default()),
        };
        let exchange = exchange(&self.rules, now, came, permit, status, refusal, told);
        self.log.push(exchange);
    }

    /// What the log is told of an answer besides its status.
    fn told(&mut self, request: &Request, response: &Response, refusal: Option<&Refusal>) -> AnswerDetails {
        let gate = response.header("x-azdrill-gate");
        AnswerDetails {
            faulted: refusal.is_none() && gate == Some(Gate::Fault.as_str()),
            failed: if refusal.is_none() && request.method == Method::GET {
                FailedBecause::of(&response.headers)
            } else {
                None
            },
            bodies: self.log.bodies(request, response),
        }
    }

    /// Gives an inner call the token it is to carry.
    fn sign(&mut self, now: Timestamp, outbound: &mut Outbound) {
        let Some(id) = outbound.principal else { return };
        let Some(principal) = self.state.directory.get(id) else {
            return;
        };
        let key = (id, outbound.audience);
        let fresh = self
            .inner_tokens
            .get(&key)
            .filter(|(until, _)| now < *until)
            .map(|(_, token)| token.clone());
        let token = match fresh {
            Some(token) => token,
            None => {
                let (token, seconds) = self.tokens.issue(now, principal, outbound.audience);
                let until = now + jiff::SignedDuration::from_secs(seconds / 2);
                self.inner_tokens.insert(key, (until, token.clone()));
                token
            }
        };
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
            outbound
                .request
                .headers
                .insert(http::header::AUTHORIZATION, value);
        }
    }

    /// Steps a workflow until it waits for something.
    fn run(&mut self, now: Timestamp, id: WorkflowId, first: Input) {
        let Some(mut workflow) = self.workflows.remove(&id) else {
            return;
        };
        let mut input = first;
        for _ in 0..STEPS_MAX {
            let mut started = Vec::new();
            let next = workflow.step(&mut self.context(now, None, &mut started), input);
            self.begin(now, started);
            match next {
                Next::Call(mut outbound) => {
                    self.sign(now, &mut outbound);
                    input = Input::Answered(self.answer(
                        now,
                        &outbound.path,
                        outbound.request,
                        CallOrigin::ByService,
                    ));
                }
                Next::Ask(mut outbound) => {
                    self.sign(now, &mut outbound);
                    let verdict = self.decide(now, &outbound.path, &outbound.request);
                    let (permit, refusal) = (verdict.as_ref().ok(), verdict.as_ref().err());
                    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
                    let came = IncomingRequest {
                        path: &outbound.path,
                        request: outbound.request,
                        asked: CallOrigin::OnlyWhether,
                    };
                    self.record(now, came, permit, Err(status), refusal);
                    input = Input::Asked(verdict);
                }
                Next::Work(work) => {
                    self.agenda.ask(work, id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::Sleep(duration) => {
                    self.agenda.wake_at(now + duration, id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::Watch => {
                    self.agenda.wake_on_change(id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::WatchOthers => {
                    self.agenda.wake_on_end(id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::Done => {
                    self.agenda.ended(now);
                    return;
                }
            }
        }
        self.log.note(
            now,
            "emulator",
            "a workflow took too many steps and was given up".to_owned(),
            None,
        );
    }
}
