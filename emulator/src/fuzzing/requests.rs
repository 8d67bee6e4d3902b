//! Whole requests, through the gates and to their handlers.

use std::cell::RefCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use crate::azure::Azure;
use crate::machine::Core;
use crate::model::{Body, NetworkPath, Request, Timestamp};
use crate::rules::{Assumptions, Profile, Rules};
use crate::services::Settings;
use crate::world::{self, Operator};

/// After so many requests the world is built anew: what one leaves behind may be what another needs, but
/// not for ever.
const REQUESTS_MAX: u32 = 2_000;
const GROUP: &str = "/resourceGroups/g";

struct World {
    azure: Azure,
    tokens: Vec<(char, String)>,
    subscription: String,
    requests: u32,
}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

fn now() -> Timestamp {
    Timestamp::from_second(1_772_431_200).expect("it is a time")
}

impl World {
    fn new() -> Self {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("a test loads the same");
        let mut azure = Azure::new(rules, Settings::default(), 1);
        world::found(&mut azure, now());
        let operator = Operator::of_seed(1);
        let scope = format!("/subscriptions/{}", operator.subscription);
        azure.with_context(now(), |context| {
            for role in ["Storage Blob Data Owner", "Key Vault Administrator"] {
                let scope = scope.parse().expect("it is an id");
                world::assign(
                    context,
                    operator.object_id,
                    role,
                    &scope,
                    jiff::SignedDuration::ZERO,
                );
            }
        });
        let token = |audience: &str| {
            let principal = azure.state().directory.get(operator.object_id);
            principal.map_or_else(String::new, |principal| {
                azure.tokens().issue(now(), principal, audience).0
            })
        };
        let tokens = vec![
            ('A', token("https://management.azure.com")),
            ('B', token("https://storage.azure.com")),
            ('V', token("https://vault.azure.net")),
            ('G', token("https://graph.microsoft.com")),
        ];
        let mut seeds = Self {
            azure,
            tokens,
            subscription: operator.subscription.clone(),
            requests: 0,
        };
        seeds.fill(&scope, &operator);
        seeds
    }

    fn fill(&mut self, scope: &str, operator: &Operator) {
        let group = format!("{scope}{GROUP}");
        let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/acct");
        let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/kvlt");
        let backup = format!("{group}/providers/Microsoft.DataProtection/backupVaults/vault");
        let places: [(&str, &str, Value); 5] = [
            (&group, "2021-04-01", json!({"location": "uksouth"})),
            (
                &account,
                "2023-01-01",
                json!({"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}),
            ),
            (
                &format!("{account}/blobServices/default/containers/box"),
                "2023-01-01",
                json!({"properties": {}}),
            ),
            (
                &vault,
                "2023-07-01",
                json!({"location": "uksouth", "properties": {
                    "tenantId": operator.tenant, "sku": {"family": "A", "name": "standard"},
                    "enableRbacAuthorization": true,
                }}),
            ),
            (
                &backup,
                "2024-04-01",
                json!({"location": "uksouth", "identity": {"type": "SystemAssigned"}, "properties": {
                    "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
                }}),
            ),
        ];
        for (path, version, body) in places {
            let target = format!("{path}?api-version={version}");
            let request = Request::new(Method::PUT, "management.azure.com", &target)
                .with_json(&body)
                .with_header("authorization", &format!("Bearer {}", self.tokens[0].1));
            let answer = self.azure.call(now(), &NetworkPath::internet(), request);
            assert!(answer.status.is_success(), "{path}: {}", answer.json_body());
            self.azure.tick(now());
        }
    }

    /// Reads `METHOD host target`, lines of headers, an empty line and a body. `{s}` stands for the
    /// subscription and `{T}` for a token, by the letter of its kind.
    fn read(&self, data: &[u8]) -> Option<Request> {
        let text = std::str::from_utf8(data).ok()?;
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let fill = |text: &str| {
            text.replace("{s}", &self.subscription)
                .replace("{g}", &format!("/subscriptions/{}{GROUP}", self.subscription))
        };
        let mut lines = head.lines();
        let first = fill(lines.next()?);
        let mut words = first.splitn(3, ' ');
        let method: Method = words.next()?.parse().ok()?;
        let (host, target) = (words.next()?, words.next()?);
        // What the wire lets through.
        let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !target.starts_with('/') || !fits(target) || !fits(host) {
            return None;
        }
        let mut request = Request::new(method, host, target);
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let value = self
                .token(value.trim())
                .unwrap_or_else(|| value.trim().to_owned());
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            request.headers.append(name, HeaderValue::from_str(&value).ok()?);
        }
        if !body.is_empty() {
            request.body = Body::Bytes(Bytes::from(fill(body)));
        }
        Some(request)
    }

    fn token(&self, value: &str) -> Option<String> {
        let kind = value.strip_prefix('{')?.strip_suffix('}')?;
        if kind == "K" {
            return Some(format!("SharedKey acct:{}", STANDARD.encode([7; 32])));
        }
        let found = self.tokens.iter().find(|(letter, _)| kind == letter.to_string());
        found.map(|(_, token)| format!("Bearer {token}"))
    }

    fn answer(&mut self, request: Request) {
        // Keys take long to make, which is not what is looked for here.
        if request.host.ends_with(".vault.azure.net") && request.path.starts_with("/keys") {
            let _ = self.azure.decide(now(), &NetworkPath::internet(), &request);
            return;
        }
        if !matches!(
            self.azure.admit(now(), &NetworkPath::internet(), &request),
            crate::machine::Admission::Buffer { .. }
        ) {
            return;
        }
        let answer = self.azure.call(now(), &NetworkPath::internet(), request);
        assert_ne!(answer.status.as_u16(), 500);
        self.azure.tick(now());
        self.azure.take_released();
    }
}

pub(super) fn request(data: &[u8]) {
    WORLD.with_borrow_mut(|place| {
        let world = place.get_or_insert_with(World::new);
        if let Some(request) = world.read(data) {
            world.requests += 1;
            world.answer(request);
        }
        if world.requests >= REQUESTS_MAX {
            *place = None;
        }
    });
}
