//! Writing blobs, in one piece and in blocks.

use http::Method;

use super::world::{World, encode, refused};
use crate::model::Body;

#[test]
fn put_blob_wants_a_type_it_knows() {
    let mut world = World::new();
    assert_eq!(
        refused(&world.store("/box/b", &[], "x"), 400),
        "MissingRequiredHeader"
    );
    // The other two are made empty, and written afterwards.
    for kind in ["AppendBlob", "PageBlob", "Blob"] {
        let answer = world.store("/box/b", &[("x-ms-blob-type", kind)], "x");
        assert_eq!(refused(&answer, 400), "InvalidHeaderValue");
    }
    for header in ["x-ms-encryption-key", "x-ms-legal-hold", "x-ms-content-crc64"] {
        let answer = world.put("/box/b", &[(header, "x")], "x");
        assert_eq!(refused(&answer, 501), "NotImplemented");
        let what = answer.header("x-azdrill-not-implemented").unwrap_or_default();
        assert!(what.contains(header), "{what}");
    }
    assert_eq!(refused(&world.put("/none/b", &[], "x"), 404), "ContainerNotFound");
    let long = format!("/box/{}", "x".repeat(1025));
    assert_eq!(refused(&world.put(&long, &[], "x"), 400), "OutOfRangeInput");
    assert_eq!(refused(&world.put("/box/a%00b", &[], "x"), 400), "InvalidUri");
    assert_eq!(world.released, world.came_in, "refused bodies are given back");
}

#[test]
fn md5_is_checked_where_it_is_sent() {
    let mut world = World::new();
    let (right, wrong) = ("XUFAKrxLKna5cZ2REBfFkg==", "1B2M2Y8AsgTpgAmY7PhCfg==");
    assert_eq!(
        world.put("/box/b", &[("content-md5", right)], "hello").status,
        201
    );
    assert_eq!(
        refused(&world.put("/box/b", &[("content-md5", wrong)], "hello"), 400),
        "Md5Mismatch"
    );
    assert_eq!(
        refused(&world.put("/box/b", &[("content-md5", "x")], "hello"), 400),
        "InvalidMd5"
    );
    assert_eq!(
        refused(
            &world.put("/box/b", &[("x-ms-blob-content-md5", "x")], "hello"),
            400
        ),
        "InvalidMd5"
    );
    let block = format!("/box/b?comp=block&blockid={}", "QUFB");
    assert_eq!(
        refused(&world.store(&block, &[("content-md5", wrong)], "hello"), 400),
        "Md5Mismatch"
    );
    assert_eq!(
        world.store(&block, &[("content-md5", right)], "hello").status,
        201
    );
    assert_eq!(
        refused(
            &world.commit("/box/b", &[("content-md5", wrong)], &[("Latest", "AAA")]),
            400
        ),
        "Md5Mismatch"
    );
    assert_eq!(world.released.len(), 4);
}

#[test]
fn conditions_hold_on_writes() {
    let mut world = World::new();
    let new = [("if-none-match", "*")];
    assert_eq!(world.put("/box/b", &new, "one").status, 201);
    assert_eq!(
        refused(&world.put("/box/b", &new, "two"), 409),
        "BlobAlreadyExists"
    );
    world.block("/box/b", "a", "three");
    assert_eq!(
        refused(&world.commit("/box/b", &new, &[("Latest", "a")]), 409),
        "BlobAlreadyExists"
    );
    let other = [("if-match", "\"0x1\"")];
    assert_eq!(
        refused(&world.put("/box/b", &other, "four"), 412),
        "ConditionNotMet"
    );
    for (method, target) in [
        (Method::DELETE, "/box/b"),
        (Method::PUT, "/box/b?comp=metadata"),
        (Method::PUT, "/box/b?comp=properties"),
    ] {
        assert_eq!(
            refused(&world.blob(method.clone(), target, &other), 412),
            "ConditionNotMet"
        );
        assert_eq!(refused(&world.blob(method, target, &new), 412), "ConditionNotMet");
    }
    assert_eq!(
        refused(&world.put("/box/new", &[("if-match", "*")], "x"), 412),
        "ConditionNotMet"
    );
}

#[test]
fn blocks_become_a_blob_in_the_order_of_the_list() {
    let mut world = World::new();
    for (id, text) in [("a", "one"), ("b", "three"), ("c", "unused")] {
        assert_eq!(world.block("/box/b", id, text).status, 201);
    }
    let headers = [("x-ms-blob-content-type", "text/plain"), ("x-ms-meta-a", "1")];
    let answer = world.commit("/box/b", &headers, &[("Latest", "b"), ("Uncommitted", "a")]);
    assert_eq!(answer.status, 201);
    let got = world.blob(Method::GET, "/box/b", &[]);
    let Body::Stored(content) = &got.body else {
        panic!("bytes at rest")
    };
    assert_eq!(content.extents, [world.came_in[1], world.came_in[0]]);
    assert_eq!(got.header("content-type"), Some("text/plain"));
    assert_eq!(got.header("content-md5"), None, "nobody knows it");
    assert_eq!(
        world.released,
        [world.came_in[2]],
        "a block the list leaves out is dropped"
    );
    // A committed block stays usable, once or more; one that was left out does not.
    world.block("/box/b", "d", "new");
    let list = [("Committed", "a"), ("Latest", "d"), ("Latest", "a")];
    assert_eq!(world.commit("/box/b", &[], &list).status, 201);
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).body.len(), 9);
    assert_eq!(world.released.len(), 2);
    for list in [[("Latest", "c")], [("Committed", "z")], [("Uncommitted", "a")]] {
        assert_eq!(
            refused(&world.commit("/box/b", &[], &list), 400),
            "InvalidBlockList"
        );
    }
    assert_eq!(world.commit("/box/b", &[], &[]).status, 201);
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).body.len(), 0);
    assert_eq!(world.released.len(), world.came_in.len());
}

