//! What the services of an account say of themselves, by the data plane and by ARM.

use http::Method;
use serde_json::{Value, json};

use super::gates::with_sas;
use super::world::{HOST, World, elements, refused, text};

const ACCT: &str = "/providers/Microsoft.Storage/storageAccounts/acct";

#[test]
fn properties_of_the_blob_service_are_kept() {
    let mut world = World::new();
    let target = "/?restype=service&comp=properties";
    let rule = "<CorsRule><AllowedOrigins>*</AllowedOrigins></CorsRule>";
    let body = format!("<StorageServiceProperties><Cors>{rule}</Cors></StorageServiceProperties>");
    assert_eq!(world.blob_with(Method::PUT, target, &[], &body).status, 202);
    let told = world.blob(Method::GET, target, &[]);
    assert_eq!(elements(&told, "Cors"), [rule]);
    assert_eq!(elements(&told, "StaticWebsite").len(), 1, "the rest stays");
    let site = "<StorageServiceProperties><StaticWebsite><Enabled>true</Enabled></StaticWebsite></StorageServiceProperties>";
    let answer = world.blob_with(Method::PUT, target, &[], site);
    assert_eq!(refused(&answer, 501), "NotImplemented");
    let unknown = "<StorageServiceProperties><Else/></StorageServiceProperties>";
    let answer = world.blob_with(Method::PUT, target, &[], unknown);
    assert_eq!(refused(&answer, 400), "InvalidXmlDocument");
}

#[test]
fn statistics_are_at_the_secondary_endpoint_of_an_account_that_has_one() {
    let mut world = World::new();
    let target = "/?restype=service&comp=stats";
    let answer = world.blob(Method::GET, target, &[]);
    assert_eq!(refused(&answer, 400), "InvalidQueryParameterValue");
    let body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_RAGRS"}});
    world.add_account("twice", body);
    let mut at = |host: &str, method: Method, target: &str| {
        let mut request = world.request(method, target, &[]);
        request.host = host.to_owned();
        world.send(request)
    };
    let answer = at("twice-secondary.blob.core.windows.net", Method::GET, target);
    assert!(text(&answer).contains("<Status>live</Status>"), "{answer:?}");
    let answer = at("acct-secondary.blob.core.windows.net", Method::GET, target);
    assert_eq!(refused(&answer, 404), "ResourceNotFound");
    let answer = at(
        "twice-secondary.blob.core.windows.net",
        Method::PUT,
        "/c?restype=container",
    );
    assert_eq!(refused(&answer, 404), "ResourceNotFound");
}

#[test]
fn account_information_is_asked_of_anything() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for method in [Method::GET, Method::HEAD] {
        for target in ["/", "/box", "/box/b"] {
            let target = format!("{target}?restype=account&comp=properties");
            let answer = world.blob(method.clone(), &target, &[]);
            assert_eq!(
                answer.header("x-ms-account-kind"),
                Some("StorageV2"),
                "{method} {target}"
            );
        }
    }
}

#[test]
fn settings_over_arm_are_kept() {
    let mut world = World::new();
    let service = format!("{ACCT}/blobServices/default");
    let sent = json!({"properties": {"isVersioningEnabled": true, "deleteRetentionPolicy": {"enabled": true, "days": 7}}});
    let answer = world.arm(Method::PUT, &service, Some(sent));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-azdrill-ignored"),
        Some("properties.isVersioningEnabled,properties.deleteRetentionPolicy.enabled")
    );
    let told = world.arm(Method::GET, &service, None).json_body();
    assert_eq!(told, answer.json_body());
    assert_eq!(told["properties"]["isVersioningEnabled"], true);
    assert_eq!(told["properties"]["deleteRetentionPolicy"]["days"], 7);
    assert_eq!(told["properties"]["cors"]["corsRules"], json!([]));
    let list = world
        .arm(Method::GET, &format!("{ACCT}/blobServices"), None)
        .json_body();
    assert_eq!(list["value"][0], told);
    for kind in ["fileServices", "queueServices", "tableServices"] {
        let told = world
            .arm(Method::GET, &format!("{ACCT}/{kind}/default"), None)
            .json_body();
        assert_eq!(told["properties"]["cors"]["corsRules"], json!([]), "{kind}");
    }
    let container = format!("{service}/containers/box/immutabilityPolicies/default");
    let none = world.arm(Method::GET, &container, None);
    assert_eq!(refused(&none, 404), "ResourceNotFound");
    assert_eq!(none.header("x-azdrill-mark"), Some("unverified"));
    world.arm(Method::DELETE, ACCT, None);
    let body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    world.add_account("acct", body);
    let told = world.arm(Method::GET, &service, None).json_body();
    assert_eq!(
        told["properties"]["isVersioningEnabled"],
        Value::Null,
        "a new account has new settings"
    );
}

