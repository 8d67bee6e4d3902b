//! Stored access policies, and signatures that name one.

use http::Method;

use super::gates::{facts, key, with_sas};
use super::world::{World, elements, refused};
use crate::gateway::service_signature;

const ACL: &str = "/box?restype=container&comp=acl";

fn policy(id: &str, expiry: &str, permissions: &str) -> String {
    let element = |tag: &str, value: &str| match value {
        "" => String::new(),
        value => format!("<{tag}>{value}</{tag}>"),
    };
    format!(
        "<SignedIdentifier><Id>{id}</Id><AccessPolicy>{}{}</AccessPolicy></SignedIdentifier>",
        element("Expiry", expiry),
        element("Permission", permissions)
    )
}

fn set(world: &mut World, policies: &str) -> crate::model::Response {
    let body = format!("<?xml version=\"1.0\"?><SignedIdentifiers>{policies}</SignedIdentifiers>");
    world.blob_with(Method::PUT, ACL, &[], &body)
}

fn signed(world: &World, parameters: &[(&str, &str)]) -> String {
    let all = [&[("sv", "2022-11-02"), ("sr", "c")], parameters].concat();
    service_signature(facts(world), &key(world), "/blob/acct/box", &all).expect("signed")
}

#[test]
fn policies_are_set_and_told() {
    let mut world = World::new();
    assert_eq!(world.blob(Method::GET, ACL, &[]).status, 200);
    let answer = set(&mut world, &policy("p", "2026-03-03T00:00:00Z", "rl"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let told = world.blob(Method::GET, ACL, &[]);
    assert_eq!(elements(&told, "Id"), ["p"]);
    assert_eq!(elements(&told, "Permission"), ["rl"]);
    assert_eq!(told.header("etag"), answer.header("etag"));
    assert_eq!(
        refused(&set(&mut world, &policy("p", "", "r").repeat(6)), 400),
        "InvalidXmlDocument"
    );
    assert_eq!(
        refused(&set(&mut world, &policy("", "", "r")), 400),
        "InvalidXmlNodeValue"
    );
    assert_eq!(world.blob(Method::PUT, ACL, &[]).status, 200);
    assert!(elements(&world.blob(Method::GET, ACL, &[]), "Id").is_empty());
}

#[test]
fn a_signature_says_the_rest_of_its_policy_and_falls_with_it() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    set(&mut world, &policy("p", "2026-03-03T00:00:00Z", "r"));
    let whole = signed(&world, &[("si", "p")]);
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &whole).status, 200);
    let answer = with_sas(&mut world, Method::DELETE, "/box/b", &whole);
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    for twice in [
        signed(&world, &[("si", "p"), ("sp", "rd")]),
        signed(&world, &[("si", "p"), ("se", "2030-01-01T00:00:00Z")]),
        signed(&world, &[("si", "other")]),
    ] {
        let answer = with_sas(&mut world, Method::GET, "/box/b", &twice);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    }
    // A policy that says nothing of the time leaves it to the signature.
    set(&mut world, &policy("q", "", "r"));
    let timed = signed(&world, &[("si", "q"), ("se", "2026-03-03T00:00:00Z")]);
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &timed).status, 200);
    let answer = with_sas(&mut world, Method::GET, "/box/b", &whole);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    // A new container of the name has none of the old one's policies.
    world.blob(Method::DELETE, "/box?restype=container", &[]);
    world.blob(Method::PUT, "/box?restype=container", &[]);
    world.put("/box/b", &[], "x");
    let answer = with_sas(&mut world, Method::GET, "/box/b", &timed);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
}

#[test]
fn no_signature_reads_or_sets_policies() {
    let mut world = World::new();
    let account = super::gates::account_sas(&world, "b", "sco", "rwdlacuptf");
    for method in [Method::GET, Method::PUT] {
        let answer = with_sas(&mut world, method, ACL, &account);
        assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    }
}

#[test]
fn a_signature_for_a_snapshot_is_for_that_snapshot() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let take = |world: &mut World| {
        let answer = world.blob(Method::PUT, "/box/b?comp=snapshot", &[]);
        answer.header("x-ms-snapshot").expect("a time").to_owned()
    };
    let (first, second) = (take(&mut world), take(&mut world));
    let parameters = [
        ("sv", "2022-11-02"),
        ("sr", "bs"),
        ("sp", "r"),
        ("se", "2026-03-03T00:00:00Z"),
        ("snapshot", first.as_str()),
    ];
    let sas =
        service_signature(facts(&world), &key(&world), "/blob/acct/box/b", &parameters).expect("signed");
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &sas).status, 200);
    let other = sas.replace(
        &first.replace(':', "%3A").replace('.', "%2E").replace('-', "%2D"),
        &second,
    );
    assert_ne!(other, sas);
    let answer = with_sas(&mut world, Method::GET, "/box/b", &other);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    let base = [
        ("sv", "2022-11-02"),
        ("sr", "b"),
        ("sp", "r"),
        ("se", "2026-03-03T00:00:00Z"),
    ];
    let sas = service_signature(facts(&world), &key(&world), "/blob/acct/box/b", &base).expect("signed");
    assert_eq!(with_sas(&mut world, Method::GET, "/box/b", &sas).status, 200);
    let target = format!("/box/b?snapshot={first}");
    let answer = with_sas(&mut world, Method::GET, &target, &sas);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    // One for the container is for all that is in it.
    let all = super::gates::container_sas(&world, "r");
    assert_eq!(with_sas(&mut world, Method::GET, &target, &all).status, 200);
}
