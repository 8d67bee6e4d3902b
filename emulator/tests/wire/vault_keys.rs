//! Vaults encrypted with keys of one's own: the key must be there, and be the identity's to use.

use azdrill_emulator::model::{Request, Response};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::vault_body;
use crate::world::{World, below_vault};

const ADMINISTRATOR: &str = "00482a5a-887f-4fb3-b363-3b7fe8e74483";
pub(crate) const ENCRYPTION_USER: &str = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
pub(crate) const KEY_VAULT: &str = "/providers/Microsoft.KeyVault/vaults/azdrillkeys";
/// So the service spells it.
const NO_PERMISSION: &str = "UserErrorCMKMissingMangedIdentityPermissionOnKeyVault";
const HOST: &str = "azdrillkeys.vault.azure.net";

impl World {
    /// A key vault whose keys the operator may make.
    pub(crate) fn put_key_vault(&mut self, purge_protection: bool) {
        let mut body = json!({"location": "westeurope", "properties": {
            "tenantId": self.operator.tenant.to_string(),
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": true,
            "enableSoftDelete": true,
        }});
        if purge_protection {
            body["properties"]["enablePurgeProtection"] = json!(true);
        }
        let made = self.put(KEY_VAULT, &body);
        assert!(made.status.is_success(), "{made:?}");
        let (scope, operator) = (
            format!("{}{KEY_VAULT}", self.group()),
            self.operator.object_id.to_string(),
        );
        self.give(&scope, ADMINISTRATOR, &operator);
        self.settle();
    }

    /// Makes a key; its address with its version.
    pub(crate) fn make_key(&mut self, name: &str) -> String {
        let token = self.sign_in("https://vault.azure.net/.default").json_body()["access_token"].clone();
        let target = format!("/keys/{name}/create?api-version=7.4");
        let request = Request::new(Method::POST, HOST, &target)
            .with_header(
                "authorization",
                &format!("Bearer {}", token.as_str().expect("a token")),
            )
            .with_json(&json!({"kty": "RSA", "key_size": 2048}));
        let made = self.send(request);
        let address = made.json_body()["key"]["kid"].clone();
        address.as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned()
    }

    /// Says something of a key to the key vault, as the operator.
    pub(crate) fn key_call(&mut self, method: Method, target: &str, body: &Value) -> Response {
        let token = self.sign_in("https://vault.azure.net/.default").json_body()["access_token"].clone();
        let token = format!("Bearer {}", token.as_str().expect("a token"));
        let request = Request::new(method, HOST, &format!("/keys/{target}?api-version=7.4"));
        self.send(request.with_header("authorization", &token).with_json(body))
    }

    /// Lets an identity use the key vault's keys.
    pub(crate) fn let_use_keys(&mut self, principal: &str) {
        let scope = format!("{}{KEY_VAULT}", self.group());
        self.give(&scope, ENCRYPTION_USER, principal);
        self.settle();
    }

    /// Writes the vault with a key, as its own identity; how the write ends.
    pub(crate) fn encrypt(&mut self, key: &str) -> Response {
        let mut body = vault_body("On");
        body["properties"]["securitySettings"]["encryptionSettings"] = json!({
            "state": "Enabled",
            "keyVaultProperties": {"keyUri": key},
            "kekIdentity": {"identityType": "SystemAssigned"},
            "infrastructureEncryption": "Enabled",
        });
        let made = self.put(&format!("{}?api-version=2024-04-01", below_vault("")), &body);
        assert_eq!(made.status, 201, "{made:?}");
        self.settle();
        self.follow(&made, "azure-asyncoperation")
    }

    pub(crate) fn vault(&mut self) -> Value {
        self.get(&below_vault("")).json_body()
    }
}

#[track_caller]
pub(crate) fn failed_with(ended: &Response, code: &str, rule: &str) {
    let body = ended.json_body();
    assert_eq!(body["status"], "Failed", "{body}");
    assert_eq!(body["error"]["code"], code, "{body}");
    let rules = ended.header("x-azdrill-rules").unwrap_or_default();
    assert!(rules.split(',').any(|own| own == rule), "{rules}");
}

