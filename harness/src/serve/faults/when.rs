//! When a fault strikes, as files and the admin endpoint write it.

use azdrill_emulator::fault::{Chance, Moment};
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::bounds::{at_most_a_hundred, from_one, one};
use super::length::Length;
use crate::scenario::Misstated;

/// Which of the matches are struck, besides `nth` and `times`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// Of the matches from the `nth` on, every how many-th is struck.
    #[serde(default = "one", deserialize_with = "from_one")]
    every: u64,
    /// From how long after it was put in place on, on the world's clock: `PT10M`, or `10m`.
    #[serde(default)]
    begins: Length,
    /// Until how long after it was put in place.
    ends: Option<Length>,
    /// The name of a fault that has to have struck before.
    #[serde(default)]
    after: String,
    /// How many of a hundred are struck, drawn under the seed.
    #[serde(default, deserialize_with = "at_most_a_hundred")]
    percent: Option<u8>,
    /// The seed.
    #[serde(default)]
    seed: u64,
}

impl Default for When {
    fn default() -> Self {
        Self {
            every: 1,
            begins: Length::default(),
            ends: None,
            after: String::new(),
            percent: None,
            seed: 0,
        }
    }
}

impl When {
    /// The fault it waits for; empty for none.
    pub(super) fn after(&self) -> &str {
        &self.after
    }

    /// When its window begins, from when it was put in place.
    pub(super) fn begins(&self) -> Length {
        self.begins
    }

    /// When its window ends, if it does.
    pub(super) fn ends(&self) -> Option<Length> {
        self.ends
    }

    /// The moment.
    ///
    /// # Errors
    ///
    /// If its window is none.
    pub(super) fn moment(&self, nth: u64, times: u64) -> Result<Moment, Misstated> {
        if self.ends.is_some_and(|ends| ends <= self.begins) {
            let wrong = "a window ends after it begins: `ends` was to be later than `begins`";
            return Err(Misstated::new(wrong).at("ends").at("when"));
        }
        Ok(Moment {
            nth,
            times,
            every: self.every,
            begins: self.begins.0,
            ends: self.ends.map(|ends| ends.0),
            after: self.after.clone(),
            chance: self.percent.map(|percent| Chance {
                percent,
                seed: self.seed,
            }),
        })
    }
}
