//! A copy of a world in which something is tried.

use azdrill_emulator::authz::Lags;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{EffectFailure, EffectResult, ServerWork, SessionFailure, Work};
use azdrill_emulator::model::{NetworkPath, PrincipalId, Request, ResourceId, Response, Timestamp};
use azdrill_emulator::rules::{Gate, Mark, RuleId, Rules, cloud};
use azdrill_emulator::server::Core as _;
use azdrill_emulator::services::Pace;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use crate::strategy::client::Client;
use crate::strategy::movement::SimulatedMovement;

/// How often something that is due at once may lead to more that is: work that never ends is given up.
const TURNS_MAX: usize = 10_000;

/// A copy of a world, a clock that stands still until it is moved, and somebody who asks. What is tried in it reaches
/// nothing outside of it. Azure's own waiting takes no time there, and what is newly assigned is seen at once: it is
/// asked whether something works, not how long it takes.
pub struct Trial {
    /// The copy.
    pub azure: Azure,
    /// What time it is there.
    pub now: Timestamp,
    operator: PrincipalId,
    client: Client,
}

/// A no, as the copy's log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    /// Where a backup or a restore found it out (`validate_restore`); empty where a request was refused as it was made.
    pub stage: String,
    /// The HTTP status; 0 where a stage found it out.
    pub status: u16,
    /// The code on the wire.
    pub code: String,
    /// Who said it.
    pub gate: Gate,
    /// Why, for a person.
    pub reason: String,
    /// How sure we are.
    pub mark: Mark,
    /// The rules that decided.
    pub rules: Vec<RuleId>,
    /// The operation that was refused; empty where none was.
    pub operation: String,
    /// What it would have been done to; empty where that is no resource.
    pub on: String,
}

/// How something ended that takes a while.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What was answered at first.
    pub accepted: StatusCode,
    /// The last body: of the operation, or of the answer.
    pub body: Value,
}

impl Ended {
    /// Whether it went well.
    pub fn is_well(&self) -> bool {
        let status = self.body["status"].as_str();
        self.accepted.is_success() && status.is_none_or(|status| status == "Succeeded")
    }
}

impl Trial {
    /// A copy in which `operator` asks. `None` if there is nobody of that id.
    pub fn of(world: &Azure, now: Timestamp, operator: PrincipalId) -> Option<Self> {
        Self::begin(world.copy(), now, operator)
    }

    /// The same under other rules: what the other profile would make of it.
    pub fn under(
        world: &Azure,
        rules: &std::sync::Arc<Rules>,
        now: Timestamp,
        operator: PrincipalId,
    ) -> Option<Self> {
        Self::begin(world.copy_under(rules), now, operator)
    }

    fn begin(mut azure: Azure, now: Timestamp, operator: PrincipalId) -> Option<Self> {
        let settings = azure.settings_mut();
        settings.pace = Pace::Fast;
        settings.role_propagation = SignedDuration::ZERO;
        settings.lags = Lags::default();
        let client = Client::sign_in(&azure, now, operator, cloud().arm_audience())?;
        Some(Self {
            azure,
            now,
            operator,
            client,
        })
    }

