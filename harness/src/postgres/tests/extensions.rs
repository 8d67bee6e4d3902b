//! The allow-list of extensions, `azure.extensions`, and what an administrator does to Azure's databases.

use super::*;

const LIST: &str = "azure.extensions";

async fn each_version() -> Vec<(Postgres, u32)> {
    let mut found = Vec::new();
    for postgres in installed().into_iter().chain(containers().await) {
        for major in postgres.available_majors().await.unwrap() {
            found.push((Arc::clone(&postgres), major));
        }
    }
    found
}

/// The code and the words of a refusal, or nothing.
fn refusal(done: Result<(), tokio_postgres::Error>) -> Option<(String, String)> {
    let error = done.err()?;
    let error = error.as_db_error().expect("the server's own error");
    Some((error.code().code().to_owned(), error.message().to_owned()))
}

fn not_listed(name: &str) -> Option<(String, String)> {
    let words = format!(
        "extension \"{name}\" is not allow-listed for \"azure_pg_admin\" users in Azure Database for PostgreSQL"
    );
    Some(("0A000".to_owned(), words))
}

/// What an administrator is told in a database of its own, by whatever way it was made.
async fn is_held_to_the_list(admin: &tokio_postgres::Client, what: &str) {
    for (sql, name) in [
        ("CREATE EXTENSION citext", "citext"),
        (
            "create /* now */ extension if not exists \"citext\" cascade",
            "citext",
        ),
        ("create\n extension if  not exists \"uuid-ossp\"", "uuid-ossp"),
        ("CREATE EXTENSION no_such_thing", "no_such_thing"),
        ("CREATE EXTENSION dblink", "dblink"),
        ("DROP EXTENSION IF EXISTS citext", "citext"),
        (
            "DO $$ BEGIN EXECUTE 'CREATE EXTEN' || 'SION citext'; END $$",
            "citext",
        ),
        (
            "SET azure.extensions = 'citext'; CREATE EXTENSION citext",
            "citext",
        ),
        ("CREATE EXTENSION hstore; CREATE EXTENSION citext", "citext"),
    ] {
        let done = admin.batch_execute(sql).await;
        assert_eq!(refusal(done), not_listed(name), "{what}: {sql}");
    }
    let sql = "CREATE EXTENSION HStore; CREATE EXTENSION IF NOT EXISTS plpgsql; DROP EXTENSION hstore";
    assert_eq!(refusal(admin.batch_execute(sql).await), None, "{what}");
    // Listed, and yet it would lead into the machine.
    let done = admin.batch_execute("CREATE EXTENSION postgres_fdw").await;
    let (code, words) = refusal(done).expect("a superuser's only");
    assert_eq!(code, "42501", "{what}");
    assert!(
        words.contains("azdrill does not create") || words.contains("permission denied"),
        "{words}"
    );
}

#[tokio::test]
async fn only_listed_extensions_can_be_created() {
    for (postgres, major) in each_version().await {
        let what = format!("{} {major}", postgres.mode());
        let key = format!("extensions-{major}");
        let spec = spec(&key, major);
        let address = postgres.start(&spec).await.unwrap();
        postgres.create_database(&key, "own").await.unwrap();
        let admin = log_in(address, &spec.admin_login, PASSWORD, "own").await.unwrap();
        let done = admin.batch_execute("CREATE EXTENSION hstore").await;
        assert_eq!(
            refusal(done),
            not_listed("hstore"),
            "{what}: nothing is listed at first"
        );

        postgres
            .set_parameter(&key, LIST, "HSTORE,postgres_fdw")
            .await
            .unwrap();
        is_held_to_the_list(&admin, &what).await;
        let sql = "CREATE DATABASE bare TEMPLATE template0";
        admin.batch_execute(sql).await.unwrap();
        let bare = log_in(address, &spec.admin_login, PASSWORD, "bare")
            .await
            .unwrap();
        is_held_to_the_list(&bare, &what).await;
        let shown = bare.query_one("SHOW azure.extensions", &[]).await.unwrap();
        assert_eq!(shown.get::<_, &str>(0), "HSTORE,postgres_fdw", "{what}");
        drop((admin, bare));

        // It outlives the server's stop, and is in no dump.
        postgres.stop(&key).await.unwrap();
        let address = postgres.start(&spec).await.unwrap();
        let admin = log_in(address, &spec.admin_login, PASSWORD, "own").await.unwrap();
        is_held_to_the_list(&admin, &what).await;
        let schema = text(&postgres, &key, DumpKind::Schema).await;
        assert!(!schema.contains("azure_extension"), "{what}: {schema}");
        postgres.remove(&key).await.unwrap();
    }
}

