//! The restore of a flexible server as files, asked for in the paired region.

use std::collections::BTreeMap;

use azdrill_emulator::fault::RegionFault;
use azdrill_emulator::model::{PrincipalId, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::{IdentityKind, Principal};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Answer;
use super::client::{Client, WorldError, nothing_outside, validate, validation_answer};
use super::foundation::{ARM_AUDIENCE, REGION, backup_now};
use super::movement::SimulatedMovement;
use super::painted::Given;
use super::question::{Engine, Question};
use super::restore_as_files::{Founded, RestoreAsFiles};
use super::table::Table;
use crate::oracle::restore_across_regions::restore_across_regions;
use crate::oracle::{Expected, Profile};
use crate::sketch::restore_across_regions::{
    Below, Enabled, Held, Point, Region, Sketch, SourceRegion, Vault,
};
use crate::sketch::{Product, Shape as _};

const VERSION: &str = "2024-04-01";
/// The region that the vault's is paired with, and one that is neither.
const PAIRED: &str = "ukwest";
const THIRD: &str = "westeurope";
/// The number of the assignment of whoever asks: a sketch's own begin with 0.
const ASKERS: usize = 99;

/// The emulator under test: the world of restores as files, with a vault that is copied.
pub struct RestoreAcrossRegions {
    files: RestoreAsFiles,
    /// When cross-region restore was switched on.
    since: Timestamp,
    /// Recovery points, by how many hours after that they were made.
    points: BTreeMap<i64, String>,
    person: PrincipalId,
    /// Whoever asks, by how many hours after that.
    clients: BTreeMap<i64, Client>,
    /// Vaults that are not copied.
    others: [ResourceId; 2],
}

/// How many hours cross-region restore has been on.
fn hours_on(enabled: Enabled) -> i64 {
    match enabled {
        Enabled::Before => 49,
        Enabled::Just => 48,
        Enabled::TooNew => 47,
    }
}

/// How many hours old the recovery point is.
fn hours_old(point: Point) -> i64 {
    match point {
        Point::Before => 13,
        Point::Just => 12,
        Point::TooNew => 11,
    }
}

fn region(region: Region) -> &'static str {
    match region {
        Region::Paired => PAIRED,
        Region::Own => REGION,
        Region::Third => THIRD,
    }
}

fn operator_at(world: &Founded, operator: PrincipalId, time: Timestamp) -> Result<Client, WorldError> {
    let client = Client::sign_in(&world.azure, time, operator, ARM_AUDIENCE);
    client.ok_or(WorldError::Missing("operator"))
}

/// Switches cross-region restore on.
fn switch_on(world: &mut Founded) -> Result<(), WorldError> {
    let body =
        json!({"properties": {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}});
    let target = format!("{}?api-version={VERSION}", world.vault);
    let (operator, now) = (world.operator.clone(), world.now);
    operator.manage(&mut world.azure, now, Method::PATCH, &target, Some(&body))?;
    SimulatedMovement::default().settle(&mut world.azure, now);
    Ok(())
}

/// Makes a vault that is not copied.
fn other_vault(world: &mut Founded, name: &str, redundancy: &str) -> Result<ResourceId, WorldError> {
    let id = world.vault.parent().child(["backupVaults", name]);
    let body = json!({
        "location": REGION,
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": redundancy}],
            "securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 14.0}},
        },
    });
    let (operator, now) = (world.operator.clone(), world.now);
    let target = format!("{id}?api-version={VERSION}");
    operator.manage(&mut world.azure, now, Method::PUT, &target, Some(&body))?;
    SimulatedMovement::default().settle(&mut world.azure, now);
    Ok(id)
}

impl RestoreAcrossRegions {
    /// Takes a backup at a time, and gives back the name of its recovery point.
    fn back_up(&mut self, operator: PrincipalId, time: Timestamp) -> Result<String, WorldError> {
        let world = &mut self.files.world;
        let client = operator_at(world, operator, time)?;
        let target = format!("{}/backup?api-version={VERSION}", world.instance);
        client.manage(&mut world.azure, time, Method::POST, &target, Some(&backup_now()))?;
        SimulatedMovement::default().settle(&mut world.azure, time);
        let services = world.azure.services();
        let points = services.data_protection.recovery_points(&world.instance);
        let newest = points.iter().max_by_key(|point| point.time);
        let made = newest
            .filter(|point| point.time >= time)
            .map(|point| point.id.clone());
        made.ok_or(WorldError::Missing("recovery point"))
    }

    fn paint(&mut self, sketch: &Sketch) {
        self.files.paint(&sketch.target);
        let account = self.files.account(&sketch.target).clone();
        let given = self.given(sketch.held);
        let world = &mut self.files.world;
        let assignment = given.and_then(|given| given.assignment(&world.azure, world.now, ASKERS));
        let state = world.azure.state_mut();
        if let Some(assignment) = assignment {
            state.access.insert(assignment);
        }
        if let Some(account) = state.resources.get_mut(&account) {
            let mut body = account.body.to_value();
            body["location"] = json!(region(sketch.region));
            account.body = body.into();
        }
        let fault = RegionFault {
            region: REGION.to_owned(),
            down: sketch.down,
        };
        world.azure.faults_mut().set_region(&fault);
    }

