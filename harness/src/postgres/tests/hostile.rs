//! What comes out of a customer's database is the customer's: nothing in it is run as a superuser, who
//! starts programs of the machine.

use super::*;
use crate::postgres::content;

/// A function that leaves a mark in the machine if it is run by somebody who may, and says nothing if not.
fn marks(mark: &std::path::Path, head: &str, answer: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION {head} LANGUAGE plpgsql IMMUTABLE AS $$
         BEGIN
             COPY (SELECT 1) TO PROGRAM 'touch {}';
             RETURN {answer};
         EXCEPTION WHEN insufficient_privilege THEN
             RETURN {answer};
         END $$",
        mark.display()
    )
}

#[tokio::test]
async fn a_hostile_database_starts_nothing() {
    let Some(postgres) = installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let spec = spec("hostile", newest(&postgres).await);
    let address = postgres.start(&spec).await.unwrap();
    for database in ["own", "copy"] {
        postgres.create_database("hostile", database).await.unwrap();
    }
    let owner = log_in(address, &spec.admin_login, PASSWORD, "own").await.unwrap();
    let (read, restored) = (folder.path().join("read"), folder.path().join("restored"));
    let sql = [
        "CREATE TABLE bait (n int); INSERT INTO bait VALUES (1)".to_owned(),
        // Run by who looks at the rows as text.
        marks(&read, "bait_as_text(bait) RETURNS text", "'1'"),
        "CREATE CAST (bait AS text) WITH FUNCTION bait_as_text(bait)".to_owned(),
        // Run by who makes the index: first harmless, then not.
        "CREATE FUNCTION sorted(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n'".to_owned(),
        "CREATE INDEX ON bait (sorted(n))".to_owned(),
        marks(&restored, "sorted(n int) RETURNS int", "n"),
    ];
    for statement in sql {
        owner.batch_execute(&statement).await.unwrap();
    }
    let superuser = postgres.connect("hostile", "own").await.unwrap();
    let content = content::snapshot(&superuser).await.unwrap();
    assert_eq!(content.tables["public.bait"].rows, 1);
    assert!(!read.exists(), "a superuser has run a customer's cast");
    let dumped = dump(&postgres, "hostile", DumpKind::Database("own".to_owned())).await;
    let outcome = postgres
        .restore(
            "hostile",
            "copy",
            dump_from_bytes(dumped),
            RestoreAs::Administrator,
        )
        .await
        .unwrap();
    assert!(!restored.exists(), "a restore has started a program: {outcome:?}");
    postgres.remove("hostile").await.unwrap();
}

/// Azure has given away privileges in the catalogue, and every dump holds them. Who restores one as an
/// administrator may not give them again, of which the server warns: `psql` shows it, and `pg_restore`
/// only if it is to say everything.
#[tokio::test]
async fn a_dump_gives_away_the_catalogues_privileges() {
    for postgres in installed().into_iter().chain(containers().await) {
        let spec = start(&postgres, "warned").await;
        for database in ["shop", "copy"] {
            postgres.create_database("warned", database).await.unwrap();
        }
        let schema = text(&postgres, "warned", DumpKind::Schema).await;
        for given in [
            "GRANT ALL ON FUNCTION pg_catalog.pg_replication_origin_create(text) TO azure_pg_admin;",
            "GRANT SELECT(subconninfo) ON TABLE pg_catalog.pg_subscription TO azure_pg_admin;",
        ] {
            let (_, shop) = schema.split_once("\\connect shop").unwrap();
            assert!(shop.contains(given), "{given}");
        }
        let dumped = dump(&postgres, "warned", DumpKind::Database("shop".to_owned())).await;
        let outcome = postgres
            .restore(
                "warned",
                "copy",
                dump_from_bytes(dumped),
                RestoreAs::Administrator,
            )
            .await
            .unwrap();
        assert!(outcome.complete, "{outcome:?}");
        postgres.remove(&spec.key).await.unwrap();
    }
}
