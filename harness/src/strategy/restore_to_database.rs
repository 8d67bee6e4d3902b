//! The restore of a single server's database to a database.

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Rules;
use http::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::client::WorldError;
use super::foundation::{PAIRED, REGION, backup_now, weekly_policy};
use super::movement::SimulatedMovement;
use super::question::{Engine, Question};
use super::table::Table;
use super::validate_single_backup::{
    CUSTOMERS, DATABASES, ELSEWHERE, ValidateSingleBackup, tables_of_the_session, way_to_the_secret,
};
use crate::oracle::restore_to_database::restore_to_database;
use crate::oracle::{Expected, Profile};
use crate::sketch::restore_to_database::{Asked, Name, Region, Sketch};
use crate::sketch::validate_single_backup::Sketch as Target;
use crate::sketch::{Product, Shape as _};

/// The version of the Backup service's interface spoken.
const VERSION: &str = "2024-04-01";

/// The emulator under test: the world of backups, with one taken.
pub struct RestoreToDatabase {
    server: ValidateSingleBackup,
    /// The vault's.
    group: ResourceId,
    instance: ResourceId,
    point: String,
}

fn region(region: Region) -> &'static str {
    match region {
        Region::Vaults => REGION,
        Region::Paired => PAIRED,
        Region::Third => ELSEWHERE,
    }
}

impl RestoreToDatabase {
    /// Puts the server where the sketch has it.
    fn place(&mut self, sketch: &Sketch) {
        let world = &mut self.server.world;
        if let Some(server) = world.azure.state_mut().resources.get_mut(&world.server.id) {
            let mut body = server.body.to_value();
            body["location"] = json!(region(sketch.region));
            server.body = body.into();
        }
    }

    /// Where the sketch asks for it, and in what body.
    fn asked(&self, sketch: &Sketch, request: &Value) -> (String, Value) {
        match sketch.asked {
            Asked::Own => {
                let target = format!("{}/validateRestore?api-version={VERSION}", self.instance);
                (target, json!({"restoreRequestObject": request}))
            }
            Asked::Paired => {
                let group = &self.group;
                let target = format!(
                    "{group}/providers/Microsoft.DataProtection/locations/{PAIRED}/validateCrossRegionRestore?api-version={VERSION}"
                );
                let details = json!({"sourceRegion": REGION, "sourceBackupInstanceId": self.instance});
                let body = json!({
                    "objectType": "ValidateRestoreRequestObject",
                    "restoreRequestObject": request,
                    "crossRegionRestoreDetails": details,
                });
                (target, body)
            }
        }
    }
}

impl Engine<Sketch> for RestoreToDatabase {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.server.paint(&sketch.target);
        self.place(sketch);
        let (database, session) = match sketch.name {
            Name::Free => ("restored", None),
            Name::Taken => ("restored", Some(SessionFailure::DatabaseExists)),
            Name::Source => (CUSTOMERS, None),
        };
        let [mut info, mut set, credentials] = self.server.named(&sketch.target, database);
        for named in [&mut info, &mut set] {
            named["resourceLocation"] = json!(region(sketch.region));
        }
        let location = match sketch.asked {
            Asked::Own => REGION,
            Asked::Paired => PAIRED,
        };
        let mut request = json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": self.point,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": {
                "objectType": "RestoreTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": location,
                "datasourceInfo": info,
                "datasourceSetInfo": set,
                "datasourceAuthCredentials": credentials,
            },
        });
        self.server.name_identity(&mut request, &sketch.target);
        let (target, body) = self.asked(sketch, &request);
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
        let vault = server.world.vault.clone();
        let in_order = Target::in_order();
        server.paint(&in_order);
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
        // By then everything is in the other region as well.
        let world = &mut server.world;
        (world.now, world.operator) = world.copied.clone();
        let group = vault.resource_group_id();
        Ok(Self {
            group: group.ok_or(WorldError::Missing("group"))?,
            point: point.ok_or(WorldError::Missing("recovery point"))?,
            server,
            instance,
        })
    }

    /// The way to the secret, and what does not depend on it; and what is asked for in the paired region.
    fn products() -> Vec<Product<Sketch>> {
        let others = Product::of(&[
            "time",
            "identity",
            "region",
            "name",
            "server",
            "server’s network",
            "the database",
        ])
        .only("region", &[Region::Vaults, Region::Third].map(Region::label));
        let across = Product::of(&[
            "asked in",
            "time",
            "identity",
            "region",
            "name",
            "server",
            "server’s network",
        ])
        .only("asked in", &[Asked::Paired.label()]);
        vec![way_to_the_secret(), others, across]
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
        ])
        .only("region", &[Region::Vaults, Region::Third].map(Region::label));
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
        let across = Table::of(
            "across",
            "Restore to a database: where it is asked for, and where the target is",
            "the region of the target",
            Product::of(&["asked in", "region"]),
        );
        vec![target, secret, sign_in, across]
    }
}
