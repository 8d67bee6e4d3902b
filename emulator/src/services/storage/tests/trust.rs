//! Requests that say one thing to one reader and another to the next, that come from another time,
//! by another scheme, or to a host that only looks like ours.

use http::{HeaderValue, Method};
use jiff::SignedDuration;
use serde_json::json;

use super::gates::{container_sas, facts, key, with_sas};
use super::world::{HOST, World, refused};
use crate::gateway::{authorize_with_key, endpoint_of, service_signature};
use crate::model::{Request, Scheme, wire_seconds};
use crate::rules::Endpoint;

const ACCOUNT: &str = "/providers/Microsoft.Storage/storageAccounts/acct";

#[test]
fn no_parameter_is_read_twice_in_two_spellings() {
    let mut world = World::new();
    world.put("/box/b", &[], "one");
    let mut snapshot = || {
        let answer = world.blob(Method::PUT, "/box/b?comp=snapshot", &[]);
        let time = answer.header("x-ms-snapshot").expect("a snapshot").to_owned();
        world.now += SignedDuration::from_secs(1);
        time
    };
    let (first, second) = (snapshot(), snapshot());
    let expiry = wire_seconds(world.now + SignedDuration::from_hours(1));
    let said = [
        ("sv", "2022-11-02"),
        ("sr", "bs"),
        ("sp", "r"),
        ("se", &*expiry),
        ("snapshot", &*first),
    ];
    let sas = service_signature(facts(&world), &key(&world), "/blob/acct/box/b", &said).expect("signed");
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &sas).status, 200);
    for other in ["Snapshot", "SNAPSHOT", "%53napshot", "snapshot"] {
        for target in [format!("/box/b?{other}={second}"), "/box/b".to_owned()] {
            let behind = format!("{sas}&{other}={second}");
            let answer = with_sas(&mut world, Method::GET, &target, &behind);
            assert_eq!(refused(&answer, 400), "SyntheticGivenTwice", "{target} {other}");
        }
    }
    // The same value twice is still one value; another spelling alone is the same parameter.
    let again = format!("{sas}&snapshot={}", first.replace(':', "%3A"));
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &again).status, 200);
    let spelled = sas.replace("snapshot=", "Snapshot=").replace("sig=", "SIG=");
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &spelled).status, 200);
    let list = world.blob(Method::GET, "/box?ResType=container&Comp=list", &[]);
    assert_eq!(list.status, 200, "{list:?}");
}

#[test]
fn every_endpoint_refuses_what_is_said_twice() {
    let mut world = World::new();
    for (host, path) in [
        ("management.azure.com", "/subscriptions"),
        ("graph.microsoft.com", "/v1.0/users"),
        (
            "login.microsoftonline.com",
            "/common/.well-known/openid-configuration",
        ),
        ("169.254.169.254", "/metadata/identity/oauth2/token"),
        ("localhost", "/_azdrill/assertion"),
    ] {
        let target = format!("{path}?api-version=1&Api%2DVersion=2");
        let answer = world.send(Request::new(Method::GET, host, &target));
        assert_eq!(answer.status, 400, "{host}: {answer:?}");
        assert_eq!(answer.header("x-azdrill-synthetic"), Some("true"), "{host}");
    }
}

#[test]
fn no_header_that_has_one_value_is_read_twice() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for name in ["authorization", "x-ms-version", "x-ms-meta-a", "range"] {
        let mut request = world.request(Method::GET, "/box/b", &[]);
        request.headers.append(name, HeaderValue::from_static("a"));
        request.headers.append(name, HeaderValue::from_static("b"));
        assert_eq!(
            refused(&world.send(request), 400),
            "SyntheticGivenTwice",
            "{name}"
        );
    }
    let mut request = world.request(Method::GET, "/box/b", &[]);
    request.headers.append("accept", HeaderValue::from_static("a/b"));
    request.headers.append("accept", HeaderValue::from_static("*/*"));
    assert_eq!(world.send(request).status, 200, "a list may be sent in parts");
}

