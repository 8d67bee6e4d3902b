//! The client of whoever acts: calls through the front door, and waiting for what takes time.

use std::collections::BTreeMap;

use azdrill_emulator::journal::Journalled;
use azdrill_emulator::machine::Core;
use azdrill_emulator::model::{NetworkPath, Request, Response, Timestamp};
use azdrill_emulator::server::{BodySource, Driver, FrontDoor};
use azdrill_emulator::world::Operator;
use bytes::Bytes;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use super::during::Hold;
use super::ended::{Ended, marks, refused, succeeded, target_of};
use super::error::RunError;
use super::progress;
use super::tenants::Owners;

/// The largest answer read into memory, in bytes.
const ANSWER_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How often an operation is asked about before it counts as stuck.
const POLLS_MAX: usize = 500;
/// The API version of vaults our own calls name: the one that was recorded. Later ones have soft delete
/// always on.
const VAULT_VERSION: &str = "2024-04-01";

/// Where Azure Resource Manager is, and what a token for it is asked for with.
const ARM: Service<'static> = Service {
    host: "management.azure.com",
    scope: "https%3A%2F%2Fmanagement.azure.com%2F.default",
};

/// A service to call.
#[derive(Clone, Copy)]
pub(super) struct Service<'a> {
    /// Its host.
    pub(super) host: &'a str,
    /// The scope of a token for it, percent-encoded.
    pub(super) scope: &'a str,
}

/// How a client lets what its calls begin go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settles {
    /// It waits for all there is.
    InTurn,
    /// While a job is held in the middle of its work, it lets everything else go on.
    Beside,
    /// Not at all: a job is held that would begin.
    Not,
}

/// Calls as the operator, or as somebody else.
pub(crate) struct Client {
    door: FrontDoor<Journalled>,
    driver: Driver<Journalled>,
    operator: Operator,
    /// Who owns what is not the operator's.
    owners: Owners,
    /// Who acts instead of the operator.
    acting: Option<Operator>,
    /// Whose token is shown to Azure Resource Manager beside the caller's.
    beside: Option<Operator>,
    /// What its calls accept, if they say.
    accepts: Option<String>,
    /// Tokens by client id and scope.
    tokens: BTreeMap<String, (Timestamp, String)>,
    /// How it lets what its calls begin go on.
    settles: Settles,
    /// What holds the next operation once its request has been answered.
    holds: Vec<Hold>,
}

/// What an operation that has ended is called; whatever else it is called, it goes on (ARM's contract
/// of asynchronous operations).
const TERMINAL: [&str; 3] = ["Succeeded", "Failed", "Canceled"];

/// What goes on by more tells how far it has come.
const LONG: SignedDuration = SignedDuration::from_hours(366 * 24);
/// How far it goes at a time.
const STRETCH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a token is used for.
const FRESH: SignedDuration = SignedDuration::from_mins(50);

impl Client {
    pub(crate) fn new(driver: Driver<Journalled>, operator: Operator) -> Self {
        Self {
            door: driver.front_door().clone(),
            driver,
            operator,
            owners: Owners::default(),
            acting: None,
            beside: None,
            accepts: None,
            tokens: BTreeMap::new(),
            settles: Settles::InTurn,
            holds: Vec::new(),
        }
    }

    /// Another client of the same world and operator, at the side of a job that is held.
    pub(super) fn aside(&self, settles: Settles) -> Self {
        Self {
            settles,
            tokens: self.tokens.clone(),
            owners: self.owners.clone(),
            ..Self::new(self.driver.clone(), self.operator.clone())
        }
    }

    /// Holds the next operation once its request has been answered.
    pub(super) fn hold(&mut self, hold: Hold) {
        self.holds.push(hold);
    }

    /// Has the calls to come say what they accept.
    pub(super) fn accept(&mut self, accepts: Option<String>) {
        self.accepts = accepts;
    }

    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// From now on somebody else acts; `None`: the operator again.
    pub(super) fn act_as(&mut self, who: Option<Operator>) {
        self.acting = who;
    }

    /// From now on calls show somebody's token beside the caller's, as clients do that have to do with another tenant.
    pub(super) fn show_beside(&mut self, who: Option<Operator>) {
        self.beside = who;
    }

    /// Who owns what is not the operator's.
    pub(super) fn owners(&self) -> &Owners {
        &self.owners
    }