#[test]
fn a_key_that_does_not_exist_encrypts_nothing() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let nowhere = world.encrypt("https://nowhere.vault.azure.net/keys/one/1");
    failed_with(&nowhere, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
    assert_eq!(world.vault()["properties"]["provisioningState"], "Failed");
    world.put_key_vault(true);
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let none = world.encrypt(&format!(
        "https://{HOST}/keys/one/0123456789abcdef0123456789abcdef"
    ));
    failed_with(&none, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
}

#[test]
fn the_identity_must_have_the_key_and_the_key_vault_purge_protection() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(false);
    let key = world.make_key("one");
    let refused = world.encrypt(&key);
    failed_with(&refused, NO_PERMISSION, "VLT-07-ACCESS");
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let refused = world.encrypt(&key);
    let code = "UserErrorCMKPurgeProtectionNotEnabledOnKeyVault";
    failed_with(&refused, code, "VLT-07-PURGE");
    let on = json!({"properties": {"enablePurgeProtection": true}});
    assert!(world.arm(Method::PATCH, KEY_VAULT, Some(&on)).status.is_success());
    let ended = world.encrypt(&key);
    assert_eq!(ended.json_body()["status"], "Succeeded", "{ended:?}");
    assert_eq!(world.vault()["properties"]["provisioningState"], "Succeeded");
}

#[test]
fn a_server_with_a_key_of_ones_own_is_refused_by_name() {
    let mut world = World::new();
    let body = json!({"location": "westeurope", "properties": {
        "administratorLogin": "drill",
        "administratorLoginPassword": "Not-a-secret-1!",
        "dataEncryption": {"type": "AzureKeyVault", "primaryKeyURI": "https://k.vault.azure.net/keys/one/1"},
    }});
    let answer = world.put(
        "/providers/Microsoft.DBforPostgreSQL/flexibleServers/encrypted",
        &body,
    );
    assert_eq!(answer.status, 501, "{answer:?}");
}

#[test]
fn what_permanent_means_is_not_known_and_said_to_be_ignored() {
    let mut world = World::backed_up();
    let deleted = world.delete(&format!(
        "{}?permanent=true&api-version=2024-04-01",
        below_vault("backupInstances/one")
    ));
    assert_eq!(deleted.status, 202, "{deleted:?}");
    assert_eq!(deleted.header("x-azdrill-ignored"), Some("permanent"));
    world.settle();
    assert_eq!(world.listed("deletedBackupInstances").len(), 1);
}

/// The log tells why an operation failed, and bodies only where it was asked to keep them.
#[test]
fn the_log_tells_why_an_operation_failed_and_keeps_bodies_without_secrets() {
    let mut world = World::new();
    assert!(
        world
            .azure
            .log()
            .since(0)
            .all(|exchange| exchange.bodies.is_none())
    );
    world.azure.keep_bodies();
    world.put_vault("2024-04-01", "On");
    world.encrypt("https://nowhere.vault.azure.net/keys/one/1");
    let poll = world.azure.log().since(0).last().expect("an exchange");
    let failed = poll.failed.as_ref().expect("a reason");
    assert_eq!(failed.rules, ["VLT-07-KEY"]);
    assert_eq!(poll.api_version(), "2024-04-01");
    let bodies = poll.bodies.as_ref().expect("bodies").answered.clone();
    assert_eq!(bodies.expect("a body")["status"], "Failed");
    world.put_server();
    let made = world.azure.log().since(0).last().expect("an exchange");
    let sent = made
        .bodies
        .as_ref()
        .expect("bodies")
        .asked
        .clone()
        .expect("a body");
    assert_eq!(sent["properties"]["administratorLoginPassword"], "(hidden)");
}

/// From a key of one's own there is no way back, whether it is asked for or nothing is said.
#[test]
fn a_vault_keeps_a_key_of_ones_own() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    let key = world.make_key("one");
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    assert_eq!(world.encrypt(&key).json_body()["status"], "Succeeded");
    let settings =
        |world: &mut World| world.vault()["properties"]["securitySettings"]["encryptionSettings"].clone();
    let kept = settings(&mut world);
    let off = json!({"properties": {"securitySettings": {"encryptionSettings": {"state": "Disabled"}}}});
    let told = world.arm(Method::PATCH, &below_vault(""), Some(&off));
    assert_eq!(told.status, 400, "{told:?}");
    assert_eq!(
        told.json_body()["error"]["code"],
        "SyntheticEncryptionKeyOfOnesOwnStays"
    );
    assert_eq!(told.header("x-azdrill-rules"), Some("VLT-07"));
    let mut without = vault_body("On");
    without["tags"] = json!({"a": "b"});
    let put = world.put(&format!("{}?api-version=2024-04-01", below_vault("")), &without);
    assert!(put.status.is_success(), "{put:?}");
    world.settle();
    assert_eq!(settings(&mut world), kept);
    assert_eq!(world.vault()["tags"]["a"], "b");
}

/// With everything in order: the vault of a backed-up instance is encrypted with a key of its owner's.
pub(crate) fn encrypted() -> (World, String) {
    encrypted_in(World::backed_up())
}

/// The same of a world with a recovery point.
pub(crate) fn encrypted_in(mut world: World) -> (World, String) {
    world.put_key_vault(true);
    let key = world.make_key("one");
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    assert_eq!(world.encrypt(&key).json_body()["status"], "Succeeded");
    (world, key)
}

