//! A vault that is encrypted with one key, or to be used by one identity, and asked for another.

use azdrill_emulator::model::{Response, Timestamp};
use azdrill_emulator::rules::Profile;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::vault_body;
use crate::rules::named;
use crate::vault_keys::{ENCRYPTION_USER, KEY_VAULT, failed_with};
use crate::world::{World, below_vault};

const IDENTITIES: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities";

impl World {
    /// Writes the vault with a key for an identity of its own.
    fn encrypt_as(&mut self, identity: &str, key: &str) -> Response {
        let mut body = vault_body("On");
        let identities: serde_json::Map<String, Value> = ["one", "two"]
            .map(|name| (format!("{}{IDENTITIES}/{name}", self.group()), json!({})))
            .into_iter()
            .collect();
        body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": identities});
        body["properties"]["securitySettings"]["encryptionSettings"] = json!({
            "state": "Enabled",
            "keyVaultProperties": {"keyUri": key},
            "kekIdentity": {"identityType": "UserAssigned", "identityId": format!("{}{IDENTITIES}/{identity}", self.group())},
            "infrastructureEncryption": "Enabled",
        });
        self.put(&format!("{}?api-version=2024-04-01", below_vault("")), &body)
    }

    fn why_it_failed(&mut self, made: &Response) -> String {
        self.settle();
        let ended = self.follow(made, "azure-asyncoperation");
        failed_with(&ended, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
        let notes = self.azure.log().notes();
        notes.last().map(|note| note.text.clone()).unwrap_or_default()
    }
}

/// `VLT-07-ONE`, `VLT-07-KEY`: one identity of the vault's own for another is another identity, and the log says what a
/// key is not.
#[test]
fn a_key_and_one_identity_for_another_are_not_changed_by_one_request() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    world.put_key_vault(true);
    let (key, other) = (world.make_key("one"), world.make_key("two"));
    for (number, name) in [(1, "one"), (2, "two")] {
        let target = format!("{IDENTITIES}/{name}");
        let made = world.put(&target, &json!({"location": "westeurope"})).json_body();
        let who =
            json!({"principalId": made["properties"]["principalId"], "principalType": "ServicePrincipal"});
        let keys = format!("{}{KEY_VAULT}", world.group());
        assert_eq!(world.assign(number, &keys, ENCRYPTION_USER, &who).status, 201);
    }
    world.settle();
    let made = world.encrypt_as("one", &key);
    world.settle();
    let ended = world.follow(&made, "azure-asyncoperation");
    assert_eq!(ended.json_body()["status"], "Succeeded", "{ended:?}");
    let both = world.encrypt_as("two", &other);
    assert_eq!(both.status, 400, "{both:?}");
    named(&both, "VLT-07-ONE");
    for (identity, key) in [("two", &key), ("two", &other)] {
        let made = world.encrypt_as(identity, key);
        world.settle();
        let ended = world.follow(&made, "azure-asyncoperation");
        assert_eq!(ended.json_body()["status"], "Succeeded", "{identity}: {ended:?}");
    }
    // One that may use the keys and is not the vault's is as good as none.
    let target = format!("{IDENTITIES}/three");
    let three = world.put(&target, &json!({"location": "westeurope"})).json_body();
    let who = json!({"principalId": three["properties"]["principalId"], "principalType": "ServicePrincipal"});
    let keys = format!("{}{KEY_VAULT}", world.group());
    assert_eq!(world.assign(3, &keys, ENCRYPTION_USER, &who).status, 201);
    let made = world.encrypt_as("three", &other);
    world.settle();
    failed_with(
        &world.follow(&made, "azure-asyncoperation"),
        "UserErrorCMKMissingMangedIdentityPermissionOnKeyVault",
        "VLT-07-ACCESS",
    );
    // What is none of the keys there are, is told by what it is.
    let curve = world.key_call(
        Method::POST,
        "curve/create",
        &json!({"kty": "EC", "crv": "P-256"}),
    );
    let curve = curve.json_body()["key"]["kid"]
        .as_str()
        .expect("a key")
        .to_owned();
    for (key, why) in [
        (curve.as_str(), "the key is of the kind EC, and not RSA"),
        (
            "https://nosuchkeys.vault.azure.net/keys/one",
            "there is no such key vault",
        ),
        (
            "https://azdrillkeys.vault.azure.net/keys/none",
            "the key vault has no such key",
        ),
    ] {
        let made = world.encrypt_as("two", key);
        assert_eq!(world.why_it_failed(&made), why, "{key}");
    }
}

