//! Copies and the operations whose bytes come from a URL.

use http::Method;
use serde_json::json;

use super::gates::{container_sas, facts, key};
use super::world::{HOST, World, elements, encode, refused};
use crate::gateway::service_signature;
use crate::model::{Body, Extent, Request, Response};

const SOURCE: &str = "https://acct.blob.core.windows.net/box/source";

fn copy(world: &mut World, target: &str, headers: &[(&'static str, &str)]) -> Response {
    world.blob(Method::PUT, target, headers)
}

fn extents(world: &mut World, target: &str) -> Vec<Extent> {
    match world.blob(Method::GET, target, &[]).body {
        Body::Stored(body) => body.extents,
        Body::Empty | Body::Bytes(_) => Vec::new(),
    }
}

fn other_account(world: &mut World, public: bool) -> String {
    let properties = json!({"allowBlobPublicAccess": public});
    let body = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties});
    world.add_account("second", body);
    let target = "/providers/Microsoft.Storage/storageAccounts/second/blobServices/default/containers/far";
    let sent = if public {
        json!({"properties": {"publicAccess": "Blob"}})
    } else {
        json!({})
    };
    assert_eq!(world.arm(Method::PUT, target, Some(sent)).status, 201);
    let mut put = world.request(Method::PUT, "/far/b", &[("x-ms-blob-type", "BlockBlob")]);
    put.host = "second.blob.core.windows.net".to_owned();
    put.body = world.stored("far away");
    assert_eq!(world.send(put).status, 201);
    "https://second.blob.core.windows.net/far/b".to_owned()
}

#[test]
fn a_copy_is_done_at_once_and_shares_the_bytes() {
    let mut world = World::new();
    world.put(
        "/box/source",
        &[("x-ms-meta-a", "1"), ("content-type", "text/plain")],
        "bytes",
    );
    let answer = copy(&mut world, "/box/copy", &[("x-ms-copy-source", SOURCE)]);
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-ms-copy-status")),
        (202, Some("success"))
    );
    let head = world.blob(Method::HEAD, "/box/copy", &[]);
    assert_eq!(head.header("x-ms-copy-id"), answer.header("x-ms-copy-id"));
    assert_eq!(head.header("x-ms-copy-source"), Some(SOURCE));
    assert_eq!(head.header("x-ms-copy-progress"), Some("5/5"));
    assert_eq!(head.header("x-ms-meta-a"), Some("1"));
    assert_eq!(head.header("content-type"), Some("text/plain"));
    let list = world.blob(Method::GET, "/box?restype=container&comp=list&include=copy", &[]);
    assert_eq!(elements(&list, "CopyStatus"), ["success"]);
    assert_eq!(extents(&mut world, "/box/copy"), world.came_in);
    world.blob(Method::DELETE, "/box/source", &[]);
    assert!(world.released.is_empty(), "the copy has them");
    let abort = format!(
        "/box/copy?comp=copy&copyid={}",
        answer.header("x-ms-copy-id").unwrap_or_default()
    );
    let answer = copy(&mut world, &abort, &[("x-ms-copy-action", "abort")]);
    assert_eq!(refused(&answer, 409), "NoPendingCopyOperation");
    world.blob(Method::DELETE, "/box/copy", &[]);
    assert_eq!(world.released, world.came_in);
}

#[test]
fn conditions_on_the_source_and_what_is_not_there() {
    let mut world = World::new();
    let answer = copy(&mut world, "/box/copy", &[("x-ms-copy-source", SOURCE)]);
    assert_eq!(refused(&answer, 404), "CannotVerifyCopySource");
    world.put("/box/source", &[], "bytes");
    let headers = [("x-ms-copy-source", SOURCE), ("x-ms-source-if-match", "\"0x1\"")];
    assert_eq!(
        refused(&copy(&mut world, "/box/copy", &headers), 412),
        "SourceConditionNotMet"
    );
    let headers = [("x-ms-copy-source", SOURCE), ("if-match", "*")];
    assert_eq!(
        refused(&copy(&mut world, "/box/copy", &headers), 412),
        "ConditionNotMet"
    );
    for (address, status, code) in [
        ("box/source", 400, "InvalidHeaderValue"),
        (
            "ftp://acct.blob.core.windows.net/box/source",
            400,
            "InvalidHeaderValue",
        ),
        ("https://example.com/box/source", 501, "NotImplemented"),
        (
            "https://none.blob.core.windows.net/box/source",
            404,
            "CannotVerifyCopySource",
        ),
    ] {
        let answer = copy(&mut world, "/box/copy", &[("x-ms-copy-source", address)]);
        assert_eq!(refused(&answer, status), code, "{address}");
    }
}