#[test]
fn an_account_takes_plain_http_only_if_it_says_so() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let plain = |world: &World| {
        let mut request = world.request(Method::GET, "/box/b", &[]);
        request.scheme = Scheme::Http;
        request
    };
    let request = plain(&world);
    assert_eq!(refused(&world.send(request), 400), "AccountRequiresHttps");
    let either = json!({"properties": {"supportsHttpsTrafficOnly": false}});
    assert_eq!(world.arm(Method::PATCH, ACCOUNT, Some(either)).status, 200);
    let request = plain(&world);
    assert_eq!(world.send(request).status, 200);
    // A signature can still ask for more than the account does.
    let sas = container_sas(&world, "r");
    let mut request = Request::new(Method::GET, HOST, &format!("/box/b?{sas}"));
    request.scheme = Scheme::Http;
    assert_eq!(
        refused(&world.send(request), 403),
        "AuthorizationProtocolMismatch"
    );
}

/// The account in the header is the one of the host, however well a request is signed.
#[test]
fn a_signature_is_shown_for_the_account_it_is_of() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let key = key(&world);
    for (account, status) in [("acct", 200), ("ACCT", 200), ("other", 403)] {
        let mut request = Request::new(Method::GET, HOST, "/box/b").with_header("x-ms-version", "2026-10-06");
        authorize_with_key(&mut request, "acct", &key, world.now);
        let shown = request.header("authorization").expect("signed");
        let shown = shown.replace("SharedKey acct:", &format!("SharedKey {account}:"));
        request
            .headers
            .insert("authorization", HeaderValue::from_str(&shown).expect("a header"));
        let answer = world.send(request);
        assert_eq!(answer.status, status, "{account}: {answer:?}");
    }
}

#[test]
fn a_request_signed_with_a_key_is_of_its_time() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let key = key(&world);
    let dated = |world: &World, minutes: i64| {
        let mut request = Request::new(Method::GET, HOST, "/box/b").with_header("x-ms-version", "2026-10-06");
        let date = world.now + SignedDuration::from_mins(minutes);
        authorize_with_key(&mut request, "acct", &key, date);
        request
    };
    for (minutes, status) in [
        (0, 200),
        (-14, 200),
        (14, 200),
        (-15, 200),
        (15, 200),
        (-16, 403),
        (16, 403),
        (-12_000_000, 403),
    ] {
        let request = dated(&world, minutes);
        assert_eq!(world.send(request).status, status, "{minutes} minutes off");
    }
    // A client goes by the machine's clock, wherever the world's has been moved to.
    let mut request = dated(&world, 60 * 24 * 70);
    request.came_at = Some(world.now + SignedDuration::from_hours(24 * 70));
    assert_eq!(world.send(request).status, 200);
    let mut request = dated(&world, 0);
    request.headers.remove("x-ms-date");
    assert_eq!(refused(&world.send(request), 403), "AuthenticationFailed");
}

#[test]
fn a_host_that_only_ends_like_ours_is_none_of_ours() {
    for (host, endpoint) in [
        ("acct.blob.core.windows.net", Some(Endpoint::Blob)),
        ("acct-secondary.blob.core.windows.net", Some(Endpoint::Blob)),
        ("acct.evil.blob.core.windows.net", None),
        (".blob.core.windows.net", None),
        ("blob.core.windows.net", None),
        ("acct.blob.core.windows.net.evil", None),
        ("v.vault.azure.net", Some(Endpoint::KeyVault)),
        ("v.evil.vault.azure.net", None),
        ("management.azure.com", Some(Endpoint::Arm)),
        ("westeurope.management.azure.com", Some(Endpoint::Arm)),
        ("a.b.management.azure.com", None),
        ("evilmanagement.azure.com", None),
        ("evil.login.microsoftonline.com", None),
        ("acct.z1.blob.storage.azure.net", None),
    ] {
        assert_eq!(endpoint_of(host, "/"), endpoint, "{host}");
    }
}

