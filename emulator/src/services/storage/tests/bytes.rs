//! Every byte that comes in is released once, when nothing holds it any more, and not before: whatever
//! blobs, snapshots, copies, blocks and worlds that were kept share it.

use std::collections::BTreeSet;

use http::Method;
use proptest::prelude::*;

use super::world::{HOST, World, block_list, encode};
use crate::fault::{Fault, FaultAnswer, FaultKind};
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
    Delete(usize, usize, Option<&'static str>),
    Snapshot(usize, usize),
    DeleteSnapshot(usize, usize),
    Copy((usize, usize), (usize, usize)),
    PutFromUrl((usize, usize), (usize, usize)),
    BlockFromUrl((usize, usize), (usize, usize), usize),
    PutAppend(usize, usize),
    Append(usize, usize),
    AppendFromUrl((usize, usize), (usize, usize)),
    PutPages(usize, usize),
    Pages(usize, usize, u64, bool),
    PagesFromUrl((usize, usize), (usize, usize), u64),
    Resize(usize, usize, u64),
    CreateContainer(usize),
    DeleteContainer(usize),
    DeleteContainerByArm(usize),
    Keep,
    BringBack,
    Forget,
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
        2 => (place.clone(), prop::sample::select(vec![None, Some("include"), Some("only")]))
            .prop_map(|((c, b), which)| Move::Delete(c, b, which)),
        4 => place.clone().prop_map(|(c, b)| Move::Snapshot(c, b)),
        2 => place.clone().prop_map(|(c, b)| Move::DeleteSnapshot(c, b)),
        3 => (place.clone(), place.clone()).prop_map(|(from, to)| Move::Copy(from, to)),
        2 => (place.clone(), place.clone()).prop_map(|(from, to)| Move::PutFromUrl(from, to)),
        3 => (place.clone(), place.clone(), 0..IDS.len()).prop_map(|(from, to, id)| Move::BlockFromUrl(from, to, id)),
        1 => place.clone().prop_map(|(c, b)| Move::PutAppend(c, b)),
        3 => place.clone().prop_map(|(c, b)| Move::Append(c, b)),
        3 => (place.clone(), place.clone()).prop_map(|(from, to)| Move::AppendFromUrl(from, to)),
        2 => place.clone().prop_map(|(c, b)| Move::PutPages(c, b)),
        5 => (place.clone(), 0..4_u64, any::<bool>()).prop_map(|((c, b), page, clear)| Move::Pages(c, b, page, clear)),
        3 => (place.clone(), place.clone(), 0..4_u64).prop_map(|(from, to, page)| Move::PagesFromUrl(from, to, page)),
        2 => (place, 0..5_u64).prop_map(|((c, b), pages)| Move::Resize(c, b, pages)),
        2 => container.clone().prop_map(Move::CreateContainer),
        1 => container.clone().prop_map(Move::DeleteContainer),
        1 => container.prop_map(Move::DeleteContainerByArm),
        2 => Just(Move::Keep),
        2 => Just(Move::BringBack),
        1 => Just(Move::Forget),
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
            let fault = Fault::first("Blob_Put", FaultKind::Answer(FaultAnswer::new(503, "ServerBusy")));
            world.azure.faults_mut().push(world.now, fault);
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
        Move::Delete(c, b, which) => {
            let which: Vec<_> = which
                .iter()
                .map(|which| ("x-ms-delete-snapshots", *which))
                .collect();
            world.blob(Method::DELETE, &at(*c, *b), &which);
        }
        _ => play_sharing(world, step),
    }
}

fn source(place: (usize, usize)) -> String {
    format!("https://{HOST}{}", at(place.0, place.1))
}

fn page_range(page: u64) -> String {
    format!("bytes={}-{}", page * 512, page * 512 + 511)
}

/// The moves after which bytes have several holders, or part of a body goes.
fn play_sharing(world: &mut World, step: &Move) {
    match step {
        Move::Snapshot(c, b) => {
            world.blob(Method::PUT, &format!("{}?comp=snapshot", at(*c, *b)), &[]);
        }
        Move::DeleteSnapshot(c, b) => {
            if let Some(time) = snapshots(world, *c, *b).first() {
                world.blob(Method::DELETE, &format!("{}?snapshot={time}", at(*c, *b)), &[]);
            }
        }
        Move::Copy(from, to) => {
            world.blob(
                Method::PUT,
                &at(to.0, to.1),
                &[("x-ms-copy-source", &source(*from))],
            );
        }
        Move::PutFromUrl(from, to) => {
            let headers = [
                ("x-ms-blob-type", "BlockBlob"),
                ("x-ms-copy-source", &source(*from)),
            ];
            world.blob(Method::PUT, &at(to.0, to.1), &headers);
        }
        Move::BlockFromUrl(from, to, id) => {
            let target = format!("{}?comp=block&blockid={}", at(to.0, to.1), encode(IDS[*id]));
            let headers = [
                ("x-ms-copy-source", source(*from)),
                ("x-ms-source-range", "bytes=1-".to_owned()),
            ];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            world.blob(Method::PUT, &target, &headers);
        }
        Move::PutAppend(c, b) => {
            world.store(&at(*c, *b), &[("x-ms-blob-type", "AppendBlob")], "");
        }
        Move::Append(c, b) => {
            world.store(&format!("{}?comp=appendblock", at(*c, *b)), &[], "append");
        }
        Move::AppendFromUrl(from, to) => {
            let target = format!("{}?comp=appendblock", at(to.0, to.1));
            world.blob(Method::PUT, &target, &[("x-ms-copy-source", &source(*from))]);
        }
        _ => play_pages(world, step),
    }
}

