//! Leases of blobs and containers, as a client meets them.

use http::Method;
use jiff::SignedDuration;

use super::world::{World, refused};
use crate::model::Response;

const A: &str = "00000000-0000-0000-0000-00000000000a";
const B: &str = "00000000-0000-0000-0000-00000000000b";

fn lease(world: &mut World, target: &str, headers: &[(&'static str, &str)]) -> Response {
    world.blob(Method::PUT, target, headers)
}

const BLOB: &str = "/box/b?comp=lease";

fn acquire(world: &mut World, target: &str, seconds: &str) -> Response {
    let headers = [
        ("x-ms-lease-action", "acquire"),
        ("x-ms-lease-duration", seconds),
        ("x-ms-proposed-lease-id", A),
    ];
    lease(world, target, &headers)
}

#[test]
fn a_lease_is_acquired_renewed_changed_released_and_broken() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let etag = world
        .blob(Method::HEAD, "/box/b", &[])
        .header("etag")
        .map(str::to_owned);
    let answer = acquire(&mut world, BLOB, "15");
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-ms-lease-id")),
        (201, Some(A))
    );
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(head.header("x-ms-lease-state"), Some("leased"));
    assert_eq!(head.header("x-ms-lease-status"), Some("locked"));
    assert_eq!(head.header("x-ms-lease-duration"), Some("fixed"));
    assert_eq!(head.header("etag"), etag.as_deref(), "a lease is no change");
    let renewed = lease(
        &mut world,
        BLOB,
        &[("x-ms-lease-action", "renew"), ("x-ms-lease-id", A)],
    );
    assert_eq!(renewed.status, 200);
    let change = [
        ("x-ms-lease-action", "change"),
        ("x-ms-lease-id", A),
        ("x-ms-proposed-lease-id", B),
    ];
    let changed = lease(&mut world, BLOB, &change);
    assert_eq!(
        (changed.status.as_u16(), changed.header("x-ms-lease-id")),
        (200, Some(B))
    );
    let other = lease(
        &mut world,
        BLOB,
        &[("x-ms-lease-action", "release"), ("x-ms-lease-id", A)],
    );
    assert_eq!(refused(&other, 409), "LeaseIdMismatchWithLeaseOperation");
    let period = [("x-ms-lease-action", "break"), ("x-ms-lease-break-period", "10")];
    let broken = lease(&mut world, BLOB, &period);
    assert_eq!(
        (broken.status.as_u16(), broken.header("x-ms-lease-time")),
        (202, Some("10"))
    );
    let answer = acquire(&mut world, BLOB, "15");
    assert_eq!(refused(&answer, 409), "LeaseAlreadyPresent");
    world.now += SignedDuration::from_secs(10);
    let answer = lease(
        &mut world,
        BLOB,
        &[("x-ms-lease-action", "renew"), ("x-ms-lease-id", B)],
    );
    assert_eq!(refused(&answer, 409), "LeaseIsBrokenAndCannotBeRenewed");
    assert_eq!(acquire(&mut world, BLOB, "-1").status, 201);
    let released = lease(
        &mut world,
        BLOB,
        &[("x-ms-lease-action", "release"), ("x-ms-lease-id", A)],
    );
    assert_eq!(released.status, 200);
}

#[test]
fn every_write_of_a_leased_blob_takes_the_lease() {
    let mut world = World::new();
    world.give("Storage Blob Data Owner");
    world.put("/box/b", &[], "x");
    acquire(&mut world, BLOB, "60");
    let writes = |world: &mut World, headers: &[(&'static str, &str)]| -> Vec<Response> {
        let with = |more: &[(&'static str, &'static str)]| [headers, more].concat();
        vec![
            world.put("/box/b", headers, "y"),
            world.store("/box/b?comp=block&blockid=QQ%3D%3D", headers, "y"),
            world.commit("/box/b", headers, &[]),
            world.blob(Method::PUT, "/box/b?comp=metadata", headers),
            world.blob(Method::PUT, "/box/b?comp=properties", headers),
            world.blob(
                Method::PUT,
                "/box/b?comp=tier",
                &with(&[("x-ms-access-tier", "Cool")]),
            ),
            world.blob_with(Method::PUT, "/box/b?comp=tags", headers, "<Tags><TagSet/></Tags>"),
            world.blob(
                Method::PUT,
                "/box/b",
                &with(&[("x-ms-copy-source", "https://acct.blob.core.windows.net/box/b")]),
            ),
            world.blob(Method::DELETE, "/box/b", headers),
        ]
    };
    for (number, answer) in writes(&mut world, &[]).iter().enumerate() {
        assert_eq!(refused(answer, 412), "LeaseIdMissing", "write {number}");
    }
    for (number, answer) in writes(&mut world, &[("x-ms-lease-id", B)]).iter().enumerate() {
        assert_eq!(
            refused(answer, 412),
            "LeaseIdMismatchWithBlobOperation",
            "write {number}"
        );
    }
    // Reading and taking a snapshot do not.
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).status, 200);
    assert_eq!(world.blob(Method::PUT, "/box/b?comp=snapshot", &[]).status, 201);
    let answer = world.blob(Method::GET, "/box/b", &[("x-ms-lease-id", B)]);
    assert_eq!(refused(&answer, 412), "LeaseIdMismatchWithBlobOperation");
    world.blob(
        Method::DELETE,
        "/box/b",
        &[("x-ms-delete-snapshots", "only"), ("x-ms-lease-id", A)],
    );
    for (number, answer) in writes(&mut world, &[("x-ms-lease-id", A)]).iter().enumerate() {
        assert!(answer.status.is_success(), "write {number}: {answer:?}");
    }
}

