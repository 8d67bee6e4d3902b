//! Connections as a server's own superuser, and the statements the emulator asks of a server.

use std::time::{Duration, Instant};

use azdrill_emulator::fault::Disturbance;
use azdrill_emulator::jobs::RealParameter;
use azdrill_emulator::server::{EngineError, ServerSpec};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::azure::{
    EXTENSIONS, MAINTENANCE, SUPERUSER, is_reserved, password_verifier, quote_identifier, quote_literal,
};

/// What holds in a superuser's session whatever the server's own parameters have been set to.
const UNDISTURBED: &str = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 \
     -c default_transaction_read_only=off -c session_replication_role=origin -c row_security=on \
     -c exit_on_error=off -c transform_null_equals=off -c client_min_messages=notice";

/// Longest that a server may take to recover, and how often it is asked whether it has.
const RECOVERY_TIME_MAX: Duration = Duration::from_secs(60);
const RECOVERY_POLL: Duration = Duration::from_millis(20);

/// How to reach a server as its superuser.
#[derive(Clone)]
pub(super) struct Superuser {
    config: Config,
}

impl Superuser {
    /// Reached over a socket in a folder only its user may enter, which is what lets it in.
    pub(super) fn on_socket(folder: &std::path::Path, port: u16) -> Self {
        let mut config = Config::new();
        config
            .host_path(folder)
            .port(port)
            .user(SUPERUSER)
            .options(UNDISTURBED)
            .application_name("azdrill");
        Self { config }
    }

    /// Reached over loopback with a password made up for this one server.
    pub(super) fn on_loopback(port: u16, password: &str) -> Self {
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(port)
            .user(SUPERUSER)
            .password(password)
            .options(UNDISTURBED)
            .application_name("azdrill");
        Self { config }
    }

