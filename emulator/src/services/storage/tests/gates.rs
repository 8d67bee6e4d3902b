//! Account keys, signatures, roles and the firewall, as a client meets them.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use super::world::{HOST, World, elements, refused};
use crate::gateway::{account_signature, container_signature, sign};
use crate::model::{Request, Response, Scheme, Timestamp};
use crate::rules::SignatureFacts;

pub(super) fn facts(world: &World) -> &SignatureFacts {
    &world.azure.rules().storage.signatures
}

pub(super) fn key(world: &World) -> String {
    world.azure.state().account_keys["acct"].keys[0].clone()
}

fn expiry(world: &World) -> Timestamp {
    world.now + SignedDuration::from_hours(1)
}

pub(super) fn with_sas(world: &mut World, method: Method, target: &str, sas: &str) -> Response {
    let separator = if target.contains('?') { '&' } else { '?' };
    let mut request = Request::new(method.clone(), HOST, &format!("{target}{separator}{sas}"))
        .with_header("x-ms-version", "2026-10-06");
    if method == Method::PUT && !target.contains('?') {
        request = request.with_header("x-ms-blob-type", "BlockBlob");
        request.body = world.stored("x");
    }
    world.send(request)
}

pub(super) fn account_sas(world: &World, services: &str, types: &str, permissions: &str) -> String {
    let expiry = crate::model::wire_seconds(expiry(world));
    let parameters = [
        ("sv", "2022-11-02"),
        ("ss", services),
        ("srt", types),
        ("sp", permissions),
        ("se", &expiry),
    ];
    account_signature(facts(world), &key(world), "acct", &parameters).expect("signed")
}

pub(super) fn container_sas(world: &World, permissions: &str) -> String {
    container_signature(
        facts(world),
        &key(world),
        "acct",
        "box",
        permissions,
        expiry(world),
    )
    .expect("signed")
}

#[test]
fn a_container_signature_reaches_what_it_says() {
    let mut world = World::new();
    let sas = container_sas(&world, "rcwl");
    assert_eq!(with_sas(&mut world, Method::PUT, "/box/a%2Fb", &sas).status, 201);
    assert_eq!(with_sas(&mut world, Method::GET, "/box/a/b", &sas).status, 200);
    assert_eq!(
        with_sas(&mut world, Method::GET, "/box?restype=container&comp=list", &sas).status,
        200
    );
    let answer = with_sas(&mut world, Method::DELETE, "/box/a/b", &sas);
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    // Another container has another string to sign.
    let answer = with_sas(&mut world, Method::GET, "/other/b", &sas);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    // A signature is for what is in a container, not for the container, whatever letters it has.
    let sas = container_sas(&world, "racwdl");
    for (method, target) in [
        (Method::DELETE, "/box?restype=container"),
        (Method::GET, "/box?restype=container"),
        (Method::PUT, "/box?restype=container"),
    ] {
        let answer = with_sas(&mut world, method, target, &sas);
        assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    }
}

/// Whoever has the key can sign a blob's signature for any path, but one for a blob lists nothing.
#[test]
fn a_blob_signature_lists_no_container() {
    let mut world = World::new();
    let expires = "2026-03-02T07:00:00Z";
    for (kind, status) in [("c", 200), ("b", 403)] {
        let text = format!("rl\n\n{expires}\n/blob/acct/box\n\n\n\n2020-12-06\n{kind}\n\n\n\n\n\n\n");
        let signature = sign(&key(&world), &text).expect("signed");
        let signature = percent_encoding::utf8_percent_encode(&signature, percent_encoding::NON_ALPHANUMERIC);
        let sas = format!("sv=2020-12-06&sr={kind}&sp=rl&se={expires}&sig={signature}");
        let list = "/box?restype=container&comp=list";
        let answer = with_sas(&mut world, Method::GET, list, &sas);
        assert_eq!(answer.status, status, "{kind}: {answer:?}");
        if status == 403 {
            assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
        }
    }
}

#[test]
fn a_signature_that_only_creates_overwrites_nothing() {
    let mut world = World::new();
    let sas = container_sas(&world, "c");
    assert_eq!(with_sas(&mut world, Method::PUT, "/box/b", &sas).status, 201);
    let answer = with_sas(&mut world, Method::PUT, "/box/b", &sas);
    assert_eq!(refused(&answer, 403), "UnauthorizedBlobOverwrite");
    assert_eq!(world.released.len(), 1);
    let both = container_sas(&world, "cw");
    assert_eq!(with_sas(&mut world, Method::PUT, "/box/b", &both).status, 201);
}

