//! Regions that are down, as files and the admin endpoint write them.

use azdrill_emulator::fault::RegionFault;
use azdrill_emulator::rules::Rules;
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use crate::scenario::{Misstated, check_region};

/// A region whose services do not answer from here on, or answer again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RegionEntry {
    /// The region whose services do not answer.
    down: Option<String>,
    /// The region whose services answer again.
    up: Option<String>,
}

impl RegionEntry {
    /// Whether a later one has the region answer again that this one takes down.
    pub(super) fn is_undone_by(&self, later: &Self) -> bool {
        self.down.is_some() && self.down == later.up
    }

    /// The fault.
    ///
    /// # Errors
    ///
    /// If it names none or two, or one that is not there.
    pub(super) fn fault(&self, rules: &Rules) -> Result<RegionFault, Misstated> {
        let (key, region, down) = match (&self.down, &self.up) {
            (Some(region), None) => ("down", region, true),
            (None, Some(region)) => ("up", region, false),
            _ => {
                return Err(Misstated::new(
                    "a fault of a region needs `down` or `up`, and not both",
                ));
            }
        };
        check_region(region, rules).map_err(|wrong| wrong.at(key))?;
        Ok(RegionFault {
            region: region.clone(),
            down,
        })
    }
}