    /// Opens a connection; the runtime carries it until the client is dropped.
    pub(super) async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.clone().dbname(database).connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a superuser's connection ended");
            }
        });
        Ok(client)
    }

    /// A connection for looking after the server, which stays whatever an administrator does to its own
    /// databases.
    async fn maintenance(&self, what: &str) -> Result<Client, EngineError> {
        self.guarded(MAINTENANCE)
            .await
            .map_err(|error| sql_error(what, &error))
    }

    /// A connection to a database an administrator may have put functions and operators into, and a search
    /// path before them: none of them is ever run in a superuser's name.
    async fn guarded(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let mut guarded = self.clone();
        let options = format!("{UNDISTURBED} -c search_path=pg_catalog,pg_temp");
        guarded.config.options(&options);
        guarded.connect(database).await
    }

    /// Takes away what the server has not of Azure's own. It is in one database, unless that has been renamed
    /// or dropped.
    async fn drop_extensions(&self, names: &[String]) -> Result<(), EngineError> {
        const WHAT: &str = "dropping extensions";
        if names.is_empty() {
            return Ok(());
        }
        let client = match self.guarded("postgres").await {
            Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => return Ok(()),
            other => other.map_err(|error| sql_error(WHAT, &error))?,
        };
        let absent: String = names
            .iter()
            .map(|name| format!("DROP EXTENSION IF EXISTS {};", quote_identifier(name)))
            .collect();
        client
            .batch_execute(&absent)
            .await
            .map_err(|error| sql_error(WHAT, &error))
    }

    /// Begins the list of extensions with none, where there is to be one and is none yet.
    async fn begin_extensions(client: &Client) -> Result<(), tokio_postgres::Error> {
        let there = "SELECT FROM pg_file_settings WHERE name = $1 LIMIT 1";
        if client.query_opt(there, &[&EXTENSIONS]).await?.is_none() {
            Self::alter_system(client, EXTENSIONS, "''").await?;
        }
        Ok(())
    }

    /// Makes the administrator, or brings the one there is up to date. Extensions the server has not
    /// go before anybody can sign in.
    pub(super) async fn make_administrator(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        const WHAT: &str = "making the administrator";
        let failed = |error| sql_error(WHAT, &error);
        self.drop_extensions(&spec.absent_extensions).await?;
        let client = self.maintenance(WHAT).await?;
        if spec.lists_extensions {
            Self::begin_extensions(&client).await.map_err(failed)?;
        }
        let found = client
            .query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&spec.admin_login])
            .await;
        let role = quote_identifier(&spec.admin_login);
        let create = if found.map_err(failed)?.is_none() {
            format!("CREATE ROLE {role};")
        } else {
            String::new()
        };
        let verifier = quote_literal(&password_verifier(&spec.admin_password));
        client
            .batch_execute(&format!(
                "{create} ALTER ROLE {role} LOGIN CREATEDB CREATEROLE PASSWORD {verifier};
                 GRANT azure_pg_admin TO {role} WITH ADMIN OPTION;"
            ))
            .await
            .map_err(failed)
    }

    pub(super) async fn set_password(&self, role: &str, password: &str) -> Result<(), EngineError> {
        const WHAT: &str = "setting the administrator's password";
        let statement = format!(
            "ALTER ROLE {} PASSWORD {}",
            quote_identifier(role),
            quote_literal(&password_verifier(password))
        );
        let client = self.maintenance(WHAT).await?;
        client
            .batch_execute(&statement)
            .await
            .map_err(|error| sql_error(WHAT, &error))
    }

    pub(super) async fn create_database(&self, name: &str, owner: &str) -> Result<(), EngineError> {
        let what = format!("creating database `{name}`");
        let client = self.maintenance(&what).await?;
        let statement = format!(
            "CREATE DATABASE {} OWNER {}",
            quote_identifier(name),
            quote_identifier(owner)
        );
        match client.batch_execute(&statement).await {
            Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
            other => other.map_err(|error| sql_error(&what, &error)),
        }
    }

    pub(super) async fn drop_database(&self, name: &str) -> Result<(), EngineError> {
        let what = format!("dropping database `{name}`");
        let client = self.maintenance(&what).await?;
        // By force: a session left open must not keep a drill from going on.
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(name));
        client
            .batch_execute(&statement)
            .await
            .map_err(|error| sql_error(&what, &error))
    }

    /// Has the server break down, or end all sessions but this one.
    pub(super) async fn disturb(&self, how: Disturbance) -> Result<(), EngineError> {
        const WHAT: &str = "disturbing the server";
        let client = self.maintenance(WHAT).await?;
        match how {
            // The shell's parent is the process that serves this session. A process that is killed makes the
            // server end all the others and recover, as after a loss of power.
            Disturbance::Crash => match client
                .batch_execute("COPY (SELECT) TO PROGRAM 'kill -KILL $PPID'")
                .await
            {
                Err(error) if error.as_db_error().is_none() => self.recovered(WHAT).await,
                Err(error) => Err(sql_error(WHAT, &error)),
                Ok(()) => Err(EngineError::Failed {
                    what: WHAT.to_owned(),
                    detail: "it did not break down".to_owned(),
                }),
            },
            Disturbance::EndSessions => client
                .batch_execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
                )
                .await
                .map_err(|error| sql_error(WHAT, &error)),
        }
    }

    /// Waits until a server that has broken down takes connections again.
    async fn recovered(&self, what: &str) -> Result<(), EngineError> {
        let began = Instant::now();
        loop {
            match self.maintenance(what).await {
                Err(_) if began.elapsed() < RECOVERY_TIME_MAX => tokio::time::sleep(RECOVERY_POLL).await,
                other => return other.map(|_| ()),
            }
        }
    }

    pub(super) async fn parameters(&self) -> Result<Vec<RealParameter>, EngineError> {
        const WHAT: &str = "listing the server's parameters";
        let client = self.maintenance(WHAT).await?;
        let rows = client
            .query(
                "SELECT name, vartype, coalesce(unit, ''), coalesce(boot_val, ''), coalesce(min_val, ''),
                        coalesce(max_val, ''), coalesce(enumvals, '{}'), context,
                        concat_ws(' ', short_desc, extra_desc)
                 FROM pg_settings",
                &[],
            )
            .await
            .map_err(|error| sql_error(WHAT, &error))?;
        let described = rows.iter().map(|row| RealParameter {
            name: row.get(0),
            kind: row.get(1),
            unit: row.get(2),
            default: row.get(3),
            least: row.get(4),
            most: row.get(5),
            words: row.get(6),
            context: row.get(7),
            description: row.get(8),
        });
        let extensions = RealParameter {
            name: EXTENSIONS.to_owned(),
            kind: "string".to_owned(),
            unit: String::new(),
            default: String::new(),
            least: String::new(),
            most: String::new(),
            words: Vec::new(),
            context: "sighup".to_owned(),
            description: "The extensions that may be created in this server.".to_owned(),
        };
        Ok(described.chain([extensions]).collect())
    }

    /// Only what the server itself has, and the list of extensions: `ALTER SYSTEM` takes any name with a dot in it.
    pub(super) async fn set_parameter(&self, name: &str, value: &str) -> Result<(), EngineError> {
        let what = format!("setting the parameter `{name}`");
        let failed = |error| sql_error(&what, &error);
        let client = self.maintenance(&what).await?;
        let known = "SELECT FROM pg_settings WHERE name = $1 AND context <> 'internal'";
        let azures = name == EXTENSIONS;
        if !azures && client.query_opt(known, &[&name]).await.map_err(failed)?.is_none() {
            return Err(EngineError::Failed {
                what,
                detail: "the server has no such parameter, or nobody can set it".to_owned(),
            });
        }
        Self::alter_system(&client, name, &setting(name, value))
            .await
            .map_err(failed)
    }

    async fn alter_system(client: &Client, name: &str, value: &str) -> Result<(), tokio_postgres::Error> {
        let name_in_sql = quote_identifier(name);
        if name == EXTENSIONS {
            // Up to version 15 a name of nobody's is one that somebody in the session has used.
            client.batch_execute(&format!("SET {name_in_sql} = ''")).await?;
        }
        // It cannot be in a transaction, and so not in one batch with what follows.
        client
            .batch_execute(&format!("ALTER SYSTEM SET {name_in_sql} = {value}"))
            .await?;
        client.batch_execute("SELECT pg_reload_conf()").await
    }

    pub(super) async fn databases(&self) -> Result<Vec<String>, EngineError> {
        const WHAT: &str = "listing databases";
        let client = self.maintenance(WHAT).await?;
        let rows = client
            .query(
                "SELECT datname::text FROM pg_database WHERE datallowconn AND NOT datistemplate
                 ORDER BY datname::text COLLATE \"C\"",
                &[],
            )
            .await
            .map_err(|error| sql_error(WHAT, &error))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    pub(super) async fn size(&self) -> Result<u64, EngineError> {
        const WHAT: &str = "measuring databases";
        let client = self.maintenance(WHAT).await?;
        let row = client
            .query_one("SELECT sum(pg_database_size(oid))::bigint FROM pg_database", &[])
            .await
            .map_err(|error| sql_error(WHAT, &error))?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }
}

/// A parameter's value as SQL wants it. A search path is a list of names, each a text of its own.
fn setting(name: &str, value: &str) -> String {
    if name != "search_path" || value.trim().is_empty() {
        return quote_literal(value);
    }
    let names = value
        .split(',')
        .map(|part| quote_literal(part.trim().trim_matches('"')));
    names.collect::<Vec<_>>().join(", ")
}

/// Refuses what cannot be an administrator before a server is started for it.
pub(super) fn check_administrator(spec: &ServerSpec) -> Result<(), EngineError> {
    if is_reserved(&spec.admin_login) {
        return Err(EngineError::Failed {
            what: "starting PostgreSQL".to_owned(),
            detail: format!("`{}` is a name Azure keeps for itself", spec.admin_login),
        });
    }
    Ok(())
}

/// What a person can act on: the server's own words, which the driver hides behind "db error".
pub(crate) fn sql_error(what: &str, error: &tokio_postgres::Error) -> EngineError {
    let detail = match error.as_db_error() {
        Some(refusal) => {
            let hint = refusal
                .hint()
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            format!("{}: {}{hint}", refusal.code().code(), refusal.message())
        }
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
    };
    EngineError::Failed {
        what: what.to_owned(),
        detail,
    }
}
