//! What is done, as requests.

use azdrill_emulator::model::{Request, Response};
use http::Method;
use serde_json::{Value, json};

use super::World;
use super::founded::{KEYS_HOST, KEYS_VERSION, VERSION, encryption};
use crate::sequence::step::{Act, Change, Person, Restore, Role, Setting, Step};
use crate::sketch::Shape as _;
use crate::sketch::restore_as_files::{Container, CrossTenant, Prefix, Sketch};
use crate::strategy::foundation::{REGION, backup_now, datasource};
use crate::strategy::restore_as_files::{CONTAINER, TAKEN, write_account};
use crate::strategy::storage_network::RuleSubject;

/// The name of a recovery point that was never there.
const NO_POINT: &str = "00000000000000000000000000000000";

impl World {
    pub(super) fn act(&mut self, step: &Step) -> Response {
        let by = step.by;
        match step.act {
            Act::Wait(_) => unreachable!("time passes without a request"),
            Act::Grant(role) => self.grant(by, role),
            Act::Revoke(role) => self.revoke(by, role),
            Act::Set(setting) => self.set(by, setting),
            Act::IdentityOff => self.switch_identity(by, false),
            Act::IdentityOn => self.switch_identity(by, true),
            Act::IdentityRecycled => match self.switch_identity(by, false) {
                off if off.status.is_success() => self.switch_identity(by, true),
                refused => refused,
            },
            Act::Protect => {
                let body = json!({"properties": {
                    "objectType": "BackupInstance",
                    "dataSourceInfo": datasource(&self.founded.server),
                    "policyInfo": {"policyId": self.founded.policy},
                }});
                self.at_instance(by, Method::PUT, "", Some(&body))
            }
            Act::BackUp => self.at_instance(by, Method::POST, "/backup", Some(&backup_now())),
            Act::Validate(what) => {
                let body = json!({"restoreRequestObject": self.restore_request(what)});
                self.at_instance(by, Method::POST, "/validateRestore", Some(&body))
            }
            Act::Restore { what, approved } => {
                self.restores += 1;
                let mut body = self.restore_request(what);
                self.approve(&mut body, "dppTriggerRestoreRequests", approved);
                self.at_instance(by, Method::POST, "/restore", Some(&body))
            }
            Act::Delete => self.at_instance(by, Method::DELETE, "", None),
            Act::Undelete => {
                let deleted = format!("deletedBackupInstances/{}/undelete", self.founded.server.name());
                self.at_vault(by, Method::POST, &deleted, None)
            }
            Act::Change { what, approved } => self.change(by, what, approved),
            Act::Guard | Act::UnlockGuard | Act::UnlockInstance | Act::Unguard => self.guard(by, step.act),
            Act::Immutable { to, approved } => {
                let body = json!({"securitySettings": {"immutabilitySettings": {"state": to.word()}}});
                self.patch_vault(by, body, "dppReduceImmutabilityStateRequests", approved)
            }
            Act::SoftDelete { on, approved } => {
                let state = if on { "On" } else { "Off" };
                let body = json!({"securitySettings": {"softDeleteSettings": {"state": state}}});
                self.patch_vault(by, body, "dppReduceSoftDeleteSecurityRequests", approved)
            }
            Act::ExchangeKey { approved } => {
                let key = encryption(&self.founded.keys[1 - self.key()]);
                let body = json!({"securitySettings": {"encryptionSettings": key}});
                self.patch_vault(by, body, "dppModifyEncryptionSettingsRequests", approved)
            }
            Act::EnableKey(enabled) => self.enable_key(by, enabled),
        }
    }

    fn at_instance(&mut self, by: Person, method: Method, action: &str, body: Option<&Value>) -> Response {
        let target = format!("{}{action}?api-version={VERSION}", self.instance());
        self.send(by, method, &target, body)
    }

    /// Asks something of the vault's, or of what is below it.
    pub fn at_vault(&mut self, by: Person, method: Method, below: &str, body: Option<&Value>) -> Response {
        let target = format!("{}/{below}?api-version={VERSION}", self.founded.vault);
        self.send(by, method, &target, body)
    }

    /// Names the Resource Guard's request for what is done.
    fn approve(&self, body: &mut Value, requests: &str, approved: bool) {
        if approved {
            let request = format!("{}/{requests}/default", self.founded.guard);
            body["resourceGuardOperationRequests"] = json!([request]);
        }
    }

    fn patch_vault(&mut self, by: Person, mut properties: Value, requests: &str, approved: bool) -> Response {
        self.approve(&mut properties, requests, approved);
        let target = format!("{}?api-version={VERSION}", self.founded.vault);
        self.send(
            by,
            Method::PATCH,
            &target,
            Some(&json!({"properties": properties})),
        )
    }

