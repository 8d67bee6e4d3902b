//! The administrator tries what would lead from a database into the machine, on every version at
//! hand, and does what administrators do.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use tokio_postgres::error::SqlState;

use super::*;

/// insufficient_privilege.
const NO: &str = "42501";
/// reserved_name: nobody at all may change such a role in that way.
const RESERVED: &str = "42939";

/// What is tried in vain, each in a session of its own. The first that fails decides.
const ATTACKS: &[&str] = &[
    // To become a superuser.
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE mallory SUPERUSER",
    "CREATE ROLE mallory REPLICATION",
    "CREATE ROLE mallory BYPASSRLS",
    "CREATE ROLE mallory IN ROLE azuresu",
    "GRANT azuresu TO CURRENT_USER",
    "SET ROLE azuresu",
    "SET SESSION AUTHORIZATION azuresu",
    "ALTER ROLE azuresu PASSWORD 'mine'",
    "ALTER ROLE azuresu NOLOGIN",
    "REASSIGN OWNED BY azuresu TO CURRENT_USER",
    "UPDATE pg_authid SET rolsuper = true",
    "SELECT FROM pg_authid",
    // The roles that reach the machine, taken in every way there is.
    "GRANT pg_execute_server_program TO CURRENT_USER",
    "GRANT pg_read_server_files TO CURRENT_USER",
    "GRANT pg_write_server_files TO CURRENT_USER",
    "GRANT pg_execute_server_program TO azure_pg_admin",
    "CREATE ROLE mallory; GRANT pg_execute_server_program TO mallory",
    "CREATE ROLE mallory IN ROLE pg_execute_server_program",
    "CREATE ROLE mallory IN ROLE pg_read_server_files",
    "CREATE ROLE mallory; ALTER GROUP pg_write_server_files ADD USER mallory",
    "SET ROLE pg_execute_server_program",
    "SET ROLE pg_write_server_files",
    // Programs and files of the machine.
    "CREATE TABLE t (line text); COPY t FROM PROGRAM 'id'",
    "COPY (SELECT 1) TO PROGRAM 'cat >/tmp/azdrill-was-here'",
    "CREATE TABLE t (line text); COPY t FROM '/etc/passwd'",
    "COPY (SELECT 1) TO '/tmp/azdrill-was-here'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(lo_create(0), '/tmp/azdrill-was-here')",
    "CREATE TABLESPACE t LOCATION '/tmp'",
    // Code in the server's process.
    "LOAD '/tmp/mallory.so'",
    "LOAD 'auto_explain'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system'",
    "CREATE FUNCTION f(text) RETURNS oid LANGUAGE internal AS 'lo_import'",
    "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
    "SET session_preload_libraries = 'mallory'",
    "SET dynamic_library_path = '/tmp'",
    "ALTER ROLE CURRENT_USER SET session_preload_libraries = 'mallory'",
    "ALTER DATABASE postgres SET session_preload_libraries = 'mallory'",
    "ALTER SYSTEM SET archive_command = 'id'",
    "ALTER SYSTEM SET shared_preload_libraries = 'mallory'",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SET allow_system_table_mods = on",
    // What would dial out of the machine.
    "CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1 user=u password=p dbname=d' PUBLICATION p",
    // Functions that only superusers may call may not be handed out either.
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO CURRENT_USER",
    "ALTER FUNCTION pg_read_file(text) SECURITY DEFINER",
    "CREATE OR REPLACE FUNCTION pg_catalog.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT clock_timestamp()'",
];

/// Languages and extensions that only a superuser may make: on machines without their files they are
/// not there at all.
const NOT_TRUSTED: &[&str] = &[
    "plpython3u",
    "plperlu",
    "pltclu",
    "adminpack",
    "file_fdw",
    "dblink",
    "postgres_fdw",
    "pageinspect",
    "pg_stat_statements",
];

async fn try_as(
    address: std::net::SocketAddr,
    login: &str,
    database: &str,
    sql: &str,
) -> Result<(), tokio_postgres::Error> {
    let client = log_in(address, login, PASSWORD, database).await?;
    // In one transaction, which leaves nothing behind; `ALTER SYSTEM` and others cannot be in one.
    let first = client.batch_execute(sql).await;
    client
        .batch_execute("DROP TABLE IF EXISTS t; DROP ROLE IF EXISTS mallory")
        .await?;
    first
}