    fn given(&self, held: Held) -> Option<Given<'static>> {
        let vault = &self.files.world.vault;
        let group = vault.resource_group_id()?;
        let (role, scope) = match held {
            Held::OnSubscription => ("Backup Operator", group.parent()),
            Held::OnGroup => ("Backup Operator", group),
            Held::OnVault => ("Backup Operator", vault.clone()),
            Held::Reader => ("Backup Reader", group.parent()),
            Held::None => return None,
        };
        Some(Given::of(role, scope, self.person))
    }

    fn body(&self, sketch: &Sketch) -> Value {
        let world = &self.files.world;
        let mut request = self.files.request(&sketch.target);
        let made = hours_on(sketch.enabled) - hours_old(sketch.point);
        request["recoveryPointId"] = json!(self.points.get(&made));
        request["restoreTargetInfo"]["restoreLocation"] = json!(PAIRED);
        let instance = match sketch.vault {
            Vault::Enabled => world.instance.clone(),
            Vault::Off => self.others[0].child(["backupInstances", "sales"]),
            Vault::Local => self.others[1].child(["backupInstances", "sales"]),
        };
        let source = match sketch.source_region {
            SourceRegion::Vaults => REGION,
            SourceRegion::Other => PAIRED,
        };
        json!({
            "objectType": "ValidateRestoreRequestObject",
            "restoreRequestObject": request,
            "crossRegionRestoreDetails": {"sourceRegion": source, "sourceBackupInstanceId": instance},
        })
    }
}

impl Engine<Sketch> for RestoreAcrossRegions {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let body = self.body(sketch);
        let hours = hours_on(sketch.enabled);
        let now = self.since + SignedDuration::from_hours(hours);
        let Some(client) = self.clients.get(&hours).cloned() else {
            return Answer::Odd("nobody asks".to_owned());
        };
        let world = &mut self.files.world;
        let group = match sketch.below {
            Below::Vaults => world.vault.resource_group_id(),
            Below::Other => world.accounts[0].resource_group_id(),
        };
        let group = group.unwrap_or_else(|| world.vault.clone());
        let location = region(sketch.asked_in);
        let target = format!(
            "{group}/providers/Microsoft.DataProtection/locations/{location}/validateCrossRegionRestore?api-version={VERSION}"
        );
        match validate(&client, &mut world.azure, now, &target, &body, nothing_outside) {
            Ok(response) => validation_answer(&response),
            Err(answer) => answer,
        }
    }
}

impl Question for RestoreAcrossRegions {
    type Sketch = Sketch;
    const NAME: &'static str = "restore-across-regions";
    const ASKED: &'static str =
        "Does the validation of a restore of a flexible server as files in the paired region pass?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        restore_across_regions(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut others = None;
        let (person, app) = (PrincipalId(Uuid::from_u128(11)), Uuid::from_u128(13));
        let files = RestoreAsFiles::found(rules, seed, "GeoRedundant", |world| {
            switch_on(world)?;
            others = Some([
                other_vault(world, "off", "GeoRedundant")?,
                other_vault(world, "local", "LocallyRedundant")?,
            ]);
            let tenant = world.azure.state().tenant_of(&world.vault);
            world.azure.state_mut().directory.insert(Principal {
                id: person,
                app_id: Some(app),
                tenant: tenant.ok_or(WorldError::Missing("tenant"))?,
                display_name: "somebody".to_owned(),
                identity: IdentityKind::Application,
                secret: None,
                certificates: Vec::new(),
            });
            Ok(())
        })?;
        let operator = files.world.operator_id;
        let mut found = Self {
            since: files.world.now,
            points: BTreeMap::new(),
            clients: BTreeMap::new(),
            others: others.ok_or(WorldError::Missing("vault"))?,
            person,
            files,
        };
        let hours = |hours| found.since + SignedDuration::from_hours(hours);
        let times: Vec<(i64, Timestamp)> = (34..=38).map(|made| (made, hours(made))).collect();
        for enabled in Enabled::ALL {
            let on = hours_on(*enabled);
            let client = operator_at(&found.files.world, person, hours(on))?;
            found.clients.insert(on, client);
        }
        for (made, time) in times {
            let point = found.back_up(operator, time)?;
            found.points.insert(made, point);
        }
        Ok(found)
    }

    /// Who asks where for what; and the account, with what a restore in the vault's region would meet there.
    fn products() -> Vec<Product<Sketch>> {
        vec![asked(), target(), networks()]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let asked = Product::of(&[
            "vault",
            "asked in",
            "source region",
            "below group",
            "whoever asks holds",
        ]);
        let times = Product::of(&["switched on", "recovery point"]);
        let target = Product::of(&["account’s region", "vault’s region down", "the identity holds"]);
        vec![
            Table::of(
                "asked",
                "Restore across regions: where it is asked for, and by whom",
                "what whoever asks holds",
                asked,
            ),
            Table::of(
                "times",
                "Restore across regions: when the recovery point is there",
                "how old the recovery point is",
                times,
            ),
            Table::of(
                "target",
                "Restore across regions: the account, and what the vault’s identity holds",
                "what the identity holds",
                target,
            ),
        ]
    }

    fn because(rules: Vec<String>, _code: String) -> String {
        rules.join(", ")
    }
}

fn asked() -> Product<Sketch> {
    Product::of(&[
        "vault’s region down",
        "account’s region",
        "whoever asks holds",
        "vault",
        "switched on",
        "recovery point",
        "below group",
        "source region",
        "asked in",
    ])
}

fn target() -> Product<Sketch> {
    Product::of(&[
        "subscription",
        "container",
        "prefix",
        "cross-tenant replication",
        "identity",
        "account’s region",
        "vault’s region down",
        "the identity holds",
    ])
    .only(
        "the identity holds",
        &["SBDC on the account", "nothing", "SBDC not yet propagated"],
    )
}

fn networks() -> Product<Sketch> {
    Product::of(&[
        "public access",
        "default",
        "bypass",
        "resource rule",
        "identity",
        "account’s region",
        "vault’s region down",
    ])
    .only(
        "identity",
        &["system-assigned", "user-assigned, named in the request"],
    )
    .only("account’s region", &["the paired one"])
}
