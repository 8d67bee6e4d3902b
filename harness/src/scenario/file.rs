//! A scenario as its file says it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use azdrill_emulator::rules::{Profile, Rules};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::de::DeTable;

use super::address::check_addresses;
use super::error::Unread;
use super::resource::check_all;
use super::step::read_all;
use super::{ScenarioError, Step, SubscriptionWorld, TenantWorld, World};
use crate::serve::RunExpect;

/// A scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without its ending; filled in by the library.
    #[serde(skip)]
    pub name: String,
    /// The folder it is in; filled in by the library.
    #[serde(skip)]
    pub topic: String,
    /// The folder all scenarios are in; filled in by the library.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Its file, and those it extends, from its own on; filled in by the library.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
    /// What it shows, in a sentence that can be true or false.
    #[serde(default)]
    pub claim: String,
    /// The rules it is about.
    #[serde(default)]
    pub about: Vec<String>,
    /// A file under `scenarios/` it extends.
    pub extends: Option<String>,
    /// The seed of every id and delay, if the file says one.
    pub seed: Option<u64>,
    /// Alternatives to take instead of the profile's, by rule.
    #[serde(default)]
    pub assume: BTreeMap<String, String>,
    /// What it begins with.
    #[serde(default)]
    pub world: World,
    /// Further tenants, by name.
    #[serde(default)]
    pub tenant: BTreeMap<String, TenantWorld>,
    /// Further subscriptions, by name.
    #[serde(default)]
    pub subscription: BTreeMap<String, SubscriptionWorld>,
    /// Resources by name, each with its `kind` and the words of it. The world has them read.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, super::resource::NamedResource>"))]
    pub resource: BTreeMap<String, toml::Table>,
    /// What is done, in order.
    #[serde(default, rename = "step", deserialize_with = "read_apart")]
    #[cfg_attr(test, schemars(with = "Vec<Step>"))]
    pub steps: Vec<Step>,
    /// What must come of a command that `azdrill run` is given, with this world or where this
    /// scenario begins. `azdrill scenario` does not look at it.
    #[serde(default)]
    pub expect: RunExpect,
}

/// Steps are read by themselves, since what they may say follows from what they do.
fn read_apart<'de, D: Deserializer<'de>>(_: D) -> Result<Vec<Step>, D::Error> {
    Err(D::Error::custom("steps are read apart from the rest of a file"))
}

impl Scenario {
    /// Reads the text of a file, alone.
    pub(super) fn from_text(text: &str) -> Result<Self, Unread> {
        let mut file = DeTable::parse(text)?;
        let steps = file.get_mut().remove("step");
        check_all(file.get_ref().get("resource"))?;
        check_addresses(file.get_ref())?;
        let mut scenario = Self::deserialize(toml::de::Deserializer::from(file))?;
        scenario.steps = read_all(steps)?;
        Ok(scenario)
    }

    /// The seed it is played with: the same at every time, so that it comes to the same.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// The rules its steps expect to decide or to apply, on either machine.
    pub fn expected_rules(&self) -> BTreeSet<String> {
        let steps = self.steps.iter();
        let both = steps.flat_map(|step| Profile::ALL.map(|profile| step.expect.under(profile)));
        both.flat_map(|expect| expect.rules.into_iter().chain(expect.applies))
            .flatten()
            .collect()
    }

    /// Checks what must come of a command.
    ///
    /// # Errors
    ///
    /// What cannot be, where it stands in the file or in one it extends.
    pub(super) fn check_expect(&self, rules: &Rules) -> Result<(), ScenarioError> {
        let checked = self.expect.check(rules);
        checked.map_err(|wrong| {
            wrong
                .at("expect")
                .in_one_of(&self.files, "README.md shows how it should be")
        })
    }

    /// The major versions of PostgreSQL it asks for.
    pub fn majors(&self) -> impl Iterator<Item = u32> {
        let target = self.world.target.as_ref().and_then(|target| target.version);
        self.world.server.version.into_iter().chain(target)
    }
}
