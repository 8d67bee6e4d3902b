//! Copying stored bytes into a container, and acting in the middle of it.

use std::collections::BTreeSet;

use azdrill_emulator::jobs::{CopiedFile, CopyWork, EffectFailure, EffectResult, FileToCopy, UnderWay, Work};
use azdrill_emulator::model::{NetworkPath, StoredBody};
use azdrill_emulator::server::{BodySource, Moment};

use crate::core_double::CoreDouble;
use crate::in_process::{HOST, World, get, put, start_time};

const MIB: usize = 1024 * 1024;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 249) as u8).collect()
}

/// A world with two stored files, of two blocks and of one, and a copy of both that is due.
async fn world(core: CoreDouble) -> World {
    let world = World::new(core, None);
    for (name, length) in [("one", 9 * MIB), ("two", MIB)] {
        let body = BodySource::Bytes(pattern(length).into());
        world.send(put(&format!("/blobs/{name}")), body).await;
    }
    world.front_door.with_core(|core| {
        let file = |name: &str| FileToCopy {
            blob: format!("out/{name}.sql"),
            source: core.blobs[&format!("/blobs/{name}")].clone(),
        };
        let work = CopyWork {
            files: vec![file("one"), file("two")],
            host: HOST.to_owned(),
            container: "blobs".to_owned(),
            bearer: "a.secret.token".to_owned(),
            path: NetworkPath::internet(),
            breaks_off: false,
        };
        core.plan(start_time(), 1, Work::Copy(work));
        core.calls.clear();
    });
    world
}

fn result(world: &World) -> EffectResult {
    world.front_door.with_core(|core| core.completed[0].2.clone())
}

#[tokio::test]
async fn all_blocks_come_before_the_first_list() {
    let world = world(CoreDouble::default()).await;
    world.driver.settle().await;
    let EffectResult::Copied { files } = result(&world) else {
        panic!("{:?}", result(&world));
    };
    let file = |blob: &str, length: usize| CopiedFile {
        blob: blob.to_owned(),
        length: length as u64,
    };
    assert_eq!(files, [file("out/one.sql", 9 * MIB), file("out/two.sql", MIB)]);
    assert_eq!(
        world.calls(),
        [
            "PUT /blobs/out/one.sql?comp=block&blockid=MDAwMDAwMDAw",
            "PUT /blobs/out/one.sql?comp=block&blockid=MDAwMDAwMDAx",
            "PUT /blobs/out/two.sql?comp=block&blockid=MDAwMDAwMDAw",
            "PUT /blobs/out/one.sql?comp=blocklist if-none-match: *",
            "PUT /blobs/out/two.sql?comp=blocklist if-none-match: *",
        ]
    );
    let (blocks, last) = world.front_door.with_core(|core| {
        let block = |id: &str| core.blobs[&format!("/blobs/out/one.sql?blockid={id}")].clone();
        let blocks = [block("MDAwMDAwMDAw"), block("MDAwMDAwMDAx")];
        (blocks, core.last.clone().unwrap())
    });
    let mut whole = StoredBody::default();
    blocks.iter().for_each(|block| whole.append(block));
    let bytes = world.front_door.store().read_small(&whole).unwrap();
    assert!(bytes == pattern(9 * MIB), "the copy differs");
    assert_eq!(last.header("authorization"), Some("Bearer a.secret.token"));
    assert!(!format!("{last:?}").contains("secret"));
}

#[tokio::test]
async fn a_refusal_half_way_commits_nothing() {
    let world = world(CoreDouble::default()).await;
    world.front_door.with_core(|core| core.refuse_from_call = Some(2));
    let before = world.live_bytes();
    world.driver.settle().await;
    let EffectResult::Failed(EffectFailure::Refused { status, code, .. }) = result(&world) else {
        panic!("{:?}", result(&world));
    };
    assert_eq!((status, code.as_str()), (403, "AuthorizationFailure"));
    assert!(world.calls().iter().all(|call| !call.contains("blocklist")));
    assert_eq!(
        world.live_bytes(),
        before + 9 * MIB as u64,
        "two blocks were staged"
    );
}

