//! Resource Manager refusing what is too much, as files and the admin endpoint write it.

use azdrill_emulator::fault::ThrottlingFault;
use azdrill_emulator::rules::Rules;
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use crate::scenario::{Bucket, Limits, Misstated};

/// How much may be asked of Resource Manager from here on; more is refused. What is left out is as Azure has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ThrottlingEntry {
    /// What other faults call it.
    #[serde(default)]
    pub(super) name: String,
    /// What may be read.
    reads: Option<Bucket>,
    /// What may be written, and done by actions.
    writes: Option<Bucket>,
    /// What may be deleted.
    deletes: Option<Bucket>,
    /// Whether nothing may ever be too much.
    #[serde(default)]
    optional: bool,
}

impl ThrottlingEntry {
    /// The fault.
    ///
    /// # Errors
    ///
    /// If a bucket is none.
    pub(super) fn fault(&self, rules: &Rules) -> Result<ThrottlingFault, Misstated> {
        let limits = Limits {
            reads: self.reads,
            writes: self.writes,
            deletes: self.deletes,
        };
        Ok(ThrottlingFault {
            name: self.name.clone(),
            limits: limits.limits(rules)?,
            optional: self.optional,
        })
    }
}
