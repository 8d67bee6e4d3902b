//! What a handler or a workflow works with.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::SignedDuration;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::later::later;
use super::{ServiceStates, Workflow};
use crate::authz::{Lags, Plane, Sight, WantedAction};
use crate::entropy::Entropy;
use crate::fault::{ConnectionFault, FaultPlan, INJECTED, OperationFault};
use crate::gateway::{Gates, Permit, Refusal, TokenAuthority, read_json, read_lenient_json};
use crate::log::Log;
use crate::model::{
    Action, DotNetTicks, Extent, NetworkPath, PrincipalId, Request, ResourceId, Response, TenantId, Timestamp,
};
use crate::rules::{Rules, code};
use crate::state::{IdentityKind, OperationOutcome, Principal, State};

/// How Azure's own waiting is treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Each phase follows at once when the real work is done.
    #[default]
    Fast,
    /// Phases take as long as was measured on Azure, on whichever clock runs.
    Recorded,
}

/// Settings of a world that are no resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How Azure's own waiting is treated.
    pub pace: Pace,
    /// How long a new or deleted role assignment takes to be seen.
    pub role_propagation: SignedDuration,
    /// Whether a real PostgreSQL stands behind servers. Without one, creating a server makes a
    /// resource only, and a backup of it fails.
    pub has_postgres: bool,
    /// The major versions servers may be created with, newest first; empty for any.
    pub postgres_majors: Vec<u32>,
    /// What the database engine's keys begin with, so that worlds can share an engine. Shows in no
    /// answer.
    pub engine_namespace: String,
    /// Until when a backup instance of a single server may be configured without a secret, with the
    /// older model of credentials. `None`: there is no such model any more. When Azure took the
    /// other one up for everybody is not known to us, so it is a setting of the world.
    pub entra_credentials_until: Option<Timestamp>,
    /// Polls answer with `x-ms-retry-after-ms: 50` instead of `Retry-After: 1`.
    pub fast_polls: bool,
    /// How late what was written is seen, besides role assignments.
    #[serde(default, skip_serializing_if = "Lags::is_none")]
    pub lags: Lags,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pace: Pace::Fast,
            role_propagation: SignedDuration::ZERO,
            has_postgres: false,
            postgres_majors: Vec::new(),
            engine_namespace: String::new(),
            entra_credentials_until: None,
            fast_polls: false,
            lags: Lags::default(),
        }
    }
}

impl Settings {
    /// What a front end sees that is asked as the exchange of this number.
    pub(crate) fn sight(&self, by_service: bool, entropy: &Entropy, number: u64) -> Sight {
        Sight::of(&self.lags, self.role_propagation, by_service, entropy, number)
    }

    /// How long an assignment takes until everybody sees it.
    pub fn longest_propagation(&self) -> SignedDuration {
        self.lags.longest(self.role_propagation)
    }
}

/// Borrowed from [`crate::azure::Azure`] for one step.
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// Where the caller stands, if this answers a call.
    pub path: Option<&'a NetworkPath>,
    /// The code of the error that the operation is to end with which this call begins, where a fault says so.
    pub fails: Option<&'a str>,
    /// What is broken on purpose.
    pub faults: &'a mut FaultPlan,
    /// The rules under the chosen profile.
    pub rules: &'a Rules,
    /// The settings.
    pub settings: &'a Settings,
    /// What exists.
    pub state: &'a mut State,
    /// What each service knows alone.
    pub own: &'a mut ServiceStates,
    /// Issues tokens.
    pub tokens: &'a TokenAuthority,
    /// Seeded randomness.
    pub entropy: &'a Entropy,
    /// Counts draws of a name, so that each is different.
    pub draws: &'a mut std::collections::BTreeMap<String, u64>,
    /// Exchanges and notes.
    pub log: &'a mut Log,
    /// Long-running work to begin when this step is over.
    pub started: &'a mut Vec<Box<dyn Workflow>>,
    /// Bytes in the blob store that nothing refers to any more.
    pub released: &'a mut Vec<Extent>,
}

/// A long-running operation as a service announces it.
pub struct LongRunning {
    /// The operation's id.
    pub id: String,
    /// The status of the first answer.
    pub status: StatusCode,
    /// `Azure-AsyncOperation`, if the operation has a status address.
    pub status_path: Option<String>,
    /// `Location`, if the operation has a result address.
    pub result_path: Option<String>,
    /// `Retry-After` of the first answer, in seconds.
    pub retry_after_seconds: u64,
}

