//! What a request asks for and nobody would do: it is refused by name, and nothing else is done.

use http::Method;
use jiff::SignedDuration;

use super::gates::{facts, key, with_sas};
use super::world::{World, elements, refused};
use crate::gateway::service_signature;

const SOURCE: &str = "https://acct.blob.core.windows.net/box/source";

fn is_named(answer: &crate::model::Response, name: &str) {
    assert_eq!(refused(answer, 501), "NotImplemented", "{name}");
    let what = answer.header("x-azdrill-not-implemented").unwrap_or_default();
    assert!(what.contains(name), "{what}");
}

#[test]
fn a_parameter_that_is_not_read_is_refused_and_the_blob_stays() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for query in [
        "deletetype=permanent",
        "deletetype=nope",
        "DeleteType=x",
        "versionid=x",
        "nope=1",
    ] {
        let answer = world.blob(Method::DELETE, &format!("/box/b?{query}"), &[]);
        let name = query.split('=').next().unwrap_or_default();
        is_named(&answer, name);
    }
    // A snapshot is never written, whatever writes it.
    let put = [("x-ms-blob-type", "BlockBlob")];
    is_named(
        &world.store("/box/b?snapshot=2026-03-02T06:00:00.0000000Z", &put, "y"),
        "snapshot",
    );
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).status, 200);
    // No value is no value, and what changes nothing may be said.
    for query in ["timeout=30", "snapshot=&versionid=", "api-version=2026-10-06"] {
        let answer = world.blob(Method::GET, &format!("/box/b?{query}"), &[]);
        assert_eq!(answer.status, 200, "{query}");
    }
    assert_eq!(world.blob(Method::DELETE, "/box/b?timeout=30", &[]).status, 202);
}

#[test]
fn a_list_leaves_nothing_out_unsaid() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let list = "/box?restype=container&comp=list";
    for word in [
        "versions",
        "deleted",
        "deletedwithversions",
        "immutabilitypolicy",
        "legalhold",
        "permissions",
    ] {
        is_named(
            &world.blob(Method::GET, &format!("{list}&include=metadata,{word}"), &[]),
            word,
        );
    }
    for name in ["showonly", "startFrom", "endBefore"] {
        is_named(&world.blob(Method::GET, &format!("{list}&{name}=b"), &[]), name);
    }
    is_named(
        &world.blob(Method::GET, "/?comp=list&delimiter=b", &[]),
        "delimiter",
    );
    let answer = world.blob(
        Method::GET,
        &format!("{list}&include=&marker=&prefix=b&timeout=9"),
        &[],
    );
    assert_eq!(elements(&answer, "Name"), ["b"]);
}

