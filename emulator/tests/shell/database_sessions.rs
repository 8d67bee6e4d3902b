//! Work that signs in to databases: where it comes in, what it leaves behind, and how a failure is
//! told.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::jobs::{
    DumpDatabaseWork, EffectFailure, EffectResult, ExamineWork, LoadDatabaseWork, NeededRights,
    SessionFailure, SignIn, Work,
};
use azdrill_emulator::model::{NetworkPath, Origin, StoredBody};
use azdrill_emulator::server::{DatabaseRefusal, DumpKind};
use bytes::Bytes;

use crate::core_double::CoreDouble;
use crate::database_gate::{Backend, HOST, route};
use crate::engine_double::EngineDouble;
use crate::in_process::{HOST as BLOB_HOST, World, start_time};

fn path() -> NetworkPath {
    NetworkPath {
        origin: Origin::Internet {
            address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)),
        },
    }
}

fn sign_in() -> SignIn {
    SignIn {
        host: HOST.to_owned(),
        port: 5432,
        user: "backup@drill".to_owned(),
        password: "a secret".to_owned(),
        database: "shop".to_owned(),
        path: path(),
    }
}

fn dump_work(sign_in: SignIn) -> Work {
    Work::DumpDatabase(DumpDatabaseWork {
        sign_in,
        blob_host: BLOB_HOST.to_owned(),
        container: "blobs".to_owned(),
        blob: "rp 1/shop".to_owned(),
        sas: "sv=1&sig=secret".to_owned(),
    })
}

