//! The validation of a backup of a single server's database.

mod founded;
mod paint;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{EffectFailure, EffectResult, MissingRight, SessionFailure, Work};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::Rules;
use azdrill_emulator::server::Core;
use serde_json::{Value, json};

pub(super) use self::founded::ELSEWHERE;
use self::founded::Founded;
use super::answer::Answer;
use super::client::{WorldError, validate, validation_answer};
use super::painted::Identities;
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::validate_single_backup::validate_single_backup;
use crate::oracle::{Expected, Profile};
use crate::sketch::validate_single_backup::{Database, Region, Session, Sketch, Store, Time};
use crate::sketch::{Product, Shape};

/// The version of the Backup service's interface spoken.
const VERSION: &str = "2024-04-01";
/// A database that is none of Azure's own.
pub(in crate::strategy) const CUSTOMERS: &str = "shop";
/// The type of datasource.
pub(in crate::strategy) const DATABASES: &str = "Microsoft.DBforPostgreSQL/servers/databases";

/// The emulator under test, with one world that each sketch in turn is painted on.
pub struct ValidateSingleBackup {
    pub(in crate::strategy) world: Founded,
}

impl ValidateSingleBackup {
    /// A database of the server as requests name it: itself, its server, and where its credentials are.
    pub(in crate::strategy) fn named(&self, sketch: &Sketch, database: &str) -> [Value; 3] {
        let server = &self.world.server.id;
        let location = match sketch.region {
            Region::Same => super::foundation::REGION,
            Region::Other => founded::ELSEWHERE,
        };
        let host = match sketch.store {
            Store::Missing => "nowhere",
            _ => self.world.key_vault.name(),
        };
        let name = founded::secret_name(sketch.secret);
        [
            json!({
                "objectType": "Datasource",
                "datasourceType": DATABASES,
                "resourceID": server.child(["databases", database]),
                "resourceLocation": location,
                "resourceName": database,
                "resourceType": DATABASES,
            }),
            json!({
                "objectType": "DatasourceSet",
                "datasourceType": DATABASES,
                "resourceID": server,
                "resourceLocation": location,
                "resourceName": server.name(),
                "resourceType": "Microsoft.DBforPostgreSQL/servers",
            }),
            json!({
                "objectType": "SecretStoreBasedAuthCredentials",
                "secretStoreResource": {
                    "secretStoreType": "AzureKeyVault",
                    "uri": format!("https://{host}.vault.azure.net/secrets/{name}"),
                },
            }),
        ]
    }

    /// The instance that is to protect a database.
    pub(in crate::strategy) fn instance(&self, sketch: &Sketch, database: &str) -> Value {
        let [info, set, credentials] = self.named(sketch, database);
        let mut instance = json!({
            "objectType": "BackupInstance",
            "dataSourceInfo": info,
            "dataSourceSetInfo": set,
            "datasourceAuthCredentials": credentials,
            "policyInfo": {"policyId": self.world.vault.child(["backupPolicies", "weekly"])},
        });
        self.name_identity(&mut instance, sketch);
        instance
    }

    /// Names the identity, where the sketch has it so.
    pub(in crate::strategy) fn name_identity(&self, body: &mut Value, sketch: &Sketch) {
        if Identities::named(sketch.identity) {
            body["identityDetails"] = Identities::details(&self.world.identities.user_id);
        }
    }

    /// Asks for a validation, and signs in for it where that is asked.
    pub(in crate::strategy) fn validated(
        &mut self,
        sketch: &Sketch,
        target: &str,
        body: &Value,
        session: Option<SessionFailure>,
    ) -> Answer {
        let (now, operator) = match sketch.time {
            Time::BeforeRetirement => (self.world.now, self.world.operator.clone()),
            Time::Since => self.world.later.clone(),
        };
        let as_sketched = sketch.session;
        let work = |azure: &mut Azure, work: &Work| match sign_in(azure, now, work, as_sketched) {
            EffectResult::Examined(missing) if missing.is_empty() => match session {
                Some(failure) => failed(failure, "as the sketch has it"),
                None => EffectResult::Examined(missing),
            },
            other => other,
        };
        match validate(&operator, &mut self.world.azure, now, target, body, work) {
            Ok(response) => validation_answer(&response),
            Err(answer) => answer,
        }
    }
}

