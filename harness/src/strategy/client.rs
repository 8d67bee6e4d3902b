//! A client of the emulator that has no network in between.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{EffectFailure, EffectResult, Work};
use azdrill_emulator::model::{NetworkPath, PrincipalId, Request, Response, Timestamp};
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::Value;

use super::answer::Answer;

/// Where resources are managed.
const ARM: &str = "management.azure.com";

/// Why a world could not be put up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WorldError {
    /// The rules could not be loaded.
    #[error("the rules do not load: {0}")]
    Rules(String),
    /// A call was refused.
    #[error("{method} {path} was answered with {status}: {body}")]
    Refused {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// Something is not there that should be.
    #[error("the world has no {0}")]
    Missing(&'static str),
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Client {
    bearer: String,
}

impl Client {
    /// Signs a principal in at an audience. `None` if there is no such principal.
    pub fn sign_in(azure: &Azure, now: Timestamp, id: PrincipalId, audience: &str) -> Option<Self> {
        let principal = azure.state().directory.get(id)?;
        let (token, _) = azure.tokens().issue(now, principal, audience);
        Some(Self {
            bearer: format!("Bearer {token}"),
        })
    }

    /// What it signs its requests with. A secret.
    pub fn token(&self) -> &str {
        self.bearer.trim_start_matches("Bearer ")
    }

    /// Sends a request as this client, whatever the answer.
    pub fn send(&self, azure: &mut Azure, now: Timestamp, request: Request) -> Response {
        self.send_from(azure, now, &NetworkPath::internet(), request)
    }

    /// Sends a request as this client from somewhere, whatever the answer.
    pub fn send_from(
        &self,
        azure: &mut Azure,
        now: Timestamp,
        from: &NetworkPath,
        request: Request,
    ) -> Response {
        azure.call(now, from, self.signed(request))
    }

    /// A request as this client sends it.
    pub fn signed(&self, request: Request) -> Request {
        request.with_header("authorization", &self.bearer)
    }

    /// Manages a resource.
    ///
    /// # Errors
    ///
    /// If the answer is no success.
    pub fn manage(
        &self,
        azure: &mut Azure,
        now: Timestamp,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Response, WorldError> {
        let request = Request::new(method, ARM, target);
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        self.require(azure, now, request)
    }

    /// Sends a request that must succeed.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn require(
        &self,
        azure: &mut Azure,
        now: Timestamp,
        request: Request,
    ) -> Result<Response, WorldError> {
        let (method, path) = (request.method.to_string(), request.path.clone());
        let answer = self.send(azure, now, request);
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(WorldError::Refused {
            method,
            path,
            status: answer.status.as_u16(),
            body: String::from_utf8_lossy(answer.body.bytes()).into_owned(),
        })
    }
}

/// What the status of a finished validation says.
pub fn validation_answer(response: &Response) -> Answer {
    let body = response.json_body();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match text("/status") {
        "Succeeded" => Answer::Passes,
        "Failed" => refused(response, text("/error/code")),
        _ => Answer::Odd(format!("{}: {body}", response.status)),
    }
}

/// A no, with the gate and the rules that its headers name.
pub fn refused(response: &Response, code: &str) -> Answer {
    let header = |name: &str| response.header(name).unwrap_or_default();
    Answer::Fails {
        gate: header("x-azdrill-gate").to_owned(),
        rules: header("x-azdrill-rules").split(',').map(str::to_owned).collect(),
        code: code.to_owned(),
    }
}

/// What nothing outside is needed for.
pub fn nothing_outside(_azure: &mut Azure, _work: &Work) -> EffectResult {
    EffectResult::Failed(EffectFailure::Engine(
        "nothing outside was to be needed".to_owned(),
    ))
}

/// Asks for a validation and waits for its end: the last response as it stands. `carry_out` does what is to be done
/// outside.
///
/// # Errors
///
/// The answer, if the request is not even accepted, or what is no answer at all.
pub fn validate(
    client: &Client,
    azure: &mut Azure,
    now: Timestamp,
    target: &str,
    body: &Value,
    mut carry_out: impl FnMut(&mut Azure, &Work) -> EffectResult,
) -> Result<Response, Answer> {
    let request = Request::new(Method::POST, ARM, target).with_json(body);
    let accepted = client.send(azure, now, request);
    if !accepted.status.is_success() {
        let body = accepted.json_body();
        let code = body.pointer("/error/code").and_then(Value::as_str);
        return Err(refused(&accepted, code.unwrap_or_default()));
    }
    loop {
        let effects = azure.tick(now);
        if effects.is_empty() {
            break;
        }
        for effect in effects {
            let result = carry_out(azure, &effect.work);
            azure.complete(now, effect.id, result);
        }
    }
    operation(client, azure, now, &accepted)
}

/// What comes of a request that changes something and needs nothing outside, and whether it was taken: then something
/// may be other than it was, however it ended.
pub(super) fn carried_out(
    client: &Client,
    azure: &mut Azure,
    now: Timestamp,
    request: Request,
) -> (Answer, bool) {
    let accepted = client.send(azure, now, request);
    if !accepted.status.is_success() {
        let body = accepted.json_body();
        let code = body.pointer("/error/code").and_then(Value::as_str);
        return (refused(&accepted, code.unwrap_or_default()), false);
    }
    for effect in azure.tick(now) {
        let result = nothing_outside(azure, &effect.work);
        azure.complete(now, effect.id, result);
    }
    if matches!(accepted.status.as_u16(), 200 | 204) {
        return (Answer::Passes, true);
    }
    let ended = operation(client, azure, now, &accepted);
    let answer = ended.map_or_else(|odd| odd, |ended| validation_answer(&ended));
    (answer, true)
}

/// The status of the operation an answer names.
///
/// # Errors
///
/// What is no answer, if it names none.
pub fn operation(
    client: &Client,
    azure: &mut Azure,
    now: Timestamp,
    accepted: &Response,
) -> Result<Response, Answer> {
    let address = accepted.header("azure-asyncoperation");
    match address.and_then(|address| address.strip_prefix("https://management.azure.com")) {
        Some(address) => Ok(client.send(azure, now, Request::new(Method::GET, ARM, address))),
        None => {
            let body = String::from_utf8_lossy(accepted.body.bytes());
            Err(Answer::Odd(format!("answered {}: {body}", accepted.status)))
        }
    }
}
