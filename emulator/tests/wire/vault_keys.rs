//! Vaults encrypted with keys of one's own: the key must be there, and be the identity's to use.

use azdrill_emulator::model::{Request, Response};
use http::Method;
use serde_json::{Value, json};

use crate::bodies::vault_body;
use crate::world::{World, below_vault};

const ADMINISTRATOR: &str = "00482a5a-887f-4fb3-b363-3b7fe8e74483";
const ENCRYPTION_USER: &str = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
const KEY_VAULT: &str = "/providers/Microsoft.KeyVault/vaults/azdrillkeys";
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

    /// Lets an identity use the key vault's keys.
    pub(crate) fn let_use_keys(&mut self, principal: &str) {
        let scope = format!("{}{KEY_VAULT}", self.group());
        self.give(&scope, ENCRYPTION_USER, principal);
        self.settle();
    }

    /// Writes the vault with a key, as its own identity; how the write ends.
    fn encrypt(&mut self, key: &str) -> Response {
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

    fn vault(&mut self) -> Value {
        self.get(&below_vault("")).json_body()
    }
}

#[track_caller]
fn failed_with(ended: &Response, code: &str) {
    let body = ended.json_body();
    assert_eq!(body["status"], "Failed", "{body}");
    assert_eq!(body["error"]["code"], code, "{body}");
    assert_eq!(ended.header("x-azdrill-rules"), Some("VLT-07-KEY"));
}

#[test]
fn a_key_that_does_not_exist_encrypts_nothing() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let nowhere = world.encrypt("https://nowhere.vault.azure.net/keys/one/1");
    failed_with(&nowhere, "SyntheticEncryptionKeyMissing");
    assert_eq!(world.vault()["properties"]["provisioningState"], "Failed");
    world.put_key_vault(true);
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let none = world.encrypt(&format!(
        "https://{HOST}/keys/one/0123456789abcdef0123456789abcdef"
    ));
    failed_with(&none, "SyntheticEncryptionKeyMissing");
}

#[test]
fn the_identity_must_have_the_key_and_the_key_vault_purge_protection() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(false);
    let key = world.make_key("one");
    let refused = world.encrypt(&key);
    failed_with(&refused, "UserErrorCMKMissingMangedIdentityPermissionOnKeyVault");
    let principal = world.vault()["identity"]["principalId"].clone();
    world.let_use_keys(principal.as_str().expect("an identity"));
    let refused = world.encrypt(&key);
    failed_with(&refused, "UserErrorCMKPurgeProtectionNotEnabledOnKeyVault");
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
