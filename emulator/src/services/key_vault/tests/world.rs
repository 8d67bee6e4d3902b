//! A small world: an operator, a principal without rights, one key vault.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::azure::Azure;
use crate::machine::Core;
use crate::model::{NetworkPath, PrincipalId, Request, ResourceId, Response, Timestamp};
use crate::rules::{Assumptions, Profile, Rules};
use crate::services::Settings;
use crate::state::{IdentityKind, Principal};
use crate::world::{Operator, assign, found};

pub(super) const HOST: &str = "drill.vault.azure.net";
pub(super) const VAULT: &str = "/providers/Microsoft.KeyVault/vaults/drill";
const ARM: &str = "management.azure.com";

pub(super) struct World {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) operator: Operator,
    /// Somebody of the tenant who has no rights at all.
    pub(super) stranger: PrincipalId,
}

impl World {
    /// With a resource group and nothing in it.
    pub(super) fn empty_with(assumed: &[(&str, &str)]) -> Self {
        let assumptions: Assumptions = assumed
            .iter()
            .map(|(rule, taken)| ((*rule).to_owned(), (*taken).to_owned()))
            .collect();
        let rules = Rules::load(Profile::Observed, &assumptions).expect("the rules load");
        let mut azure = Azure::new(rules, Settings::default(), 1);
        let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
        let operator = found(&mut azure, now);
        let stranger = PrincipalId(Uuid::from_u128(77));
        azure.state_mut().directory.insert(Principal {
            id: stranger,
            app_id: Some(Uuid::from_u128(78)),
            tenant: operator.tenant,
            display_name: "stranger".to_owned(),
            identity: IdentityKind::Application,
            secret: None,
            certificates: Vec::new(),
        });
        let mut world = Self {
            azure,
            now,
            operator,
            stranger,
        };
        let group = world.arm(Method::PUT, "", Some(json!({"location": "westeurope"})));
        assert_eq!(group.status, 201);
        world
    }

    /// With a key vault `drill` that has Azure roles, and everything in it allowed to the operator.
    pub(super) fn new() -> Self {
        Self::with(json!({"enableRbacAuthorization": true}))
    }

    /// With a key vault `drill` with these properties.
    pub(super) fn with(properties: Value) -> Self {
        Self::assuming(&[], properties)
    }

    pub(super) fn assuming(assumed: &[(&str, &str)], properties: Value) -> Self {
        let mut world = Self::empty_with(assumed);
        let made = world.put_vault(properties);
        assert_eq!(made.status, 200, "{made:?}");
        world.give(world.operator.object_id, "Key Vault Administrator", "");
        world
    }

    pub(super) fn put_vault(&mut self, properties: Value) -> Response {
        let mut body = json!({"location": "westeurope", "properties": properties});
        if let Some(properties) = body["properties"].as_object_mut() {
            properties
                .entry("tenantId")
                .or_insert(json!(self.operator.tenant));
            properties
                .entry("sku")
                .or_insert(json!({"family": "A", "name": "standard"}));
        }
        self.arm(Method::PUT, VAULT, Some(body))
    }

    pub(super) fn patch_vault(&mut self, properties: Value) {
        let answer = self.arm(Method::PATCH, VAULT, Some(json!({"properties": properties})));
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(super) fn group(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/rg", self.operator.subscription)
    }

    /// Gives a role on the vault, or on what is named below it.
    pub(super) fn give(&mut self, to: PrincipalId, role: &str, below: &str) {
        let scope: ResourceId = format!("{}{VAULT}{below}", self.group()).parse().expect("an id");
        self.give_at(to, role, &scope);
    }

    pub(super) fn give_at(&mut self, to: PrincipalId, role: &str, scope: &ResourceId) {
        self.azure.with_context(self.now, |context| {
            assign(context, to, role, scope, SignedDuration::ZERO);
        });
    }

    pub(super) fn token(&self, principal: PrincipalId, audience: &str) -> String {
        let principal = self.azure.state().directory.get(principal).expect("somebody");
        self.azure.tokens().issue(self.now, principal, audience).0
    }

    pub(super) fn send(&mut self, request: Request) -> Response {
        self.send_from(&NetworkPath::internet(), request)
    }

    pub(super) fn send_from(&mut self, path: &NetworkPath, request: Request) -> Response {
        self.azure.call(self.now, path, request)
    }

    /// Calls ARM as the operator; `target` is below the resource group.
    pub(super) fn arm(&mut self, method: Method, target: &str, body: Option<Value>) -> Response {
        let target = format!("{}{target}?api-version=2023-07-01", self.group());
        self.arm_at(method, &target, body)
    }

    pub(super) fn arm_at(&mut self, method: Method, target: &str, body: Option<Value>) -> Response {
        let token = self.token(self.operator.object_id, "https://management.azure.com/");
        let request =
            Request::new(method, ARM, target).with_header("authorization", &format!("Bearer {token}"));
        self.send(match body {
            Some(body) => request.with_json(&body),
            None => request,
        })
    }

    /// A request to the vault as somebody.
    pub(super) fn request(&self, who: PrincipalId, method: Method, target: &str) -> Request {
        let separator = if target.contains('?') { '&' } else { '?' };
        let token = self.token(who, "https://vault.azure.net");
        Request::new(method, HOST, &format!("{target}{separator}api-version=7.4"))
            .with_header("authorization", &format!("Bearer {token}"))
    }

    /// Calls the vault as the operator.
    pub(super) fn vault(&mut self, method: Method, target: &str, body: Option<Value>) -> Response {
        let request = self.request(self.operator.object_id, method, target);
        self.send(match body {
            Some(body) => request.with_json(&body),
            None => request,
        })
    }

    /// Sets a secret, which must succeed.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Value {
        let answer = self.vault(
            Method::PUT,
            &format!("/secrets/{name}"),
            Some(json!({"value": value})),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json_body()
    }

    /// Lets time pass, and what falls due happen.
    pub(super) fn pass(&mut self, time: SignedDuration) {
        self.now += time;
        self.azure.tick(self.now);
    }
}

/// The last segment of an address.
pub(super) fn last(address: &Value) -> String {
    let address = address.as_str().unwrap_or_default();
    address.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The code of an answer that must be a refusal with this status: the inner one, if it has one.
#[track_caller]
pub(super) fn refused(answer: &Response, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    let error = answer.json_body()["error"].clone();
    let code = error["innererror"]["code"].as_str().or(error["code"].as_str());
    code.unwrap_or_default().to_owned()
}
