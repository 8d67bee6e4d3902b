//! The restore of a flexible server as files, asked for in the paired region.

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::azure::KeptWorld;
use azdrill_emulator::fault::RegionFault;
use azdrill_emulator::model::{PrincipalId, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::answer::Answer;
use super::client::{Client, WorldError, nothing_outside, validate, validation_answer};
use super::foundation::{ARM_AUDIENCE, Foundation, PAIRED, REGION, backup_now};
use super::movement::SimulatedMovement;
use super::painted::Given;
use super::question::{Engine, Question};
use super::restore_as_files::{RestoreAsFiles, backed_up};
use super::table::Table;
use crate::oracle::restore_across_regions::restore_across_regions;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::restore_across_regions::{
    Below, Enabled, Held, Point, Region, Sketch, SourceRegion, Vault,
};

const VERSION: &str = "2024-04-01";
/// A region that is neither the vault's nor paired with it.
const THIRD: &str = "westeurope";
/// The number of the assignment of whoever asks: a sketch's own begin with 0.
const ASKERS: usize = 99;

/// The emulator under test: the world of restores as files, with a vault that is copied.
pub struct RestoreAcrossRegions {
    files: RestoreAsFiles,
    copied: Copied,
    /// The world before anything is asked.
    beginning: KeptWorld,
}

/// What there is besides the world of restores as files.
struct Copied {
    /// When cross-region restore was switched on.
    since: Timestamp,
    /// Recovery points, by how many hours after that they were made.
    points: BTreeMap<i64, String>,
    /// Whoever asks.
    person: PrincipalId,
    /// The same, signed in, by how many hours after that.
    clients: BTreeMap<i64, Client>,
    /// The instances of the vaults, in the order of [`Vault::ALL`].
    instances: Vec<ResourceId>,
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

/// Takes a backup at a time, and gives back the name of its recovery point.
fn back_up(world: &mut Foundation, instance: &ResourceId, time: Timestamp) -> Result<String, WorldError> {
    let operator = world.operator_at(time)?;
    let target = format!("{instance}/backup?api-version={VERSION}");
    operator.manage(&mut world.azure, time, Method::POST, &target, Some(&backup_now()))?;
    SimulatedMovement::default().settle(&mut world.azure, time);
    let points = world.azure.services().data_protection.recovery_points(instance);
    let made = points.iter().find(|point| point.time == time);
    let made = made.map(|point| point.id.clone());
    made.ok_or(WorldError::Missing("recovery point"))
}

impl Copied {
    fn found(world: &mut Foundation, instance: &ResourceId) -> Result<Self, WorldError> {
        let since = world.now;
        world.switch_cross_region_restore_on(&instance.parent())?;
        let off = backed_up(world, "off", "orders", "GeoRedundant")?.0;
        let local = backed_up(world, "local", "stock", "LocallyRedundant")?.0;
        let person = world.principal(11, "somebody", IdentityKind::Application);
        let mut found = Self {
            since,
            points: BTreeMap::new(),
            person,
            clients: BTreeMap::new(),
            instances: vec![instance.clone(), off, local],
        };
        let hours: BTreeSet<i64> = Enabled::ALL
            .iter()
            .flat_map(|on| Point::ALL.iter().map(|old| hours_on(*on) - hours_old(*old)))
            .collect();
        for made in hours {
            let point = back_up(world, instance, since + SignedDuration::from_hours(made))?;
            found.points.insert(made, point);
        }
        for hours in Enabled::ALL.iter().map(|on| hours_on(*on)) {
            let time = since + SignedDuration::from_hours(hours);
            let client = Client::sign_in(&world.azure, time, person, ARM_AUDIENCE);
            let client = client.ok_or(WorldError::Missing("somebody"))?;
            found.clients.insert(hours, client);
        }
        Ok(found)
    }

    fn instance(&self, vault: Vault) -> &ResourceId {
        let found = Vault::ALL.iter().position(|word| *word == vault);
        &self.instances[found.unwrap_or_default()]
    }
}

impl RestoreAcrossRegions {
    /// Goes to a time. Where it is an earlier one, by way of the beginning: no machine goes back.
    fn let_it_be(&mut self, now: Timestamp) {
        let files = &mut self.files;
        if now < files.world.now {
            // Nothing is under way between two questions, and no server comes or goes.
            let back = files.world.azure.come_back_to(&self.beginning);
            debug_assert!(back.is_ok(), "{back:?}");
            files.painted = None;
        }
        files.world.now = now;
    }

    fn paint(&mut self, sketch: &Sketch) {
        self.let_it_be(self.copied.since + SignedDuration::from_hours(hours_on(sketch.enabled)));
        self.files.paint(&sketch.target);
        let account = self.files.account(&sketch.target).clone();
        let given = self.given(sketch);
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

    fn given(&self, sketch: &Sketch) -> Option<Given<'static>> {
        let vault = self.copied.instance(sketch.vault).parent();
        let group = vault.resource_group_id()?;
        let subscription = ResourceId::from_segments(["subscriptions", vault.subscription()?]);
        let (role, scope) = match sketch.held {
            Held::OnSubscription => ("Backup Operator", subscription),
            Held::OnGroup => ("Backup Operator", group),
            Held::OnVault => ("Backup Operator", vault),
            Held::Reader => ("Backup Reader", subscription),
            Held::None => return None,
        };
        Some(Given::of(role, scope, self.copied.person))
    }

    fn body(&self, sketch: &Sketch) -> Value {
        let mut request = self.files.request(&sketch.target);
        let made = hours_on(sketch.enabled) - hours_old(sketch.point);
        request["recoveryPointId"] = json!(self.copied.points.get(&made));
        request["restoreTargetInfo"]["restoreLocation"] = json!(PAIRED);
        let source = match sketch.source_region {
            SourceRegion::Vaults => REGION,
            SourceRegion::Other => PAIRED,
        };
        json!({
            "objectType": "ValidateRestoreRequestObject",
            "restoreRequestObject": request,
            "crossRegionRestoreDetails": {
                "sourceRegion": source,
                "sourceBackupInstanceId": self.copied.instance(sketch.vault),
            },
        })
    }

    /// Where it is asked for.
    fn address(&self, sketch: &Sketch) -> Option<String> {
        let group = match sketch.below {
            Below::Vaults => self.copied.instance(sketch.vault).resource_group_id(),
            Below::Other => self.files.world.accounts[0].resource_group_id(),
        };
        let (group, location) = (group?, region(sketch.asked_in));
        Some(format!(
            "{group}/providers/Microsoft.DataProtection/locations/{location}/validateCrossRegionRestore?api-version={VERSION}"
        ))
    }
}

impl Engine<Sketch> for RestoreAcrossRegions {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let client = self.copied.clients.get(&hours_on(sketch.enabled));
        let (Some(client), Some(target)) = (client, self.address(sketch)) else {
            return Answer::Odd("nobody asks".to_owned());
        };
        let (client, body) = (client.clone(), self.body(sketch));
        let world = &mut self.files.world;
        match validate(
            &client,
            &mut world.azure,
            world.now,
            &target,
            &body,
            nothing_outside,
        ) {
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
        let mut copied = None;
        let mut files = RestoreAsFiles::found(rules, seed, "GeoRedundant", |world, instance| {
            copied = Some(Copied::found(world, instance)?);
            Ok(())
        })?;
        let copied = copied.ok_or(WorldError::Missing("vault that is copied"))?;
        let beginning = files.world.azure.keep();
        Ok(Self {
            beginning: beginning.map_err(|_| WorldError::Missing("rest"))?,
            files,
            copied,
        })
    }

    /// The account, with what a restore in the vault's region would meet there; who asks where; and when.
    fn products() -> Vec<Product<Sketch>> {
        vec![target(), networks(), asked(), times()]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let asked = Product::of(&[
            "vault",
            "asked in",
            "source region",
            "below group",
            "whoever asks holds",
        ]);
        vec![
            Table::of(
                "asked",
                "Restore across regions: where it is asked for, and by whom",
                "what whoever asks holds",
                asked,
            ),
            Table::of(
                "down",
                "Restore across regions: while the vault’s own region does not answer",
                "the region in which it is asked for",
                Product::of(&["vault’s region down", "asked in"]),
            ),
            Table::of(
                "times",
                "Restore across regions: when the recovery point is there",
                "how old the recovery point is",
                Product::of(&["switched on", "recovery point"]),
            ),
            Table::of(
                "target",
                "Restore across regions: the account, and what the vault’s identity holds",
                "what the identity holds",
                Product::of(&["account’s region", "the identity holds"]),
            ),
        ]
    }

    fn because(rules: Vec<String>, _code: String) -> String {
        rules.join(", ")
    }
}

fn target() -> Product<Sketch> {
    Product::of(&[
        "subscription",
        "container",
        "prefix",
        "cross-tenant replication",
        "identity",
        "account’s region",
        "the identity holds",
    ])
    .only("cross-tenant replication", &["true", "unset"])
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
        "vault’s region down",
    ])
    .only("default", &["Allow", "Deny"])
    .only("bypass", &["AzureServices", "None"])
    .only(
        "identity",
        &["system-assigned", "user-assigned, named in the request"],
    )
}

fn asked() -> Product<Sketch> {
    Product::of(&[
        "vault",
        "below group",
        "asked in",
        "source region",
        "vault’s region down",
        "whoever asks holds",
    ])
}

fn times() -> Product<Sketch> {
    Product::of(&[
        "switched on",
        "vault",
        "recovery point",
        "asked in",
        "whoever asks holds",
        "account’s region",
    ])
    .only(
        "whoever asks holds",
        &[Held::OnSubscription, Held::None].map(Held::label),
    )
}