fn play_pages(world: &mut World, step: &Move) {
    match step {
        Move::PutPages(c, b) => {
            let headers = [
                ("x-ms-blob-type", "PageBlob"),
                ("x-ms-blob-content-length", "2048"),
            ];
            world.store(&at(*c, *b), &headers, "");
        }
        Move::Pages(c, b, page, clear) => {
            let range = page_range(*page);
            let (write, text) = if *clear {
                ("clear", String::new())
            } else {
                ("update", "p".repeat(512))
            };
            let headers = [("x-ms-page-write", write), ("x-ms-range", range.as_str())];
            world.store(&format!("{}?comp=page", at(*c, *b)), &headers, &text);
        }
        Move::PagesFromUrl(from, to, page) => {
            let range = page_range(*page);
            let address = source(*from);
            let headers = [
                ("x-ms-page-write", "update"),
                ("x-ms-range", range.as_str()),
                ("x-ms-source-range", "bytes=512-1023"),
                ("x-ms-copy-source", address.as_str()),
            ];
            world.blob(Method::PUT, &format!("{}?comp=page", at(to.0, to.1)), &headers);
        }
        Move::Resize(c, b, pages) => {
            let length = (pages * 512).to_string();
            let target = format!("{}?comp=properties", at(*c, *b));
            world.blob(Method::PUT, &target, &[("x-ms-blob-content-length", &length)]);
        }
        _ => play_containers(world, step),
    }
}

fn play_containers(world: &mut World, step: &Move) {
    match step {
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
        Move::Keep => world.keep(),
        Move::BringBack => world.bring_back(),
        Move::Forget => world.forget(),
        _ => unreachable!("{step:?} is played elsewhere"),
    }
}

/// The times of a blob's snapshots.
fn snapshots(world: &World, container: usize, blob: usize) -> Vec<String> {
    let storage = &world.azure.services().storage;
    let container = storage.container("acct", CONTAINERS[container]);
    let snapshots = container.and_then(|container| container.snapshots.get(BLOBS[blob]));
    snapshots
        .into_iter()
        .flatten()
        .map(|(time, _)| time.clone())
        .collect()
}

/// Every single byte of some extents.
fn bytes(extents: &[Extent]) -> Vec<(u32, u64)> {
    let of = |extent: &Extent| {
        let segment = extent.segment;
        (extent.offset..extent.offset + extent.length).map(move |byte| (segment, byte))
    };
    extents
        .iter()
        .filter(|extent| !extent.is_zeros())
        .flat_map(of)
        .collect()
}

/// The bytes all blobs and snapshots are made of, as readers get them.
fn readable(world: &mut World) -> Vec<Extent> {
    let mut found = Vec::new();
    for container in 0..CONTAINERS.len() {
        for blob in 0..BLOBS.len() {
            let mut targets = vec![at(container, blob)];
            for time in snapshots(world, container, blob) {
                targets.push(format!("{}?snapshot={time}", at(container, blob)));
            }
            for target in targets {
                if let Body::Stored(body) = world.blob(Method::GET, &target, &[]).body {
                    found.extend(body.extents);
                }
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_released_once_and_never_while_held(steps in prop::collection::vec(moves(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            play(&mut world, step);
            let all = bytes(&world.released);
            let released: BTreeSet<_> = all.iter().copied().collect();
            prop_assert_eq!(released.len(), all.len(), "released twice at {:?}", step);
            for byte in bytes(&readable(&mut world)) {
                prop_assert!(!released.contains(&byte), "released while held at {:?}", step);
            }
        }
        world.forget();
        world.arm(Method::DELETE, "/providers/Microsoft.Storage/storageAccounts/acct", None);
        let all = bytes(&world.released);
        let released: BTreeSet<_> = all.iter().copied().collect();
        let came_in: BTreeSet<_> = bytes(&world.came_in).into_iter().collect();
        prop_assert_eq!(all.len(), came_in.len());
        prop_assert_eq!(released, came_in);
    }
}
