//! A recovery point, and whether it is still there.

mod play;
mod policy;

use std::collections::HashMap;

use azdrill_emulator::azure::KeptWorld;
use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Rules;
use jiff::civil::date;
use jiff::tz::TimeZone;

use self::play::{History, Made, Stage};
use super::answer::Answer;
use super::client::WorldError;
use super::foundation::Foundation;
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::keep_recovery_points::keep_recovery_points;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::keep_recovery_points as sketched;
use crate::sketch::keep_recovery_points::{After, Backup, Happens, Keeps, Sketch};

const LTR: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";

/// The emulator under test: a vault and a server, from which each history is played once, when it is first asked about.
pub struct KeepRecoveryPoints {
    world: Foundation,
    beginning: KeptWorld,
    vault: ResourceId,
    server: ResourceId,
    histories: HashMap<(sketched::Rules, Keeps, Happens), Result<History, String>>,
}

impl KeepRecoveryPoints {
    fn play(&mut self, sketch: &Sketch) -> Result<History, String> {
        let back = self.world.azure.come_back_to(&self.beginning);
        back.map_err(|error| error.to_string())?;
        let stage = Stage {
            world: &mut self.world,
            vault: &self.vault,
            server: &self.server,
            signed_in: None,
        };
        let played = stage.play(sketch.rules, sketch.keeps, sketch.happens);
        played.map_err(|error| error.to_string())
    }
}

impl Engine<Sketch> for KeepRecoveryPoints {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        let key = (sketch.rules, sketch.keeps, sketch.happens);
        if !self.histories.contains_key(&key) {
            let played = self.play(sketch);
            self.histories.insert(key, played);
        }
        let made = match &self.histories[&key] {
            Ok(Ok(made)) => made,
            Ok(Err(refused)) => return refused.clone(),
            Err(error) => return Answer::Odd(error.clone()),
        };
        let place = Backup::ALL.iter().position(|backup| *backup == sketch.backup);
        let after = After::ALL.iter().position(|after| *after == sketch.after);
        let looks = match place.and_then(|place| made.get(place)) {
            Some(Made::Nothing(why)) => return why.clone(),
            Some(Made::Point(looks)) => looks,
            None => return Answer::Odd("no such backup".to_owned()),
        };
        match after.and_then(|after| looks.get(after)) {
            Some(Ok(tag)) if tag.eq_ignore_ascii_case(sketch.tag.label()) => Answer::Passes,
            Some(Ok(tag)) => Answer::Fails {
                gate: "service".to_owned(),
                rules: vec!["DPP-TAG".to_owned()],
                code: tag.clone(),
            },
            Some(Err(answer)) => answer.clone(),
            None => Answer::Odd("nobody looked".to_owned()),
        }
    }
}

impl Question for KeepRecoveryPoints {
    type Sketch = Sketch;
    const NAME: &'static str = "keep-recovery-points";
    const ASKED: &'static str = "Is the recovery point of a backup there, and kept by that rule?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        keep_recovery_points(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let begins = date(2025, 12, 8).at(10, 0, 0, 0).to_zoned(TimeZone::UTC);
        let begins = begins.map_err(|_| WorldError::Missing("time"))?.timestamp();
        let mut world = Foundation::begin_at(rules, seed, begins)?;
        let subscription = world.person.subscription.clone();
        let group = world.group(&subscription, "backups")?;
        let (vault, identities) = world.vault(&group, "LocallyRedundant")?;
        world.assign(identities.system, LTR, &group)?;
        world.assign(identities.system, "Reader", &group)?;
        let server = world.flexible_server(&group, "sales")?;
        let beginning = world.azure.keep();
        Ok(Self {
            beginning: beginning.map_err(|_| WorldError::Missing("rest"))?,
            histories: HashMap::new(),
            world,
            vault,
            server,
        })
    }

    /// What the policy says, and what is done to the instance: of a policy of seven days, and of one that has rules for
    /// month and year.
    fn products() -> Vec<Product<Sketch>> {
        let points = ["backup of", "looked for after", "kept as"];
        let of = |settings: &[&'static str]| Product::of(&[settings, &points].concat());
        vec![
            of(&["besides the default rule", "which keeps"]),
            of(&["on 10 February", "besides the default rule"]).only(
                "besides the default rule",
                &[sketched::Rules::Default, sketched::Rules::YearlyFirst].map(sketched::Rules::label),
            ),
        ]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let looked_for = "when it is looked for, after it was made";
        vec![
            Table::of(
                "tags",
                "Keeping recovery points: by which rule, and for how long",
                looked_for,
                Product::of(&["besides the default rule", "backup of", "looked for after"]),
            ),
            Table::of(
                "least",
                "Keeping recovery points: what the default rule keeps them for",
                looked_for,
                Product::of(&["which keeps", "looked for after"]),
            ),
            Table::of(
                "protection",
                "Keeping recovery points, by the default rule alone: what is done to their instance",
                looked_for,
                Product::of(&["on 10 February", "backup of", "looked for after"]),
            ),
        ]
    }

    /// By which rule it is kept instead, or what the instance is instead of being protected.
    fn because(rules: Vec<String>, code: String) -> String {
        match rules.first().map(String::as_str) {
            Some("DPP-TAG") => format!("kept as {code}"),
            Some(rule) => rule.to_owned(),
            None => code,
        }
    }
}
