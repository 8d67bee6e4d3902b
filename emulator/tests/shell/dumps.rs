//! Dumping a server into a container.

use std::collections::BTreeMap;
use std::sync::Arc;

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::jobs::{DumpWork, DumpedFile, EffectFailure, EffectResult, Work};
use azdrill_emulator::model::NetworkPath;
use azdrill_emulator::server::DumpKind;
use bytes::Bytes;

use crate::core_double::CoreDouble;
use crate::engine_double::EngineDouble;
use crate::in_process::{HOST, World, start_time};

const MIB: usize = 1024 * 1024;

fn work(fault: Option<ConnectionFault>) -> Work {
    Work::Dump(DumpWork {
        key: "a".to_owned(),
        excluded_databases: vec!["azure_sys".to_owned()],
        host: HOST.to_owned(),
        container: "blobs".to_owned(),
        blob_prefix: "rp 1/".to_owned(),
        sas: "sv=1&sig=secret".to_owned(),
        path: NetworkPath::internet(),
        fault,
    })
}

async fn dump(core: CoreDouble, dumps: BTreeMap<String, Vec<Option<Bytes>>>) -> (World, EffectResult) {
    let engine = EngineDouble {
        dumps,
        ..EngineDouble::default()
    };
    dump_by(core, engine, None).await
}

async fn dump_by(
    mut core: CoreDouble,
    engine: EngineDouble,
    fault: Option<ConnectionFault>,
) -> (World, EffectResult) {
    core.plan(start_time(), 1, work(fault));
    let engine = EngineDouble {
        databases: vec!["azure_sys".to_owned(), "big".to_owned(), "smäll".to_owned()],
        ..engine
    };
    let world = World::new(core, Some(Arc::new(engine)));
    world.driver.settle().await;
    let result = world.front_door.with_core(|core| core.completed[0].2.clone());
    (world, result)
}

#[tokio::test]
async fn a_server_becomes_one_blob_a_database_and_three_more() {
    // Pieces that do not fit the blocks, so that one is split.
    let pieces = vec![
        Some(Bytes::from(vec![1; 5 * MIB])),
        Some(Bytes::from(vec![2; 5 * MIB])),
    ];
    let (world, result) = dump(CoreDouble::default(), [("big".to_owned(), pieces)].into()).await;
    let EffectResult::Dumped {
        files,
        datasource_size_bytes,
    } = result
    else {
        panic!("{result:?}");
    };
    let file = |name: &str, kind, length| DumpedFile {
        blob: format!("rp 1/{name}"),
        kind,
        length,
    };
    let expected = [
        file(
            "database_big",
            DumpKind::Database("big".to_owned()),
            10 * MIB as u64,
        ),
        file("database_smäll", DumpKind::Database("smäll".to_owned()), 14),
        file("roles", DumpKind::Roles, 13),
        file("tablespaces", DumpKind::Tablespaces, 19),
        file("schema", DumpKind::Schema, 14),
    ];
    assert_eq!(files, expected);
    assert_eq!(datasource_size_bytes, 4711);

    let sas = "sv=1&sig=secret";
    let blob = |name: &str| format!("PUT /blobs/rp%201/{name}");
    let calls = world.calls();
    assert_eq!(
        calls[..4],
        [
            format!("{}?comp=block&blockid=MDAwMDAwMDAw&{sas}", blob("database_big")),
            format!("{}?comp=block&blockid=MDAwMDAwMDAx&{sas}", blob("database_big")),
            format!("{}?comp=blocklist&{sas}", blob("database_big")),
            format!(
                "{}?comp=block&blockid=MDAwMDAwMDAw&{sas}",
                blob("database_sm%C3%A4ll")
            ),
        ]
    );
    assert_eq!(calls.len(), 3 + 4 * 2);
    let lengths = world.front_door.with_core(|core| {
        let block = |id: &str| core.blobs[&format!("/blobs/rp%201/database_big?blockid={id}")].length;
        [block("MDAwMDAwMDAw"), block("MDAwMDAwMDAx")]
    });
    assert_eq!(lengths, [8 * MIB as u64, 2 * MIB as u64]);
    let last = world.front_door.with_core(|core| core.last.clone()).unwrap();
    assert_eq!(
        last.body.bytes(),
        br#"<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>MDAwMDAwMDAw</Latest></BlockList>"#
    );
    assert!(last.header("x-ms-version").is_some());
    assert_eq!(
        last.header("content-length"),
        Some(last.body.len().to_string().as_str())
    );
}