#[test]
fn signatures_expire_and_cannot_be_changed() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let sas = container_sas(&world, "r");
    let tampered = sas.replace("sp=r", "sp=rw");
    let answer = with_sas(&mut world, Method::GET, "/box/b", &tampered);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    let plain = {
        let mut request = Request::new(Method::GET, HOST, &format!("/box/b?{sas}"));
        request.scheme = Scheme::Http;
        request
    };
    assert_eq!(refused(&world.send(plain), 400), "AccountRequiresHttps");
    let renewed = json!({"keyName": "key1"});
    world.now = expiry(&world) - SignedDuration::from_secs(1);
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &sas).status, 200);
    world.now += SignedDuration::from_secs(1);
    let answer = with_sas(&mut world, Method::GET, "/box/b", &sas);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    assert!(answer.header("x-ms-request-id").is_some());
    // A renewed key takes its signatures with it.
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let sas = container_sas(&world, "r");
    let target = "/providers/Microsoft.Storage/storageAccounts/acct/regenerateKey";
    assert_eq!(world.arm(Method::POST, target, Some(renewed)).status, 200);
    let answer = with_sas(&mut world, Method::GET, "/box/b", &sas);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
}

#[test]
fn a_blob_signature_puts_headers_in_place_of_the_blobs() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    world.put("/box/other", &[], "x");
    let expires = "2026-03-02T07:00:00Z";
    let text = format!("r\n\n{expires}\n/blob/acct/box/b\n\n\n\n2020-12-06\nb\n\n\n\n\n\n\ntext/html");
    let signature = sign(&key(&world), &text).expect("signed");
    let signature = signature
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let sas = format!("sv=2020-12-06&sr=b&sp=r&se={expires}&rsct=text/html&sig={signature}");
    let answer = with_sas(&mut world, Method::GET, "/box/b", &sas);
    assert_eq!(answer.header("content-type"), Some("text/html"), "{answer:?}");
    // It is for this blob and says these headers.
    let answer = with_sas(&mut world, Method::GET, "/box/other", &sas);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    let changed = sas.replace("text/html", "text/css");
    let answer = with_sas(&mut world, Method::GET, "/box/b", &changed);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
}

#[test]
fn an_account_signature_reaches_services_types_and_letters() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let sas = account_sas;
    let all = sas(&world, "b", "sco", "rwdlac");
    for target in [
        "/box/b",
        "/?comp=list",
        "/box?restype=container",
        "/box?restype=container&comp=list",
        "/?restype=account&comp=properties",
    ] {
        assert_eq!(
            with_sas(&mut world, Method::GET, target, &all).status,
            200,
            "{target}"
        );
    }
    let queue = sas(&world, "q", "sco", "rl");
    assert_eq!(
        refused(&with_sas(&mut world, Method::GET, "/box/b", &queue), 403),
        "AuthorizationServiceMismatch"
    );
    let objects = sas(&world, "b", "o", "rl");
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &objects).status, 200);
    assert_eq!(
        refused(&with_sas(&mut world, Method::GET, "/?comp=list", &objects), 403),
        "AuthorizationResourceTypeMismatch"
    );
}

fn shared_key(world: &World, request: Request, tail: &str) -> Request {
    let date = "Mon, 02 Mar 2026 06:00:00 GMT";
    let text = format!(
        "{}\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2026-10-06\n/acct{tail}",
        request.method
    );
    let signature = sign(&key(world), &text).expect("signed");
    request
        .with_header("x-ms-date", date)
        .with_header("x-ms-version", "2026-10-06")
        .with_header("authorization", &format!("SharedKey acct:{signature}"))
}

#[test]
fn an_account_key_opens_everything_unless_it_is_switched_off() {
    let mut world = World::new();
    world.put("/box/a%20b", &[], "x");
    // The path is signed as it was sent, the query decoded.
    let get = |world: &World| shared_key(world, Request::new(Method::GET, HOST, "/box/a%20b"), "/box/a%20b");
    let request = get(&world);
    assert_eq!(world.send(request).status, 200);
    let list = Request::new(Method::GET, HOST, "/?comp=list&prefix=a%2Fb");
    let request = shared_key(&world, list, "/\ncomp:list\nprefix:a/b");
    assert_eq!(world.send(request).status, 200);
    let mut tampered = get(&world);
    tampered.path = "/box/other".to_owned();
    assert_eq!(refused(&world.send(tampered), 403), "AuthenticationFailed");
    let target = "/providers/Microsoft.Storage/storageAccounts/acct";
    let off = json!({"properties": {"allowSharedKeyAccess": false}});
    assert_eq!(world.arm(Method::PATCH, target, Some(off)).status, 200);
    let request = get(&world);
    assert_eq!(
        refused(&world.send(request), 403),
        "KeyBasedAuthenticationNotPermitted"
    );
    let sas = container_sas(&world, "r");
    let answer = with_sas(&mut world, Method::GET, "/box/a%20b", &sas);
    assert_eq!(refused(&answer, 403), "KeyBasedAuthenticationNotPermitted");
    assert_eq!(world.blob(Method::GET, "/box/a%20b", &[]).status, 200);
}