async fn each_version(postgres: &Postgres, name: &str) -> Vec<(ServerSpec, std::net::SocketAddr)> {
    let mut servers = Vec::new();
    for major in postgres.available_majors().await.unwrap() {
        let spec = spec(&format!("{name}-{major}"), major);
        let address = postgres.start(&spec).await.unwrap();
        servers.push((spec, address));
    }
    servers
}

async fn each_mode() -> Vec<Postgres> {
    installed().into_iter().chain(containers().await).collect()
}

#[tokio::test]
async fn an_administrator_does_not_get_into_the_machine() {
    for postgres in each_mode().await {
        for (spec, address) in each_version(&postgres, "attack").await {
            postgres.create_database(&spec.key, "own").await.unwrap();
            let mut wrong = Vec::new();
            for sql in ATTACKS {
                // Where it owns the database, and where it does not.
                for database in ["own", "postgres"] {
                    let tried = try_as(address, &spec.admin_login, database, sql).await;
                    let code = tried.as_ref().err().and_then(|error| error.code());
                    if !matches!(code.map(SqlState::code), Some(NO | RESERVED)) {
                        wrong.push(format!("{database}: `{sql}`: {tried:?}"));
                    }
                }
            }
            let what = format!("{} {}", postgres.mode(), spec.major);
            assert_eq!(wrong, Vec::<String>::new(), "{what}");
            for name in NOT_TRUSTED {
                let what = format!("{} {} {name}", postgres.mode(), spec.major);
                for sql in [
                    format!("CREATE EXTENSION {name}"),
                    format!("CREATE LANGUAGE {name}"),
                ] {
                    let refused = try_as(address, &spec.admin_login, "own", &sql).await;
                    let error = refused.expect_err(&what);
                    let code = error.code().map(|code| code.code().to_owned());
                    // No file of it: feature_not_supported, or undefined_file before version 15.
                    let known = [NO, "0A000", "58P01", "42704"];
                    assert!(
                        code.as_deref().is_some_and(|code| known.contains(&code)),
                        "{what}: {error:?}"
                    );
                }
            }
            let nobody =
                "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolsuper";
            let client = postgres.connect(&spec.key, "own").await.unwrap();
            let members: i64 = client.query_one(nobody, &[]).await.unwrap().get(0);
            assert_eq!(members, 0, "a member of such a role could become a superuser");
            postgres.remove(&spec.key).await.unwrap();
        }
    }
}

