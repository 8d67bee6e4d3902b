//! Append blobs.

use http::Method;

use super::world::{World, refused};
use crate::model::Response;

fn made() -> World {
    let mut world = World::new();
    let answer = world.store("/box/log", &[("x-ms-blob-type", "AppendBlob")], "");
    assert_eq!(answer.status, 201, "{answer:?}");
    world
}

fn append(world: &mut World, headers: &[(&'static str, &str)], text: &str) -> Response {
    world.store("/box/log?comp=appendblock", headers, text)
}

#[test]
fn blocks_are_put_behind_each_other() {
    let mut world = made();
    let first = append(&mut world, &[], "one");
    assert_eq!(first.status, 201);
    assert_eq!(first.header("x-ms-blob-append-offset"), Some("0"));
    assert_eq!(first.header("x-ms-blob-committed-block-count"), Some("1"));
    let second = append(&mut world, &[("x-ms-blob-condition-appendpos", "3")], "two");
    assert_eq!(second.header("x-ms-blob-append-offset"), Some("3"));
    assert_ne!(second.header("etag"), first.header("etag"));
    let got = world.blob(Method::GET, "/box/log", &[]);
    assert_eq!(got.body.len(), 6);
    assert_eq!(got.header("x-ms-blob-type"), Some("AppendBlob"));
    assert_eq!(got.header("x-ms-blob-committed-block-count"), Some("2"));
    assert!(world.released.is_empty());
}

#[test]
fn conditions_and_kinds_are_checked_before_anything_is_appended() {
    let mut world = made();
    append(&mut world, &[], "one");
    let answer = append(&mut world, &[("x-ms-blob-condition-appendpos", "2")], "two");
    assert_eq!(refused(&answer, 412), "AppendPositionConditionNotMet");
    let answer = append(&mut world, &[("x-ms-blob-condition-maxsize", "5")], "two");
    assert_eq!(refused(&answer, 412), "MaxBlobSizeConditionNotMet");
    assert_eq!(
        append(&mut world, &[("x-ms-blob-condition-maxsize", "6")], "two").status,
        201
    );
    assert_eq!(refused(&append(&mut world, &[], ""), 400), "InvalidHeaderValue");
    assert_eq!(
        refused(&append(&mut world, &[("if-match", "\"0x1\"")], "x"), 412),
        "ConditionNotMet"
    );
    let wrong = [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")];
    assert_eq!(refused(&append(&mut world, &wrong, "x"), 400), "Md5Mismatch");
    world.put("/box/block", &[], "x");
    let answer = world.store("/box/block?comp=appendblock", &[], "x");
    assert_eq!(refused(&answer, 409), "InvalidBlobType");
    let answer = world.store("/box/log?comp=block&blockid=QQ%3D%3D", &[], "x");
    assert_eq!(refused(&answer, 409), "InvalidBlobType");
    let answer = world.store("/box/none?comp=appendblock", &[], "x");
    assert_eq!(refused(&answer, 404), "BlobNotFound");
    // Everything that was refused was given back.
    assert_eq!(world.released.len(), world.came_in.len() - 3);
}

#[test]
fn a_sealed_blob_grows_no_more() {
    let mut world = made();
    append(&mut world, &[], "one");
    let answer = world.blob(
        Method::PUT,
        "/box/log?comp=seal",
        &[("x-ms-blob-condition-appendpos", "1")],
    );
    assert_eq!(refused(&answer, 412), "AppendPositionConditionNotMet");
    let sealed = world.blob(Method::PUT, "/box/log?comp=seal", &[]);
    assert_eq!(
        (sealed.status.as_u16(), sealed.header("x-ms-blob-sealed")),
        (200, Some("true"))
    );
    assert_eq!(refused(&append(&mut world, &[], "two"), 409), "BlobIsSealed");
    let head = world.blob(Method::HEAD, "/box/log", &[]);
    assert_eq!(head.header("x-ms-blob-sealed"), Some("true"));
    assert_eq!(world.blob(Method::PUT, "/box/log?comp=seal", &[]).status, 200);
}