#[test]
fn headers_that_would_change_what_is_done_are_refused() {
    let mut world = World::new();
    world.put("/box/source", &[], "bytes");
    for (name, value) in [
        ("x-ms-source-if-tags", "a='b'"),
        ("x-ms-source-range", "bytes=0-1"),
        ("x-ms-source-content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
        ("x-ms-source-content-crc64", "x"),
        ("x-ms-source-lease-id", "x"),
        ("x-ms-source-encryption-key", "x"),
        ("x-ms-copy-source-authorization", "Bearer x"),
        ("x-ms-legal-hold", "true"),
        ("x-ms-immutability-policy-mode", "Locked"),
    ] {
        let headers = [("x-ms-copy-source", SOURCE), (name, value)];
        is_named(&world.blob(Method::PUT, "/box/copy", &headers), name);
    }
    for (name, value) in [
        ("x-ms-rehydrate-priority", "nope"),
        ("x-ms-copy-source-tag-option", "nope"),
    ] {
        let headers = [("x-ms-copy-source", SOURCE), (name, value)];
        let answer = world.blob(Method::PUT, "/box/copy", &headers);
        assert_eq!(refused(&answer, 400), "InvalidHeaderValue", "{name}");
    }
    assert_eq!(world.blob(Method::HEAD, "/box/copy", &[]).status, 404);
    let before = (
        "x-ms-access-tier-if-modified-since",
        "Mon, 02 Mar 2026 06:00:00 GMT",
    );
    is_named(&world.blob(Method::DELETE, "/box/source", &[before]), before.0);
    is_named(
        &world.put("/box/b", &[("x-ms-expiry-time", "1")], "x"),
        "x-ms-expiry-time",
    );
    for (name, value, harmless) in [
        ("x-ms-default-encryption-scope", "own", "$account-encryption-key"),
        ("x-ms-deny-encryption-scope-override", "true", "false"),
    ] {
        is_named(
            &world.blob(Method::PUT, "/other?restype=container", &[(name, value)]),
            name,
        );
        let answer = world.blob(Method::PUT, "/right?restype=container", &[(name, harmless)]);
        assert_ne!(answer.status, 501, "{name}");
    }
}

#[test]
fn a_signature_is_made_for_a_version_there_is_and_signs_its_snapshot() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let taken = world.blob(Method::PUT, "/box/b?comp=snapshot", &[]);
    let time = taken.header("x-ms-snapshot").expect("a snapshot").to_owned();
    let expiry = crate::model::wire_seconds(world.now + SignedDuration::from_hours(1));
    let sas = |world: &World, version: &str| {
        let parameters = [("sv", version), ("sr", "b"), ("sp", "r"), ("se", expiry.as_str())];
        service_signature(facts(world), &key(world), "/blob/acct/box/b", &parameters).expect("signed")
    };
    for version in ["2017-11-09", "2018-11-09", "2026-10-06"] {
        let signature = sas(&world, version);
        assert_eq!(
            with_sas(&mut world, Method::GET, "/box/b", &signature).status,
            200,
            "{version}"
        );
        let other = signature.replace("sr=b", &format!("sr=bs&snapshot={time}"));
        let answer = with_sas(&mut world, Method::GET, "/box/b", &other);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed", "{version}");
    }
    for version in ["", "banana", "zz", "9999-01-01", "2018-11-10"] {
        let signature = sas(&world, version);
        let answer = with_sas(&mut world, Method::GET, "/box/b", &signature);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed", "{version}");
    }
}

/// Versions that clients ask for, in the header or in a signed address, and versions there are not.
#[test]
fn a_version_that_there_is_not_is_refused() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for known in ["2026-10-06", "2024-11-04", "2015-04-05", "2009-09-19"] {
        let answer = world.blob(Method::GET, "/box/b", &[("x-ms-version", known)]);
        assert_eq!(answer.status, 200, "{known}");
    }
    for unknown in ["banana", "2026-10-07", "2099-01-01", "2026-10-06 "] {
        let answer = world.blob(Method::GET, "/box/b", &[("x-ms-version", unknown)]);
        assert_eq!(refused(&answer, 400), "InvalidHeaderValue", "{unknown}");
        let text = String::from_utf8_lossy(answer.body.bytes()).into_owned();
        let named = format!("<HeaderName>x-ms-version</HeaderName><HeaderValue>{unknown}</HeaderValue>");
        assert!(text.contains(&named), "{text}");
        let answer = world.blob(
            Method::GET,
            &format!("/box/b?api-version={}", unknown.trim()),
            &[],
        );
        let expected = if unknown.ends_with(' ') {
            assert_eq!(answer.status, 200);
            continue;
        } else {
            "InvalidQueryParameterValue"
        };
        assert_eq!(refused(&answer, 400), expected, "{unknown}");
    }
    // Nothing comes of what is refused.
    let put = [("x-ms-blob-type", "BlockBlob"), ("x-ms-version", "2099-01-01")];
    assert_eq!(
        refused(&world.store("/box/new", &put, "y"), 400),
        "InvalidHeaderValue"
    );
    assert_eq!(world.blob(Method::GET, "/box/new", &[]).status, 404);
}
