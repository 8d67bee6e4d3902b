//! Time and outside work: what is done, when, and in which order.

use std::sync::{Arc, Mutex};

use azdrill_emulator::jobs::{Effect, EffectFailure, EffectId, EffectResult, ServerWork, Work};
use azdrill_emulator::server::{
    BlobStore, BodySource, Clock, ClockNotOurs, Driver, FrontDoor, Server, ServerOptions, ServerSpec,
};
use jiff::SignedDuration;

use crate::core_double::CoreDouble;
use crate::engine_double::EngineDouble;
use crate::in_process::{World, get, start_time};

/// Far longer than anything here takes: a test that waits in vain must end.
const GIVE_UP_AFTER: std::time::Duration = std::time::Duration::from_secs(20);

fn start(key: &str) -> Work {
    Work::Server(ServerWork::Start(ServerSpec {
        key: key.to_owned(),
        major: 17,
        admin_login: "admin".to_owned(),
        admin_password: "a secret".to_owned(),
        absent_extensions: Vec::new(),
        lists_extensions: true,
    }))
}

fn stop(key: &str) -> Work {
    Work::Server(ServerWork::Stop(key.to_owned()))
}

fn create(key: &str, name: &str) -> Work {
    Work::Server(ServerWork::CreateDatabase {
        key: key.to_owned(),
        name: name.to_owned(),
    })
}

/// A world with an engine, and what the engine was asked.
fn world(core: CoreDouble) -> (World, Arc<Mutex<Vec<String>>>) {
    let engine = EngineDouble::default();
    let asked = Arc::clone(&engine.asked);
    (World::new(core, Some(Arc::new(engine))), asked)
}

fn completed(world: &World) -> Vec<(i64, u64)> {
    world.front_door.with_core(|core| {
        let since_start = |(at, id, _): &(jiff::Timestamp, EffectId, EffectResult)| {
            (at.as_second() - start_time().as_second(), id.0)
        };
        core.completed.iter().map(since_start).collect()
    })
}

#[tokio::test]
async fn settle_does_all_that_is_due_now_and_no_more() {
    let mut core = CoreDouble::default();
    core.plan(start_time(), 1, start("a"));
    core.plan(start_time() + SignedDuration::from_secs(5), 2, stop("a"));
    let next = Effect {
        id: EffectId(3),
        work: create("a", "db"),
    };
    core.after.insert(EffectId(1), next);
    let (world, asked) = world(core);
    world.driver.settle().await;
    assert_eq!(completed(&world), [(0, 1), (0, 3)]);
    assert_eq!(*asked.lock().unwrap(), ["start a", "create db on a"]);
    let first = world.front_door.with_core(|core| core.completed[0].2.clone());
    assert!(matches!(first, EffectResult::ServerStarted(address) if address.port() == 5432));
}

#[tokio::test]
async fn advance_goes_from_one_due_time_to_the_next() {
    let mut core = CoreDouble::default();
    for (seconds, id) in [(30, 3), (10, 1), (20, 2), (90, 4)] {
        core.plan(start_time() + SignedDuration::from_secs(seconds), id, stop("a"));
    }
    let follow_up = Effect {
        id: EffectId(9),
        work: stop("a"),
    };
    core.after.insert(EffectId(1), follow_up);
    let (world, _) = world(core);
    world.driver.advance(SignedDuration::from_secs(60)).await.unwrap();
    assert_eq!(completed(&world), [(10, 1), (10, 9), (20, 2), (30, 3)]);
    let now = world.front_door.clock().now();
    assert_eq!(now, start_time() + SignedDuration::from_secs(60));
}

#[tokio::test]
async fn work_on_one_server_stays_in_order_and_is_reported_as_asked() {
    let mut core = CoreDouble::default();
    core.plan(start_time(), 1, start("a"));
    core.plan(start_time(), 2, start("b"));
    core.plan(start_time(), 3, create("a", "x"));
    core.plan(start_time(), 4, create("b", "y"));
    core.plan(start_time(), 5, stop("a"));
    let (world, asked) = world(core);
    world.driver.settle().await;
    assert_eq!(completed(&world), [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]);
    let asked = asked.lock().unwrap().clone();
    let about_a: Vec<_> = asked.iter().filter(|it| it.ends_with('a')).collect();
    assert_eq!(about_a, ["start a", "create x on a", "stop a"]);
}

#[tokio::test]
async fn a_failure_of_the_engine_is_reported_and_so_is_its_absence() {
    let mut core = CoreDouble::default();
    core.plan(start_time(), 1, stop("broken"));
    let (with_engine, _) = world(core);
    let mut core = CoreDouble::default();
    core.plan(start_time(), 1, stop("a"));
    let without = World::new(core, None);
    for (world, expected) in [
        (with_engine, "the database server does not run"),
        (without, "this world has no PostgreSQL: "),
    ] {
        world.driver.settle().await;
        let result = world.front_door.with_core(|core| core.completed[0].2.clone());
        let EffectResult::Failed(EffectFailure::Engine(text)) = result else {
            panic!("{result:?}");
        };
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn the_machines_clock_cannot_be_advanced() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::open(directory.path()).unwrap();
    let front_door = FrontDoor::new(CoreDouble::default(), Clock::system(), store);
    let driver = Driver::new(front_door, None);
    let moved = driver.advance(SignedDuration::from_secs(1)).await;
    assert_eq!(moved, Err(ClockNotOurs));
}

/// A request makes work due; the loop behind a running server has to notice.
async fn work_asked_for_by_a_request_is_done(clock: Clock) {
    let mut core = CoreDouble::default();
    let effect = |id, work| Effect {
        id: EffectId(id),
        work,
    };
    core.on_request = vec![effect(1, start("a")), effect(2, stop("a"))];
    let directory = tempfile::tempdir().unwrap();
    let mut options = ServerOptions::new(directory.path());
    options.clock = clock;
    let engine = EngineDouble::default();
    let asked = Arc::clone(&engine.asked);
    let server = Server::start(core, Some(Arc::new(engine)), options)
        .await
        .unwrap();
    let path = azdrill_emulator::model::NetworkPath::internet();
    // Until the loop sleeps, it would find the work without being woken.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let front_door = server.front_door().clone();
    front_door
        .handle(&path, get("/make-due"), BodySource::Empty)
        .await;
    let done = async {
        while front_door.with_core(|core| core.completed.len()) < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(GIVE_UP_AFTER, done)
        .await
        .expect("the loop should wake");
    assert_eq!(*asked.lock().unwrap(), ["start a", "stop a"]);
    server.driver().settle().await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_running_server_wakes_for_work_on_the_machines_clock() {
    work_asked_for_by_a_request_is_done(Clock::system()).await;
}

#[tokio::test]
async fn a_running_server_wakes_for_work_on_a_virtual_clock() {
    work_asked_for_by_a_request_is_done(Clock::at(start_time())).await;
}

#[test]
fn secrets_are_not_printed() {
    let work = Work::Server(ServerWork::SetAdminPassword {
        key: "a".to_owned(),
        password: "a secret".to_owned(),
    });
    for work in [work, start("a")] {
        assert!(!format!("{work:?}").contains("secret"));
    }
}
