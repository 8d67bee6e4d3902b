//! A client of the emulator that has no network in between.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{NetworkPath, PrincipalId, Request, Response, Timestamp};
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::Value;

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
pub(super) struct Client {
    bearer: String,
}

impl Client {
    /// Signs a principal in at an audience. `None` if there is no such principal.
    pub(super) fn sign_in(azure: &Azure, now: Timestamp, id: PrincipalId, audience: &str) -> Option<Self> {
        let principal = azure.state().directory.get(id)?;
        let (token, _) = azure.tokens().issue(now, principal, audience);
        Some(Self {
            bearer: format!("Bearer {token}"),
        })
    }

    /// Sends a request as this client, whatever the answer.
    pub(super) fn send(&self, azure: &mut Azure, now: Timestamp, request: Request) -> Response {
        let request = request.with_header("authorization", &self.bearer);
        azure.call(now, &NetworkPath::internet(), request)
    }

    /// Manages a resource.
    ///
    /// # Errors
    ///
    /// If the answer is no success.
    pub(super) fn manage(
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
    pub(super) fn require(
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