#[test]
fn block_ids_are_base64_of_one_length() {
    let mut world = World::new();
    assert_eq!(
        refused(&world.store("/box/b?comp=block", &[], "x"), 400),
        "MissingRequiredQueryParameter"
    );
    for id in ["not*base64", "", &encode(&"x".repeat(65))] {
        let target = format!("/box/b?comp=block&blockid={id}");
        assert_eq!(
            refused(&world.store(&target, &[], "x"), 400),
            "InvalidQueryParameterValue"
        );
    }
    assert_eq!(world.block("/box/b", "four", "x").status, 201);
    assert_eq!(
        refused(&world.block("/box/b", "seventh", "x"), 400),
        "InvalidBlobOrBlock"
    );
    assert_eq!(
        world.block("/box/other", "seventh", "x").status,
        201,
        "other blobs do not matter"
    );
    assert_eq!(
        refused(&world.block("/box/b", "five", ""), 400),
        "InvalidHeaderValue"
    );
    assert_eq!(
        refused(&world.block("/none/b", "four", "x"), 404),
        "ContainerNotFound"
    );
    let before = world.released.len();
    assert_eq!(world.block("/box/b", "four", "again").status, 201);
    assert_eq!(
        world.released.len(),
        before + 1,
        "a block replaced is a block dropped"
    );
    // An id with a plus sign must survive the query.
    assert!(encode(">>>>").contains('+'));
    assert_eq!(world.block("/box/plus", ">>>>", "x").status, 201);
    assert_eq!(world.commit("/box/plus", &[], &[("Latest", ">>>>")]).status, 201);
}

#[test]
fn a_block_list_that_is_no_xml_is_refused() {
    let mut world = World::new();
    let answer = world.blob_with(Method::PUT, "/box/b?comp=blocklist", &[], "<BlockList>");
    assert_eq!(refused(&answer, 400), "InvalidXmlDocument");
    assert_eq!(
        refused(&world.commit("/none/b", &[], &[]), 404),
        "ContainerNotFound"
    );
}

#[test]
fn blobs_are_deleted_with_their_blocks() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    world.block("/box/b", "a", "y");
    let only = [("x-ms-delete-snapshots", "only")];
    assert_eq!(world.blob(Method::DELETE, "/box/b", &only).status, 202);
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).status, 200);
    let include = [("x-ms-delete-snapshots", "include")];
    assert_eq!(world.blob(Method::DELETE, "/box/b", &include).status, 202);
    assert_eq!(
        refused(&world.blob(Method::DELETE, "/box/b", &[]), 404),
        "BlobNotFound"
    );
    assert_eq!(world.released.len(), 2);
    world.block("/box/b", "a", "y");
    assert_eq!(
        refused(&world.blob(Method::DELETE, "/box/b", &[]), 404),
        "BlobNotFound"
    );
}

#[test]
fn metadata_and_properties_are_replaced_as_a_whole() {
    let mut world = World::new();
    let first = world.put(
        "/box/b",
        &[("x-ms-meta-a", "1"), ("x-ms-blob-content-type", "text/plain")],
        "x",
    );
    let second = world.blob(Method::PUT, "/box/b?comp=metadata", &[("x-ms-meta-b", "2")]);
    assert_eq!(second.status, 200);
    assert_ne!(first.header("etag"), second.header("etag"));
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(head.header("x-ms-meta-a"), None);
    assert_eq!(head.header("x-ms-meta-b"), Some("2"));
    assert_eq!(head.header("etag"), second.header("etag"));
    let target = "/box/b?comp=properties";
    assert_eq!(world.blob(Method::PUT, target, &[]).status, 200);
    assert_eq!(
        world.blob(Method::HEAD, "/box/b", &[]).header("content-type"),
        Some("text/plain")
    );
    let language = [("x-ms-blob-content-language", "de")];
    assert_eq!(world.blob(Method::PUT, target, &language).status, 200);
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(head.header("content-language"), Some("de"));
    assert_eq!(head.header("content-type"), Some("application/octet-stream"));
    assert_eq!(head.header("content-md5"), None);
    for target in ["/box/none?comp=metadata", "/box/none?comp=properties"] {
        assert_eq!(
            refused(&world.blob(Method::PUT, target, &[]), 404),
            "BlobNotFound"
        );
    }
}

/// The socket says how a client spelled them; comparing makes no difference of it.
#[test]
fn names_of_metadata_keep_their_case() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let mut request = world.request(
        Method::PUT,
        "/box/b?comp=metadata",
        &[("x-ms-meta-createdby", "me")],
    );
    request.spelled = vec!["X-MS-META-createdBy".to_owned()];
    assert_eq!(world.send(request).status, 200);
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(head.spelled, ["x-ms-meta-createdBy"]);
    assert_eq!(head.header("x-ms-meta-createdby"), Some("me"));
    let listed = world.blob(
        Method::GET,
        "/box?restype=container&comp=list&include=metadata",
        &[],
    );
    let listed = String::from_utf8_lossy(listed.body.bytes()).into_owned();
    assert!(listed.contains("<createdBy>me</createdBy>"), "{listed}");
}