fn back_up(world: &mut World) -> Value {
    world.sign_in_again();
    let target = below_vault("backupInstances/one/backup");
    assert_eq!(world.post(&target, &crate::bodies::backup_body()).status, 202);
    world.settle();
    world.listed("backupJobs")[0]["properties"].clone()
}

fn enable(world: &mut World, on: bool) {
    let told = world.key_call(Method::PATCH, "one", &json!({"attributes": {"enabled": on}}));
    assert_eq!(told.status, 200, "{told:?}");
}

/// Only RSA keys do, and the code is the one that is said of permissions.
#[test]
fn other_keys_than_rsa_encrypt_no_vault() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let made = world.key_call(
        Method::POST,
        "curve/create",
        &json!({"kty": "EC", "crv": "P-256"}),
    );
    let address = made.json_body()["key"]["kid"].as_str().expect("a key").to_owned();
    failed_with(
        &world.encrypt(&address),
        "SyntheticEncryptionKeyMissing",
        "VLT-07-KEY",
    );
}

/// `VLT-07-KEY`: a key is in its time from `nbf` on and before `exp`.
#[test]
fn a_key_out_of_its_time_encrypts_no_vault() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let now = world.now.as_second();
    // On its last second it has expired: as of then it is not to be used.
    for attributes in [
        json!({"exp": now - 1}),
        json!({"exp": now}),
        json!({"nbf": now + 3600}),
    ] {
        let asked = json!({"kty": "RSA", "key_size": 2048, "attributes": attributes});
        let made = world.key_call(Method::POST, "timed/create", &asked);
        let address = made.json_body()["key"]["kid"].as_str().expect("a key").to_owned();
        failed_with(
            &world.encrypt(&address),
            "SyntheticEncryptionKeyMissing",
            "VLT-07-KEY",
        );
    }
}

/// Reading the key is not enough: what a vault does is wrap and unwrap.
#[test]
fn who_may_only_read_a_key_encrypts_nothing() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    let key = world.make_key("one");
    let principal = world.vault()["identity"]["principalId"].clone();
    // Key Vault Crypto Service Release User, Key Vault Reader: neither wraps.
    let scope = format!("{}{KEY_VAULT}", world.group());
    let reader = "21090545-7ca7-4776-b22c-e363652d74d2";
    world.give(&scope, reader, principal.as_str().expect("an identity"));
    world.settle();
    failed_with(&world.encrypt(&key), NO_PERMISSION, "VLT-07-ACCESS");
}

/// Backups and restores meet a lost key with an error that says nothing, and go on when it is back.
#[test]
fn jobs_fail_while_the_key_cannot_be_used() {
    let (mut world, _) = encrypted();
    assert_eq!(back_up(&mut world)["status"], "Completed");
    enable(&mut world, false);
    let failed = back_up(&mut world);
    assert_eq!(failed["status"], "Failed", "{failed}");
    assert_eq!(failed["errorDetails"][0]["code"], "CloudInternalError");
    assert!(!failed.to_string().contains("disabled"), "it tells: {failed}");
    let restore = world.restore_body();
    assert_eq!(
        world
            .post(&below_vault("backupInstances/one/restore"), &restore)
            .status,
        202
    );
    world.settle();
    assert_eq!(world.listed("backupJobs")[0]["properties"]["status"], "Failed");
    enable(&mut world, true);
    assert_eq!(back_up(&mut world)["status"], "Completed");
}

/// Expiry fails in silence meanwhile: points stay past their time, and nothing that can be asked says so.
#[test]
fn points_do_not_expire_while_the_key_cannot_be_used() {
    let (mut world, _) = encrypted();
    let stopped = world.post(
        &below_vault("backupInstances/one/backup"),
        &crate::bodies::backup_body(),
    );
    assert_eq!(stopped.status, 202);
    world.settle();
    enable(&mut world, false);
    let points = world.listed("backupInstances/one/recoveryPoints").len();
    world.pass(SignedDuration::from_hours(24 * 400));
    assert_eq!(world.listed("backupInstances/one/recoveryPoints").len(), points);
    assert_eq!(world.vault()["properties"]["provisioningState"], "Succeeded");
    enable(&mut world, true);
    world.pass(SignedDuration::from_hours(48));
    assert!(world.listed("backupInstances/one/recoveryPoints").len() < points);
}

