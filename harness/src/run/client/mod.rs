//! The client of whoever acts: calls through the front door. Waiting for what they begin is [`follow`].

mod follow;

use std::collections::BTreeMap;

use azdrill_emulator::journal::Journalled;
use azdrill_emulator::model::{NetworkPath, Request, Response, Timestamp};
use azdrill_emulator::server::{BodySource, Driver, FrontDoor};
use azdrill_emulator::world::Operator;
use bytes::Bytes;
use http::Method;
use jiff::SignedDuration;
use serde_json::Value;

use super::error::RunError;
use super::hold::Hold;
use super::owners::Owners;

/// The largest answer read into memory, in bytes.
const ANSWER_MAX_BYTES: u64 = 64 * 1024 * 1024;
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
    /// What its calls say besides.
    besides: Option<(&'static str, String)>,
    /// Tokens by client id and scope.
    tokens: BTreeMap<String, (Timestamp, String)>,
    /// How it lets what its calls begin go on.
    settles: Settles,
    /// What holds the next operation once its request has been answered.
    holds: Vec<Hold>,
}

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
            besides: None,
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

    /// Has the calls to come carry a header besides; `None`: none again.
    pub(super) fn add_header(&mut self, header: Option<(&'static str, String)>) {
        self.besides = header;
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
        if let Some((name, value)) = &self.besides {
            request = request.with_header(name, value);
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
}