#[test]
fn a_lease_runs_out_on_our_clock() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    acquire(&mut world, BLOB, "15");
    world.now += SignedDuration::from_millis(14_999);
    assert_eq!(refused(&world.put("/box/b", &[], "y"), 412), "LeaseIdMissing");
    world.now += SignedDuration::from_millis(1);
    let answer = world.blob(Method::GET, "/box/b", &[("x-ms-lease-id", A)]);
    assert_eq!(refused(&answer, 412), "LeaseNotPresentWithBlobOperation");
    let renew = [("x-ms-lease-action", "renew"), ("x-ms-lease-id", A)];
    assert_eq!(lease(&mut world, BLOB, &renew).status, 200);
    world.now += SignedDuration::from_secs(15);
    assert_eq!(world.put("/box/b", &[], "y").status, 201);
    // It was written meanwhile, so its old lease is good for nothing.
    assert_eq!(
        refused(&lease(&mut world, BLOB, &renew), 409),
        "LeaseIdMismatchWithLeaseOperation"
    );
}

#[test]
fn a_leased_container_is_only_kept_from_being_deleted() {
    let mut world = World::new();
    let target = "/box?restype=container&comp=lease";
    assert_eq!(acquire(&mut world, target, "-1").status, 201);
    assert_eq!(world.put("/box/b", &[], "x").status, 201);
    let head = world.blob(Method::HEAD, "/box?restype=container", &[]);
    assert_eq!(head.header("x-ms-lease-duration"), Some("infinite"));
    let delete = |world: &mut World, headers: &[(&'static str, &str)]| {
        world.blob(Method::DELETE, "/box?restype=container", headers)
    };
    assert_eq!(refused(&delete(&mut world, &[]), 412), "LeaseIdMissing");
    let answer = delete(&mut world, &[("x-ms-lease-id", B)]);
    assert_eq!(refused(&answer, 412), "LeaseIdMismatchWithContainerOperation");
    let arm = "/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/box";
    assert_eq!(
        refused(&world.arm(Method::DELETE, arm, None), 412),
        "LeaseIdMissing"
    );
    assert_eq!(delete(&mut world, &[("x-ms-lease-id", A)]).status, 202);
}

#[test]
fn requests_that_say_nothing_sensible_are_refused() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    for (headers, code) in [
        (vec![], "MissingRequiredHeader"),
        (vec![("x-ms-lease-action", "borrow")], "InvalidHeaderValue"),
        (vec![("x-ms-lease-action", "acquire")], "MissingRequiredHeader"),
        (
            vec![("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "14")],
            "InvalidHeaderValue",
        ),
        (
            vec![("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "61")],
            "InvalidHeaderValue",
        ),
        (vec![("x-ms-lease-action", "renew")], "MissingRequiredHeader"),
        (
            vec![("x-ms-lease-action", "renew"), ("x-ms-lease-id", "x")],
            "InvalidHeaderValue",
        ),
        (
            vec![("x-ms-lease-action", "break"), ("x-ms-lease-break-period", "61")],
            "InvalidHeaderValue",
        ),
    ] {
        assert_eq!(
            refused(&lease(&mut world, BLOB, &headers), 400),
            code,
            "{headers:?}"
        );
    }
    let answer = lease(
        &mut world,
        "/box/none?comp=lease",
        &[("x-ms-lease-action", "break")],
    );
    assert_eq!(refused(&answer, 404), "BlobNotFound");
    let answer = lease(&mut world, BLOB, &[("x-ms-lease-action", "break")]);
    assert_eq!(refused(&answer, 409), "LeaseNotPresentWithLeaseOperation");
}