#[test]
fn another_account_is_reached_through_its_own_gates() {
    let mut world = World::new();
    let far = other_account(&mut world, false);
    // Copy Blob shows a token to its own account only.
    let answer = copy(&mut world, "/box/copy", &[("x-ms-copy-source", &far)]);
    assert_eq!(refused(&answer, 401), "CannotVerifyCopySource");
    assert_eq!(answer.header("x-azdrill-gate"), Some("authentication"));
    // The operations that copy at once take one for the source.
    let token = world
        .request(Method::GET, "/", &[])
        .header("authorization")
        .unwrap_or_default()
        .to_owned();
    let put = [
        ("x-ms-copy-source", far.as_str()),
        ("x-ms-blob-type", "BlockBlob"),
        ("x-ms-copy-source-authorization", token.as_str()),
    ];
    assert_eq!(copy(&mut world, "/box/copy", &put).status, 201);
    let forged = [put[0], put[1], ("x-ms-copy-source-authorization", "Bearer x")];
    assert_eq!(
        refused(&copy(&mut world, "/box/copy", &forged), 401),
        "CannotVerifyCopySource"
    );
    // A signature in the source's address is shown by all.
    let secret = world.azure.state().account_keys["second"].keys[0].clone();
    let sas = service_signature(
        facts(&world),
        &secret,
        "/blob/second/far",
        &[
            ("sv", "2022-11-02"),
            ("sr", "c"),
            ("sp", "r"),
            ("se", "2026-03-03T00:00:00Z"),
        ],
    )
    .expect("signed");
    let signed = format!("{far}?{sas}");
    assert_eq!(
        copy(&mut world, "/box/copy", &[("x-ms-copy-source", &signed)]).status,
        202
    );
    let head = world.blob(Method::HEAD, "/box/copy", &[]);
    assert_eq!(
        head.header("x-ms-copy-source"),
        Some(far.as_str()),
        "without the signature"
    );
    // The source's firewall is asked as well.
    let closed = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let target = "/providers/Microsoft.Storage/storageAccounts/second";
    assert_eq!(world.arm(Method::PATCH, target, Some(closed)).status, 200);
    let answer = copy(&mut world, "/box/copy", &[("x-ms-copy-source", &signed)]);
    assert_eq!(refused(&answer, 403), "CannotVerifyCopySource");
    assert_eq!(answer.header("x-azdrill-gate"), Some("network"));
}

#[test]
fn what_anybody_may_read_anybody_may_copy() {
    let mut world = World::new();
    let far = other_account(&mut world, true);
    assert_eq!(
        copy(&mut world, "/box/copy", &[("x-ms-copy-source", &far)]).status,
        202
    );
}

#[test]
fn a_signature_for_the_destination_is_none_for_the_source() {
    let mut world = World::new();
    world.put("/box/source", &[], "bytes");
    let sas = container_sas(&world, "rcw");
    let send = |world: &mut World, source: &str| {
        let request = Request::new(Method::PUT, HOST, &format!("/box/copy?{sas}"))
            .with_header("x-ms-version", "2026-10-06")
            .with_header("x-ms-copy-source", source);
        world.send(request)
    };
    assert_eq!(refused(&send(&mut world, SOURCE), 401), "CannotVerifyCopySource");
    let signed = format!("{SOURCE}?{sas}");
    assert_eq!(send(&mut world, &signed).status, 202);
    assert!(!key(&world).is_empty());
}

