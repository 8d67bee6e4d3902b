//! A file of a restore is loaded, as whoever has restored does it.

use azdrill_emulator::rules::Rules;
use bytes::Bytes;
use serde::Deserialize;

use super::Take;
use crate::postgres::{ClientProgram, RealPostgres, dump_from_bytes, quote_identifier, sql_error};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};

/// Loads a file of the last restore with `psql` or `pg_restore` into a server that is new, the same one in all such steps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// How the name of the blob ends.
    file: String,
    /// What loads it.
    program: Program,
    /// What it is given besides where to connect to and the file, which it reads from a pipe.
    #[serde(default)]
    arguments: Vec<String>,
    /// The database it connects to.
    #[serde(default = "postgres")]
    database: String,
    /// Whether the database is made first, by the server's administrator.
    #[serde(default)]
    create: bool,
    /// Whether the administrator may make databases; `false` takes CREATEDB from it first.
    #[serde(default = "yes")]
    createdb: bool,
    /// What is done to the file first.
    clean: Option<Cleaning>,
    /// Extensions that the new server lists from now on (`azure.extensions`).
    extensions: Option<Vec<String>>,
    /// SQL that asks for a text afterwards, which the step then tells.
    ask: Option<String>,
}

/// A program that loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Program {
    /// `psql`, which goes on after an error.
    Psql,
    /// `pg_restore`.
    PgRestore,
}

/// What is done to a script before it is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct Cleaning {
    /// Lines that have one of these in them go.
    without_lines: Vec<String>,
    /// From lines that begin with `ALTER ROLE` these go, once each.
    without_attributes: Vec<String>,
    /// The parts about these databases go.
    without_databases: Vec<String>,
}

fn postgres() -> String {
    "postgres".to_owned()
}

fn yes() -> bool {
    true
}

/// What begins the part of a script about a database.
const DATABASE: &str = "-- Database \"";

impl Cleaning {
    /// The script without what is to go.
    fn of(&self, script: &str) -> String {
        let mut stays = true;
        let mut cleaned = String::new();
        for line in script.lines() {
            if let Some(rest) = line.strip_prefix(DATABASE) {
                let name = rest.split('"').next().unwrap_or_default();
                stays = !self.without_databases.iter().any(|own| own == name);
            }
            let goes = self.without_lines.iter().any(|part| line.contains(part.as_str()));
            if stays && !goes {
                cleaned += &self.of_line(line);
                cleaned.push('\n');
            }
        }
        cleaned
    }

    fn of_line(&self, line: &str) -> String {
        let attributes = self.without_attributes.iter();
        let attributes = attributes.filter(|_| line.starts_with("ALTER ROLE"));
        attributes.fold(line.to_owned(), |line, attribute| line.replacen(attribute, "", 1))
    }
}

/// The words of a program without what is another at every start, or nobody's business: ports, and what a server
/// keeps of a password.
fn shown(line: &str) -> String {
    let mut words = Vec::new();
    let mut after_port = false;
    for word in line.split(' ') {
        words.push(match (after_port, word.find("SCRAM-SHA-256$")) {
            (true, _) if word.bytes().all(|sign| sign.is_ascii_digit()) => "5432".to_owned(),
            (_, Some(at)) => format!("{}…", &word[..at]),
            _ => word.to_owned(),
        });
        after_port = word == "port";
    }
    words.join(" ")
}

impl Take for Load {
    const NEEDS: &'static [Part] = &[Part::Vault, Part::Server, Part::Storage, Part::Container];

    fn check(&self, _world: &World, _rules: &Rules) -> Result<(), Misstated> {
        if self.file.is_empty() {
            return Err(Misstated::new("the end of a blob's name was expected").at("file"));
        }
        Ok(())
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let Some(postgres) = play.postgres.clone() else {
            return Err(RunError::NeedsRows);
        };
        let mut restored = play.restored.iter();
        let Some(blob) = restored.find(|blob| blob.ends_with(&self.file)).cloned() else {
            let text = format!(
                "the last restore wrote no file whose name ends in `{}`",
                self.file
            );
            return Err(RunError::Scenario(text));
        };
        let mut file = play.read_blob(&blob)?;
        if let Some(cleaning) = &self.clean {
            file = Bytes::from(cleaning.of(&String::from_utf8_lossy(&file)));
        }
        let key = play.loading_server(&postgres).await?;
        if let Some(failed) = self.prepare(postgres.as_ref(), &key, play).await? {
            return Ok(failed);
        }
        let program = match self.program {
            Program::Psql => ClientProgram::Psql,
            Program::PgRestore => ClientProgram::PgRestore,
        };
        let arguments = self.arguments.clone();
        let file = dump_from_bytes(file);
        let ended = postgres
            .run_program(&key, program, arguments, &self.database, file)
            .await?;
        let mut outcome = told(play, program, ended.code == 0, &ended.messages);
        if let Some(sql) = &self.ask {
            outcome.inner_message = ask(postgres.as_ref(), &key, &self.database, sql).await?;
        }
        Ok(outcome)
    }
}

