//! Reading blobs: headers, ranges, conditions.

use http::Method;

use super::world::{World, encode, refused};
use crate::model::{Body, Extent, RangeHash};

fn extents(body: &Body) -> Vec<Extent> {
    match body {
        Body::Stored(body) => body.extents.clone(),
        Body::Empty | Body::Bytes(_) => Vec::new(),
    }
}

#[test]
fn a_blob_comes_back_as_it_was_put() {
    let mut world = World::new();
    let headers = [
        ("content-type", "application/x-first"),
        ("x-ms-blob-content-type", "text/plain"),
        ("x-ms-blob-content-encoding", "gzip"),
        ("x-ms-blob-cache-control", "no-store"),
        ("x-ms-meta-kind", "dump"),
        ("x-ms-access-tier", "cool"),
    ];
    let put = world.put("/box/a%20b/c.sql", &headers, "hello");
    assert_eq!(put.status, 201);
    assert_eq!(put.header("content-md5"), Some("XUFAKrxLKna5cZ2REBfFkg=="));
    assert_eq!(put.header("x-ms-request-server-encrypted"), Some("true"));
    for method in [Method::GET, Method::HEAD] {
        let got = world.blob(method.clone(), "/box/a%20b%2Fc.sql", &[]);
        assert_eq!(got.status, 200);
        assert_eq!(got.body.len(), 5);
        assert_eq!(extents(&got.body), world.came_in);
        for (name, value) in [
            ("content-type", "text/plain"),
            ("content-encoding", "gzip"),
            ("cache-control", "no-store"),
            ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
            ("x-ms-blob-type", "BlockBlob"),
            ("x-ms-server-encrypted", "true"),
            ("x-ms-lease-status", "unlocked"),
            ("x-ms-lease-state", "available"),
            ("accept-ranges", "bytes"),
            ("x-ms-meta-kind", "dump"),
            ("last-modified", "Mon, 02 Mar 2026 06:00:00 GMT"),
            ("x-ms-creation-time", "Mon, 02 Mar 2026 06:00:00 GMT"),
        ] {
            assert_eq!(got.header(name), Some(value), "{method} {name}");
        }
        assert_eq!(got.header("etag"), put.header("etag"));
        let tier = (method == Method::HEAD).then_some("Cool");
        assert_eq!(got.header("x-ms-access-tier"), tier);
    }
}

#[test]
fn ranges_are_parts_of_the_bytes() {
    let mut world = World::new();
    world.put("/box/b", &[], "0123456789");
    let whole = extents(&world.blob(Method::GET, "/box/b", &[]).body)[0];
    let part = world.blob(
        Method::GET,
        "/box/b",
        &[("range", "bytes=0-1"), ("x-ms-range", "bytes=2-4")],
    );
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!(part.header("content-md5"), None);
    assert!(part.header("x-ms-blob-content-md5").is_some());
    assert_eq!(
        extents(&part.body),
        [Extent {
            offset: whole.offset + 2,
            length: 3,
            ..whole
        }]
    );
    let all = world.blob(
        Method::GET,
        "/box/b",
        &[
            ("x-ms-range", "bytes=0-33554431"),
            ("x-ms-range-get-content-md5", "true"),
        ],
    );
    assert_eq!(all.header("content-range"), Some("bytes 0-9/10"));
    assert_eq!(all.hash, Some(RangeHash::Md5), "the shell has the bytes");
    let behind = world.blob(Method::GET, "/box/b", &[("range", "bytes=10-")]);
    assert_eq!(refused(&behind, 416), "InvalidRange");
    assert_eq!(behind.header("content-range"), Some("bytes */10"));
    assert_eq!(
        world
            .blob(Method::HEAD, "/box/b", &[("range", "bytes=0-1")])
            .status,
        200
    );
}

