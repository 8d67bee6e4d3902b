//! What faults of a connection do to the server behind it.

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::jobs::{EffectFailure, EffectResult, SessionFailure};

use super::super::*;
use super::world::{USER, World, session_failure, sign_in, worlds};

async fn big(world: &World) {
    let client = world.start_shop("source", "shop").await;
    Sample::Bulk { megabytes: 8 }.apply(&client).await.unwrap();
    world.let_do_everything("source", "shop").await;
}

/// Begins a session, and answers whether the server still knows it after the work.
async fn dump_beside_a_session(world: &World, fault: ConnectionFault) -> (SessionFailure, String, bool) {
    let other = world.postgres.connect("source", "shop").await.unwrap();
    // The first connection only looks.
    world.strike(&[None, Some(fault)]);
    let (failure, message) = session_failure(&world.dump(sign_in("source", "shop")).await);
    (failure, message, other.query_one("SELECT 1", &[]).await.is_ok())
}

#[tokio::test]
async fn a_server_that_breaks_down_ends_every_session_and_recovers_with_its_data() {
    for world in worlds().await {
        big(&world).await;
        for fault in [
            ConnectionFault::CrashAfter { bytes: 2_000_000 },
            ConnectionFault::EndSessionsAfter { bytes: 2_000_000 },
        ] {
            let (failure, message, lives) = dump_beside_a_session(&world, fault).await;
            assert_eq!(failure, SessionFailure::ConnectionClosed, "{message}");
            assert!(!lives, "{fault:?}: another session went on");
            assert_eq!(world.dumped(), None, "{fault:?}");
            let dumped = world.dump(sign_in("source", "shop")).await;
            assert!(matches!(dumped, EffectResult::Dumped { .. }), "{dumped:?}");
            world.look(|core| core.blobs.clear());
        }
    }
}

#[tokio::test]
async fn a_server_with_too_many_clients_lets_nobody_in() {
    for world in worlds().await {
        world.start_shop("source", "shop").await;
        world.strike(&[Some(ConnectionFault::TooManyClients)]);
        let (_, message) = session_failure(&world.dump(sign_in("source", "shop")).await);
        assert!(message.contains("sorry, too many clients already"), "{message}");
    }
}

#[tokio::test]
async fn a_server_that_may_only_be_read_is_dumped_and_not_loaded() {
    for world in worlds().await {
        world.start_shop("source", "shop").await;
        world.let_do_everything("source", "shop").await;
        let read_only = Some(ConnectionFault::ReadOnly);
        world.strike(&[read_only, read_only]);
        let dumped = world.dump(sign_in("source", "shop")).await;
        assert!(matches!(dumped, EffectResult::Dumped { .. }), "{dumped:?}");
        world.strike(&[read_only]);
        let loaded = world.load(sign_in("source", "postgres"), "again").await;
        let EffectResult::Failed(EffectFailure::Engine(message)) = &loaded else {
            panic!("{USER}: {loaded:?}");
        };
        assert!(message.contains("in a read-only transaction"), "{message}");
        world.strike(&[]);
        let loaded = world.load(sign_in("source", "postgres"), "again").await;
        assert!(matches!(loaded, EffectResult::Loaded { .. }), "{loaded:?}");
    }
}