    /// In a world in which these own something.
    pub(super) fn with_owners(self, owners: Owners) -> Self {
        Self { owners, ..self }
    }

    /// Who owns the subscription that something is in.
    pub(super) fn owner_of(&self, id: &str) -> &Operator {
        self.owners.of_id(id).unwrap_or(&self.operator)
    }

    /// From now on the owner of something acts; whoever did is to act again afterwards.
    pub(super) fn act_as_owner_of(&mut self, id: &str) -> Option<Operator> {
        let owner = self.owners.of_id(id).cloned();
        std::mem::replace(&mut self.acting, owner)
    }

    pub(super) fn driver(&self) -> &Driver<Journalled> {
        &self.driver
    }

    pub(super) fn door(&self) -> &FrontDoor<Journalled> {
        &self.door
    }

    pub(super) fn now(&self) -> Timestamp {
        self.door.clock().now()
    }

    /// Looks at the emulator's state, or changes it by one of its inputs.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut Journalled) -> T) -> T {
        self.door.with_core(look)
    }

    async fn handle(&self, request: Request, body: BodySource) -> Result<Response, RunError> {
        let answer = self.door.handle(&NetworkPath::internet(), request, body).await;
        answer
            .into_response(ANSWER_MAX_BYTES)
            .map_err(|error| RunError::Emulator(error.to_string()))
    }

    /// A token, asked for as clients do, and again when it is about to expire.
    async fn token(&mut self, scope: &str) -> Result<String, RunError> {
        let who = self.acting.as_ref().unwrap_or(&self.operator).clone();
        self.token_of(&who, scope).await
    }

    async fn token_of(&mut self, who: &Operator, scope: &str) -> Result<String, RunError> {
        let now = self.now();
        let key = format!("{} {scope}", who.client_id);
        if let Some((until, token)) = self.tokens.get(&key)
            && now < *until
        {
            return Ok(token.clone());
        }
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={scope}",
            who.client_id,
            who.client_secret.replace('~', "%7E")
        );
        let path = format!("/{}/oauth2/v2.0/token", who.tenant);
        let request = Request::new(Method::POST, "login.microsoftonline.com", &path)
            .with_header("content-type", "application/x-www-form-urlencoded");
        let response = self.handle(request, BodySource::Bytes(Bytes::from(form))).await?;
        let body = response.json_body();
        let token = body["access_token"]
            .as_str()
            .ok_or_else(|| RunError::Emulator(format!("no token: {body}")))?
            .to_owned();
        self.tokens
            .insert(key, (now.saturating_add(FRESH).unwrap_or(now), token.clone()));
        Ok(token)
    }

    /// Makes one call to Azure Resource Manager.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, RunError> {
        self.send_to(ARM, method, path, body).await
    }

    /// Makes one call to a service.
    pub(super) async fn send_to(
        &mut self,
        service: Service<'_>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, RunError> {
        let token = self.token(service.scope).await?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let target = if path.contains("api-version=") {
            path.to_owned()
        } else {
            let version = if path.contains("Microsoft.DataProtection") {
                VAULT_VERSION.to_owned()
            } else {
                self.look(|azure| azure.rules().usual_version(path))
            };
            format!("{path}{separator}api-version={version}")
        };
        let mut request = Request::new(method, service.host, &target)
            .with_header("authorization", &format!("Bearer {token}"));
        if let Some(who) = self.beside.clone() {
            let token = self.token_of(&who, service.scope).await?;
            request = request.with_header("x-ms-authorization-auxiliary", &format!("Bearer {token}"));
        }
        if let Some(accepts) = &self.accepts {
            request = request.with_header("accept", accepts);
        }
        let body = match body {
            Some(value) => {
                request = request.with_header("content-type", "application/json");
                BodySource::Bytes(Bytes::from(value.to_string()))
            }
            None => BodySource::Empty,
        };
        self.handle(request, body).await
    }

    /// Makes a call and follows it to its end.
    pub(super) async fn operate(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Ended, RunError> {
        let is_put = method == Method::PUT;
        let response = self.send(method, path, body).await?;
        if !response.status.is_success() {
            let why = self.look(|core| {
                let log = core.log();
                let last = log.since(log.count().saturating_sub(1)).last();
                let refused = last.and_then(|exchange| exchange.refused.as_ref());
                refused.map(|because| because.reason.clone()).unwrap_or_default()
            });
            self.settle().await;
            return Ok(Ended {
                why,
                ..refused(&response)
            });
        }
        if self.settles == Settles::Not && response.status == StatusCode::ACCEPTED {
            return Ok(Ended {
                status: response.status.as_u16().to_string(),
                ..Ended::default()
            });
        }
        for hold in std::mem::take(&mut self.holds) {
            hold.wait().await;
        }
        self.settle().await;
        if let Some(address) = target_of(response.header("azure-asyncoperation")) {
            let mut ended = self.follow_status(&address).await?;
            if is_put && ended.status == "Succeeded" {
                ended.value = self.send(Method::GET, path, None).await?.json_body();
            }
            return Ok(ended);
        }
        if let Some(address) = target_of(response.header("location")) {
            return self.follow_location(&address).await;
        }
        Ok(succeeded(&response))
    }

    async fn settle(&self) {
        match self.settles {
            Settles::InTurn => self.driver.settle().await,
            Settles::Beside => self.driver.settle_beside().await,
            Settles::Not => {}
        }
    }

    async fn follow_status(&mut self, address: &str) -> Result<Ended, RunError> {
        for _ in 0..POLLS_MAX {
            let response = self.send(Method::GET, address, None).await?;
            if !response.status.is_success() {
                return Ok(refused(&response));
            }
            let body = response.json_body();
            let status = body["status"].as_str().unwrap_or_default().to_owned();
            if TERMINAL.iter().any(|word| status.eq_ignore_ascii_case(word)) {
                return Ok(Ended {
                    status,
                    error: body["error"].clone(),
                    value: body["properties"].clone(),
                    marks: marks(&response),
                    why: String::new(),
                });
            }
            self.wait().await?;
        }
        Err(RunError::Stuck(address.to_owned()))
    }

    async fn follow_location(&mut self, address: &str) -> Result<Ended, RunError> {
        for _ in 0..POLLS_MAX {
            let response = self.send(Method::GET, address, None).await?;
            if response.status != StatusCode::ACCEPTED {
                return Ok(if response.status.is_success() {
                    succeeded(&response)
                } else {
                    refused(&response)
                });
            }
            self.wait().await?;
        }
        Err(RunError::Stuck(address.to_owned()))
    }

    /// Lets whatever is due next happen.
    pub(super) async fn wait(&mut self) -> Result<(), RunError> {
        let is_due = |due| due <= self.now();
        if self.settles == Settles::Beside && self.look(|core| core.next_due()).is_some_and(is_due) {
            self.settle().await;
            return Ok(());
        }
        if self.settles != Settles::InTurn {
            let what = "time stands still while a job is held: what is asked then must be answered at once";
            return Err(RunError::Scenario(what.to_owned()));
        }
        self.driver.settle().await;
        let now = self.now();
        let due = self.look(|core| core.next_due());
        let step = due.map_or(SignedDuration::from_secs(1), |due| due.duration_since(now));
        self.advance(step.max(SignedDuration::from_secs(1))).await
    }

    /// Moves the clock.
    pub(super) async fn advance(&mut self, by: SignedDuration) -> Result<(), RunError> {
        if self.now().checked_add(by).is_err() {
            return Err(RunError::EndOfTime);
        }
        let until = self.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        // Whoever waits for years is told how far they have gone.
        let stretch = if by > LONG { STRETCH } else { by };
        loop {
            let left = until.duration_since(self.now());
            let gone = self.driver.advance(left.min(stretch)).await;
            gone.map_err(|error| RunError::Emulator(error.to_string()))?;
            if left <= stretch {
                return Ok(());
            }
            progress::tell(&format!("{} of {}", day(self.now()), day(until)));
        }
    }

    /// Reads a resource until it is as wanted.
    pub(super) async fn read_until(
        &mut self,
        path: &str,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, RunError> {
        self.ask_until(Method::GET, path, None, done).await
    }

    /// The same, of what is asked for.
    pub(super) async fn ask_until(
        &mut self,
        method: Method,
        path: &str,
        asked: Option<&Value>,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, RunError> {
        for _ in 0..POLLS_MAX {
            let body = self.send(method.clone(), path, asked).await?.json_body();
            if done(&body) {
                return Ok(body);
            }
            self.wait().await?;
        }
        Err(RunError::Stuck(path.to_owned()))
    }
}

/// The day of a time.
fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}