#[test]
fn an_empty_blob_has_no_range_and_no_bytes() {
    let mut world = World::new();
    assert_eq!(world.put("/box/empty", &[], "").status, 201);
    let answer = world.blob(Method::GET, "/box/empty", &[("x-ms-range", "bytes=0-33554431")]);
    assert_eq!(refused(&answer, 416), "InvalidRange");
    assert_eq!(answer.header("content-range"), Some("bytes */0"));
    let whole = world.blob(Method::GET, "/box/empty", &[]);
    assert_eq!((whole.status.as_u16(), whole.body.len()), (200, 0));
    assert_eq!(whole.header("content-md5"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
}

#[test]
fn what_is_missing_is_named_from_the_outside_in() {
    let mut world = World::new();
    assert_eq!(
        refused(&world.blob(Method::GET, "/none/b", &[]), 404),
        "ContainerNotFound"
    );
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/none", &[]), 404),
        "BlobNotFound"
    );
    assert_eq!(
        refused(&world.blob(Method::GET, "/None/b", &[]), 400),
        "InvalidResourceName"
    );
    let head = world.blob(Method::HEAD, "/box/none", &[]);
    assert_eq!(refused(&head, 404), "BlobNotFound");
    assert!(head.body.is_empty());
    assert_eq!(refused(&world.blob(Method::GET, "/box/", &[]), 400), "InvalidUri");
    world.put("/box/b", &[], "x");
    let answer = world.blob(Method::DELETE, "/box/b?snapshot=2026-01-01", &[]);
    assert_eq!(refused(&answer, 404), "BlobNotFound");
    let answer = world.blob(Method::DELETE, "/box/b?versionid=2026-01-01", &[]);
    assert_eq!(refused(&answer, 501), "NotImplemented");
    let id = "00000000-0000-0000-0000-000000000001";
    let answer = world.blob(Method::GET, "/box/b", &[("x-ms-lease-id", id)]);
    assert_eq!(refused(&answer, 412), "LeaseNotPresentWithBlobOperation");
}

#[test]
fn conditions_hold_on_reads() {
    let mut world = World::new();
    let etag = world
        .put("/box/b", &[], "x")
        .header("etag")
        .expect("tagged")
        .to_owned();
    let same = world.blob(Method::GET, "/box/b", &[("if-none-match", &etag)]);
    assert_eq!(refused(&same, 304), "ConditionNotMet");
    assert!(same.body.is_empty());
    assert_eq!(
        world.blob(Method::GET, "/box/b", &[("if-match", &etag)]).status,
        200
    );
    world.put("/box/b", &[], "y");
    let changed = world.blob(Method::GET, "/box/b", &[("if-match", &etag)]);
    assert_eq!(refused(&changed, 412), "ConditionNotMet");
    assert_eq!(
        refused(&world.blob(Method::HEAD, "/box/b", &[("if-match", &etag)]), 412),
        "ConditionNotMet"
    );
}

#[test]
fn an_archived_blob_shows_itself_and_not_its_bytes() {
    let mut world = World::new();
    world.put("/box/b", &[("x-ms-access-tier", "Archive")], "x");
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/b", &[]), 409),
        "BlobArchived"
    );
    assert_eq!(
        world.blob(Method::HEAD, "/box/b", &[]).header("x-ms-access-tier"),
        Some("Archive")
    );
    assert_eq!(
        refused(&world.put("/box/d", &[("x-ms-access-tier", "Warm")], "x"), 400),
        "InvalidHeaderValue"
    );
}

#[test]
fn block_lists_are_shown_by_kind() {
    let mut world = World::new();
    world.block("/box/b", "b1", "one");
    world.block("/box/b", "b0", "zero");
    let lists = |world: &mut World, kind: &str| {
        let answer = world.blob(
            Method::GET,
            &format!("/box/b?comp=blocklist&blocklisttype={kind}"),
            &[],
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        super::world::text(&answer).replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "")
    };
    let (one, zero) = (encode("b1"), encode("b0"));
    assert_eq!(
        lists(&mut world, "all"),
        format!(
            "<BlockList><CommittedBlocks></CommittedBlocks><UncommittedBlocks><Block><Name>{zero}</Name><Size>4</Size></Block><Block><Name>{one}</Name><Size>3</Size></Block></UncommittedBlocks></BlockList>"
        )
    );
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/b", &[]), 404),
        "BlobNotFound"
    );
    world.commit("/box/b", &[], &[("Latest", "b1"), ("Latest", "b0")]);
    assert_eq!(
        lists(&mut world, "committed"),
        format!(
            "<BlockList><CommittedBlocks><Block><Name>{one}</Name><Size>3</Size></Block><Block><Name>{zero}</Name><Size>4</Size></Block></CommittedBlocks></BlockList>"
        )
    );
    assert_eq!(
        lists(&mut world, "uncommitted"),
        "<BlockList><UncommittedBlocks></UncommittedBlocks></BlockList>"
    );
    assert_eq!(
        refused(
            &world.blob(Method::GET, "/box/b?comp=blocklist&blocklisttype=some", &[]),
            400
        ),
        "InvalidQueryParameterValue"
    );
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/none?comp=blocklist", &[]), 404),
        "BlobNotFound"
    );
}