impl Context<'_> {
    /// A branch of randomness that is used once: the same names in the same order give the same.
    pub fn draw(&mut self, name: &str) -> Entropy {
        let count = self.draws.entry(name.to_owned()).or_default();
        *count += 1;
        self.entropy.fork(name).fork(&count.to_string())
    }

    /// A UUID used once.
    pub fn draw_uuid(&mut self, name: &str) -> Uuid {
        self.draw(name).uuid()
    }

    /// The gates: for what an operation takes besides its own row, as copying takes reading.
    pub fn gates(&self) -> Gates<'_> {
        Gates {
            rules: self.rules,
            state: self.state,
            tokens: self.tokens,
            sight: self.sight(),
        }
    }

    /// What whoever answers this call, or this step of a job, sees of role assignments.
    pub fn sight(&self) -> Sight {
        let by_service = self.path.is_none_or(NetworkPath::is_azure_service);
        self.settings.sight(by_service, self.entropy, self.log.count())
    }

    /// Begins long-running work.
    pub fn start(&mut self, workflow: impl Workflow + 'static) {
        self.started.push(Box::new(workflow));
    }

    /// Ends a long-running operation, as it does or as a fault has it.
    pub fn end(&mut self, operation: &str, outcome: OperationOutcome) {
        match self.state.operations.struck(operation) {
            None => self.state.operations.end(operation, self.now, outcome),
            Some(OperationFault::Stick) => {}
            Some(OperationFault::EndLate { by }) => {
                let operation = operation.to_owned();
                later(self, by, move |context| {
                    context.state.operations.end(&operation, context.now, outcome);
                });
            }
            Some(OperationFault::Fail { code }) => {
                let error = serde_json::json!({"code": code, "message": INJECTED});
                let outcome = OperationOutcome::Failed(error);
                self.state.operations.end(operation, self.now, outcome);
            }
        }
    }

    /// What is to go wrong with a dump that this server's own service begins now, where a fault says so.
    pub fn strike_own_dump(&mut self, server: &ResourceId) -> Option<ConnectionFault> {
        let fault = self.faults.strike_own_dump(self.now, server.name())?;
        let text = format!("a dump of {} is struck by a fault: {fault}", server.name());
        self.log.note(self.now, "fault", text, None);
        Some(fault)
    }

    /// How long a phase takes at the world's pace.
    pub fn phase(&self, name: &str) -> SignedDuration {
        match self.settings.pace {
            Pace::Fast => SignedDuration::ZERO,
            Pace::Recorded => self
                .rules
                .recorded_seconds
                .get(name)
                .map_or(SignedDuration::ZERO, |seconds| {
                    SignedDuration::from_secs_f64(*seconds)
                }),
        }
    }

    /// A new principal for a managed identity.
    pub fn create_identity(
        &mut self,
        display_name: &str,
        tenant: TenantId,
        identity: IdentityKind,
    ) -> PrincipalId {
        let label = match &identity {
            IdentityKind::SystemAssigned(id) | IdentityKind::UserAssigned(id) => {
                format!("identity {}", id.key())
            }
            IdentityKind::Application | IdentityKind::User | IdentityKind::Group => {
                format!("principal {display_name}")
            }
        };
        let draw = self.draw(&label);
        let id = PrincipalId(draw.fork("object").uuid());
        self.state.directory.insert(Principal {
            id,
            app_id: Some(draw.fork("application").uuid()),
            tenant,
            display_name: display_name.to_owned(),
            identity,
            secret: None,
            certificates: Vec::new(),
        });
        self.note_new_principal(id);
        id
    }

    /// Takes note that a principal was just made: Resource Manager does not find it at once.
    pub fn note_new_principal(&mut self, id: PrincipalId) {
        if !self.settings.lags.new_principals.is_zero() {
            let from = self.now + self.settings.lags.new_principals;
            self.state.directory.found_from(id, from);
        }
    }

    /// The tenant of a resource's subscription.
    ///
    /// # Errors
    ///
    /// ARM's 404 if there is no such subscription.
    pub fn tenant_of(&self, id: &ResourceId) -> Result<TenantId, Refusal> {
        let subscription = id.subscription().unwrap_or_default();
        let tenant = self.state.tenant_of(id);
        tenant.ok_or_else(|| Refusal::of(code::SubscriptionNotFound, &[("subscription", subscription)]))
    }

    /// Whether a list shows a resource to whoever asked for it. Nearly always everything is shown, because
    /// the caller may read everything there.
    pub fn shows(&self, permit: &Permit, id: &ResourceId, kind: &str) -> bool {
        !permit.below_only || self.may_read(permit, id, kind)
    }

    /// Whether the caller has a role that lets it read something of a type.
    pub fn may_read(&self, permit: &Permit, id: &ResourceId, kind: &str) -> bool {
        let Some(principal) = permit.caller.principal else {
            return false;
        };
        let principals = self.state.directory.with_seen_groups(principal, self.now);
        let action = Action::new(format!("{kind}/read"));
        let (access, roles) = (&self.state.access, &self.rules.built_in_roles);
        access
            .decide(
                roles,
                self.now + self.sight().ahead(Plane::Control),
                &principals,
                WantedAction::Action(&action),
                id,
                &crate::model::Facts::none,
            )
            .is_ok()
    }

    /// Makes sure the resource group a resource is to be put into exists.
    ///
    /// # Errors
    ///
    /// ARM's 404 if it does not.
    pub fn require_group(&self, id: &ResourceId) -> Result<(), Refusal> {
        self.tenant_of(id)?;
        match id.resource_group_id() {
            Some(group) if !self.state.resources.contains_key(&group) => Err(Refusal::of(
                code::ResourceGroupNotFound,
                &[("group", group.name())],
            )),
            _ => Ok(()),
        }
    }

    /// ARM's 404 for a resource that is not there; for the group, if that is what is missing.
    pub fn not_found(&self, id: &ResourceId) -> Refusal {
        if let Err(refusal) = self.require_group(id) {
            return refusal;
        }
        let kind = id.resource_type().unwrap_or_default();
        let group = id.resource_group().unwrap_or_default();
        let fill = [("type", &*kind), ("name", id.name()), ("group", group)];
        Refusal::of(code::ResourceNotFound, &fill)
    }

    /// Answers a request that has begun a long-running operation.
    pub fn accepted(&self, request: &Request, operation: &LongRunning, body: Option<&Value>) -> Response {
        let mut response = match body {
            Some(body) => Response::json(operation.status, body),
            None => Response::new(operation.status),
        };
        if let Some(path) = &operation.status_path {
            response = response.with_header("azure-asyncoperation", &self.signed(request, path));
        }
        if let Some(path) = &operation.result_path {
            response = response.with_header("location", &self.signed(request, path));
        }
        match self.settings.pace {
            Pace::Recorded => response.with_header("retry-after", &operation.retry_after_seconds.to_string()),
            Pace::Fast => self.poll_soon(response),
        }
    }

    /// An address of an operation as ARM signs it. Clients send it back as it is, all of its
    /// thousands of characters; nobody checks the signature.
    fn signed(&self, request: &Request, path: &str) -> String {
        let version = request.query_value("api-version").unwrap_or_default();
        let separator = if path.contains('?') { '&' } else { '?' };
        let ticks = DotNetTicks::from(self.now).0;
        let drawn = self
            .entropy
            .fork("signed address")
            .fork(path)
            .fork(&ticks.to_string());
        let certificate = text_of(&self.entropy.fork("certificate of signed addresses"), 1_900);
        let (signature, hash) = (
            text_of(&drawn.fork("signature"), 256),
            text_of(&drawn.fork("hash"), 32),
        );
        format!(
            "{}{path}{separator}api-version={version}&t={ticks}&c={certificate}&s={signature}&h={hash}",
            request.authority()
        )
    }

    /// The answer of a result address whose operation has not ended: 202, and the same address again.
    pub fn ask_again(&self, request: &Request) -> Response {
        let same = format!("{}{}?{}", request.authority(), request.path, request.query);
        self.poll_soon(Response::new(StatusCode::ACCEPTED).with_header("location", &same))
    }

    /// Tells a client when to ask again. Azure's own poll answers say nothing, and clients then
    /// wait 30 seconds.
    pub fn poll_soon(&self, response: Response) -> Response {
        if self.settings.fast_polls {
            response.with_header("x-ms-retry-after-ms", "50")
        } else {
            response.with_header("retry-after", "1")
        }
    }
}

/// Random bytes as text that needs no escaping in a query.
fn text_of(entropy: &Entropy, length: usize) -> String {
    let mut bytes = vec![0; length];
    entropy.rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The request's JSON body, as the front door has read it.
///
/// # Errors
///
/// 400 with line and column if it is not JSON, 415 if it says it is something else.
pub fn json_body(request: &Request) -> Result<Cow<'_, Value>, Refusal> {
    match &request.json {
        Some(checked) => Ok(Cow::Borrowed(checked)),
        None => read_json(request),
    }
}

/// The same of a body that may have comments: a template.
///
/// # Errors
///
/// The same.
pub fn lenient_json_body(request: &Request) -> Result<Cow<'_, Value>, Refusal> {
    match &request.json {
        Some(checked) => Ok(Cow::Borrowed(checked)),
        None => read_lenient_json(request),
    }
}
