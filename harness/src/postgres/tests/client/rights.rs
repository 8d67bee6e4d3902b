//! What a user lacks, object by object, and that `pg_dump` sees it the same way.

use azdrill_emulator::jobs::{EffectResult, NeededRights, SessionFailure};

use super::world::{USER, World, session_failure, sign_in, worlds};
use crate::postgres::azure::quote_identifier;

/// Takes something away, or puts something in the way; what is lacking then; and how it is put
/// right again. `{user}` is the user's quoted name.
const CASES: [(&str, &[&str], &str); 14] = [
    ("SELECT 1", &[], "SELECT 1"),
    (
        "REVOKE SELECT ON orders FROM {user}",
        &["SELECT on table public.orders"],
        "GRANT SELECT ON orders TO {user}",
    ),
    // Some columns are not the table.
    (
        "REVOKE SELECT ON orders FROM {user}; GRANT SELECT (number) ON orders TO {user}",
        &["SELECT on table public.orders"],
        "GRANT SELECT ON orders TO {user}",
    ),
    (
        "REVOKE SELECT ON archive.\"Old \"\"Orders\"\" 2019/20\" FROM {user}",
        &["SELECT on table archive.\"Old \"\"Orders\"\" 2019/20\""],
        "GRANT SELECT ON archive.\"Old \"\"Orders\"\" 2019/20\" TO {user}",
    ),
    // Privileges on the whole say nothing about its parts, nor the other way round.
    (
        "REVOKE SELECT ON visits FROM {user}",
        &["SELECT on table public.visits"],
        "GRANT SELECT ON visits TO {user}",
    ),
    (
        "REVOKE SELECT ON visits_2025 FROM {user}",
        &["SELECT on table public.visits_2025"],
        "GRANT SELECT ON visits_2025 TO {user}",
    ),
    (
        "REVOKE SELECT ON SEQUENCE return_numbers FROM {user}; GRANT USAGE ON SEQUENCE return_numbers TO {user}",
        &["SELECT on sequence public.return_numbers"],
        "GRANT SELECT ON SEQUENCE return_numbers TO {user}",
    ),
    (
        "REVOKE USAGE ON SCHEMA archive FROM {user}",
        &["USAGE on schema archive"],
        "GRANT USAGE ON SCHEMA archive TO {user}",
    ),
    // Views and materialized views are described, not read; neither is a schema without tables.
    (
        "REVOKE SELECT ON archive.sales, open_totals FROM {user};
         CREATE SCHEMA functions; CREATE FUNCTION functions.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        &[],
        "GRANT SELECT ON archive.sales, open_totals TO {user}; DROP SCHEMA functions CASCADE",
    ),
    (
        "SELECT lo_from_bytea(424242, 'x'); REVOKE ALL ON LARGE OBJECT 424242 FROM PUBLIC",
        &["SELECT on large object 424242"],
        "GRANT SELECT ON LARGE OBJECT 424242 TO {user}",
    ),
    (
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        &["BYPASSRLS on table public.orders"],
        "ALTER TABLE orders DISABLE ROW LEVEL SECURITY",
    ),
    (
        "CREATE SCHEMA \"a.b\"; CREATE TABLE \"a.b\".\"c d\" (n int)",
        &["SELECT on table \"a.b\".\"c d\"", "USAGE on schema \"a.b\""],
        "DROP SCHEMA \"a.b\" CASCADE",
    ),
    (
        "REVOKE SELECT ON customers, customers_id_seq FROM {user}; ALTER ROLE {user} NOINHERIT;
         CREATE ROLE readers; GRANT SELECT ON customers, customers_id_seq TO readers; GRANT readers TO {user}",
        &[
            "SELECT on sequence public.customers_id_seq",
            "SELECT on table public.customers",
        ],
        "ALTER ROLE {user} INHERIT; REVOKE readers FROM {user}; GRANT readers TO {user}",
    ),
    // What an extension made is its own business, in a backup too.
    (
        "CREATE TABLE of_extension (n int); ALTER EXTENSION plpgsql ADD TABLE of_extension",
        &[],
        "ALTER EXTENSION plpgsql DROP TABLE of_extension; DROP TABLE of_extension",
    ),
];

async fn lacks(world: &World) -> Vec<String> {
    let mut lacks = world.lacks(sign_in("rights", "shop"), NeededRights::Backup).await;
    lacks.sort();
    lacks
}

#[tokio::test]
async fn exactly_what_is_lacking_is_found_and_a_dump_fails_for_it() {
    for world in worlds().await {
        let client = world.start_shop("rights", "shop").await;
        world.let_do_everything("rights", "shop").await;
        for (wrong, expected, right) in CASES {
            let of_user = |sql: &str| sql.replace("{user}", &quote_identifier(USER));
            client.batch_execute(&of_user(wrong)).await.unwrap();
            assert_eq!(lacks(&world).await, expected, "{wrong}");
            let dumped = world.dump(sign_in("rights", "shop")).await;
            if expected.is_empty() {
                assert!(
                    matches!(dumped, EffectResult::Dumped { .. }),
                    "{wrong}: {dumped:?}"
                );
            } else {
                let (failure, message) = session_failure(&dumped);
                assert_eq!(failure, SessionFailure::MissingPrivilege, "{wrong}: {message}");
            }
            client.batch_execute(&of_user(right)).await.unwrap();
            assert_eq!(lacks(&world).await, Vec::<String>::new(), "{right}");
        }
    }
}

