//! Snapshots: taken, read, listed, deleted.

use http::Method;

use super::world::{World, elements, refused};
use crate::model::Body;

fn take(world: &mut World, headers: &[(&'static str, &str)]) -> String {
    let answer = world.blob(Method::PUT, "/box/b?comp=snapshot", headers);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.header("x-ms-snapshot").expect("a time").to_owned()
}

fn read(world: &mut World, target: &str) -> Vec<crate::model::Extent> {
    match world.blob(Method::GET, target, &[]).body {
        Body::Stored(body) => body.extents,
        Body::Empty | Body::Bytes(_) => Vec::new(),
    }
}

#[test]
fn a_snapshot_stays_what_it_was() {
    let mut world = World::new();
    world.put("/box/b", &[("x-ms-meta-a", "1")], "one");
    let (first, second) = (take(&mut world, &[]), take(&mut world, &[("x-ms-meta-a", "2")]));
    assert!(first < second, "{first} {second}");
    assert_eq!(first.len(), "2026-03-02T06:00:00.0000000Z".len());
    world.put("/box/b", &[], "two");
    let at = |time: &str| format!("/box/b?snapshot={time}");
    assert_eq!(read(&mut world, &at(&first)), [world.came_in[0]]);
    assert_eq!(read(&mut world, "/box/b"), [world.came_in[1]]);
    let head = world.blob(Method::HEAD, &at(&first), &[]);
    assert_eq!(head.header("x-ms-meta-a"), Some("1"));
    let head = world.blob(Method::HEAD, &at(&second), &[]);
    assert_eq!(head.header("x-ms-meta-a"), Some("2"));
    // It can be read and deleted, and otherwise left alone.
    let answer = world.blob(Method::PUT, &format!("{}&comp=metadata", at(&first)), &[]);
    assert_eq!(refused(&answer, 400), "InvalidQueryParameterValue");
    let answer = world.blob(Method::GET, &at("2020-01-01T00:00:00.0000000Z"), &[]);
    assert_eq!(refused(&answer, 404), "BlobNotFound");
    assert!(world.released.is_empty());
}

#[test]
fn a_blob_with_snapshots_is_deleted_with_them_or_not_at_all() {
    let mut world = World::new();
    world.put("/box/b", &[], "one");
    let first = take(&mut world, &[]);
    take(&mut world, &[]);
    let delete = |world: &mut World, target: &str, which: Option<&str>| {
        let headers: Vec<_> = which
            .into_iter()
            .map(|which| ("x-ms-delete-snapshots", which))
            .collect();
        world.blob(Method::DELETE, target, &headers)
    };
    assert_eq!(
        refused(&delete(&mut world, "/box/b", None), 409),
        "SnapshotsPresent"
    );
    assert_eq!(
        refused(&delete(&mut world, "/box/b", Some("all")), 400),
        "InvalidHeaderValue"
    );
    let one = format!("/box/b?snapshot={first}");
    assert_eq!(delete(&mut world, &one, None).status, 202);
    assert_eq!(refused(&delete(&mut world, &one, None), 404), "BlobNotFound");
    assert_eq!(delete(&mut world, "/box/b", Some("only")).status, 202);
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).status, 200);
    assert!(world.released.is_empty());
    take(&mut world, &[]);
    assert_eq!(delete(&mut world, "/box/b", Some("include")).status, 202);
    assert_eq!(world.released, world.came_in);
}

#[test]
fn snapshots_are_listed_before_their_blob_and_across_pages() {
    let mut world = World::new();
    world.put("/box/a", &[], "x");
    world.put("/box/b", &[], "x");
    let times: Vec<String> = (0..3).map(|_| take(&mut world, &[])).collect();
    world.put("/box/b/c", &[], "x");
    let list = "/box?restype=container&comp=list";
    assert_eq!(
        elements(&world.blob(Method::GET, list, &[]), "Name"),
        ["a", "b", "b/c"]
    );
    let all = format!("{list}&include=snapshots");
    let whole = world.blob(Method::GET, &all, &[]);
    assert_eq!(elements(&whole, "Name"), ["a", "b", "b", "b", "b", "b/c"]);
    assert_eq!(elements(&whole, "Snapshot"), times);
    let (mut names, mut found, mut marker) = (Vec::new(), Vec::new(), String::new());
    for _ in 0..10 {
        let page = world.blob(Method::GET, &format!("{all}&maxresults=2&marker={marker}"), &[]);
        names.extend(elements(&page, "Name"));
        found.extend(elements(&page, "Snapshot"));
        match elements(&page, "NextMarker").pop() {
            Some(next) => marker = next.replace('=', "%3D"),
            None => break,
        }
    }
    assert_eq!((names, found), (elements(&whole, "Name"), times));
}
