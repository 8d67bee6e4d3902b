//! What an account, its blob service and its containers cannot be, and what is not played of what they can.

use http::Method;
use serde_json::{Value, json};

use super::world::{World, refused};

const ACCT: &str = "/providers/Microsoft.Storage/storageAccounts/acct";

fn new(more: &Value) -> Value {
    let mut body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

#[test]
fn an_account_is_not_made_into_what_it_cannot_be() {
    let mut world = World::new();
    for (name, value) in [
        ("isSftpEnabled", json!(true)),
        ("isNfsV3Enabled", json!(true)),
        ("dnsEndpointType", json!("AzureDnsZone")),
        ("allowedCopyScope", json!("AAD")),
        ("accessTier", json!("Smart")),
        (
            "encryption",
            json!({"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyname": "k", "keyvaulturi": "https://nope.vault.azure.net"}}),
        ),
        ("routingPreference", json!({"publishInternetEndpoints": true})),
        ("customDomain", json!({"name": "blobs.example.com"})),
        ("immutableStorageWithVersioning", json!({"enabled": true})),
    ] {
        let answer = world.arm(Method::PATCH, ACCT, Some(json!({"properties": {name: value}})));
        assert_eq!(refused(&answer, 501), "NotImplementedByEmulator", "{name}");
        let what = answer.header("x-azdrill-not-implemented").unwrap_or_default();
        assert!(what.contains(name), "{what}");
    }
    let hierarchical = json!({"properties": {"isHnsEnabled": true}});
    let answer = world.arm(Method::PATCH, ACCT, Some(hierarchical));
    assert_eq!(refused(&answer, 400), "AccountPropertyCannotBeUpdated");
    let answer = world.arm(Method::PATCH, ACCT, Some(json!({"kind": "Storage"})));
    assert_eq!(refused(&answer, 501), "NotImplementedByEmulator");
    let answer = world.arm(Method::PATCH, ACCT, Some(json!({"kind": "StorageV2"})));
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_kind_has_skus_and_tiers_of_its_own() {
    let mut world = World::empty();
    let kind = |kind: &str, sku: &str| json!({"kind": kind, "sku": {"name": sku}});
    let tier = |tier: &str| json!({"properties": {"accessTier": tier}});
    let values = "InvalidValuesForRequestParameters";
    for (more, code) in [
        (kind("Foo", "Standard_LRS"), values),
        (kind("StorageV2", "Foo"), "InvalidAccountType"),
        (kind("StorageV2", "Premium_GRS"), "InvalidAccountType"),
        (kind("StorageV2", "Premium_ZRS"), values),
        (kind("BlockBlobStorage", "Standard_LRS"), values),
        (kind("FileStorage", "Standard_LRS"), values),
        (kind("BlobStorage", "Standard_ZRS"), values),
        (kind("BlobStorage", "Standard_LRS"), "InvalidAccessTier"),
        (tier("Premium"), "InvalidAccessTier"),
    ] {
        let answer = world.arm(Method::PUT, ACCT, Some(new(&more)));
        assert_eq!(refused(&answer, 400), code, "{more}");
        assert_eq!(world.arm(Method::GET, ACCT, None).status, 404, "{more}");
    }
    let files = world.arm(Method::PUT, ACCT, Some(new(&kind("FileStorage", "Premium_LRS"))));
    assert_eq!(refused(&files, 501), "NotImplementedByEmulator");
    let premium = new(&kind("BlockBlobStorage", "Premium_ZRS"));
    assert_eq!(world.arm(Method::PUT, ACCT, Some(premium)).status, 202);
    let told = world.arm(Method::GET, ACCT, None).json_body();
    assert_eq!(told["properties"]["accessTier"], "Premium");
    assert_eq!(told["sku"]["tier"], "Premium");
}

#[test]
fn an_account_stays_what_it_was_made() {
    let mut world = World::new();
    for sku in ["Premium_LRS", "Standard_ZRS"] {
        for (method, body) in [
            (Method::PUT, new(&json!({"sku": {"name": sku}}))),
            (Method::PATCH, json!({"sku": {"name": sku}})),
        ] {
            let answer = world.arm(method, ACCT, Some(body));
            assert_eq!(refused(&answer, 400), "StorageAccountTypeConversionNotAllowed");
        }
    }
    let twice = |on: bool| json!({"properties": {"encryption": {"requireInfrastructureEncryption": on}}});
    let answer = world.arm(Method::PATCH, ACCT, Some(twice(true)));
    assert_eq!(refused(&answer, 400), "AccountPropertyCannotBeUpdated");
    assert_eq!(world.arm(Method::PATCH, ACCT, Some(twice(false))).status, 200);
    let told = world.arm(Method::GET, ACCT, None).json_body();
    assert_eq!(told["sku"]["name"], "Standard_LRS");
}

#[test]
fn what_an_account_acts_on_is_a_word_it_knows() {
    let mut world = World::new();
    for properties in [
        json!({"minimumTlsVersion": "TLS9"}),
        json!({"networkAcls": {"defaultAction": "Deny", "bypass": "Foo"}}),
        json!({"networkAcls": {"defaultAction": "Deny", "bypass": "Logging, Foo"}}),
        json!({"networkAcls": {"defaultAction": "Deny", "resourceAccessRules": [{"tenantId": "x"}]}}),
        json!({"networkAcls": {"defaultAction": "Deny", "resourceAccessRules": [{"resourceId": "y"}]}}),
        json!({"routingPreference": {"routingChoice": "Foo"}}),
        json!({"allowedCopyScope": "Foo"}),
        json!({"keyPolicy": {"keyExpirationPeriodInDays": -3}}),
        json!({"sasPolicy": {"sasExpirationPeriod": "foo", "expirationAction": "Log"}}),
        json!({"sasPolicy": {"sasExpirationPeriod": "1.00:00:00", "expirationAction": "Foo"}}),
        json!({"encryption": {"keySource": "Foo"}}),
    ] {
        let answer = world.arm(Method::PATCH, ACCT, Some(json!({"properties": properties})));
        assert_eq!(
            refused(&answer, 400),
            "InvalidValuesForRequestParameters",
            "{properties}"
        );
    }
    let answer = world.arm(Method::PATCH, ACCT, Some(json!({"identity": {"type": "Foo"}})));
    assert_eq!(refused(&answer, 400), "SyntheticIdentityType");
    for properties in [
        json!({"networkAcls": {"defaultAction": "Deny", "bypass": "Logging, AzureServices"}}),
        json!({"sasPolicy": {"sasExpirationPeriod": "1.12:05:59", "expirationAction": "Log"}}),
        json!({"encryption": {"keySource": "microsoft.storage"}}),
    ] {
        let answer = world.arm(Method::PATCH, ACCT, Some(json!({"properties": properties})));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn a_container_and_a_blob_service_are_not_promised_what_nobody_keeps() {
    let mut world = World::new();
    let service = format!("{ACCT}/blobServices/default");
    let container = format!("{service}/containers/new");
    for (target, properties) in [
        (
            &container,
            json!({"immutableStorageWithVersioning": {"enabled": true}}),
        ),
        (&container, json!({"defaultEncryptionScope": "nope"})),
        (&container, json!({"denyEncryptionScopeOverride": true})),
        (&service, json!({"restorePolicy": {"enabled": true, "days": 6}})),
        (&service, json!({"automaticSnapshotPolicyEnabled": true})),
    ] {
        let answer = world.arm(Method::PUT, target, Some(json!({"properties": properties})));
        assert_eq!(refused(&answer, 501), "NotImplementedByEmulator", "{properties}");
        let what = answer.header("x-azdrill-not-implemented").unwrap_or_default();
        let name = properties
            .as_object()
            .and_then(|members| members.keys().next())
            .expect("one");
        assert!(what.contains(name), "{what}");
    }
    for (name, code) in [
        ("two words", "InvalidMetadata"),
        ("1st", "InvalidMetadata"),
        ("", "EmptyMetadataKey"),
    ] {
        let answer = world.arm(
            Method::PUT,
            &container,
            Some(json!({"properties": {"metadata": {name: "x"}}})),
        );
        assert_eq!(refused(&answer, 400), code, "{name}");
    }
    assert_eq!(world.arm(Method::GET, &container, None).status, 404);
    // As clients send back what they have read.
    let same = json!({"properties": {"defaultEncryptionScope": "$account-encryption-key", "denyEncryptionScopeOverride": false}});
    assert_eq!(world.arm(Method::PUT, &container, Some(same)).status, 201);
}
