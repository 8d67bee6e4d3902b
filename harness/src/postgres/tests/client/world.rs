//! Real servers behind the real gate, and work that signs in to them.

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::jobs::{
    DumpDatabaseWork, EffectFailure, EffectResult, ExamineWork, LoadDatabaseWork, NeededRights,
    SessionFailure, SignIn, Work,
};
use azdrill_emulator::model::{NetworkPath, StoredBody, Timestamp};
use azdrill_emulator::server::{BlobStore, Clock, DatabaseEngine, Driver, FrontDoor};
use tempfile::TempDir;
use tokio_postgres::Client;

use super::super::*;
use super::core::OpenCore;
use crate::postgres::azure::{password_verifier, quote_identifier, quote_literal};

/// A user whose name breaks whatever forgets to quote.
pub(super) const USER: &str = "Backup \"User\" = 'x'";

pub(super) struct World {
    pub(super) postgres: Postgres,
    pub(super) driver: Driver<OpenCore>,
    _blobs: TempDir,
}

/// Every way to get PostgreSQL that is to be had here, with nothing started.
pub(super) async fn worlds() -> Vec<World> {
    installed()
        .into_iter()
        .chain(containers().await)
        .map(World::new)
        .collect()
}

impl World {
    pub(super) fn new(postgres: Postgres) -> Self {
        let blobs = tempfile::tempdir().unwrap();
        let store = BlobStore::open(blobs.path()).unwrap();
        let now: Timestamp = "2024-06-26T07:50:23Z".parse().unwrap();
        let front_door = FrontDoor::new(OpenCore::default(), Clock::at(now), store);
        let engine = Arc::clone(&postgres) as Arc<dyn DatabaseEngine>;
        Self {
            driver: Driver::new(front_door, Some(engine)),
            postgres,
            _blobs: blobs,
        }
    }

    /// Starts a server of the newest version.
    pub(super) async fn start(&self, name: &str) {
        let major = newest(&self.postgres).await;
        self.start_version(name, major).await;
    }

    pub(super) async fn start_version(&self, name: &str, major: u32) {
        let address = self.postgres.start(&spec(name, major)).await.unwrap();
        self.look(|core| core.servers.insert(name.to_owned(), address));
    }

    /// Starts a server with a database that holds the shop, and a user that may do nothing yet.
    pub(super) async fn start_shop(&self, name: &str, database: &str) -> Client {
        self.start(name).await;
        self.postgres.create_database(name, database).await.unwrap();
        self.create_user(name, USER, PASSWORD).await;
        let client = self.postgres.connect(name, database).await.unwrap();
        Sample::Shop.apply(&client).await.unwrap();
        client
    }

    pub(super) async fn create_user(&self, server: &str, user: &str, password: &str) {
        let client = self.postgres.connect(server, "postgres").await.unwrap();
        let statement = format!(
            "CREATE ROLE {} LOGIN PASSWORD {}",
            quote_identifier(user),
            quote_literal(&password_verifier(password))
        );
        client.batch_execute(&statement).await.unwrap();
    }

    /// Lets the user read everything in a database, and restore.
    pub(super) async fn let_do_everything(&self, server: &str, database: &str) {
        let client = self.postgres.connect(server, database).await.unwrap();
        let user = quote_identifier(USER);
        client
            .batch_execute(&format!(
                "ALTER ROLE {user} CREATEDB; GRANT azure_pg_admin TO {user};"
            ))
            .await
            .unwrap();
        let statement = format!(
            "DO $do$ DECLARE s name; o oid; BEGIN
             FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
                 EXECUTE format('GRANT USAGE ON SCHEMA %I TO {user}', s);
                 EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {user}', s);
                 EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO {user}', s);
             END LOOP;
             FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP
                 EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO {user}', o);
             END LOOP; END $do$",
            user = user.replace('\'', "''")
        );
        client.batch_execute(&statement).await.unwrap();
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&mut OpenCore) -> T) -> T {
        self.driver.front_door().with_core(look)
    }

    pub(super) async fn carry_out(&self, work: Work) -> EffectResult {
        let id = self.look(|core| core.ask(work));
        self.driver.settle().await;
        self.look(|core| core.take(id)).unwrap()
    }

    /// What the user lacks, each right in a line.
    pub(super) async fn lacks(&self, sign_in: SignIn, needed: NeededRights) -> Vec<String> {
        let work = Work::Examine(ExamineWork { sign_in, needed });
        match self.carry_out(work).await {
            EffectResult::Examined(missing) => missing
                .iter()
                .map(|right| format!("{} on {}", right.privilege, right.object))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Dumps into the blob `/c/dump`.
    pub(super) async fn dump(&self, sign_in: SignIn) -> EffectResult {
        self.carry_out(Work::DumpDatabase(DumpDatabaseWork {
            sign_in,
            blob_host: "x.blob.core.windows.net".to_owned(),
            container: "c".to_owned(),
            blob: "dump".to_owned(),
            sas: "sig=secret".to_owned(),
        }))
        .await
    }

    /// The newest dump, if it was committed.
    pub(super) fn dumped(&self) -> Option<StoredBody> {
        self.look(|core| core.blobs.get("/c/dump").cloned())
    }

    pub(super) async fn load(&self, sign_in: SignIn, database: &str) -> EffectResult {
        self.carry_out(Work::LoadDatabase(LoadDatabaseWork {
            sign_in,
            database: database.to_owned(),
            source: self.dumped().unwrap(),
        }))
        .await
    }

    pub(super) fn strike(&self, faults: &[Option<ConnectionFault>]) {
        self.look(|core| core.faults = faults.to_vec());
    }

    pub(super) async fn equal(&self, source: (&str, &str), restored: (&str, &str)) {
        let before = snapshot(&self.postgres.connect(source.0, source.1).await.unwrap()).await;
        let after = snapshot(&self.postgres.connect(restored.0, restored.1).await.unwrap()).await;
        assert_eq!(compare(&before.unwrap(), &after.unwrap()), []);
    }
}

pub(super) fn sign_in(server: &str, database: &str) -> SignIn {
    SignIn {
        host: format!("{server}.postgres.database.azure.com"),
        port: 5432,
        user: format!("{USER}@{server}"),
        password: PASSWORD.to_owned(),
        database: database.to_owned(),
        path: NetworkPath::internet(),
    }
}

pub(super) fn session_failure(result: &EffectResult) -> (SessionFailure, String) {
    match result {
        EffectResult::Failed(EffectFailure::Session { failure, message }) => {
            assert!(!message.contains(PASSWORD), "{message}");
            (*failure, message.clone())
        }
        other => panic!("{other:?}"),
    }
}
