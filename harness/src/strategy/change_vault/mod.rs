//! A change of a vault's settings.

mod body;
mod founded;
mod tables;

use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::Rules;
use http::Method;
use serde_json::json;

use super::answer::Answer;
use super::client::{WorldError, carried_out};
use super::guarded_vaults::{GuardedVaults, Place};
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::change_vault::change_vault;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::change_vault::{Holds, Names, Request, Sketch};

/// The emulator under test, with vaults that each sketch in turn is painted on.
pub struct ChangeVault {
    world: GuardedVaults,
    now: Timestamp,
    /// In the order of [`Holds::ALL`].
    places: Vec<Place>,
}

impl ChangeVault {
    fn place(&self, holds: Holds) -> usize {
        let found = Holds::ALL.iter().position(|word| *word == holds);
        found.unwrap_or_default()
    }

    fn paint(&mut self, sketch: &Sketch) {
        let place = &self.places[self.place(sketch.holds)];
        self.world
            .paint_guard(place, sketch.guard, sketch.at_guard, self.now);
        let body = body::before(place.body.clone(), sketch);
        if let Some(vault) = self.world.azure.state_mut().resources.get_mut(&place.id) {
            vault.body = body.into();
        }
    }

    /// The guard's own requests that a request names.
    fn named(&self, names: Names) -> Vec<String> {
        let collections: &[&str] = match names {
            Names::Nothing => &[],
            Names::All => &[
                "dppReduceImmutabilityStateRequests",
                "dppReduceSoftDeleteSecurityRequests",
                "dppModifyEncryptionSettingsRequests",
            ],
            Names::SoftDelete => &["dppReduceSoftDeleteSecurityRequests"],
            Names::Restore => &["dppTriggerRestoreRequests"],
        };
        let request = |collection: &&str| self.world.guards_request(collection);
        collections.iter().map(request).collect()
    }
}

impl Engine<Sketch> for ChangeVault {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let place = &self.places[self.place(sketch.holds)];
        let mut body = body::asked(&place.body["location"], &place.identities, sketch);
        let named = self.named(sketch.names);
        if !named.is_empty() {
            body["properties"]["resourceGuardOperationRequests"] = json!(named);
        }
        let method = match sketch.request {
            Request::Put => Method::PUT,
            Request::PatchOfAll | Request::PatchOfChanges => Method::PATCH,
        };
        let version = sketch.version.label();
        let request = GuardedVaults::request(method, place.id.as_str(), version, Some(&body));
        let world = &mut self.world;
        let (answer, changed) = carried_out(&world.client, &mut world.azure, self.now, request);
        if changed {
            self.world.come_back();
        }
        answer
    }
}

impl Question for ChangeVault {
    type Sketch = Sketch;
    const NAME: &'static str = "change-vault";
    const ASKED: &'static str = "May a Backup vault be given those settings?";

    fn expected(_profile: Profile, sketch: &Sketch) -> Expected {
        change_vault(sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let (founding, places) = founded::found(rules, seed)?;
        let now = founding.world.now;
        Ok(Self {
            world: founding.done(now)?,
            now,
            places,
        })
    }

    fn products() -> Vec<Product<Sketch>> {
        tables::products()
    }

    fn tables() -> Vec<Table<Sketch>> {
        tables::tables()
    }
}