/// What a program has told, and the rules it comes down to.
fn told(play: &Play<'_>, program: ClientProgram, ended_well: bool, lines: &[String]) -> Outcome {
    let mut outcome = Outcome::done();
    if !ended_well {
        "Failed".clone_into(&mut outcome.status);
    }
    let rules = play
        .client
        .look(|core| core.rules().client_words.rules_of(program.name(), lines));
    outcome.rules = rules.iter().map(ToString::to_string).collect();
    let lines: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    outcome.message = lines.join("\n");
    outcome
}

/// The first column of what a question finds, as text.
async fn ask(postgres: &dyn RealPostgres, key: &str, database: &str, sql: &str) -> Result<String, RunError> {
    let client = postgres.connect(key, database).await?;
    let rows = client
        .simple_query(sql)
        .await
        .map_err(|error| sql_error("asking afterwards", &error))?;
    let rows = rows.iter().filter_map(|row| match row {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
        _ => None,
    });
    Ok(rows.collect::<Vec<_>>().join(", "))
}

impl Load {
    /// What comes before: rights, the list of extensions, the database. How it ended, if it did not go on.
    async fn prepare(
        &self,
        postgres: &dyn RealPostgres,
        key: &str,
        play: &Play<'_>,
    ) -> Result<Option<Outcome>, RunError> {
        if let Some(extensions) = &self.extensions {
            postgres
                .set_parameter(key, "azure.extensions", &extensions.join(","))
                .await?;
        }
        if !self.createdb {
            let client = postgres.connect(key, "postgres").await?;
            let role = quote_identifier(crate::run::ADMIN);
            let sql = format!("ALTER ROLE {role} NOCREATEDB");
            client
                .batch_execute(&sql)
                .await
                .map_err(|error| sql_error("taking CREATEDB away", &error))?;
        }
        if !self.create {
            return Ok(None);
        }
        let script = format!("CREATE DATABASE {};", quote_identifier(&self.database));
        let script = dump_from_bytes(Bytes::from(script));
        let strictly = vec!["--set=ON_ERROR_STOP=1".to_owned()];
        let made = postgres
            .run_program(key, ClientProgram::Psql, strictly, "postgres", script)
            .await?;
        Ok((made.code != 0).then(|| told(play, ClientProgram::Psql, false, &made.messages)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_names_no_port_and_no_verifier() {
        assert_eq!(
            shown("connection to server at \"127.0.0.1\", port 40123 failed: no"),
            "connection to server at \"127.0.0.1\", port 5432 failed: no"
        );
        assert_eq!(shown("PASSWORD 'SCRAM-SHA-256$4096:abc'; x"), "PASSWORD '… x");
    }

    fn cleaned(cleaning: &str, script: &str) -> String {
        toml::from_str::<Cleaning>(cleaning).unwrap().of(script)
    }

    #[test]
    fn parts_about_databases_go() {
        let script = "one\n-- Database \"azure_sys\" dump\ntwo\n-- Database \"shop\" dump\nthree\n";
        let without = cleaned("without_databases = [\"azure_sys\", \"sho\"]", script);
        assert_eq!(without, "one\n-- Database \"shop\" dump\nthree\n");
    }

    #[test]
    fn lines_and_attributes_go() {
        let script = "CREATE ROLE app;\n\
            ALTER ROLE app WITH NOSUPERUSER LOGIN NOREPLICATION;\n\
            COMMENT ON ROLE app IS 'NOSUPERUSER';\nGRANT azure_pg_admin TO app;\n";
        let cleaning = "without_lines = [\"azure_pg_admin\"]\nwithout_attributes = [\"NOSUPERUSER\"]";
        assert_eq!(
            cleaned(cleaning, script),
            "CREATE ROLE app;\nALTER ROLE app WITH  LOGIN NOREPLICATION;\nCOMMENT ON ROLE app IS 'NOSUPERUSER';\n"
        );
    }
}