fn failed(failure: SessionFailure, message: &str) -> EffectResult {
    EffectResult::Failed(EffectFailure::Session {
        failure,
        message: message.to_owned(),
    })
}

/// Signs in as the gate in front of the server lets it, and then as the sketch has it.
fn sign_in(azure: &mut Azure, now: Timestamp, work: &Work, session: Session) -> EffectResult {
    let Work::Examine(work) = work else {
        return EffectResult::Failed(EffectFailure::Engine("no validation asks for that".to_owned()));
    };
    if let Err(refusal) = azure.connect_database(now, &work.sign_in.path, &work.sign_in.host) {
        return failed(refusal.failure, &refusal.message);
    }
    let as_sketched = |failure| failed(failure, "as the sketch has it");
    match session {
        Session::Fine => EffectResult::Examined(Vec::new()),
        Session::WrongPassword => as_sketched(SessionFailure::SignInRefused),
        Session::NoDatabase => as_sketched(SessionFailure::NoDatabase),
        Session::Closes => as_sketched(SessionFailure::ConnectionClosed),
        Session::FewRights => EffectResult::Examined(vec![MissingRight {
            object: "table orders".to_owned(),
            privilege: "SELECT".to_owned(),
        }]),
    }
}

impl Engine<Sketch> for ValidateSingleBackup {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let database = match sketch.database {
            Database::Customers => CUSTOMERS,
            Database::Sys => "azure_sys",
            Database::Maintenance => "azure_maintenance",
        };
        let target = format!("{}/validateForBackup?api-version={VERSION}", self.world.vault);
        let body = json!({"backupInstance": self.instance(sketch, database)});
        self.validated(sketch, &target, &body, None)
    }
}

impl Question for ValidateSingleBackup {
    type Sketch = Sketch;
    const NAME: &'static str = "validate-single-backup";
    const ASKED: &'static str = "Does the validation of a backup of a single server’s database pass?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        validate_single_backup(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let world = founded::found(rules, seed)?;
        Ok(Self { world })
    }

    /// The way to the secret, and what does not depend on it.
    fn products() -> Vec<Product<Sketch>> {
        let others = Product::of(&[
            "time",
            "identity",
            "database",
            "region",
            "server",
            "server’s network",
            "the database",
        ]);
        vec![way_to_the_secret(), others]
    }

    fn other_profiles() -> Vec<Profile> {
        vec![Profile {
            trusted_for_postgresql: false,
            ..Profile::OBSERVED
        }]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let roles = Product::of(&[
            "time",
            "identity",
            "database",
            "server",
            "region",
            "the identity holds",
        ]);
        let server = Table::of(
            "server",
            "Backup of a single server’s database: which, and what the vault’s identity holds",
            "what the identity holds",
            roles,
        );
        let [secret, sign_in] = tables_of_the_session([
            "Backup of a single server’s database: the key vault and the secret",
            "Backup of a single server’s database: the sign-in",
        ]);
        vec![server, secret, sign_in]
    }
}

/// What is walked of the way to the secret, where a database is backed up and where one is restored.
pub(super) fn way_to_the_secret<S: Shape>() -> Product<S> {
    Product::of(&[
        "identity",
        "the identity holds",
        "key vault",
        "may read the secret",
        "secret",
    ])
    .only("identity", &["system-assigned", "user-assigned, not named"])
}

/// Tables, with these titles, of what comes before a session begins: the key vault with the secret, and the sign-in.
pub(super) fn tables_of_the_session<S: Shape>([secret, sign_in]: [&'static str; 2]) -> [Table<S>; 2] {
    [
        Table::of(
            "secret",
            secret,
            "what lets the identity read the secret",
            Product::of(&["key vault", "secret", "may read the secret"]),
        ),
        Table::of(
            "sign-in",
            sign_in,
            "what the database says",
            Product::of(&["server’s network", "the database"]),
        ),
    ]
}