#[tokio::test]
async fn a_full_store_fails_the_copy_as_such() {
    let body = BodySource::Bytes(pattern(MIB).into());
    let world = World::with_limit(CoreDouble::default(), None, MIB as u64 + 1);
    world.send(put("/blobs/one"), body).await;
    world.front_door.with_core(|core| {
        let work = CopyWork {
            files: vec![FileToCopy {
                blob: "copy".to_owned(),
                source: core.blobs["/blobs/one"].clone(),
            }],
            host: HOST.to_owned(),
            container: "blobs".to_owned(),
            bearer: "t".to_owned(),
            path: NetworkPath::internet(),
            breaks_off: false,
        };
        core.plan(start_time(), 1, Work::Copy(work));
    });
    world.driver.settle().await;
    let failed = result(&world);
    assert!(
        matches!(failed, EffectResult::Failed(EffectFailure::Store(_))),
        "{failed:?}"
    );
    assert_eq!(world.live_bytes(), MIB as u64);
}

#[tokio::test]
async fn the_world_can_change_in_the_middle_of_a_copy() {
    let world = world(CoreDouble::default()).await;
    let mut pause = world.driver.pause_at(Moment::Copied(2));
    let driver = world.driver.clone();
    let settling = tokio::spawn(async move { driver.settle().await });
    assert!(pause.reached().await);
    assert_eq!(world.calls().len(), 2);
    // Deleting the source takes nothing from the copy; closing the door does.
    let mut delete = get("/blobs/two");
    delete.method = http::Method::DELETE;
    world.send(delete, BodySource::Empty).await;
    world.front_door.with_core(|core| core.refuse_from_call = Some(3));
    pause.resume();
    settling.await.unwrap();
    let failed = result(&world);
    assert!(
        matches!(
            failed,
            EffectResult::Failed(EffectFailure::Refused { status: 403, .. })
        ),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_source_deleted_during_the_copy_is_still_copied() {
    let world = world(CoreDouble::default()).await;
    let mut pause = world.driver.pause_at(Moment::Copied(0));
    let driver = world.driver.clone();
    let settling = tokio::spawn(async move { driver.settle().await });
    assert!(pause.reached().await);
    for name in ["one", "two"] {
        let mut delete = get(&format!("/blobs/{name}"));
        delete.method = http::Method::DELETE;
        world.send(delete, BodySource::Empty).await;
    }
    assert_eq!(world.live_bytes(), 0);
    drop(pause);
    settling.await.unwrap();
    assert!(matches!(result(&world), EffectResult::Copied { .. }));
}

#[tokio::test]
async fn a_pause_that_is_never_reached_says_so() {
    let world = world(CoreDouble::default()).await;
    let mut pause = world.driver.pause_at(Moment::Copied(4));
    world.driver.settle().await;
    assert!(!pause.reached().await);
}

/// What an earlier process has committed is not written again, which would be refused.
#[tokio::test]
async fn a_copy_that_was_under_way_goes_on_from_what_it_had_committed() {
    let world = world(CoreDouble::default()).await;
    let effect = world
        .front_door
        .with_core(|core| core.due.pop_first().unwrap().1.remove(0));
    let committed = BTreeSet::from(["/blobs/out/one.sql".to_owned()]);
    world.driver.resume(vec![UnderWay { effect, committed }]).await;
    let EffectResult::Copied { files } = result(&world) else {
        panic!("{:?}", result(&world));
    };
    let lengths: Vec<u64> = files.iter().map(|file| file.length).collect();
    assert_eq!(lengths, [9 * MIB as u64, MIB as u64]);
    assert_eq!(
        world.calls(),
        [
            "PUT /blobs/out/two.sql?comp=block&blockid=MDAwMDAwMDAw",
            "PUT /blobs/out/two.sql?comp=blocklist if-none-match: *",
        ]
    );
}
