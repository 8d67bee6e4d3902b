//! What a machine begins with.

use serde::{Deserialize, Serialize};

use crate::azure::Azure;
use crate::rules::{Assumptions, Profile, Rules, RulesError};
use crate::services::Settings;

/// The format's number: another one is not read.
pub(super) const FORMAT: u32 = 1;

/// Everything an empty Azure is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// Whose word is taken.
    pub profile: Profile,
    /// Alternatives that are taken instead of the profile's, by rule.
    pub assumptions: Assumptions,
    /// The seed of ids and secrets.
    pub seed: u64,
    /// The settings.
    pub settings: Settings,
}

impl Beginning {
    /// From what the rules are loaded with.
    pub fn new(profile: Profile, assumptions: &Assumptions, seed: u64, settings: Settings) -> Self {
        Self {
            profile,
            assumptions: assumptions.clone(),
            seed,
            settings,
        }
    }

    /// The empty Azure.
    ///
    /// # Errors
    ///
    /// If the rules do not load, or an assumption does not fit them.
    pub fn azure(&self) -> Result<Azure, RulesError> {
        let rules = Rules::load(self.profile, &self.assumptions)?;
        Ok(Azure::new(rules, self.settings.clone(), self.seed))
    }
}

/// The first line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The format's number.
    pub azdrill_journal: u32,
    /// The version of the program that wrote it.
    pub version: String,
    /// A digest of the core and its rules, as that program was built of them.
    pub build: String,
    /// What was played, for a person.
    pub of: String,
    /// What the machine began with.
    pub beginning: Beginning,
}

impl Header {
    /// What every journal's first line begins with, whatever its format.
    pub const BEGINS: &'static [u8; 19] = b"{\"azdrill_journal\":";

    /// The first line of a journal that this build writes.
    pub fn new(of: &str, beginning: Beginning) -> Self {
        Self {
            azdrill_journal: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: Self::own_build().to_owned(),
            of: of.to_owned(),
            beginning,
        }
    }

    /// The digest of this build.
    pub fn own_build() -> &'static str {
        env!("AZDRILL_BUILD")
    }

    /// Whether this build wrote it.
    pub fn is_of_this_build(&self) -> bool {
        self.version == env!("CARGO_PKG_VERSION") && self.build == Self::own_build()
    }
}