/// A server that dials out would be a way round everything; up to version 15 only superusers may
/// make a subscription, and later one without a password is refused, which is how it would come in
/// over the server's own socket.
#[tokio::test]
async fn a_subscription_does_not_lead_back_in() {
    for postgres in each_mode().await {
        for (spec, address) in each_version(&postgres, "subscribe").await {
            let client = postgres.connect(&spec.key, "postgres").await.unwrap();
            let row = client
                .query_one(
                    "SELECT current_setting('unix_socket_directories'), current_setting('port')",
                    &[],
                )
                .await
                .unwrap();
            let (folder, port): (String, String) = (row.get(0), row.get(1));
            let sql = format!(
                "CREATE SUBSCRIPTION s CONNECTION 'host={folder} port={port} user=azuresu dbname=postgres' PUBLICATION p"
            );
            let error = try_as(address, &spec.admin_login, "postgres", &sql)
                .await
                .unwrap_err();
            let code = error.code().map(|code| code.code().to_owned());
            assert_eq!(code.as_deref(), Some(NO), "{}: {error:?}", spec.major);
            postgres.remove(&spec.key).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_administrator_does_its_work() {
    for postgres in each_mode().await {
        for (spec, address) in each_version(&postgres, "work").await {
            let what = format!("{} {}", postgres.mode(), spec.major);
            let admin = log_in(address, &spec.admin_login, PASSWORD, "postgres")
                .await
                .unwrap();
            for sql in [
                "CREATE ROLE team NOLOGIN",
                "CREATE ROLE ada LOGIN CREATEDB PASSWORD 'Ada-lovelace-1'",
                "GRANT team TO ada",
                "GRANT pg_monitor TO ada",
                "ALTER ROLE ada CONNECTION LIMIT 5",
                "CREATE DATABASE work",
                "ALTER DATABASE work SET work_mem = '8MB'",
                "GRANT ALL ON DATABASE work TO team",
                "SELECT pg_terminate_backend(0) WHERE false",
                "SELECT pg_ls_logdir() LIMIT 0",
            ] {
                let done = admin.batch_execute(sql).await;
                done.unwrap_or_else(|error| panic!("{what} `{sql}`: {error:?}"));
            }
            let work = log_in(address, &spec.admin_login, PASSWORD, "work")
                .await
                .unwrap();
            for sql in [
                "CREATE SCHEMA own",
                "CREATE TABLE own.t AS SELECT 1 AS a",
                "GRANT USAGE ON SCHEMA own TO team",
                "CREATE FUNCTION own.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
                "SELECT lo_create(0)",
                "REVOKE team FROM ada",
                "REVOKE ALL ON DATABASE work FROM team",
                "REVOKE ALL ON SCHEMA own FROM team",
                "DROP ROLE ada, team",
            ] {
                let done = work.batch_execute(sql).await;
                done.unwrap_or_else(|error| panic!("{what} `{sql}`: {error:?}"));
            }
            let roles = text(&postgres, &spec.key, DumpKind::Roles).await;
            assert!(!roles.contains("ROLE pg_"), "{what}: {roles}");
            let dumped = dump(&postgres, &spec.key, DumpKind::Database("work".to_owned())).await;
            assert!(dumped.starts_with(b"PGDMP"), "{what}");
            postgres.remove(&spec.key).await.unwrap();
        }
    }
}

/// What an administrator puts into its database is not run when the engine looks after the server.
#[tokio::test]
async fn an_administrators_own_functions_are_not_run_by_the_superuser() {
    for postgres in each_mode().await {
        for (spec, address) in each_version(&postgres, "trap").await {
            let admin = log_in(address, &spec.admin_login, PASSWORD, "postgres")
                .await
                .unwrap();
            admin
                .batch_execute(
                    "CREATE SCHEMA trap;
                     CREATE FUNCTION trap.spring(name, text) RETURNS boolean LANGUAGE plpgsql AS
                     'BEGIN RAISE EXCEPTION ''sprung as %'', current_user; END';
                     CREATE OPERATOR trap.= (LEFTARG = name, RIGHTARG = text, FUNCTION = trap.spring);
                     CREATE FUNCTION trap.sum(numeric) RETURNS numeric LANGUAGE plpgsql AS
                     'BEGIN RAISE EXCEPTION ''sprung as %'', current_user; END';
                     CREATE FUNCTION trap.pg_database_size(oid) RETURNS bigint LANGUAGE plpgsql AS
                     'BEGIN RAISE EXCEPTION ''sprung as %'', current_user; END';
                     ALTER DATABASE postgres SET search_path = trap, pg_catalog;",
                )
                .await
                .unwrap();
            postgres.databases(&spec.key).await.unwrap();
            postgres.size(&spec.key).await.unwrap();
            postgres.create_database(&spec.key, "later").await.unwrap();
            postgres.drop_database(&spec.key, "later").await.unwrap();
            postgres.stop(&spec.key).await.unwrap();
            postgres.start(&spec).await.unwrap();
            postgres.remove(&spec.key).await.unwrap();
        }
    }
}

#[tokio::test]
async fn nobody_else_reaches_a_servers_socket_or_signs_in_without_a_password() {
    let Some(postgres) = installed() else { return };
    let spec = start(&postgres, "reach").await;
    let address = postgres.start(&spec).await.unwrap();
    let client = postgres.connect("reach", "postgres").await.unwrap();
    let row = client
        .query_one(
            "SELECT current_setting('unix_socket_directories'), current_setting('data_directory')",
            &[],
        )
        .await
        .unwrap();
    let (socket, data): (String, String) = (row.get(0), row.get(1));
    let owner = std::fs::metadata(&data).unwrap().uid();
    for folder in [&socket, &data] {
        let found = std::fs::metadata(folder).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o700, "{folder}");
        assert_eq!(found.uid(), owner);
    }
    for login in ["azuresu", "replication", "azure_pg_admin", &spec.admin_login] {
        let refused = log_in(address, login, "", "postgres").await;
        assert!(refused.is_err(), "{login} needs no password");
    }
}