#[test]
fn a_source_is_where_its_address_says() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let mut copy = |authority: &str| {
        let source = format!("https://{authority}/box/b");
        world.blob(Method::PUT, "/box/copy", &[("x-ms-copy-source", &source)])
    };
    assert_eq!(copy(HOST).status, 202);
    assert_eq!(copy(&format!("{HOST}:443")).status, 202);
    for elsewhere in ["8080", "80"] {
        let answer = copy(&format!("{HOST}:{elsewhere}"));
        assert_eq!(refused(&answer, 501), "NotImplemented");
    }
    for wrong in [format!("{HOST}:x"), format!("{HOST}:99999")] {
        assert_eq!(refused(&copy(&wrong), 400), "InvalidHeaderValue", "{wrong}");
    }
}

#[test]
fn rules_for_addresses_nobody_on_the_internet_has_are_refused() {
    let mut world = World::new();
    let rules = |value: &str| json!({"properties": {"networkAcls": {"ipRules": [{"value": value}]}}});
    for wrong in ["10.0.0.1", "192.168.0.0/24", "203.0.113.8/31", "203.0.113.8/32"] {
        let answer = world.arm(Method::PATCH, ACCOUNT, Some(rules(wrong)));
        assert_eq!(
            refused(&answer, 400),
            "InvalidValuesForRequestParameters",
            "{wrong}"
        );
    }
    assert_eq!(
        world
            .arm(Method::PATCH, ACCOUNT, Some(rules("203.0.113.8")))
            .status,
        200
    );
    let kept = world.arm(Method::GET, ACCOUNT, None).json_body();
    assert_eq!(
        kept["properties"]["networkAcls"]["ipRules"][0]["value"],
        "203.0.113.8"
    );
}

/// Snapshots are signed for as of version 2018-11-09.
#[test]
fn snapshots_are_signed_for_as_of_a_version() {
    let mut world = World::new();
    world.put("/box/b", &[], "one");
    let answer = world.blob(Method::PUT, "/box/b?comp=snapshot", &[]);
    let snapshot = answer.header("x-ms-snapshot").expect("a snapshot").to_owned();
    let expiry = wire_seconds(world.now + SignedDuration::from_hours(1));
    for (version, status) in [("2018-11-09", 200), ("2018-03-28", 403)] {
        let said = [
            ("sv", version),
            ("sr", "bs"),
            ("sp", "r"),
            ("se", &*expiry),
            ("snapshot", &*snapshot),
        ];
        let sas = service_signature(facts(&world), &key(&world), "/blob/acct/box/b", &said).expect("signed");
        let answer = with_sas(&mut world, Method::GET, "/box/b", &sas);
        assert_eq!(answer.status, status, "{version}: {answer:?}");
    }
}

/// What is signed came line by line: before 2018-11-09 not even what it is for, before 2020-12-06 no encryption scope.
#[test]
fn older_signatures_sign_fewer_lines() {
    let mut world = World::new();
    world.put("/box/b", &[], "one");
    let key = key(&world);
    let expires = wire_seconds(world.now + SignedDuration::from_hours(1));
    let mut asked = |text: &str, query: &str| {
        let signature = crate::gateway::sign(&key, text).expect("signed");
        let signature = percent_encoding::utf8_percent_encode(&signature, percent_encoding::NON_ALPHANUMERIC);
        let sas = format!("{query}&sp=r&se={expires}&sig={signature}");
        with_sas(&mut world, Method::GET, "/box/b", &sas).status.as_u16()
    };
    for (version, kind, scope) in [
        ("2018-03-28", "", ""),
        ("2018-11-09", "b\n\n", ""),
        ("2020-12-06", "b\n\n", "\n"),
    ] {
        let text = format!("r\n\n{expires}\n/blob/acct/box/b\n\n\n\n{version}\n{kind}{scope}\n\n\n\n");
        assert_eq!(asked(&text, &format!("sv={version}&sr=b")), 200, "{version}");
    }
    for (version, scope) in [("2018-11-09", ""), ("2020-10-02", ""), ("2020-12-06", "\n")] {
        let text = format!("acct\nr\nb\no\n\n{expires}\n\n\n{version}\n{scope}");
        assert_eq!(
            asked(&text, &format!("sv={version}&ss=b&srt=o")),
            200,
            "{version}"
        );
    }
}