struct Done {
    world: World,
    result: EffectResult,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Done {
    fn session_failure(&self) -> (SessionFailure, &str) {
        match &self.result {
            EffectResult::Failed(EffectFailure::Session { failure, message }) => (*failure, message),
            other => panic!("{other:?}"),
        }
    }
}

async fn carry_out(mut core: CoreDouble, engine: EngineDouble, work: Work) -> Done {
    core.plan(start_time(), 1, work);
    let asked = Arc::clone(&engine.asked);
    let world = World::new(core, Some(Arc::new(engine)));
    world.driver.use_client_major(Some(13));
    world.driver.settle().await;
    let result = world.front_door.with_core(|core| core.completed[0].2.clone());
    Done { world, result, asked }
}

/// A core that lets everybody in to an echoing server.
async fn open_core() -> (CoreDouble, Backend) {
    let backend = Backend::start().await;
    let core = CoreDouble {
        databases: [(HOST.to_owned(), Ok(route(&backend)))].into(),
        ..CoreDouble::default()
    };
    (core, backend)
}

#[tokio::test]
async fn a_database_becomes_one_blob() {
    let (core, backend) = open_core().await;
    let done = carry_out(core, EngineDouble::default(), dump_work(sign_in())).await;
    let EffectResult::Dumped {
        files,
        datasource_size_bytes,
    } = &done.result
    else {
        panic!("{:?}", done.result);
    };
    assert_eq!(*datasource_size_bytes, 4711);
    assert_eq!(files[0].kind, DumpKind::Database("shop".to_owned()));
    assert_eq!((files[0].blob.as_str(), files[0].length), ("rp 1/shop", 12));
    let sas = "sv=1&sig=secret";
    let put = "PUT /blobs/rp%201/shop";
    let calls = [
        format!("{put}?comp=block&blockid=MDAwMDAwMDAw&{sas}"),
        format!("{put}?comp=blocklist&{sas}"),
    ];
    assert_eq!(done.world.calls(), calls);
    assert_eq!(*done.asked.lock().unwrap(), ["client dump Some(13) shop"]);
    assert_eq!(backend.users(), ["backup"]);
    let (connections, last_path) = done
        .world
        .front_door
        .with_core(|core| (core.connections.clone(), core.last_path.clone()));
    assert_eq!(connections, [(path(), HOST.to_owned())]);
    assert_eq!(last_path, Some(path()), "the blob is written from the same place");
}

#[tokio::test]
async fn a_dump_that_breaks_off_leaves_no_blob() {
    let (core, _backend) = open_core().await;
    let pieces = vec![Some(Bytes::from(vec![1; 9 * 1024 * 1024])), None];
    let engine = EngineDouble {
        dumps: BTreeMap::from([("shop".to_owned(), pieces)]),
        ..EngineDouble::default()
    };
    let done = carry_out(core, engine, dump_work(sign_in())).await;
    assert!(
        matches!(&done.result, EffectResult::Failed(EffectFailure::Engine(text)) if text == "pg_dump: connection lost"),
        "{:?}",
        done.result
    );
    let calls = done.world.calls();
    assert_eq!(calls.len(), 1, "one block was full: {calls:?}");
    assert!(calls[0].contains("comp=block&"));
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_it_from_the_gate() {
    let core = CoreDouble {
        databases: [(
            HOST.to_owned(),
            Err(DatabaseRefusal {
                failure: SessionFailure::NotLetIn,
                message: "not {user} to {database}".to_owned(),
            }),
        )]
        .into(),
        ..CoreDouble::default()
    };
    let done = carry_out(core, EngineDouble::default(), dump_work(sign_in())).await;
    assert_eq!(
        done.session_failure(),
        (SessionFailure::NotLetIn, "not backup@drill to shop")
    );
    assert_eq!(done.world.calls(), Vec::<String>::new());
    let nobody = carry_out(
        CoreDouble::default(),
        EngineDouble::default(),
        dump_work(sign_in()),
    )
    .await;
    assert_eq!(nobody.session_failure().0, SessionFailure::NoServer);
}

#[tokio::test]
async fn a_connection_that_a_fault_ends_is_told_apart() {
    for fault in [
        ConnectionFault::Refuse,
        ConnectionFault::AcceptThenClose,
        ConnectionFault::ResetAfter { bytes: 3 },
    ] {
        let (mut core, backend) = open_core().await;
        let mut struck = route(&backend);
        struck.fault = Some(fault);
        core.databases.insert(HOST.to_owned(), Ok(struck));
        let done = carry_out(core, EngineDouble::default(), dump_work(sign_in())).await;
        assert_eq!(
            done.session_failure().0,
            SessionFailure::ConnectionClosed,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn what_no_client_can_say_is_refused_before_it_is_said() {
    let wrong = [
        SignIn {
            port: 5433,
            ..sign_in()
        },
        SignIn {
            password: "a\0b".to_owned(),
            ..sign_in()
        },
    ];
    let expected = [SessionFailure::NoServer, SessionFailure::SignInRefused];
    for (sign_in, expected) in wrong.into_iter().zip(expected) {
        let (core, backend) = open_core().await;
        let done = carry_out(core, EngineDouble::default(), dump_work(sign_in)).await;
        let (failure, message) = done.session_failure();
        assert_eq!(failure, expected, "{message}");
        assert!(!message.contains("a\0b"));
        assert_eq!(backend.users(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn missing_rights_come_back_as_they_were_found() {
    let (core, _backend) = open_core().await;
    let work = Work::Examine(ExamineWork {
        sign_in: sign_in(),
        needed: NeededRights::Restore {
            database: "new".to_owned(),
        },
    });
    let done = carry_out(core, EngineDouble::default(), work).await;
    let EffectResult::Examined(missing) = &done.result else {
        panic!("{:?}", done.result);
    };
    assert!(missing[0].object.contains("new"));
    let asked = done.asked.lock().unwrap().join("\n");
    assert!(
        asked.contains("backup@drill") && !asked.contains("a secret"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_load_gets_every_byte() {
    let (core, _backend) = open_core().await;
    let world = World::new(core, Some(Arc::new(EngineDouble::default())));
    let mut writer = world.front_door.store().writer(None);
    writer.append(&vec![7; 3_000_000]).unwrap();
    let source: StoredBody = writer.finish();
    let work = Work::LoadDatabase(LoadDatabaseWork {
        sign_in: sign_in(),
        database: "restored".to_owned(),
        source,
    });
    world
        .front_door
        .with_core(|core| core.plan(start_time(), 1, work));
    world.driver.settle().await;
    let result = world.front_door.with_core(|core| core.completed[0].2.clone());
    assert!(
        matches!(result, EffectResult::Loaded { bytes: 3_000_000 }),
        "{result:?}"
    );
}