/// What holds an extension back holds a restore back.
#[tokio::test]
async fn a_restore_is_held_to_the_list() {
    for postgres in installed().into_iter().chain(containers().await) {
        let key = "listed-restore";
        start(&postgres, key).await;
        for name in ["from", "to"] {
            postgres.create_database(key, name).await.unwrap();
        }
        let client = postgres.connect(key, "from").await.unwrap();
        let sql = "CREATE EXTENSION hstore; CREATE TABLE t AS SELECT 'a=>1'::hstore AS h";
        client.batch_execute(sql).await.unwrap();
        for (list, complete) in [("citext", false), ("citext,hstore", true)] {
            postgres.set_parameter(key, LIST, list).await.unwrap();
            let dumped = dump(&postgres, key, DumpKind::Database("from".to_owned())).await;
            let restored = postgres
                .restore(key, "to", dump_from_bytes(dumped), RestoreAs::Administrator)
                .await
                .unwrap();
            let told = restored
                .messages
                .iter()
                .any(|line| line.contains("is not allow-listed for"));
            assert_eq!(told, !complete, "{restored:?}");
        }
        postgres.remove(key).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_without_a_list_creates_what_postgres_trusts() {
    for (postgres, major) in each_version().await {
        let key = format!("no-list-{major}");
        let spec = ServerSpec {
            lists_extensions: false,
            ..spec(&key, major)
        };
        let address = postgres.start(&spec).await.unwrap();
        postgres.create_database(&key, "own").await.unwrap();
        let admin = log_in(address, &spec.admin_login, PASSWORD, "own").await.unwrap();
        admin.batch_execute("CREATE EXTENSION hstore").await.unwrap();
        let done = admin.batch_execute("CREATE EXTENSION dblink").await;
        assert_eq!(refusal(done).map(|(code, _)| code).as_deref(), Some("42501"));
        postgres.remove(&key).await.unwrap();
    }
}

/// The server is looked after from a database no administrator can rename or drop.
#[tokio::test]
async fn a_renamed_database_keeps_nobody_from_looking_after_the_server() {
    for (postgres, major) in each_version().await {
        let key = format!("renamed-{major}");
        let spec = ServerSpec {
            absent_extensions: vec!["pg_cron".to_owned()],
            ..spec(&key, major)
        };
        let address = postgres.start(&spec).await.unwrap();
        let admin = log_in(address, &spec.admin_login, PASSWORD, "template1")
            .await
            .unwrap();
        admin
            .batch_execute("ALTER DATABASE postgres RENAME TO p2")
            .await
            .unwrap();
        drop(admin);
        postgres.set_admin_password(&key, "another").await.unwrap();
        postgres.set_parameter(&key, "work_mem", "8192").await.unwrap();
        postgres.stop(&key).await.unwrap();
        postgres.start(&spec).await.unwrap();
        postgres.create_database(&key, "later").await.unwrap();
        let databases = postgres.databases(&key).await.unwrap();
        assert!(databases.contains(&"p2".to_owned()) && databases.contains(&"later".to_owned()));
        text(&postgres, &key, DumpKind::Roles).await;
        postgres.remove(&key).await.unwrap();
    }
}