    /// Roles are given to the vault's newest identity, whether it is there or not.
    fn grant(&mut self, by: Person, role: Role) -> Response {
        let azure = &self.founded.world.azure;
        let id = azure.rules().built_in_role(role.name()).map(|role| role.id);
        let id = id.expect("it is a built-in role");
        self.named += 1;
        let name = format!("00000000-0000-0000-0001-{:012x}", self.named);
        let body = json!({"properties": {
            "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{id}"),
            "principalId": self.principal,
            "principalType": "ServicePrincipal",
        }});
        let target = self.assignment(role, &name);
        let response = self.send(by, Method::PUT, &target, Some(&body));
        if response.status.is_success() {
            self.given.insert((role, self.principal.clone()), name);
        }
        response
    }

    fn revoke(&mut self, by: Person, role: Role) -> Response {
        let key = (role, self.principal.clone());
        let name = self.given.get(&key).cloned();
        let name = name.unwrap_or_else(|| "00000000-0000-0000-0002-000000000000".to_owned());
        let target = self.assignment(role, &name);
        let response = self.send(by, Method::DELETE, &target, None);
        if response.status.is_success() {
            self.given.remove(&key);
        }
        response
    }

    fn assignment(&self, role: Role, name: &str) -> String {
        let scope = self.founded.scope(role);
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01")
    }

    /// The account as it is to be, but for what calls cannot make.
    fn set(&mut self, by: Person, setting: Setting) -> Response {
        let mut sketch = Sketch {
            network: self.network,
            ..Sketch::in_order()
        };
        let mut body = json!({"properties": {}});
        if let Some(allowed) = setting.write(&mut sketch.network) {
            body["properties"]["allowCrossTenantReplication"] = json!(allowed);
        } else {
            sketch.cross_tenant = CrossTenant::Unset;
            let subject = RuleSubject {
                vault: &self.founded.vault,
                tenant: self.founded.world.person.tenant,
            };
            write_account(&mut body, &sketch, &subject);
            if let Some(properties) = body["properties"].as_object_mut() {
                properties.remove("privateEndpointConnections");
            }
        }
        let target = format!("{}?api-version=2024-01-01", self.founded.account);
        let response = self.send(by, Method::PATCH, &target, Some(&body));
        if response.status.is_success() {
            self.network = sketch.network;
        }
        response
    }

    fn switch_identity(&mut self, by: Person, on: bool) -> Response {
        let kind = if on {
            "SystemAssigned,UserAssigned"
        } else {
            "UserAssigned"
        };
        let mut identity = json!({"type": kind, "userAssignedIdentities": {}});
        identity["userAssignedIdentities"][self.founded.identities.user_id.as_str()] = json!({});
        let target = format!("{}?api-version={VERSION}", self.founded.vault);
        let response = self.send(by, Method::PATCH, &target, Some(&json!({"identity": identity})));
        let vault = self.founded.world.azure.state().resource(&self.founded.vault);
        let principal = vault.map_or("", |vault| vault.text("/identity/principalId"));
        if !principal.is_empty() {
            self.principal = principal.to_owned();
        }
        response
    }

    /// A restore as files of a recovery point into a prefix of its own, approved.
    pub fn restore_of(&mut self, point: &str) -> Value {
        self.restores += 1;
        let what = Restore {
            newest: true,
            container: Container::There,
            prefix: Prefix::Free,
        };
        let mut body = self.restore_request(what);
        body["recoveryPointId"] = json!(point);
        self.approve(&mut body, "dppTriggerRestoreRequests", true);
        body
    }

    fn restore_request(&self, what: Restore) -> Value {
        let points = self
            .founded
            .world
            .azure
            .services()
            .data_protection
            .recovery_points(&self.instance());
        let newest = points.first().filter(|_| what.newest);
        let point = newest.map_or(NO_POINT, |point| &point.id);
        let container = match what.container {
            Container::There => CONTAINER,
            Container::Missing => "nowhere",
        };
        let prefix = match (what.prefix, &self.contents) {
            (Prefix::Taken, _) => TAKEN.to_owned(),
            (Prefix::Free, None) => "free".to_owned(),
            // Files are written, so that each restore needs names of its own.
            (Prefix::Free, Some(_)) => prefix(self.restores),
        };
        let account = self.founded.account.name();
        json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": point,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": {
                "objectType": "RestoreFilesTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": REGION,
                "targetDetails": {
                    "filePrefix": prefix,
                    "restoreTargetLocationType": "AzureBlobs",
                    "url": format!("https://{account}.blob.core.windows.net/{container}"),
                },
            },
        })
    }

    fn change(&mut self, by: Person, what: Change, approved: bool) -> Response {
        let (action, requests) = match what {
            Change::Stop => ("/stopProtection", "dppDisableStopProtectionRequests"),
            Change::Suspend => ("/suspendBackups", "dppDisableSuspendBackupsRequests"),
            Change::Resume => return self.at_instance(by, Method::POST, "/resumeProtection", None),
        };
        let mut body = json!({});
        self.approve(&mut body, requests, approved);
        self.at_instance(by, Method::POST, action, Some(&body))
    }

    fn guard(&mut self, by: Person, act: Act) -> Response {
        let mapping = "backupResourceGuardProxies/DppResourceGuardProxy";
        let unlock = format!("{mapping}/unlockDelete");
        let mut body = json!({});
        match act {
            Act::UnlockGuard => {
                self.approve(&mut body, "deleteResourceGuardProxyRequests", true);
                self.at_vault(by, Method::POST, &unlock, Some(&body))
            }
            Act::UnlockInstance => {
                self.approve(&mut body, "deleteBackupInstanceRequests", true);
                body["resourceToBeDeleted"] = json!(self.instance());
                self.at_vault(by, Method::POST, &unlock, Some(&body))
            }
            Act::Unguard => self.at_vault(by, Method::DELETE, mapping, None),
            _ => {
                body["properties"] = json!({"resourceGuardResourceId": self.founded.guard});
                self.at_vault(by, Method::PUT, mapping, Some(&body))
            }
        }
    }

    /// The key the vault is encrypted with now is the one that is switched.
    fn enable_key(&mut self, by: Person, enabled: bool) -> Response {
        let key = &self.founded.keys[self.key()];
        let path = key.split_once(KEYS_HOST).map_or("", |(_, path)| path);
        let request = Request::new(
            Method::PATCH,
            KEYS_HOST,
            &format!("{path}?api-version={KEYS_VERSION}"),
        );
        let request = request.with_json(&json!({"attributes": {"enabled": enabled}}));
        self.send_as(by, true, request)
    }
}

/// The prefix of a restore's files, where each has one of its own.
pub(super) fn prefix(number: u32) -> String {
    format!("restore{number}")
}
