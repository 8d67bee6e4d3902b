//! Every byte that comes in is released once, when nothing holds it any more, and not before.

use std::collections::BTreeSet;

use http::Method;
use proptest::prelude::*;

use super::world::{World, block_list};
use crate::fault::{Fault, FaultKind};
use crate::model::{Body, Extent};

const CONTAINERS: [&str; 2] = ["box", "second"];
/// Few, so that moves meet: overwrites, blocks named twice, lists of what is there.
const BLOBS: [&str; 2] = ["a", "d/e"];
const IDS: [&str; 3] = ["id-1", "id-2", "longer-id"];
const LISTS: [&str; 4] = ["Committed", "Uncommitted", "Latest", "Latest"];

#[derive(Clone, Debug)]
enum Move {
    Put(usize, usize, usize),
    PutWrongMd5(usize, usize),
    PutNew(usize, usize),
    PutWithoutCredential(usize, usize),
    PutUnderFault(usize, usize),
    Block(usize, usize, usize),
    Commit(usize, usize, Vec<(usize, usize)>),
    Delete(usize, usize),
    CreateContainer(usize),
    DeleteContainer(usize),
    DeleteContainerByArm(usize),
}

fn moves() -> impl Strategy<Value = Move> {
    let container = 0..CONTAINERS.len();
    let blob = 0..BLOBS.len();
    let place = (container.clone(), blob);
    let pick = (0..LISTS.len(), 0..IDS.len());
    prop_oneof![
        3 => (place.clone(), 0..4_usize).prop_map(|((c, b), length)| Move::Put(c, b, length)),
        1 => place.clone().prop_map(|(c, b)| Move::PutWrongMd5(c, b)),
        1 => place.clone().prop_map(|(c, b)| Move::PutNew(c, b)),
        1 => place.clone().prop_map(|(c, b)| Move::PutWithoutCredential(c, b)),
        1 => place.clone().prop_map(|(c, b)| Move::PutUnderFault(c, b)),
        8 => (place.clone(), 0..IDS.len()).prop_map(|((c, b), id)| Move::Block(c, b, id)),
        5 => (place.clone(), prop::collection::vec(pick, 0..4)).prop_map(|((c, b), list)| Move::Commit(c, b, list)),
        2 => place.prop_map(|(c, b)| Move::Delete(c, b)),
        2 => container.clone().prop_map(Move::CreateContainer),
        1 => container.clone().prop_map(Move::DeleteContainer),
        1 => container.prop_map(Move::DeleteContainerByArm),
    ]
}

fn at(container: usize, blob: usize) -> String {
    format!("/{}/{}", CONTAINERS[container], BLOBS[blob])
}

fn play(world: &mut World, step: &Move) {
    match step {
        Move::Put(c, b, length) => {
            world.put(&at(*c, *b), &[], &"x".repeat(*length));
        }
        Move::PutWrongMd5(c, b) => {
            let wrong = [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")];
            world.put(&at(*c, *b), &wrong, "wrong");
        }
        Move::PutNew(c, b) => {
            world.put(&at(*c, *b), &[("if-none-match", "*")], "new");
        }
        Move::PutWithoutCredential(c, b) => {
            let headers = [
                ("authorization", "Bearer nonsense"),
                ("x-ms-blob-type", "BlockBlob"),
            ];
            world.store(&at(*c, *b), &headers, "nobody");
        }
        Move::PutUnderFault(c, b) => {
            world.azure.faults_mut().push(Fault {
                operation: "Blob_Put".to_owned(),
                path_contains: String::new(),
                nth: 1,
                times: 1,
                kind: FaultKind::Answer {
                    status: 503,
                    code: "ServerBusy".to_owned(),
                    retry_after_seconds: None,
                },
            });
            world.put(&at(*c, *b), &[], "fault");
            world.azure.faults_mut().clear();
        }
        Move::Block(c, b, id) => {
            world.block(&at(*c, *b), IDS[*id], "block");
        }
        Move::Commit(c, b, list) => {
            let list: Vec<(&str, &str)> = list.iter().map(|(list, id)| (LISTS[*list], IDS[*id])).collect();
            let target = format!("{}?comp=blocklist", at(*c, *b));
            world.blob_with(Method::PUT, &target, &[], &block_list(&list));
        }
        Move::Delete(c, b) => {
            world.blob(Method::DELETE, &at(*c, *b), &[]);
        }
        Move::CreateContainer(c) => {
            world.blob(
                Method::PUT,
                &format!("/{}?restype=container", CONTAINERS[*c]),
                &[],
            );
        }
        Move::DeleteContainer(c) => {
            world.blob(
                Method::DELETE,
                &format!("/{}?restype=container", CONTAINERS[*c]),
                &[],
            );
        }
        Move::DeleteContainerByArm(c) => {
            let target = format!(
                "/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/{}",
                CONTAINERS[*c]
            );
            world.arm(Method::DELETE, &target, None);
        }
    }
}

fn key(extent: &Extent) -> (u32, u64, u64) {
    (extent.segment, extent.offset, extent.length)
}

/// The bytes all blobs are made of, as readers get them.
fn readable(world: &mut World) -> Vec<Extent> {
    let mut found = Vec::new();
    for container in 0..CONTAINERS.len() {
        for blob in 0..BLOBS.len() {
            if let Body::Stored(body) = world.blob(Method::GET, &at(container, blob), &[]).body {
                found.extend(body.extents);
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_released_once_and_never_while_held(steps in prop::collection::vec(moves(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            play(&mut world, step);
            let released: BTreeSet<_> = world.released.iter().map(key).collect();
            prop_assert_eq!(released.len(), world.released.len(), "released twice at {:?}", step);
            for extent in readable(&mut world) {
                prop_assert!(!released.contains(&key(&extent)), "released while held at {:?}", step);
            }
        }
        world.arm(Method::DELETE, "/providers/Microsoft.Storage/storageAccounts/acct", None);
        let released: BTreeSet<_> = world.released.iter().map(key).collect();
        let came_in: BTreeSet<_> = world.came_in.iter().map(key).collect();
        prop_assert_eq!(world.released.len(), came_in.len());
        prop_assert_eq!(released, came_in);
    }
}