    /// Another copy of it, as it is now.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            azure: self.azure.copy(),
            now: self.now,
            operator: self.operator,
            client: self.client.clone(),
        }
    }

    /// Who asks.
    pub fn operator(&self) -> PrincipalId {
        self.operator
    }

    /// Asks Resource Manager for something, at the version usual for the path.
    pub fn arm(&mut self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let version = self.azure.rules().usual_version(path);
        let request = Request::new(
            method,
            cloud().arm_host(),
            &format!("{path}?api-version={version}"),
        );
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        self.client.send(&mut self.azure, self.now, request)
    }

    /// Asks for something that takes a while, and lets everything happen that follows at once.
    pub fn operate(&mut self, method: Method, path: &str, body: Option<&Value>) -> Ended {
        let answer = self.arm(method, path, body);
        self.settle();
        let accepted = answer.status;
        let address = answer.header("azure-asyncoperation");
        let address = address.and_then(|address| address.strip_prefix("https://management.azure.com"));
        let body = match address {
            Some(address) => {
                let request = Request::new(Method::GET, cloud().arm_host(), address);
                self.client.send(&mut self.azure, self.now, request).json_body()
            }
            None => answer.json_body(),
        };
        Ended { accepted, body }
    }

    /// Lets everything happen that is due.
    pub fn settle(&mut self) {
        for _ in 0..TURNS_MAX {
            let effects = self.azure.tick(self.now);
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                let result = self.carry_out(&effect.work);
                self.azure.complete(self.now, effect.id, result);
            }
        }
        // Nothing stands behind them.
        self.azure.take_released();
    }

    /// Moves its clock to a time, from one thing that falls due to the next.
    pub fn advance(&mut self, to: Timestamp) {
        while let Some(due) = self.azure.next_due().filter(|due| *due <= to) {
            self.now = self.now.max(due);
            self.settle();
        }
        self.now = self.now.max(to);
        self.settle();
        // The token of before has expired.
        if let Some(client) = Client::sign_in(&self.azure, self.now, self.operator, cloud().arm_audience()) {
            self.client = client;
        }
    }

    /// The newest thing that went wrong, if something did: what a stage found out rather than the call it found it out
    /// by.
    pub fn newest_no(&self) -> Option<No> {
        let log = self.azure.log();
        let found = log.notes().iter().rev().find_map(|note| {
            let no = note.refused.as_ref()?;
            Some(No {
                stage: note.about.clone(),
                status: 0,
                code: no.code.clone(),
                gate: no.gate,
                reason: no.reason.clone(),
                mark: no.mark,
                rules: no.rules.clone(),
                operation: String::new(),
                on: String::new(),
            })
        });
        found.or_else(|| self.refused_call())
    }

    /// The newest call that was refused.
    pub fn refused_call(&self) -> Option<No> {
        let exchanges: Vec<_> = self.azure.log().since(0).collect();
        exchanges.into_iter().rev().find_map(|exchange| {
            let no = exchange.refused.as_ref()?;
            Some(No {
                stage: String::new(),
                status: exchange.status,
                code: no.code.clone(),
                gate: no.gate,
                reason: no.reason.clone(),
                mark: no.mark,
                rules: no.rules.clone(),
                operation: exchange.operation.to_string(),
                on: exchange.path.clone(),
            })
        })
    }

    /// Work outside, of which nothing is done but what decides: whether a service is let in at a server is asked, what
    /// it would find there is not.
    fn carry_out(&mut self, work: &Work) -> EffectResult {
        let sign_in = match work {
            Work::Examine(work) => Some(&work.sign_in),
            Work::DumpDatabase(work) => Some(&work.sign_in),
            Work::LoadDatabase(work) => Some(&work.sign_in),
            _ => None,
        };
        if let Some(sign_in) = sign_in
            && let Err(no) = self.azure.connect_database(self.now, &sign_in.path, &sign_in.host)
            // In a world without PostgreSQL no server listens anywhere.
            && (no.failure != SessionFailure::NoServer || self.azure.settings().has_postgres)
        {
            return EffectResult::Failed(EffectFailure::Session {
                failure: no.failure,
                message: no.message,
            });
        }
        if let Work::Server(ServerWork::Remove(_)) = work {
            return EffectResult::ServerDone;
        }
        SimulatedMovement::default().carry_out(&mut self.azure, self.now, work)
    }

    /// Takes a request through the gates alone: by which rules it is let through.
    ///
    /// # Errors
    ///
    /// The no.
    pub fn decide(&self, from: &NetworkPath, request: &Request) -> Result<Vec<RuleId>, Box<No>> {
        match self.azure.decide(self.now, from, request) {
            Ok(permit) => Ok(permit.rules.clone()),
            Err(refusal) => Err(Box::new(No {
                stage: String::new(),
                status: refusal.status.as_u16(),
                code: refusal.code.clone(),
                gate: refusal.gate,
                reason: refusal.reason.clone(),
                mark: refusal.mark,
                rules: refusal.rules.clone(),
                operation: self.azure.operation_of(request).unwrap_or_default(),
                on: request.path.clone(),
            })),
        }
    }

    /// A text of a resource; empty if there is none.
    pub fn text(&self, id: &ResourceId, pointer: &str) -> String {
        let resource = self.azure.state().resource(id);
        resource.map_or_else(String::new, |own| own.text(pointer).to_owned())
    }
}