/// A versioned address holds on to its version, and one without goes with the newest.
#[test]
fn a_key_rotates_by_itself_where_no_version_is_named() {
    let (mut world, key) = encrypted();
    let bare = key.rsplit_once('/').expect("a version").0.to_owned();
    world.make_key("one");
    let old = key.rsplit_once('/').expect("a version").1;
    let off = json!({"attributes": {"enabled": false}});
    assert_eq!(
        world.key_call(Method::PATCH, &format!("one/{old}"), &off).status,
        200
    );
    assert_eq!(back_up(&mut world)["status"], "Failed");
    assert_eq!(world.encrypt(&bare).json_body()["status"], "Succeeded");
    assert_eq!(back_up(&mut world)["status"], "Completed");
}

/// Key and identity change one after the other.
#[test]
fn key_and_identity_are_not_changed_by_one_request() {
    let (mut world, _) = encrypted();
    let other = world.make_key("two");
    let identity = format!(
        "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/keys",
        world.group()
    );
    assert!(
        world
            .put(&identity, &json!({"location": "westeurope"}))
            .status
            .is_success()
    );
    let mut body = vault_body("On");
    body["identity"] =
        json!({"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity.clone(): {}}});
    body["properties"]["securitySettings"]["encryptionSettings"] = json!({
        "state": "Enabled",
        "keyVaultProperties": {"keyUri": other},
        "kekIdentity": {"identityType": "UserAssigned", "identityId": identity},
        "infrastructureEncryption": "Enabled",
    });
    let told = world.put(&format!("{}?api-version=2024-04-01", below_vault("")), &body);
    assert_eq!(told.status, 400, "{told:?}");
    assert!(
        told.header("x-azdrill-rules")
            .is_some_and(|rules| rules.contains("VLT-07-ONE"))
    );
}

/// A firewall in front of the key vault, and a user-assigned identity: no exception helps.
#[test]
fn a_key_vault_behind_a_firewall_serves_no_user_assigned_identity() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    let key = world.make_key("one");
    let identity = format!(
        "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/keys",
        world.group()
    );
    let made = world
        .put(&identity, &json!({"location": "westeurope"}))
        .json_body();
    world.let_use_keys(made["properties"]["principalId"].as_str().expect("an identity"));
    let closed = json!({"properties": {"networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny"}}});
    assert!(
        world
            .arm(Method::PATCH, KEY_VAULT, Some(&closed))
            .status
            .is_success()
    );
    let mut body = vault_body("On");
    body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {identity.clone(): {}}});
    body["properties"]["securitySettings"]["encryptionSettings"] = json!({
        "state": "Enabled",
        "keyVaultProperties": {"keyUri": key},
        "kekIdentity": {"identityType": "UserAssigned", "identityId": identity},
        "infrastructureEncryption": "Enabled",
    });
    let made = world.put(&format!("{}?api-version=2024-04-01", below_vault("")), &body);
    assert!(made.status.is_success(), "{made:?}");
    world.settle();
    let ended = world.follow(&made, "azure-asyncoperation");
    failed_with(&ended, "UserErrorCMKKeyVaultAuthFailure", "VLT-07-NETWORK");
}

/// A vault whose first key is refused is none that is encrypted: it may be given another, or none.
#[test]
fn a_first_key_that_is_refused_encrypts_nothing() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    for key in [
        "",
        "https://example.com/keys/one",
        "https://azdrillkeys.vault.azure.net/secrets/one",
    ] {
        let refused = world.encrypt(key);
        failed_with(&refused, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
        let notes = world.azure.log().notes();
        let note = notes.iter().next_back().expect("a note");
        assert!(note.text.contains("not the address of a key"), "{}", note.text);
    }
    let settings = world.vault()["properties"]["securitySettings"].clone();
    assert_eq!(settings.get("encryptionSettings"), None, "{settings}");
    let off = json!({"properties": {"securitySettings": {"encryptionSettings": {"state": "Disabled"}}}});
    assert_eq!(world.arm(Method::PATCH, &below_vault(""), Some(&off)).status, 202);
}

/// What is written of a vault besides is not a matter of its key.
#[test]
fn a_vault_that_keeps_its_key_is_written_whatever_has_become_of_it() {
    let (mut world, key) = encrypted();
    enable(&mut world, false);
    let tagged = world.arm(
        Method::PATCH,
        &below_vault(""),
        Some(&json!({"tags": {"a": "b"}})),
    );
    world.settle();
    let ended = world.follow(&tagged, "azure-asyncoperation").json_body();
    assert_eq!(ended["status"], "Succeeded", "{ended}");
    assert_eq!(world.vault()["tags"]["a"], "b");
    // Another key that is none leaves the one there was.
    let none = world.encrypt("https://azdrillkeys.vault.azure.net/keys/none");
    failed_with(&none, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
    let shown = world.vault()["properties"]["securitySettings"]["encryptionSettings"].clone();
    assert_eq!(shown["keyVaultProperties"]["keyUri"], json!(key));
}