#[tokio::test]
async fn a_dump_that_fails_half_way_is_never_committed() {
    let pieces = vec![Some(Bytes::from(vec![1; 9 * MIB])), None];
    let (world, result) = dump(CoreDouble::default(), [("big".to_owned(), pieces)].into()).await;
    let EffectResult::Failed(EffectFailure::Engine(text)) = result else {
        panic!("{result:?}");
    };
    assert_eq!(text, "pg_dump: connection lost");
    let calls = world.calls();
    assert_eq!(calls.len(), 1, "one block was full: {calls:?}");
    assert!(calls[0].contains("comp=block&"));
}

#[tokio::test]
async fn a_refusal_ends_the_dump_with_its_reason() {
    let core = CoreDouble {
        refuse_from_call: Some(1),
        ..CoreDouble::default()
    };
    let (world, result) = dump(core, BTreeMap::new()).await;
    let EffectResult::Failed(failure) = result else {
        panic!("{result:?}");
    };
    let expected = EffectFailure::Refused {
        status: 403,
        code: "AuthorizationFailure".to_owned(),
        message: "Not & never.".to_owned(),
    };
    assert_eq!(failure, expected);
    assert!(!format!("{failure:?}").contains("secret"));
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn an_empty_dump_is_an_empty_blob() {
    let (world, result) = dump(CoreDouble::default(), [("big".to_owned(), Vec::new())].into()).await;
    let EffectResult::Dumped { files, .. } = result else {
        panic!("{result:?}");
    };
    assert_eq!(files[0].length, 0);
    assert!(world.calls()[0].contains("comp=blocklist"));
}

/// What is struck before or in the middle of a dump has committed nothing that it was in the middle of.
#[tokio::test]
async fn a_dump_that_a_fault_strikes_fails_with_its_words() {
    for (fault, committed) in [
        (ConnectionFault::Refuse, 0),
        (ConnectionFault::AcceptThenClose, 0),
        (ConnectionFault::TooManyClients, 0),
        (ConnectionFault::ResetAfter { bytes: 11 }, 0),
        // The first dump has eleven bytes.
        (ConnectionFault::ResetAfter { bytes: 12 }, 1),
    ] {
        let (world, result) = dump_by(CoreDouble::default(), EngineDouble::default(), Some(fault)).await;
        let EffectResult::Failed(EffectFailure::Engine(text)) = result else {
            panic!("{fault:?}: {result:?}");
        };
        assert!(text.contains(&fault.to_string()), "{text}");
        let calls = world.calls();
        let lists = calls.iter().filter(|call| call.contains("comp=blocklist"));
        assert_eq!(lists.count(), committed, "{fault:?}: {calls:?}");
    }
}

#[tokio::test]
async fn a_server_is_disturbed_once_while_it_is_dumped() {
    for (bytes, before) in [(1, "dump big of a"), (12, "dump smäll of a")] {
        let engine = EngineDouble::default();
        let asked = Arc::clone(&engine.asked);
        let crash = ConnectionFault::CrashAfter { bytes };
        let (_world, result) = dump_by(CoreDouble::default(), engine, Some(crash)).await;
        // What the server does about it, its dump would find out: this one goes on.
        assert!(matches!(result, EffectResult::Dumped { .. }), "{result:?}");
        let asked = asked.lock().unwrap();
        let at: Vec<usize> = (0..asked.len()).filter(|at| asked[*at] == "Crash a").collect();
        let [at] = at[..] else { panic!("{asked:?}") };
        assert_eq!(asked[at - 1], before);
    }
}
