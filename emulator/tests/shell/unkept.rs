//! While what happens cannot be kept, nothing happens and nobody is told that it has.

use azdrill_emulator::jobs::{
    Effect, EffectFailure, EffectId, EffectResult, LoadDatabaseWork, ServerWork, SessionFailure, SignIn,
    UnderWay, Work,
};
use azdrill_emulator::model::{NetworkPath, StoredBody};
use azdrill_emulator::server::BodySource;
use http::StatusCode;

use crate::core_double::CoreDouble;
use crate::in_process::{World, get, put, start_time};

#[tokio::test]
async fn nothing_is_called_stored_or_run() {
    let mut core = CoreDouble {
        unkept: Some("no space left".to_owned()),
        ..CoreDouble::default()
    };
    core.plan(start_time(), 1, Work::Server(ServerWork::Stop("one".to_owned())));
    let world = World::new(core, None);
    for (request, body) in [
        (get("/nothing"), BodySource::Empty),
        (put("/blobs/one"), BodySource::Bytes(vec![1; 1000].into())),
        (get("/refused"), BodySource::Empty),
    ] {
        let answer = world.send(request, body).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(answer.header("x-ms-error-code"), Some("SyntheticStateNotKept"));
    }
    world.driver.settle().await;
    let hour = jiff::SignedDuration::from_hours(1);
    world.driver.advance(hour).await.unwrap();
    assert_eq!(world.calls(), Vec::<String>::new());
    assert_eq!(world.live_bytes(), 0);
    assert!(world.front_door.with_core(|core| core.completed.is_empty()));

    world.front_door.with_core(|core| core.unkept = None);
    let answer = world.send(get("/nothing"), BodySource::Empty).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    world.driver.settle().await;
    assert_eq!(world.front_door.with_core(|core| core.completed.len()), 1);
}

/// A load cannot be told from somebody else's database: it ends as its session did.
#[tokio::test]
async fn a_load_that_was_under_way_ends_as_a_session_that_broke_off() {
    let world = World::new(CoreDouble::default(), None);
    let work = Work::LoadDatabase(LoadDatabaseWork {
        sign_in: SignIn {
            host: "drill.postgres.database.azure.com".to_owned(),
            port: 5432,
            user: "backup".to_owned(),
            password: "a secret".to_owned(),
            database: "postgres".to_owned(),
            path: NetworkPath::internet(),
        },
        database: "shop".to_owned(),
        source: StoredBody::default(),
    });
    let under_way = UnderWay {
        effect: Effect {
            id: EffectId(7),
            work,
        },
        committed: std::collections::BTreeSet::new(),
    };
    world.driver.resume(vec![under_way]).await;
    let completed = world.front_door.with_core(|core| core.completed.clone());
    let [(_, id, EffectResult::Failed(EffectFailure::Session { failure, message }))] = &completed[..] else {
        panic!("{completed:?}");
    };
    assert_eq!((id.0, *failure), (7, SessionFailure::ConnectionClosed));
    assert!(
        message.contains("\"shop\"") && !message.contains("secret"),
        "{message}"
    );
}
