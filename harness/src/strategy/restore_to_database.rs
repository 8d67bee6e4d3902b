//! The restore of a single server's database to a database.

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Rules;
use http::Method;
use serde_json::json;

use super::answer::Answer;
use super::client::WorldError;
use super::foundation::{REGION, backup_now, weekly_policy};
use super::movement::SimulatedMovement;
use super::question::{Engine, Question};
use super::table::Table;
use super::validate_single_backup::{
    CUSTOMERS, DATABASES, ValidateSingleBackup, tables_of_the_session, way_to_the_secret,
};
use crate::oracle::restore_to_database::restore_to_database;
use crate::oracle::{Expected, Profile};
use crate::sketch::restore_to_database::{Name, Sketch};
use crate::sketch::validate_single_backup::Sketch as Target;
use crate::sketch::{Product, Shape as _};

/// The version of the Backup service's interface spoken.
const VERSION: &str = "2024-04-01";

/// The emulator under test: the world of backups, with one taken.
pub struct RestoreToDatabase {
    server: ValidateSingleBackup,
    instance: ResourceId,
    point: String,
}

impl Engine<Sketch> for RestoreToDatabase {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.server.paint(&sketch.target);
        let (database, session) = match sketch.name {
            Name::Free => ("restored", None),
            Name::Taken => ("restored", Some(SessionFailure::DatabaseExists)),
            Name::Source => (CUSTOMERS, None),
        };
        let [info, set, credentials] = self.server.named(&sketch.target, database);
        let mut request = json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": self.point,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": {
                "objectType": "RestoreTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": REGION,
                "datasourceInfo": info,
                "datasourceSetInfo": set,
                "datasourceAuthCredentials": credentials,
            },
        });
        self.server.name_identity(&mut request, &sketch.target);
        let target = format!("{}/validateRestore?api-version={VERSION}", self.instance);
        let body = json!({"restoreRequestObject": request});
        self.server.validated(&sketch.target, &target, &body, session)
    }
}

impl Question for RestoreToDatabase {
    type Sketch = Sketch;
    const NAME: &'static str = "restore-to-database";
    const ASKED: &'static str =
        "Does the validation of a restore of a single server’s database to a database pass?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        restore_to_database(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut server = ValidateSingleBackup::put_up(rules, seed)?;
        let in_order = Target::in_order();
        server.paint(&in_order);
        let vault = server.world.vault.clone();
        let instance = vault.child(["backupInstances", CUSTOMERS]);
        let protects = json!({"properties": server.instance(&in_order, CUSTOMERS)});
        let (operator, now) = (server.world.operator.clone(), server.world.now);
        for (method, target, body) in [
            (
                Method::PUT,
                vault.child(["backupPolicies", "weekly"]).to_string(),
                weekly_policy(DATABASES),
            ),
            (Method::PUT, instance.to_string(), protects),
            (Method::POST, format!("{instance}/backup"), backup_now()),
        ] {
            let target = format!("{target}?api-version={VERSION}");
            operator.manage(&mut server.world.azure, now, method, &target, Some(&body))?;
            SimulatedMovement::default().settle(&mut server.world.azure, now);
        }
        let points = server
            .world
            .azure
            .services()
            .data_protection
            .recovery_points(&instance);
        let point = points.first().map(|point| point.id.clone());
        Ok(Self {
            point: point.ok_or(WorldError::Missing("recovery point"))?,
            server,
            instance,
        })
    }

    /// The way to the secret, and what does not depend on it.
    fn products() -> Vec<Product<Sketch>> {
        let others = Product::of(&[
            "time",
            "identity",
            "region",
            "name",
            "server",
            "server’s network",
            "the database",
        ]);
        vec![way_to_the_secret(), others]
    }

    fn other_profiles() -> Vec<Profile> {
        vec![Profile {
            name_asked_at_validation: true,
            ..Profile::OBSERVED
        }]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let target = Product::of(&[
            "time",
            "identity",
            "server",
            "region",
            "name",
            "the identity holds",
        ]);
        let target = Table::of(
            "target",
            "Restore to a database: the target, and what the vault’s identity holds",
            "what the identity holds",
            target,
        );
        let [secret, sign_in] = tables_of_the_session([
            "Restore to a database: the key vault and the secret",
            "Restore to a database: the sign-in",
        ]);
        vec![target, secret, sign_in]
    }
}