/// An extension may name tables of its own that hold a user's rows: those are in a backup.
#[tokio::test]
async fn of_an_extensions_tables_those_with_a_users_rows_are_needed() {
    for world in worlds().await {
        world.start("rights").await;
        world.create_user("rights", USER, super::super::PASSWORD).await;
        let client = world.postgres.connect("rights", "postgres").await.unwrap();
        let user = quote_identifier(USER);
        let from = || sign_in("rights", "postgres");
        client
            .batch_execute("CREATE TABLE cron.other (n serial, m int GENERATED ALWAYS AS IDENTITY); ALTER EXTENSION pg_cron ADD TABLE cron.other")
            .await
            .unwrap();
        for (grant, expected) in [
            (
                "USAGE ON SCHEMA cron",
                &[
                    "SELECT on sequence cron.other_n_seq",
                    "SELECT on table cron.job",
                    "USAGE on schema cron",
                ][..],
            ),
            (
                "SELECT ON cron.job",
                &["SELECT on sequence cron.other_n_seq", "SELECT on table cron.job"],
            ),
            // Only owned by a column, not part of it.
            (
                "SELECT ON cron.other_n_seq",
                &["SELECT on sequence cron.other_n_seq"],
            ),
        ] {
            let mut lacks = world.lacks(from(), NeededRights::Backup).await;
            lacks.sort();
            assert_eq!(lacks, expected);
            let (failure, message) = session_failure(&world.dump(from()).await);
            assert_eq!(failure, SessionFailure::MissingPrivilege, "{message}");
            client
                .batch_execute(&format!("GRANT {grant} TO {user}"))
                .await
                .unwrap();
        }
        assert_eq!(
            world.lacks(from(), NeededRights::Backup).await,
            Vec::<String>::new()
        );
        let dumped = world.dump(from()).await;
        assert!(matches!(dumped, EffectResult::Dumped { .. }), "{dumped:?}");
    }
}

#[tokio::test]
async fn rights_that_come_by_another_way_are_not_lacking() {
    for world in worlds().await {
        let client = world.start_shop("rights", "shop").await;
        let all = lacks(&world).await;
        assert!(all.len() > 15 && all.len() <= 50, "{all:?}");
        assert!(all.contains(&"SELECT on sequence public.order_numbers".to_owned()));
        let user = quote_identifier(USER);
        for (way, back) in [
            (
                format!("ALTER ROLE {user} SUPERUSER"),
                format!("ALTER ROLE {user} NOSUPERUSER"),
            ),
            (
                format!("GRANT azuresu TO {user}"),
                format!("REVOKE azuresu FROM {user}"),
            ),
        ] {
            client.batch_execute(&way).await.unwrap();
            assert_eq!(lacks(&world).await, Vec::<String>::new(), "{way}");
            client.batch_execute(&back).await.unwrap();
        }
        // Large objects have no role that may read them all.
        let reads = client
            .query_opt("SELECT FROM pg_roles WHERE rolname = 'pg_read_all_data'", &[])
            .await;
        if reads.unwrap().is_some() {
            client
                .batch_execute(&format!("GRANT pg_read_all_data TO {user}"))
                .await
                .unwrap();
            let left = lacks(&world).await;
            assert!(
                left.len() == 5 && left.iter().all(|it| it.starts_with("SELECT on large object ")),
                "{left:?}"
            );
            client
                .batch_execute("ALTER DATABASE shop SET lo_compat_privileges = on")
                .await
                .unwrap();
            assert_eq!(lacks(&world).await, Vec::<String>::new());
        }
        client
            .batch_execute(
                "DO $$ BEGIN FOR n IN 1..200 LOOP EXECUTE format('CREATE TABLE many_%s (n int)', n); END LOOP; END $$",
            )
            .await
            .unwrap();
        if lacks(&world).await.is_empty() {
            client
                .batch_execute(&format!("REVOKE pg_read_all_data FROM {user}"))
                .await
                .unwrap();
        }
        assert_eq!(lacks(&world).await.len(), 50);
    }
}

#[tokio::test]
async fn what_a_restore_needs_is_found() {
    for world in worlds().await {
        world.start("rights").await;
        world.create_user("rights", USER, super::super::PASSWORD).await;
        let client = world.postgres.connect("rights", "postgres").await.unwrap();
        let user = quote_identifier(USER);
        let needed = |database: &str| NeededRights::Restore {
            database: database.to_owned(),
        };
        let lacks = async |database: &str| world.lacks(sign_in("rights", "postgres"), needed(database)).await;
        let admin = "MEMBER on role azure_pg_admin".to_owned();
        let create = format!("CREATEDB on role {user}");
        assert_eq!(lacks("new").await, [admin.clone(), create.clone()]);
        assert_eq!(lacks("postgres").await, [admin.clone(), create]);
        client
            .batch_execute(&format!("ALTER ROLE {user} CREATEDB"))
            .await
            .unwrap();
        assert_eq!(lacks("new").await, [admin]);
        client
            .batch_execute(&format!("GRANT azure_pg_admin TO {user}"))
            .await
            .unwrap();
        assert_eq!(lacks("new").await, Vec::<String>::new());
        let work = azdrill_emulator::jobs::Work::Examine(azdrill_emulator::jobs::ExamineWork {
            sign_in: sign_in("rights", "postgres"),
            needed: needed("azure_sys"),
        });
        let (failure, message) = session_failure(&world.carry_out(work).await);
        assert_eq!(failure, SessionFailure::DatabaseExists);
        assert_eq!(message, "database \"azure_sys\" already exists");
        let connect = world
            .lacks(sign_in("rights", "azure_maintenance"), NeededRights::Backup)
            .await;
        assert_eq!(connect, ["CONNECT on database azure_maintenance"]);
    }
}
