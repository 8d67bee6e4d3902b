//! Dumps and loads through the gate, whole and broken off.

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::jobs::{EffectFailure, EffectResult, NeededRights, SessionFailure};

use super::super::*;
use super::world::{USER, World, session_failure, sign_in, worlds};

/// What is at the edges: no row, no column, and as many columns as a table may have.
const EDGES: &str = "CREATE TABLE no_rows (n int, t text);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
DO $$
DECLARE columns text;
BEGIN
    SELECT string_agg(format('c%s int', n), ', ') INTO columns FROM generate_series(1, 1600) AS n;
    EXECUTE format('CREATE TABLE wide (%s)', columns);
    INSERT INTO wide (c1, c1600) VALUES (1, 1600), (NULL, 2);
END
$$;";

fn loaded(result: &EffectResult) -> u64 {
    match result {
        EffectResult::Loaded { bytes } => *bytes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_dumped_and_loaded_is_what_there_was() {
    for world in worlds().await {
        let client = world.start_shop("source", AWKWARD_DATABASE).await;
        client.batch_execute(EDGES).await.unwrap();
        world.let_do_everything("source", AWKWARD_DATABASE).await;
        let dumped = world.dump(sign_in("source", AWKWARD_DATABASE)).await;
        let EffectResult::Dumped {
            files,
            datasource_size_bytes,
        } = dumped
        else {
            panic!("{dumped:?}");
        };
        assert_eq!(files[0].kind, DumpKind::Database(AWKWARD_DATABASE.to_owned()));
        assert_eq!(Some(files[0].length), world.dumped().map(|body| body.length));
        assert!((5_000_000..200_000_000).contains(&datasource_size_bytes));
        let restored = "restored \"x\" = 'y'";
        let result = world.load(sign_in("source", "postgres"), restored).await;
        assert_eq!(loaded(&result), files[0].length);
        world
            .equal(("source", AWKWARD_DATABASE), ("source", restored))
            .await;
        let client = world.postgres.connect("source", restored).await.unwrap();
        let owners = client
            .query(
                "SELECT DISTINCT rolname::text FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
                 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'archive')",
                &[],
            )
            .await
            .unwrap();
        let owners: Vec<String> = owners.iter().map(|row| row.get(0)).collect();
        assert_eq!(owners, [USER], "it belongs to whoever restored it");
        // Nothing is put over what is there.
        let again = world.load(sign_in("source", "postgres"), restored).await;
        assert_eq!(session_failure(&again).0, SessionFailure::DatabaseExists);
        world
            .equal(("source", AWKWARD_DATABASE), ("source", restored))
            .await;
    }
}

#[tokio::test]
async fn passwords_of_every_kind_sign_in() {
    let passwords = [
        "plain",
        " spaces at both ends ",
        "it's \"quoted\" \\ back\\\\slashed",
        "semi;colon=equals&host=elsewhere",
        "line\nbreak\ttab",
        "$(rm -rf) `x` $HOME %s %00",
        "Größe Ω 密码 🐘",
        "{user}@{database}",
        "-Wdashes",
    ];
    for world in worlds().await {
        world.start("source").await;
        for (number, password) in passwords.into_iter().enumerate() {
            let user = format!("user{number}");
            world.create_user("source", &user, password).await;
            let mut sign_in = sign_in("source", "azure_sys");
            sign_in.user = user;
            sign_in.password = password.to_owned();
            let dumped = world.dump(sign_in.clone()).await;
            // Nobody but Azure may read this database: to be told so, one has to be in.
            let (failure, message) = session_failure(&dumped);
            assert_eq!(
                failure,
                SessionFailure::MissingPrivilege,
                "{password:?}: {message}"
            );
            assert!(!message.contains(password));
            sign_in.password.push('x');
            let (failure, message) = session_failure(&world.dump(sign_in).await);
            assert_eq!(failure, SessionFailure::SignInRefused, "{password:?}: {message}");
        }
    }
}

#[tokio::test]
async fn whoever_cannot_sign_in_is_told_why() {
    for world in worlds().await {
        world.start("source").await;
        world.create_user("source", USER, PASSWORD).await;
        world.create_user("source", "locked", PASSWORD).await;
        let client = world.postgres.connect("source", "postgres").await.unwrap();
        client.batch_execute("CREATE DATABASE closed").await.unwrap();
        client
            .batch_execute("ALTER ROLE locked NOLOGIN; REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
            .await
            .unwrap();
        let mut nobody = sign_in("source", "postgres");
        nobody.user = "nobody".to_owned();
        let mut locked = sign_in("source", "postgres");
        locked.user = "locked".to_owned();
        for (sign_in, expected) in [
            (nobody, SessionFailure::SignInRefused),
            (locked, SessionFailure::SignInRefused),
            (sign_in("source", "nowhere"), SessionFailure::NoDatabase),
            (sign_in("source", "closed"), SessionFailure::MissingPrivilege),
            (sign_in("missing", "postgres"), SessionFailure::NoServer),
        ] {
            let (failure, message) = session_failure(&world.dump(sign_in).await);
            assert_eq!(failure, expected, "{message}");
        }
        assert_eq!(world.dumped(), None);
    }
}

/// A source of some megabytes, and a user who may back it up and restore.
async fn big(world: &World) {
    world.start("source").await;
    world.postgres.create_database("source", "big").await.unwrap();
    world.create_user("source", USER, PASSWORD).await;
    let client = world.postgres.connect("source", "big").await.unwrap();
    Sample::Bulk { megabytes: 30 }.apply(&client).await.unwrap();
    world.let_do_everything("source", "big").await;
}

#[tokio::test]
async fn a_dump_that_is_interrupted_leaves_no_blob() {
    for world in worlds().await {
        big(&world).await;
        let faults = [
            (
                Some(ConnectionFault::ResetAfter { bytes: 25_000_000 }),
                SessionFailure::ConnectionClosed,
            ),
            (Some(ConnectionFault::Refuse), SessionFailure::ConnectionClosed),
            (
                Some(ConnectionFault::AcceptThenClose),
                SessionFailure::ConnectionClosed,
            ),
        ];
        for (fault, expected) in faults {
            for struck in [&[fault][..], &[None, fault]] {
                world.strike(struck);
                let dumped = world.dump(sign_in("source", "big")).await;
                let late = matches!(fault, Some(ConnectionFault::ResetAfter { .. }));
                if late && struck.len() == 1 {
                    // So many bytes do not pass where one only looks.
                    assert!(matches!(dumped, EffectResult::Dumped { .. }), "{dumped:?}");
                    world.look(|core| core.blobs.clear());
                    continue;
                }
                let (failure, message) = session_failure(&dumped);
                assert_eq!(failure, expected, "{fault:?}: {message}");
                assert!(!message.contains("port"), "{message}");
                assert_eq!(world.dumped(), None, "{fault:?}");
            }
        }
        assert!(world.look(|core| core.staged) > 0);
    }
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_leaves_no_blob() {
    for world in worlds().await {
        big(&world).await;
        // Slow enough for the server to be stopped before the dump is through.
        let slow = ConnectionFault::Slow {
            bytes_per_second: 4_000_000,
        };
        world.strike(&[None, Some(slow)]);
        let stopping = async {
            while world.look(|core| core.connections) < 2 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
            world.postgres.stop("source").await.unwrap();
        };
        let (dumped, ()) = tokio::join!(world.dump(sign_in("source", "big")), stopping);
        let (failure, message) = session_failure(&dumped);
        assert_eq!(failure, SessionFailure::ConnectionClosed, "{message}");
        assert_eq!(world.dumped(), None);
    }
}

#[tokio::test]
async fn a_load_that_is_interrupted_leaves_no_database() {
    for world in worlds().await {
        big(&world).await;
        world.dump(sign_in("source", "big")).await;
        for fault in [
            // It has signed in by then, and said little since: mostly it listens.
            ConnectionFault::ResetAfter { bytes: 700 },
            ConnectionFault::Refuse,
        ] {
            world.strike(&[None, Some(fault)]);
            let result = world.load(sign_in("source", "postgres"), "half").await;
            let (failure, message) = session_failure(&result);
            assert_eq!(failure, SessionFailure::ConnectionClosed, "{message}");
            let databases = world.postgres.databases("source").await.unwrap();
            assert!(!databases.contains(&"half".to_owned()), "{message}");
        }
        // A dump that is cut short, by contrast, loses nobody's connection.
        let whole = world.dumped().unwrap();
        let short = whole.slice(0, whole.length / 2);
        world.look(|core| core.blobs.insert("/c/dump".to_owned(), short));
        let result = world.load(sign_in("source", "postgres"), "half").await;
        assert!(
            matches!(&result, EffectResult::Failed(EffectFailure::Engine(text)) if text.contains("pg_restore")),
            "{result:?}"
        );
        let databases = world.postgres.databases("source").await.unwrap();
        assert!(!databases.contains(&"half".to_owned()));
    }
}

#[tokio::test]
async fn a_database_that_had_to_be_left_is_named() {
    for world in worlds().await {
        let _client = world.start_shop("source", "shop").await;
        world.let_do_everything("source", "shop").await;
        world.dump(sign_in("source", "shop")).await;
        world.look(|core| core.connections = 0);
        world.strike(&[None, Some(ConnectionFault::Stall { seconds: 3 })]);
        let stopping = async {
            while world.look(|core| core.connections) < 2 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            world.postgres.stop("source").await.unwrap();
        };
        let (result, ()) = tokio::join!(world.load(sign_in("source", "postgres"), "half"), stopping);
        let (failure, message) = session_failure(&result);
        assert_eq!(failure, SessionFailure::ConnectionClosed, "{message}");
        assert!(
            message.contains("database `half` could not be dropped again"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_load_by_somebody_who_may_not_create_is_refused() {
    for world in worlds().await {
        let _client = world.start_shop("source", "shop").await;
        world.let_do_everything("source", "shop").await;
        world.dump(sign_in("source", "shop")).await;
        let client = world.postgres.connect("source", "postgres").await.unwrap();
        let user = crate::postgres::azure::quote_identifier(USER);
        client
            .batch_execute(&format!("ALTER ROLE {user} NOCREATEDB"))
            .await
            .unwrap();
        let (failure, message) = session_failure(&world.load(sign_in("source", "postgres"), "new").await);
        assert_eq!(failure, SessionFailure::MissingPrivilege);
        assert!(
            message.contains("permission denied to create database"),
            "{message}"
        );
        let long = "x".repeat(64);
        let result = world.load(sign_in("source", "postgres"), &long).await;
        assert!(
            matches!(&result, EffectResult::Failed(EffectFailure::Engine(text)) if text.contains("63 bytes")),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn versions_are_crossed_upwards_and_old_programs_are_refused() {
    let Some(postgres) = containers().await else {
        return;
    };
    let majors = postgres.available_majors().await.unwrap();
    let (Some(&oldest), Some(&newest)) = (majors.first(), majors.last()) else {
        return;
    };
    if oldest == newest {
        skipped(&format!("only PostgreSQL {newest} is here"));
        return;
    }
    let world = World::new(postgres);
    for (server, major) in [("old", oldest), ("new", newest)] {
        world.start_version(server, major).await;
        world.create_user(server, USER, PASSWORD).await;
        world.let_do_everything(server, "postgres").await;
    }
    world.postgres.create_database("old", "shop").await.unwrap();
    let client = world.postgres.connect("old", "shop").await.unwrap();
    Sample::Shop.apply(&client).await.unwrap();
    world.let_do_everything("old", "shop").await;
    world.dump(sign_in("old", "shop")).await;
    for server in ["old", "new"] {
        loaded(&world.load(sign_in(server, "postgres"), "again").await);
        world.equal(("old", "shop"), (server, "again")).await;
    }
    // Backwards it does not go: the dump is in a form the older programs do not know.
    world.let_do_everything("new", "again").await;
    world.dump(sign_in("new", "again")).await;
    let (failure, message) = session_failure(&world.load(sign_in("old", "postgres"), "backwards").await);
    assert_eq!(failure, SessionFailure::ClientTooOld, "{message}");
    world.driver.use_client_major(Some(oldest));
    let (failure, message) = session_failure(&world.dump(sign_in("new", "again")).await);
    assert_eq!(failure, SessionFailure::ClientTooOld);
    let expected =
        format!("`pg_dump` of version {oldest} is older than the server, which is of version {newest}");
    assert!(message.contains(&expected), "{message}");
    let lacks = world.lacks(sign_in("new", "again"), NeededRights::Backup).await;
    assert_eq!(lacks, Vec::<String>::new(), "looking takes no program");
}
