//! A world to ask, and answers with everything that is different in every world taken out.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::Effect;
use azdrill_emulator::model::{Body, NetworkPath, Request, Response, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::server::Core;
use azdrill_emulator::services::{Pace, Settings};
use azdrill_emulator::world::{Operator, found};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::as_stated;
use crate::bodies::{FLEXIBLE_SERVER, backup_body, policy_body, vault_body};
use crate::simulated_movement::SimulatedMovement;

pub(crate) const ARM: &str = "management.azure.com";
pub(crate) const LOGIN: &str = "login.microsoftonline.com";
/// What a client calls a request of its own.
pub(crate) const ACTIVITY: &str = "7b9cb42b-3393-11ef-a81c-60a5e243551b";

pub(crate) struct World {
    pub(crate) azure: Azure,
    pub(crate) now: Timestamp,
    pub(crate) operator: Operator,
    pub(crate) movement: SimulatedMovement,
    waiting: Vec<Effect>,
    /// How many notes of the log have been looked at.
    noted: usize,
    token: String,
}

impl World {
    /// With a resource group `drill` and nothing in it.
    pub(crate) fn new() -> Self {
        Self::of(Profile::Observed)
    }

    /// The same, under a profile.
    pub(crate) fn of(profile: Profile) -> Self {
        Self::at(profile, "2026-03-02T06:00:00.1234567Z")
    }

    /// The same, beginning at a time.
    pub(crate) fn at(profile: Profile, now: &str) -> Self {
        Self::with(profile, now, Settings::default())
    }

    /// The same, in which everything takes as long as on Azure.
    pub(crate) fn paced() -> Self {
        Self::paced_at("2026-03-02T06:00:00.1234567Z")
    }

    /// The same, beginning at a time.
    pub(crate) fn paced_at(now: &str) -> Self {
        let settings = Settings {
            pace: Pace::Recorded,
            ..Settings::default()
        };
        Self::with(Profile::Observed, now, settings)
    }

    /// The same, under the observed profile, but that rules are taken as said here.
    pub(crate) fn assuming<const N: usize>(taken: [(String, String); N], now: &str) -> Self {
        let rules = Rules::load(Profile::Observed, &taken.into_iter().collect()).expect("the rules load");
        Self::of_rules(rules, now, Settings::default())
    }

    /// The same, with these settings.
    pub(crate) fn with(profile: Profile, now: &str, settings: Settings) -> Self {
        let rules = Rules::load(profile, &Assumptions::new()).expect("the rules load");
        Self::of_rules(rules, now, settings)
    }

    fn of_rules(rules: Rules, now: &str, settings: Settings) -> Self {
        let settings = Settings {
            has_postgres: true,
            ..settings
        };
        let mut azure = Azure::new(rules, settings, 1);
        let now: Timestamp = now.parse().expect("a time");
        let operator = found(&mut azure, now);
        let mut world = Self {
            azure,
            now,
            operator,
            movement: SimulatedMovement::default(),
            waiting: Vec::new(),
            noted: 0,
            token: String::new(),
        };
        world.sign_in_again();
        let made = world.put("", &json!({"location": "westeurope"}));
        assert_eq!(made.status, 201, "{made:?}");
        world
    }

    /// With a server, an account, a vault, its roles, a policy and a protected instance.
    pub(crate) fn protected() -> Self {
        Self::new().protect()
    }

    /// The same, of an empty world.
    pub(crate) fn protect(self) -> Self {
        let mut world = self;
        world.put_account();
        world.put_server();
        world.settle();
        assert_eq!(world.put_vault("2024-04-01", "On").status, 201);
        assert_eq!(world.put_policy().status, 200);
        let group = world.group();
        let ltr = "c088a766-074b-43ba-90d4-1fb21feae531";
        let data = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
        let reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
        for (scope, role) in [(world.server(), ltr), (group, reader), (world.account(), data)] {
            world.give_vault(&scope, role);
        }
        world.settle();
        let made = world.put(&below_vault("backupInstances/one"), &world.instance_body());
        assert_eq!(made.status, 201, "{made:?}");
        world.settle();
        world
    }

    /// With a recovery point as well.
    pub(crate) fn backed_up() -> Self {
        Self::new().protect_and_back_up()
    }

    /// The same, of an empty world.
    pub(crate) fn protect_and_back_up(self) -> Self {
        let mut world = self.protect();
        let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
        assert_eq!(started.status, 202, "{started:?}");
        world.settle();
        world
    }

    pub(crate) fn sign_in(&mut self, scope: &str) -> Response {
        let (id, secret) = (self.operator.client_id, self.operator.client_secret.clone());
        let tenant = self.operator.tenant;
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={}&scope={}",
            encode(&secret),
            encode(scope)
        );
        self.ask_token(&format!("/{tenant}/oauth2/v2.0/token"), &form)
    }

    /// With a fresh token of the operator's.
    pub(crate) fn sign_in_again(&mut self) {
        let answer = self.sign_in("https://management.azure.com/.default");
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = &answer.json_body()["access_token"];
        token.as_str().expect("a token").clone_into(&mut self.token);
    }

    pub(crate) fn ask_token(&mut self, target: &str, form: &str) -> Response {
        let mut request = Request::new(Method::POST, LOGIN, target)
            .with_header("content-type", "application/x-www-form-urlencoded");
        request.body = Body::Bytes(bytes::Bytes::from(form.to_owned()));
        self.send(request)
    }

    pub(crate) fn send(&mut self, request: Request) -> Response {
        let answer = self.azure.call(self.now, &NetworkPath::internet(), request);
        crate::rules::assert_refusal_names_a_rule(&answer);
        let log = self.azure.log();
        for exchange in log.since(log.count().saturating_sub(1)) {
            as_stated::assert_exchange(self.azure.rules(), exchange);
        }
        answer
    }

    /// A request of the operator to ARM.
    pub(crate) fn request(&self, method: Method, target: &str) -> Request {
        Request::new(method, ARM, target)
            .with_header("authorization", &format!("Bearer {}", self.token))
            .with_header("x-ms-client-request-id", ACTIVITY)
    }

    /// The version a path is asked at, where a test names none: of vaults the one that was recorded.
    pub(crate) fn version_of(&self, path: &str) -> String {
        if path.contains("Microsoft.DataProtection") {
            "2024-04-01".to_owned()
        } else {
            self.azure.rules().usual_version(path)
        }
    }

    /// Calls ARM; `target` is below the resource group unless it begins with `/subscriptions`.
    pub(crate) fn arm(&mut self, method: Method, target: &str, body: Option<&Value>) -> Response {
        let target = if target.starts_with("/subscriptions") {
            target.to_owned()
        } else {
            format!("{}{target}", self.group())
        };
        let request = self.request(method, &self.with_version(&target));
        self.send_with(request, body)
    }

    /// A target at the version it is usually asked at, where it names none.
    pub(crate) fn with_version(&self, target: &str) -> String {
        if target.contains("api-version=") {
            return target.to_owned();
        }
        let separator = if target.contains('?') { '&' } else { '?' };
        format!("{target}{separator}api-version={}", self.version_of(target))
    }

    pub(crate) fn send_with(&mut self, request: Request, body: Option<&Value>) -> Response {
        self.send(match body {
            Some(body) => request.with_json(body),
            None => request,
        })
    }

    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.arm(Method::GET, target, None)
    }

    pub(crate) fn put(&mut self, target: &str, body: &Value) -> Response {
        self.arm(Method::PUT, target, Some(body))
    }

    pub(crate) fn post(&mut self, target: &str, body: &Value) -> Response {
        self.arm(Method::POST, target, Some(body))
    }

    pub(crate) fn delete(&mut self, target: &str) -> Response {
        self.arm(Method::DELETE, target, None)
    }

    /// Follows an address of an answer's header, as it stands there.
    #[track_caller]
    pub(crate) fn follow(&mut self, answer: &Response, header: &str) -> Response {
        let address = answer
            .header(header)
            .unwrap_or_else(|| panic!("there is no {header} in {answer:?}"));
        let target = address
            .strip_prefix("https://management.azure.com")
            .expect("an address at ARM")
            .to_owned();
        let request = self.request(Method::GET, &target);
        self.send(request)
    }

    /// Lets a time pass: whatever falls due in it happens, in order.
    pub(crate) fn pass(&mut self, duration: SignedDuration) {
        let end = self.now + duration;
        self.settle();
        while let Some(due) = self.azure.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.settle();
        }
        self.now = self.now.max(end);
    }

    /// What a list of the vault's shows. Signs in again: tokens do not live as long as some tests.
    pub(crate) fn listed(&mut self, what: &str) -> Vec<Value> {
        self.sign_in_again();
        let body = self.get(&below_vault(what)).json_body();
        body["value"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| panic!("{what}: {body}"))
    }

    /// Lets one step of time pass, and leaves outside work undone.
    pub(crate) fn begin(&mut self) {
        self.now += SignedDuration::from_millis(1_234);
        self.waiting.extend(self.azure.tick(self.now));
    }

    /// Does the outside work that waits, without any time passing. Whether there was some.
    pub(crate) fn carry_out(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        for effect in &waiting {
            let result = self.movement.carry_out(&mut self.azure, self.now, &effect.work);
            self.azure.complete(self.now, effect.id, result);
        }
        !waiting.is_empty()
    }

    /// Whether outside work waits.
    pub(crate) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Lets everything that is under way come to its end.
    pub(crate) fn settle(&mut self) {
        self.begin();
        while self.carry_out() {
            self.begin();
        }
        let notes = self.azure.log().notes();
        for note in notes.iter().skip(self.noted) {
            as_stated::assert_note(self.azure.rules(), note);
        }
        self.noted = notes.len();
    }

    /// How many bytes of the blob store have been given back since somebody last asked.
    pub(crate) fn released(&mut self) -> u64 {
        let released = self.azure.take_released();
        released.iter().map(|extent| extent.length).sum()
    }

    pub(crate) fn group(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/drill",
            self.operator.subscription
        )
    }

    pub(crate) fn server(&self) -> String {
        format!("{}/providers/{FLEXIBLE_SERVER}/source", self.group())
    }

    pub(crate) fn account(&self) -> String {
        format!(
            "{}/providers/Microsoft.Storage/storageAccounts/target",
            self.group()
        )
    }

    pub(crate) fn put_account(&mut self) -> Response {
        let body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
        let account = "/providers/Microsoft.Storage/storageAccounts/target";
        let answer = self.put(account, &body);
        self.settle();
        let container = format!("{account}/blobServices/default/containers/box");
        assert!(self.put(&container, &json!({})).status.is_success());
        answer
    }

    pub(crate) fn put_server(&mut self) -> Response {
        let body = json!({
            "location": "westeurope",
            "properties": {"administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "16"},
        });
        self.put(&format!("/providers/{FLEXIBLE_SERVER}/source"), &body)
    }

    pub(crate) fn put_vault(&mut self, version: &str, soft_delete: &str) -> Response {
        let target = format!("{}?api-version={version}", below_vault(""));
        let answer = self.put(&target, &vault_body(soft_delete));
        self.settle();
        answer
    }

    pub(crate) fn put_policy(&mut self) -> Response {
        self.put(&below_vault("backupPolicies/weekly"), &policy_body())
    }

    pub(crate) fn give_vault(&mut self, scope: &str, role: &str) {
        let vault = self.get(&below_vault("")).json_body();
        let principal = vault["identity"]["principalId"].as_str().expect("an identity");
        self.give(scope, role, principal);
    }

    pub(crate) fn instance_body(&self) -> Value {
        let group = self.group();
        json!({"properties": {
            "friendlyName": "source",
            "dataSourceInfo": {
                "datasourceType": FLEXIBLE_SERVER,
                "objectType": "Datasource",
                "resourceID": self.server(),
                "resourceLocation": "westeurope",
                "resourceName": "source",
                "resourceType": FLEXIBLE_SERVER,
                "resourceUri": self.server(),
            },
            "dataSourceSetInfo": null,
            "datasourceAuthCredentials": null,
            "objectType": "BackupInstance",
            "policyInfo": {
                "policyId": format!("{group}/providers/Microsoft.DataProtection/backupVaults/vault/backupPolicies/weekly"),
                "policyParameters": null,
            },
        }})
    }

    /// The newest recovery point.
    pub(crate) fn point(&mut self) -> String {
        let listed = self.get(&below_vault("backupInstances/one/recoveryPoints?$filter="));
        listed.json_body()["value"][0]["name"]
            .as_str()
            .expect("a recovery point")
            .to_owned()
    }

    pub(crate) fn restore_body(&mut self) -> Value {
        json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": self.point(),
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": {
                "objectType": "RestoreFilesTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": "westeurope",
                "targetDetails": {
                    "filePrefix": "restored",
                    "restoreTargetLocationType": "AzureBlobs",
                    "url": "https://target.blob.core.windows.net/box",
                },
            },
        })
    }

    /// A body with what is different in every world taken out.
    pub(crate) fn neutral(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.starts_with("W/\"datetime'") => json!("{etag}"),
            Value::String(text) => {
                let text = text.replace(&self.operator.subscription, "{subscription}");
                json!(text.split('/').map(mask).collect::<Vec<_>>().join("/"))
            }
            Value::Array(items) => items.iter().map(|item| self.neutral(item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (key.clone(), self.neutral(value)))
                .collect(),
            other => other.clone(),
        }
    }

    /// Compares a body with a recorded shape: the same members in the same order.
    #[track_caller]
    pub(crate) fn same_shape(&self, body: &Value, recorded: &Value) {
        let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
        let (found, wanted) = (pretty(&self.neutral(body)), pretty(recorded));
        assert!(found == wanted, "found\n{found}\ninstead of\n{wanted}");
    }
}

/// A path segment, or a word to stand for it.
fn mask(part: &str) -> String {
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let is_hexadecimal = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    let word = if part == "0001-01-01T00:00:00Z" || part == ACTIVITY {
        return part.to_owned();
    } else if part.len() == 32 && is_hexadecimal(part) {
        "{hexadecimal}"
    } else if part.len() == 36 && part.parse::<Uuid>().is_ok() {
        "{guid}"
    } else if part.len() > 15 && is_digits(part) {
        "{ticks}"
    } else if part.len() > 90 && part.ends_with('=') {
        "{operation}"
    } else if part.ends_with('Z') && part.parse::<Timestamp>().is_ok() {
        "{time}"
    } else if part.starts_with("PT") && part.ends_with('S') {
        "{duration}"
    } else {
        part
    };
    word.to_owned()
}

/// A target below the vault.
pub(crate) fn below_vault(rest: &str) -> String {
    format!("/providers/Microsoft.DataProtection/backupVaults/vault/{rest}")
        .trim_end_matches('/')
        .to_owned()
}
