//! The fake Azure a recording is played against: whoever plays is its operator, its clock moves when
//! it is moved, and what is outside is simulated, since a recording holds no rows.

use std::collections::BTreeMap;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::Effect;
use azdrill_emulator::model::{Body, NetworkPath, Request, Response, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::server::Core;
use azdrill_emulator::services::{Pace, Settings};
use azdrill_emulator::world::{Operator, found};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use jiff::SignedDuration;
use serde_json::Value;

use crate::strategy::movement::SimulatedMovement;

/// Azure Resource Manager's host.
pub(super) const ARM: &str = "management.azure.com";
/// The seed of every world: the same recording is played the same way.
const SEED: u64 = 1;
/// How often an operation is waited for before it counts as stuck.
const WAITS_MAX: usize = 500;

/// A world.
pub(super) struct World {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) operator: Operator,
    movement: SimulatedMovement,
    waiting: Vec<Effect>,
    tokens: BTreeMap<&'static str, (Timestamp, String)>,
}

impl World {
    /// An empty one.
    pub(super) fn new(profile: Profile, now: Timestamp) -> Result<Self, String> {
        let rules = Rules::load(profile, &Assumptions::new()).map_err(|error| error.to_string())?;
        let settings = Settings {
            has_postgres: true,
            pace: Pace::Recorded,
            ..Settings::default()
        };
        let mut azure = Azure::new(rules, settings, SEED);
        let operator = found(&mut azure, now);
        Ok(Self {
            azure,
            now,
            operator,
            movement: SimulatedMovement::default(),
            waiting: Vec::new(),
            tokens: BTreeMap::new(),
        })
    }

    /// A token for a host; none where it takes none.
    fn token(&mut self, host: &str) -> Option<String> {
        let audience = if host == ARM {
            "https://management.azure.com"
        } else if host.ends_with(".vault.azure.net") {
            "https://vault.azure.net"
        } else if host == "graph.microsoft.com" {
            "https://graph.microsoft.com"
        } else {
            return None;
        };
        if let Some((until, token)) = self.tokens.get(audience)
            && self.now < *until
        {
            return Some(token.clone());
        }
        let principal = self.azure.state().directory.get(self.operator.object_id)?;
        let (token, seconds) = self.azure.tokens().issue(self.now, principal, audience);
        let until = self.now + SignedDuration::from_secs(seconds / 2);
        self.tokens.insert(audience, (until, token.clone()));
        Some(token)
    }

    /// Makes a request as the operator.
    pub(super) fn send(
        &mut self,
        method: Method,
        host: &str,
        target: &str,
        headers: &[(String, String)],
        body: &Value,
    ) -> Response {
        let mut request = Request::new(method, host, target);
        for (name, value) in headers {
            let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
            if let (Ok(name), Ok(value)) = (name, value) {
                request.headers.insert(name, value);
            }
        }
        if let Some(token) = self.token(host) {
            request = request.with_header("authorization", &format!("Bearer {token}"));
        }
        match body {
            Value::Null => {}
            Value::String(text) => request.body = Body::Bytes(Bytes::from(text.clone())),
            body => request = request.with_json(body),
        }
        self.azure.call(self.now, &NetworkPath::internet(), request)
    }

    /// Makes a request to Azure Resource Manager, at a version it can be asked at if it names none.
    pub(super) fn arm(&mut self, method: Method, path: &str, body: &Value) -> Response {
        let mut target = path.to_owned();
        if !target.contains("api-version=") {
            target += if target.contains('?') { "&" } else { "?" };
            target += &format!("api-version={}", self.azure.rules().usual_version(path));
        }
        self.send(method, ARM, &target, &[], body)
    }

    /// Makes a request that must succeed, and waits until it is done.
    pub(super) fn must(&mut self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self.arm(method.clone(), path, body);
        let said = |answer: &Response| {
            let body = answer.json_body();
            let text = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
            format!(
                "{method} {path}: {} {}: {}",
                answer.status.as_u16(),
                text("code"),
                text("message")
            )
        };
        if !answer.status.is_success() {
            return Err(said(&answer));
        }
        let status = answer.header("azure-asyncoperation").and_then(target_of);
        if let Some(status) = status {
            let mut waits = 0;
            loop {
                self.settle();
                let polled = self.arm(Method::GET, &status, &Value::Null);
                match polled.json_body()["status"].as_str().unwrap_or_default() {
                    "Succeeded" => break,
                    "Failed" | "Canceled" | "" => return Err(said(&polled)),
                    _ if waits == WAITS_MAX => {
                        return Err(format!("{method} {path}: it does not come to an end"));
                    }
                    _ => {}
                }
                waits += 1;
                self.wait();
            }
        }
        self.settle();
        Ok(answer.json_body())
    }

    /// Lets everything happen that is due, with what is outside.
    pub(super) fn settle(&mut self) {
        self.waiting.extend(self.azure.tick(self.now));
        while !self.waiting.is_empty() {
            for effect in std::mem::take(&mut self.waiting) {
                let result = self.movement.carry_out(&mut self.azure, self.now, &effect.work);
                self.azure.complete(self.now, effect.id, result);
            }
            self.waiting.extend(self.azure.tick(self.now));
        }
    }

    /// Lets time pass until then; it does not go back.
    pub(super) fn pass_until(&mut self, end: Timestamp) {
        self.settle();
        while let Some(due) = self.azure.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.settle();
        }
        self.now = self.now.max(end);
    }

    /// Lets whatever is due next happen; `false` if nothing is.
    pub(super) fn wait(&mut self) -> bool {
        self.settle();
        let Some(due) = self.azure.next_due() else {
            return false;
        };
        self.pass_until(due.max(self.now + SignedDuration::from_secs(1)));
        true
    }
}

/// Path and query of an absolute address.
fn target_of(address: &str) -> Option<String> {
    let rest = address.split_once("://")?.1;
    Some(format!("/{}", rest.split_once('/')?.1))
}