/// `VLT-07-KEY`: a key is valid from the very second of its `nbf` on, and no more at that of its `exp`.
#[test]
fn a_key_begins_and_ends_on_its_second() {
    for (name, at, valid) in [
        ("nbf", "2026-03-02T07:00:00Z", true),
        ("nbf", "2026-03-02T06:59:59Z", false),
        ("exp", "2026-03-02T07:00:00Z", false),
        ("exp", "2026-03-02T06:59:59Z", true),
    ] {
        let mut world = World::new();
        world.put_vault("2024-04-01", "On");
        world.put_key_vault(true);
        let principal = world.vault()["identity"]["principalId"].clone();
        world.let_use_keys(principal.as_str().expect("an identity"));
        let at: Timestamp = at.parse().expect("a time");
        let border: Timestamp = "2026-03-02T07:00:00Z".parse().expect("a time");
        let asked = json!({"kty": "RSA", "key_size": 2048, "attributes": {name: border.as_second()}});
        let made = world.key_call(Method::POST, "timed/create", &asked);
        let address = made.json_body()["key"]["kid"].as_str().expect("a key").to_owned();
        // The write ends, and the key is looked at, a step of time after it was asked for.
        world.now = at - SignedDuration::from_millis(1_234);
        world.sign_in_again();
        let ended = world.encrypt(&address);
        let status = ended.json_body()["status"].clone();
        assert_eq!(status == "Succeeded", valid, "{name} {at}: {ended:?}");
    }
}

/// `VLT-07-PURGE`: of a key vault without purge protection one page gives the code of soft delete, and it has been seen
/// otherwise.
#[test]
fn the_documents_exchange_the_codes_of_purge_protection_and_soft_delete() {
    for (profile, code) in [
        (Profile::Documented, "UserErrorCMKSoftDeleteNotEnabledOnKeyVault"),
        (
            Profile::Observed,
            "UserErrorCMKPurgeProtectionNotEnabledOnKeyVault",
        ),
    ] {
        let mut world = World::of(profile);
        world.put_vault("2024-04-01", "On");
        world.put_key_vault(false);
        let key = world.make_key("one");
        let principal = world.vault()["identity"]["principalId"].clone();
        world.let_use_keys(principal.as_str().expect("an identity"));
        failed_with(&world.encrypt(&key), code, "VLT-07-PURGE");
    }
}

/// A vault that is made with a key is one whose key is looked at, and one that goes meanwhile is none any more.
#[test]
fn a_new_vault_is_as_good_as_its_key() {
    let mut world = World::paced();
    let mut body = vault_body("On");
    body["properties"]["securitySettings"]["encryptionSettings"] = json!({
        "state": "Enabled",
        "keyVaultProperties": {"keyUri": "https://nowhere.vault.azure.net/keys/one"},
        "kekIdentity": {"identityType": "SystemAssigned"},
        "infrastructureEncryption": "Enabled",
    });
    let target = format!("{}?api-version=2024-04-01", below_vault(""));
    let made = world.put(&target, &body);
    assert_eq!(made.status, 201, "{made:?}");
    world.pass(SignedDuration::from_secs(5));
    let ended = world.follow(&made, "azure-asyncoperation");
    failed_with(&ended, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
    // Deleting it takes a second, and writing it a tenth.
    assert_eq!(world.delete(&below_vault("")).status, 202);
    world.pass(SignedDuration::from_millis(950));
    let again = world.put(&target, &body);
    assert_eq!(again.status, 201, "{again:?}");
    world.pass(SignedDuration::from_secs(5));
    assert_eq!(world.get(&below_vault("")).status, 404);
    let ended = world.follow(&again, "azure-asyncoperation").json_body();
    assert_eq!(ended["status"], "Succeeded", "{ended}");
}