#[test]
fn blocks_pages_and_appended_blocks_come_from_ranges() {
    let mut world = World::new();
    world.put("/box/source", &[], &"s".repeat(1024));
    let from = |range: &'static str| [("x-ms-copy-source", SOURCE), ("x-ms-source-range", range)];
    let id = encode("id").replace('=', "%3D");
    let block = format!("/box/blocks?comp=block&blockid={id}");
    assert_eq!(copy(&mut world, &block, &from("bytes=10-19")).status, 201);
    assert_eq!(
        world
            .commit("/box/blocks", &[], &[("Latest", "id"), ("Latest", "id")])
            .status,
        201
    );
    let part = Extent {
        offset: world.came_in[0].offset + 10,
        length: 10,
        ..world.came_in[0]
    };
    assert_eq!(extents(&mut world, "/box/blocks"), [part, part]);
    world.store("/box/log", &[("x-ms-blob-type", "AppendBlob")], "");
    let answer = copy(&mut world, "/box/log?comp=appendblock", &from("bytes=1000-"));
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-ms-blob-append-offset")),
        (201, Some("0"))
    );
    assert_eq!(world.blob(Method::HEAD, "/box/log", &[]).body.len(), 24);
    let pages = [
        ("x-ms-blob-type", "PageBlob"),
        ("x-ms-blob-content-length", "1024"),
    ];
    world.store("/box/disk", &pages, "");
    let mut headers = from("bytes=512-1023").to_vec();
    headers.extend([("x-ms-page-write", "update"), ("x-ms-range", "bytes=0-511")]);
    assert_eq!(copy(&mut world, "/box/disk?comp=page", &headers).status, 201);
    headers[1].1 = "bytes=0-99";
    assert_eq!(
        refused(&copy(&mut world, "/box/disk?comp=page", &headers), 416),
        "InvalidPageRange"
    );
    let answer = copy(&mut world, &block, &from("bytes=1024-"));
    assert_eq!(refused(&answer, 416), "InvalidRange");
    for target in ["/box/source", "/box/log", "/box/disk"] {
        world.blob(Method::DELETE, target, &[]);
    }
    // All but the ten bytes of the block, which is named twice.
    let freed: u64 = world.released.iter().map(|extent| extent.length).sum();
    assert_eq!(freed, 1014);
    world.blob(Method::DELETE, "/box/blocks", &[]);
    let freed: u64 = world.released.iter().map(|extent| extent.length).sum();
    assert_eq!(freed, 1024);
}

#[test]
fn put_blob_from_url_takes_the_properties_and_checks_the_hash() {
    let mut world = World::new();
    world.put("/box/source", &[("content-type", "text/plain")], "hello");
    let base = [("x-ms-copy-source", SOURCE), ("x-ms-blob-type", "BlockBlob")];
    let with = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    let right = with(&[("x-ms-source-content-md5", "XUFAKrxLKna5cZ2REBfFkg==")]);
    let answer = copy(&mut world, "/box/b", &right);
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-md5")),
        (201, Some("XUFAKrxLKna5cZ2REBfFkg=="))
    );
    assert_eq!(
        world.blob(Method::HEAD, "/box/b", &[]).header("content-type"),
        Some("text/plain")
    );
    let wrong = with(&[("x-ms-source-content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")]);
    assert_eq!(refused(&copy(&mut world, "/box/b", &wrong), 400), "Md5Mismatch");
    let declined = with(&[("x-ms-copy-source-blob-properties", "false")]);
    assert_eq!(copy(&mut world, "/box/b", &declined).status, 201);
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(head.header("content-type"), Some("application/octet-stream"));
    assert_eq!(head.header("x-ms-copy-id"), None, "it is no copy");
    let absent = with(&[("if-none-match", "*")]);
    assert_eq!(
        refused(&copy(&mut world, "/box/b", &absent), 409),
        "BlobAlreadyExists"
    );
    let sync = [("x-ms-copy-source", SOURCE), ("x-ms-requires-sync", "true")];
    let answer = copy(&mut world, "/box/sync", &sync);
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-ms-copy-status")),
        (202, Some("success"))
    );
}

#[test]
fn tags_are_copied_by_who_may_read_and_set_them() {
    let mut world = World::new();
    world.put("/box/source", &[], "hello");
    let copied = [
        ("x-ms-copy-source", SOURCE),
        ("x-ms-copy-source-tag-option", "COPY"),
    ];
    let answer = copy(&mut world, "/box/copy", &copied);
    assert_eq!(refused(&answer, 403), "CannotVerifyCopySource");
    world.give("Storage Blob Data Owner");
    world.put("/box/source", &[("x-ms-tags", "a=1")], "hello");
    assert_eq!(copy(&mut world, "/box/copy", &copied).status, 202);
    let head = world.blob(Method::HEAD, "/box/copy", &[]);
    assert_eq!(head.header("x-ms-tag-count"), Some("1"));
    let plain = [("x-ms-copy-source", SOURCE)];
    assert_eq!(copy(&mut world, "/box/copy", &plain).status, 202);
    let head = world.blob(Method::HEAD, "/box/copy", &[]);
    assert_eq!(head.header("x-ms-tag-count"), None);
}
