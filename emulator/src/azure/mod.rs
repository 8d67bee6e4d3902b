//! The machine: every call, every due time, every result of outside work goes through here.

mod answer;
mod copy;
mod core;
mod kept_world;
mod region;
#[cfg(test)]
mod whole;
mod workflows;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::entropy::Entropy;
use crate::fault::{FaultPlan, ThrottlingFault};
use crate::gateway::{Gates, KnownHosts, Permit, Refusal, Throttle, TokenAuthority};
use crate::jobs::{Agenda, WorkflowId};
use crate::log::Log;
use crate::model::{Extent, NetworkPath, PrincipalId, Request, Timestamp};
use crate::rules::Rules;
use crate::services::{Context, Handler, ServiceStates, Settings, Workflow, handler};
use crate::state::State;

pub use kept_world::{KeptWorld, NotNow};

/// A fake Azure.
pub struct Azure {
    rules: Arc<Rules>,
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
    throttle: Throttle,
    log: Log,
    released: Vec<Extent>,
    first_request_id: u128,
    inner_tokens: BTreeMap<(PrincipalId, &'static str), (Timestamp, String)>,
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
            rules: Arc::new(rules),
            settings,
            state: State::default(),
            own: ServiceStates::default(),
            tokens: TokenAuthority::new(&entropy),
            entropy,
            draws: BTreeMap::new(),
            agenda: Agenda::default(),
            workflows: BTreeMap::new(),
            faults: FaultPlan::default(),
            throttle: Throttle::default(),
            log: Log::default(),
            released: Vec::new(),
            first_request_id,
            inner_tokens: BTreeMap::new(),
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

    /// Forgets the log and how much was asked of Resource Manager, as if nothing had been asked so far: for worlds that
    /// are come back to again and again.
    pub fn clear_log(&mut self) {
        self.log = Log::default();
        self.throttle = Throttle::default();
    }

    /// The faults in place.
    pub fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    /// The faults in place, to change.
    pub fn faults_mut(&mut self) -> &mut FaultPlan {
        &mut self.faults
    }

    /// Has Resource Manager refuse what is more than this. Buckets are full again.
    pub fn put_throttling(&mut self, now: Timestamp, fault: ThrottlingFault) {
        self.faults.push_throttling(now, fault);
        self.throttle = Throttle::default();
    }

    /// The authority that issues tokens.
    pub fn tokens(&self) -> &TokenAuthority {
        &self.tokens
    }

    /// The database server of that key listens elsewhere now, if it runs.
    pub(crate) fn move_server(&mut self, key: &str, address: SocketAddr) {
        self.own.postgres.move_server(key, address);
    }

    /// Takes a request through the gates alone, without carrying it out.
    ///
    /// # Errors
    ///
    /// The refusal of the first gate that says no.
    pub fn decide(&self, now: Timestamp, path: &NetworkPath, request: &Request) -> Result<Permit, Refusal> {
        self.gates_for(path.is_azure_service()).pass(now, path, request)
    }

    /// The id of the operation a request asks for, if there is one.
    pub fn operation_of(&self, request: &Request) -> Option<String> {
        self.gates().operation_of(request).map(|own| own.id.to_string())
    }

    fn gates(&self) -> Gates<'_> {
        self.gates_for(false)
    }

    fn gates_for(&self, by_service: bool) -> Gates<'_> {
        Gates {
            rules: &self.rules,
            state: &self.state,
            tokens: &self.tokens,
            sight: self.settings.sight(by_service, &self.entropy, self.log.count()),
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
            fails: None,
            faults: &mut self.faults,
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
}
