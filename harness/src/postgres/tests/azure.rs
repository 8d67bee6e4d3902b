//! Azure's own things, and what a restore trips over.

use super::*;

async fn each_mode() -> Vec<Postgres> {
    installed().into_iter().chain(containers().await).collect()
}

#[tokio::test]
async fn the_administrator_is_no_superuser() {
    for postgres in each_mode().await {
        let spec = start(&postgres, "admin").await;
        let address = postgres.start(&spec).await.unwrap();
        let admin = log_in(address, &spec.admin_login, PASSWORD, "postgres")
            .await
            .unwrap();
        let row = admin
            .query_one(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, rolcanlogin,
                        pg_has_role(oid, 'azure_pg_admin', 'member')
                 FROM pg_roles WHERE rolname = current_user",
                &[],
            )
            .await
            .unwrap();
        let got: Vec<bool> = (0..5).map(|column| row.get(column)).collect();
        assert_eq!(got, [false, true, true, true, true]);

        assert!(
            log_in(address, &spec.admin_login, "wrong", "postgres")
                .await
                .is_err()
        );
        assert!(log_in(address, "azuresu", "", "postgres").await.is_err());
        assert!(
            log_in(address, &spec.admin_login, PASSWORD, "azure_maintenance")
                .await
                .is_err()
        );
        postgres.set_admin_password("admin", "another").await.unwrap();
        assert!(
            log_in(address, &spec.admin_login, PASSWORD, "postgres")
                .await
                .is_err()
        );
        log_in(address, &spec.admin_login, "another", "postgres")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn restoring_what_is_azures_fails_as_it_does_there() {
    for postgres in each_mode().await {
        start(&postgres, "azure").await;
        let trips = [
            ("azure_sys", "\"azuresu\""),
            (
                "azure_maintenance",
                "extension \"pg_availability\" is not allow-listed",
            ),
            ("postgres", "schema \"cron\" does not exist"),
        ];
        for (database, expected) in trips {
            let dumped = dump(&postgres, "azure", DumpKind::Database(database.to_owned())).await;
            let copy = format!("copy of {database}");
            postgres.create_database("azure", &copy).await.unwrap();
            let restored = postgres
                .restore("azure", &copy, dump_from_bytes(dumped), RestoreAs::Administrator)
                .await;
            let outcome = restored.unwrap();
            assert!(!outcome.complete);
            assert!(
                outcome.messages.iter().any(|line| line.contains(expected)),
                "{outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_other_files_of_a_backup_hold_what_they_should() {
    for postgres in each_mode().await {
        start(&postgres, "files").await;
        let roles = text(&postgres, "files", DumpKind::Roles).await;
        for part in [
            "CREATE ROLE azuresu;",
            "CREATE ROLE azure_pg_admin;",
            "CREATE ROLE replication;",
            "WITH ADMIN OPTION",
        ] {
            assert!(roles.contains(part), "{part} in {roles}");
        }
        assert!(!roles.contains(PASSWORD));
        let schema = text(&postgres, "files", DumpKind::Schema).await;
        assert!(
            schema.contains("CREATE SCHEMA query_store;") && !schema.contains("COPY "),
            "{schema}"
        );
        let tablespaces = text(&postgres, "files", DumpKind::Tablespaces).await;
        assert!(tablespaces.contains("database cluster dump"), "{tablespaces}");
    }
}

/// A single server has none of the extensions that stand in the way of a dump of `postgres`: it was
/// backed up and restored with the administrator's credentials.
#[tokio::test]
async fn without_those_extensions_postgres_is_dumped_and_restored() {
    for postgres in each_mode().await {
        let spec = ServerSpec {
            absent_extensions: ["azure", "pgaadauth", "pg_cron"].map(str::to_owned).to_vec(),
            lists_extensions: false,
            ..spec("single", newest(&postgres).await)
        };
        postgres.start(&spec).await.unwrap();
        // Starting it again finds them gone.
        postgres.start(&spec).await.unwrap();
        let dumped = dump(&postgres, "single", DumpKind::Database("postgres".to_owned())).await;
        postgres.create_database("single", "copy").await.unwrap();
        let restored = postgres
            .restore(
                "single",
                "copy",
                dump_from_bytes(dumped),
                RestoreAs::Administrator,
            )
            .await
            .unwrap();
        assert!(restored.complete, "{restored:?}");
        postgres.remove("single").await.unwrap();
    }
}
