//! The proof of a restore: the dump it wrote is loaded into a new server (or the database it made is
//! looked at), and what is there is compared with what was in the source when it was backed up.

use azdrill_emulator::jobs::ServerSpec;

use super::{Outcome, Play, RunError};
use crate::postgres::content::{self, DatabaseContent};
use crate::postgres::{RestoreAs, RestoreOutcome, dump_from_bytes};
use crate::scenario::ServerFlavour;

/// What was in the source beside what is in the restored database.
fn compared(
    backed_up: &DatabaseContent,
    restored: &DatabaseContent,
    loaded: Option<&RestoreOutcome>,
) -> Outcome {
    let differences = content::compare(backed_up, restored);
    let complete = loaded.is_none_or(|loaded| loaded.complete);
    let mut outcome = Outcome::done();
    outcome.rows_equal = Some(differences.is_empty() && complete);
    let rows = restored.tables.values().map(|table| table.rows.unsigned_abs());
    outcome.rows = Some(rows.sum());
    outcome.tables = Some(restored.tables.len() as u64);
    outcome.message = differences
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    if let Some(loaded) = loaded.filter(|loaded| !loaded.complete) {
        outcome.message += &loaded.messages.join("; ");
    }
    outcome
}

impl Play<'_> {
    pub(super) async fn compare(&mut self) -> Result<Outcome, RunError> {
        let (Some(postgres), Some(source), Some(backed_up)) = (
            self.postgres.clone(),
            self.source().cloned(),
            self.backed_up.get(&self.names.instance).cloned(),
        ) else {
            if self.postgres.is_none() {
                return Err(RunError::NeedsRows);
            }
            let text = "a compare step needs a backup before it";
            return Err(RunError::Scenario(text.to_owned()));
        };
        if let (Some(database), Some(key)) = (&self.last_database, &self.target_key) {
            let client = postgres.connect(key, database).await?;
            let restored = content::snapshot(&client).await?;
            return Ok(compared(&backed_up, &restored, None));
        }
        let database = self.world.server.database.clone();
        let blob = match self.world.server.flavour {
            ServerFlavour::Single => self.last_prefix.clone(),
            // Whatever its name begins with.
            ServerFlavour::Flexible | ServerFlavour::ServerGroup => {
                let ending = format!("_database_{database}.sql");
                let found = self.restored.iter().find(|blob| blob.ends_with(&ending));
                found
                    .cloned()
                    .unwrap_or_else(|| format!("{}{ending}", self.last_prefix))
            }
        };
        let dump = self.read_blob(&blob)?;
        let scratch = ServerSpec {
            key: format!("{}-restored", source.key),
            major: source.major,
            admin_login: source.admin_login.clone(),
            admin_password: source.admin_password.clone(),
            absent_extensions: source.absent_extensions.clone(),
            // Nobody sets this one's parameters, as somebody who restores a server would.
            lists_extensions: false,
        };
        postgres.start(&scratch).await?;
        self.scratch = Some(scratch.clone());
        let target = "restored";
        postgres.create_database(&scratch.key, target).await?;
        let loaded = postgres
            // Whatever is in a dump is run by who restores it: never by a superuser, who starts programs.
            .restore(
                &scratch.key,
                target,
                dump_from_bytes(dump),
                RestoreAs::Administrator,
            )
            .await?;
        let client = postgres.connect(&scratch.key, target).await?;
        let restored = content::snapshot(&client).await?;
        drop(client);
        postgres.remove(&scratch.key).await?;
        self.scratch = None;
        Ok(compared(&backed_up, &restored, Some(&loaded)))
    }

    /// The key of the server that files are loaded into, which is made when it is first asked for.
    pub(super) async fn loading_server(
        &mut self,
        postgres: &std::sync::Arc<dyn crate::postgres::RealPostgres>,
    ) -> Result<String, RunError> {
        if let Some(spec) = &self.loading {
            return Ok(spec.key.clone());
        }
        let source = self.source().cloned().ok_or(RunError::NeedsRows)?;
        let spec = ServerSpec {
            key: format!("{}-loading", source.key),
            // A server somebody has just made lists no extensions.
            lists_extensions: true,
            ..source
        };
        postgres.start(&spec).await?;
        let key = spec.key.clone();
        self.loading = Some(spec);
        Ok(key)
    }

    /// A blob's bytes, read from behind the scenes.
    pub(super) fn read_blob(&self, name: &str) -> Result<bytes::Bytes, RunError> {
        let storage = &self.world.storage;
        let missing = || RunError::Scenario(format!("the container holds no blob `{name}` to compare"));
        let stored = self
            .client
            .look(|core| {
                core.services()
                    .storage
                    .blob_content(&storage.name, &storage.container, name)
                    .cloned()
            })
            .ok_or_else(missing)?;
        let store = self.client.door().store();
        let reader = store
            .reader(&stored)
            .map_err(|error| RunError::Emulator(error.to_string()))?;
        reader
            .read_whole()
            .map_err(|error| RunError::Emulator(error.to_string()))
    }
}