#[test]
fn without_a_credential_nobody_gets_in_and_bodies_are_given_back() {
    let mut world = World::new();
    let mut request = Request::new(Method::PUT, HOST, "/box/b").with_header("x-ms-blob-type", "BlockBlob");
    request.body = world.stored("x");
    let answer = world.send(request);
    assert_eq!(refused(&answer, 401), "NoAuthenticationInformation");
    assert!(
        answer
            .header("www-authenticate")
            .expect("a challenge")
            .contains("resource_id=https://storage.azure.com")
    );
    assert_eq!(world.released, world.came_in);
}

#[test]
fn a_closed_network_closes_the_data_plane_only() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let target = "/providers/Microsoft.Storage/storageAccounts/acct";
    let closed = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    assert_eq!(world.arm(Method::PATCH, target, Some(closed)).status, 200);
    let answer = world.put("/box/b", &[], "y");
    assert_eq!(refused(&answer, 403), "AuthorizationFailure");
    assert_eq!(world.released, [world.came_in[1]]);
    assert_eq!(world.arm(Method::GET, target, None).status, 200);
}

/// Whatever is signed with the right key.
#[test]
fn letters_that_are_out_of_order_open_nothing() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for letters in ["wr", "rr", "rQ"] {
        let sas = container_sas(&world, letters);
        let answer = with_sas(&mut world, Method::GET, "/box/b", &sas);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed", "{letters}");
        let sas = account_sas(&world, "b", "sco", letters);
        let answer = with_sas(&mut world, Method::GET, "/box/b", &sas);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed", "{letters}");
    }
}

#[test]
fn a_signature_that_outlives_the_account_s_policy_is_blocked() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let account = "/providers/Microsoft.Storage/storageAccounts/acct";
    let policy = |action: &str| json!({"properties": {"sasPolicy": {"sasExpirationPeriod": "0.02:00:00", "expirationAction": action}}});
    let signed = |world: &World, start: Option<i64>, hours: i64| {
        let time = |hours| crate::model::wire_seconds(world.now + SignedDuration::from_hours(hours));
        let (start, expiry) = (start.map(time).unwrap_or_default(), time(hours));
        let parameters = [
            ("sv", "2022-11-02"),
            ("ss", "b"),
            ("srt", "sco"),
            ("sp", "r"),
            ("st", &start),
            ("se", &expiry),
        ];
        account_signature(facts(world), &key(world), "acct", &parameters).expect("signed")
    };
    let long = signed(&world, Some(-1), 2);
    let without_start = signed(&world, None, 1);
    let right = signed(&world, Some(-1), 1);
    for (action, blocked) in [("Log", false), ("Block", true)] {
        assert_eq!(
            world.arm(Method::PATCH, account, Some(policy(action))).status,
            200
        );
        for sas in [&long, &without_start] {
            let answer = with_sas(&mut world, Method::GET, "/box/b", sas);
            if blocked {
                assert_eq!(refused(&answer, 403), "SyntheticSasOutOfPolicy");
            } else {
                assert_eq!(answer.status, 200);
            }
        }
        assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &right).status, 200);
    }
}

/// In the blob service's own words, with the reason in detail.
#[test]
fn tokens_of_another_time_or_audience_open_nothing() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let other = world.token("https://management.azure.com");
    let request = |token: &str| {
        Request::new(Method::GET, HOST, "/box/b").with_header("authorization", &format!("Bearer {token}"))
    };
    let detail = |answer: &Response| elements(answer, "AuthenticationErrorDetail").concat();
    let answer = world.send(request(&other));
    assert_eq!(refused(&answer, 401), "InvalidAuthenticationInfo");
    assert!(
        detail(&answer).starts_with("Audience validation failed"),
        "{answer:?}"
    );
    assert!(answer.header("www-authenticate").is_some());
    let answer = world.send(request("e30.e30.e30"));
    assert_eq!(refused(&answer, 401), "InvalidAuthenticationInfo");
    // Of the account itself, and of no other.
    let account = world.token(&format!("https://{HOST}"));
    assert_eq!(world.send(request(&account)).status, 200);
    let another = world.token("https://other.blob.core.windows.net");
    assert_eq!(
        refused(&world.send(request(&another)), 401),
        "InvalidAuthenticationInfo"
    );
    let good = world.token("https://storage.azure.com");
    world.now += SignedDuration::from_hours(24);
    let answer = world.send(request(&good));
    assert_eq!(refused(&answer, 401), "InvalidAuthenticationInfo");
    assert_eq!(answer.header("x-azdrill-rules"), Some("TOKEN-EXPIRED"));
    assert!(
        detail(&answer).starts_with("Lifetime validation failed"),
        "{answer:?}"
    );
}
