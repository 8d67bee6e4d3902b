//! How much may be asked of Azure Resource Manager, as worlds and files of faults write it.

use azdrill_emulator::rules::{RequestLimits, Rules, TokenBucket};
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::Misstated;

/// The most a bucket may hold, and the most that may come back in a second.
const MOST: u32 = 1_000_000;

/// How much a principal may ask of Resource Manager in a subscription before it is refused; what is left out is as Azure
/// has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// What may be read.
    pub(crate) reads: Option<Bucket>,
    /// What may be written, and done by actions.
    pub(crate) writes: Option<Bucket>,
    /// What may be deleted.
    pub(crate) deletes: Option<Bucket>,
}

/// A bucket of tokens, of which a request takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Bucket {
    /// How many it holds.
    size: u32,
    /// How many come back each second.
    refill_per_second: u32,
}

impl Limits {
    /// The limits, with Azure's own where nothing is said.
    ///
    /// # Errors
    ///
    /// If a bucket holds nothing, or nothing comes back: then nobody could ever go on.
    pub(crate) fn limits(&self, rules: &Rules) -> Result<RequestLimits, Misstated> {
        let usual = rules.throttling.limits;
        let bucket = |said: Option<Bucket>, usual: TokenBucket, key: &'static str| {
            let Some(said) = said else { return Ok(usual) };
            let wrong = |own: &'static str| {
                let wrong = format!("a bucket holds 1 to {MOST}, and as many may come back in a second");
                Misstated::new(wrong).at(own).at(key)
            };
            if !(1..=MOST).contains(&said.size) {
                return Err(wrong("size"));
            }
            if !(1..=MOST).contains(&said.refill_per_second) {
                return Err(wrong("refill_per_second"));
            }
            Ok(TokenBucket {
                size: said.size,
                refill_per_second: said.refill_per_second,
            })
        };
        Ok(RequestLimits {
            reads: bucket(self.reads, usual.reads, "reads")?,
            writes: bucket(self.writes, usual.writes, "writes")?,
            deletes: bucket(self.deletes, usual.deletes, "deletes")?,
        })
    }
}
