//! Access tiers and the archive.

use http::Method;
use jiff::SignedDuration;

use super::world::{World, elements, refused};
use crate::services::Pace;

fn set(world: &mut World, tier: &str) -> crate::model::Response {
    world.blob(Method::PUT, "/box/b?comp=tier", &[("x-ms-access-tier", tier)])
}

fn tier(world: &mut World) -> String {
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    head.header("x-ms-access-tier").unwrap_or_default().to_owned()
}

#[test]
fn a_tier_is_set_without_changing_the_blob() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let before = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(before.header("x-ms-access-tier-inferred"), Some("true"));
    assert_eq!(set(&mut world, "Cool").status, 200);
    let after = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(after.header("x-ms-access-tier"), Some("Cool"));
    assert_eq!(after.header("x-ms-access-tier-inferred"), None);
    assert!(after.header("x-ms-access-tier-change-time").is_some());
    assert_eq!(after.header("etag"), before.header("etag"));
    assert_eq!(refused(&set(&mut world, "Tepid"), 400), "InvalidHeaderValue");
    let answer = world.blob(Method::PUT, "/box/b?comp=tier", &[]);
    assert_eq!(refused(&answer, 400), "MissingRequiredHeader");
    world.store("/box/append", &[("x-ms-blob-type", "AppendBlob")], "");
    let answer = world.blob(
        Method::PUT,
        "/box/append?comp=tier",
        &[("x-ms-access-tier", "Cool")],
    );
    assert_eq!(refused(&answer, 400), "AccessTierNotSupportedForBlobType");
}

#[test]
fn what_is_archived_is_out_of_reach_until_it_is_back() {
    let mut world = World::new();
    world.azure.settings_mut().pace = Pace::Recorded;
    world.put("/box/b", &[], "x");
    assert_eq!(set(&mut world, "Archive").status, 200);
    let copy = [("x-ms-copy-source", "https://acct.blob.core.windows.net/box/b")];
    for answer in [
        world.blob(Method::GET, "/box/b", &[]),
        world.blob(Method::PUT, "/box/b?comp=snapshot", &[]),
        world.blob(Method::PUT, "/box/b?comp=metadata", &[]),
        world.blob(Method::PUT, "/box/copy", &copy),
    ] {
        assert_eq!(refused(&answer, 409), "BlobArchived");
    }
    let high = [("x-ms-access-tier", "Hot"), ("x-ms-rehydrate-priority", "High")];
    assert_eq!(world.blob(Method::PUT, "/box/b?comp=tier", &high).status, 202);
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(
        head.header("x-ms-archive-status"),
        Some("rehydrate-pending-to-hot")
    );
    assert_eq!(head.header("x-ms-rehydrate-priority"), Some("High"));
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/b", &[]), 409),
        "BlobArchived"
    );
    assert_eq!(refused(&set(&mut world, "Cool"), 409), "BlobBeingRehydrated");
    let list = world.blob(Method::GET, "/box?restype=container&comp=list", &[]);
    assert_eq!(elements(&list, "ArchiveStatus"), ["rehydrate-pending-to-hot"]);
    world.now += SignedDuration::from_hours(1);
    // The token has not lived that long.
    world.renew_tokens();
    assert_eq!(tier(&mut world), "Hot");
    assert_eq!(world.blob(Method::GET, "/box/b", &[]).status, 200);
}

#[test]
fn a_copy_comes_out_of_the_archive_as_well() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    set(&mut world, "Archive");
    let copy = [
        ("x-ms-copy-source", "https://acct.blob.core.windows.net/box/b"),
        ("x-ms-access-tier", "Cool"),
    ];
    assert_eq!(world.blob(Method::PUT, "/box/copy", &copy).status, 202);
    // At the fast pace it is there at once; the original stays where it is.
    assert_eq!(world.blob(Method::GET, "/box/copy", &[]).status, 200);
    assert_eq!(
        refused(&world.blob(Method::GET, "/box/b", &[]), 409),
        "BlobArchived"
    );
}
