//! The deletion of a vault, or of something in one.

use azdrill_emulator::model::{ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use super::answer::Answer;
use super::client::{Client, WorldError, carried_out};
use super::guarded_vaults::{Founding, GuardedVaults, Place};
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::delete_vault::delete_vault;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::delete_vault::{Deletes, Holds, Sketch, Unlocked};
use crate::sketch::guard::{AtGuard, Guard};

const VERSION: &str = "2024-04-01";

/// The emulator under test, with vaults to delete.
pub struct DeleteVault {
    world: GuardedVaults,
    /// Who unlocks.
    operator: Client,
    /// When things are deleted: half an hour after the world was put up.
    now: Timestamp,
    /// In the order of [`Holds::ALL`].
    places: Vec<Place>,
}

/// Puts a vault up.
fn found(founding: &mut Founding, holds: Holds, group: &str) -> Result<Place, WorldError> {
    let place = founding.vault(group)?;
    if holds == Holds::Nothing {
        return Ok(place);
    }
    founding.protect(&place, holds != Holds::NeverBackedUp)?;
    let by_request = |collection| {
        let request = founding.guards_request(collection);
        json!({"resourceGuardOperationRequests": [request]})
    };
    match holds {
        Holds::Nothing | Holds::NeverBackedUp | Holds::Instance => {}
        Holds::Stopped => {
            let body = by_request("dppDisableStopProtectionRequests");
            let path = format!("{}/stopProtection", place.instance);
            founding.operate(Method::POST, &path, Some(&body))?;
        }
        Holds::Suspended => {
            let body = by_request("dppDisableSuspendBackupsRequests");
            let path = format!("{}/suspendBackups", place.instance);
            founding.operate(Method::POST, &path, Some(&body))?;
        }
        Holds::SoftDeleted => founding.delete_instance(&place)?,
    }
    Ok(place)
}

impl DeleteVault {
    fn place(&self, holds: Holds) -> &Place {
        let found = Holds::ALL.iter().position(|word| *word == holds);
        &self.places[found.unwrap_or_default()]
    }

    /// Unlocks what a sketch has unlocked, if that is there. The guard that protects everything stands by.
    fn unlock(&mut self, sketch: &Sketch) {
        let minutes = match sketch.unlocked {
            Unlocked::No => return,
            Unlocked::LongAgo => 30,
            Unlocked::Lately | Unlocked::Another => 29,
        };
        let place = self.place(sketch.holds);
        let of_mapping = (sketch.deletes == Deletes::Mapping) == (sketch.unlocked != Unlocked::Another);
        let (collection, resource) = if of_mapping {
            ("deleteResourceGuardProxyRequests", place.proxy())
        } else {
            ("deleteBackupInstanceRequests", &place.instance)
        };
        let body = json!({
            "resourceGuardOperationRequests": [self.world.guards_request(collection)],
            "resourceToBeDeleted": resource,
        });
        let path = format!("{}/unlockDelete", place.proxy());
        let request = GuardedVaults::request(Method::POST, &path, VERSION, Some(&body));
        let then = self.now - SignedDuration::from_mins(minutes);
        self.operator.send(&mut self.world.azure, then, request);
    }

    fn paint(&mut self, sketch: &Sketch) {
        self.world.come_back();
        self.unlock(sketch);
        let place = Holds::ALL.iter().position(|word| *word == sketch.holds);
        let place = &self.places[place.unwrap_or_default()];
        let mut body = place.body.clone();
        let security = &mut body["properties"]["securitySettings"];
        security["softDeleteSettings"]["state"] = json!(sketch.soft_delete.label());
        security["immutabilitySettings"] = json!({"state": sketch.immutability.label()});
        if let Some(vault) = self.world.azure.state_mut().resources.get_mut(&place.id) {
            vault.body = body.into();
        }
        self.world
            .paint_guard(place, sketch.guard, AtGuard::Operator, self.now);
    }
}

impl Engine<Sketch> for DeleteVault {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let place = self.place(sketch.holds);
        let id: &ResourceId = match sketch.deletes {
            Deletes::Vault => &place.id,
            Deletes::Instance => &place.instance,
            Deletes::Policy => &place.policy,
            Deletes::Mapping => place.proxy(),
        };
        let request = GuardedVaults::request(Method::DELETE, id.as_str(), VERSION, None);
        let world = &mut self.world;
        carried_out(&world.client, &mut world.azure, self.now, request).0
    }
}

impl Question for DeleteVault {
    type Sketch = Sketch;
    const NAME: &'static str = "delete-vault";
    const ASKED: &'static str = "May a Backup vault, or something in it, be deleted?";

    fn expected(_profile: Profile, sketch: &Sketch) -> Expected {
        delete_vault(sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut founding = Founding::begin(rules, seed)?;
        let groups = ["empty", "new", "sales", "stopped", "suspended", "gone"];
        let places = Holds::ALL.iter().zip(groups);
        let places: Result<Vec<Place>, WorldError> = places
            .map(|(holds, group)| found(&mut founding, *holds, group))
            .collect();
        let now = founding.world.now + SignedDuration::from_mins(30);
        Ok(Self {
            places: places?,
            operator: founding.world.operator.clone(),
            world: founding.done(now)?,
            now,
        })
    }

    fn tables() -> Vec<Table<Sketch>> {
        let guarded = Sketch {
            guard: Guard::Protects,
            holds: Holds::Instance,
            ..crate::sketch::Shape::in_order()
        };
        vec![
            Table::of(
                "settings",
                "Deleting a vault, or something in it, that no Resource Guard protects",
                "what is deleted",
                Product::of(&["holds", "immutability", "soft delete", "deletes"]),
            ),
            Table::of(
                "guard",
                "Deleting a vault, or something in it, that is mapped to a Resource Guard",
                "what is deleted",
                Product::of(&["holds", "guard", "unlocked", "deletes"])
                    .only("holds", &["an instance with backups"])
                    .around(guarded),
            ),
        ]
    }
}