#[test]
fn lifecycle_policies_are_put_read_and_deleted() {
    let mut world = World::new();
    let target = format!("{ACCT}/managementPolicies/default");
    assert_eq!(
        refused(&world.arm(Method::GET, &target, None), 404),
        "ManagementPolicyNotFound"
    );
    let sent = json!({"properties": {"policy": {"rules": [
        {"name": "r", "type": "Lifecycle", "definition": {"actions": {}}},
    ]}}});
    let answer = world.arm(Method::PUT, &target, Some(sent));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-azdrill-ignored"),
        Some("properties.policy.rules"),
        "no rule is ever run"
    );
    let told = world.arm(Method::GET, &target, None).json_body();
    assert_eq!(told["properties"]["policy"]["rules"][0]["name"], "r");
    let bad = world.arm(Method::PUT, &target, Some(json!({"properties": {}})));
    assert_eq!(refused(&bad, 400), "InvalidValuesForRequestParameters");
    let bad = world.arm(Method::PUT, &target, Some(json!({})));
    assert_eq!(refused(&bad, 400), "InvalidRequestPropertyValue");
    assert_eq!(world.arm(Method::DELETE, &target, None).status, 200);
    assert_eq!(world.arm(Method::DELETE, &target, None).status, 204);
}

#[test]
fn signatures_are_made_with_either_key() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for key in ["key1", "key2"] {
        let sent = json!({"signedServices": "b", "signedResourceTypes": "o", "signedPermission": "r", "signedExpiry": "2026-03-03T00:00:00Z", "keyToSign": key});
        let made = world.arm(Method::POST, &format!("{ACCT}/listAccountSas"), Some(sent));
        let token = made.json_body()["accountSasToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &token).status, 200);
        let sent = json!({"canonicalizedResource": "/blob/acct/box", "signedResource": "c", "signedPermission": "r", "signedExpiry": "2026-03-03T00:00:00Z", "keyToSign": key});
        let made = world.arm(Method::POST, &format!("{ACCT}/listServiceSas"), Some(sent));
        let token = made.json_body()["serviceSasToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &token).status, 200);
    }
    let other = json!({"canonicalizedResource": "/blob/other/box", "signedResource": "c"});
    let answer = world.arm(Method::POST, &format!("{ACCT}/listServiceSas"), Some(other));
    assert_eq!(refused(&answer, 400), "InvalidValuesForRequestParameters");
    let answer = world.arm(Method::POST, &format!("{ACCT}/listAccountSas"), Some(json!({})));
    assert_eq!(refused(&answer, 400), "InvalidValuesForRequestParameters");
}

#[test]
fn a_container_is_leased_over_arm() {
    let mut world = World::new();
    let target = format!("{ACCT}/blobServices/default/containers/box");
    let lease = format!("{target}/lease");
    let sent = json!({"action": "Acquire", "leaseDuration": -1});
    let made = world.arm(Method::POST, &lease, Some(sent));
    let id = made.json_body()["leaseId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(
        world.arm(Method::GET, &target, None).json_body()["properties"]["leaseState"],
        "Leased"
    );
    let answer = world.blob(Method::DELETE, "/box?restype=container", &[]);
    assert_eq!(refused(&answer, 412), "LeaseIdMissing");
    let other = json!({"action": "Release", "leaseId": "00000000-0000-0000-0000-000000000001"});
    assert_eq!(
        refused(&world.arm(Method::POST, &lease, Some(other)), 409),
        "LeaseIdMismatchWithLeaseOperation"
    );
    let broken = world
        .arm(Method::POST, &lease, Some(json!({"action": "Break"})))
        .json_body();
    assert_eq!(broken["leaseTimeSeconds"], "0");
    assert!(!id.is_empty());
    let answer = world.arm(Method::POST, &lease, Some(json!({"action": "Borrow"})));
    assert_eq!(refused(&answer, 400), "InvalidValuesForRequestParameters");
}

#[test]
fn connections_skus_and_what_nobody_plays() {
    let mut world = World::new();
    let list = world.arm(Method::GET, &format!("{ACCT}/privateEndpointConnections"), None);
    assert_eq!(list.json_body(), json!({"value": []}));
    let groups = world
        .arm(Method::GET, &format!("{ACCT}/privateLinkResources"), None)
        .json_body();
    assert_eq!(
        groups["value"][0]["properties"]["requiredZoneNames"][0],
        "privatelink.blob.core.windows.net"
    );
    let target = format!(
        "/subscriptions/{}/providers/Microsoft.Storage/skus?api-version=2025-08-01",
        world.operator.subscription
    );
    assert!(
        world.arm_at(Method::GET, &target, None).json_body()["value"]
            .as_array()
            .is_some_and(|all| all.len() > 10)
    );
    let answer = world.blob(Method::PUT, "/box/b?comp=expiry", &[]);
    assert_eq!(refused(&answer, 501), "NotImplemented");
    assert_eq!(
        answer.header("x-azdrill-not-implemented"),
        Some("PUT /box/b?comp=expiry")
    );
    assert!(HOST.starts_with("acct."));
}

#[test]
fn a_signature_that_would_open_nothing_is_not_made() {
    let mut world = World::new();
    let right = json!({"signedServices": "b", "signedResourceTypes": "o", "signedPermission": "r", "signedExpiry": "2026-03-03T00:00:00Z"});
    for (name, value) in [
        ("signedServices", "bz"),
        ("signedResourceTypes", "zzz"),
        ("signedPermission", "zzz"),
        ("signedPermission", "wr"),
        ("keyToSign", "key9"),
        ("signedIp", "foo"),
        ("signedExpiry", "1999"),
        ("signedStart", "2026-03-04T00:00:00Z"),
    ] {
        let mut sent = right.clone();
        sent[name] = json!(value);
        let answer = world.arm(Method::POST, &format!("{ACCT}/listAccountSas"), Some(sent));
        assert_eq!(
            refused(&answer, 400),
            "InvalidValuesForRequestParameters",
            "{name}"
        );
    }
}
