//! Azure Resource Manager refusing what is too much.

use serde::{Deserialize, Serialize};

use crate::rules::RequestLimits;

/// How much may be asked of Resource Manager from here on; more is refused. Of several the last that was put in place
/// holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottlingFault {
    /// What other faults call it; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How much a principal may ask for in a subscription.
    pub limits: RequestLimits,
    /// Whether nothing may ever be too much.
    pub optional: bool,
}

impl ThrottlingFault {
    /// Its word in a file of faults.
    pub(super) const WORD: &str = "throttling";
}

impl std::fmt::Display for ThrottlingFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let RequestLimits {
            reads,
            writes,
            deletes,
        } = self.limits;
        f.write_str("Resource Manager refuses what is too much:")?;
        for (before, kind, bucket) in [
            ("", "reads", reads),
            (",", "writes", writes),
            (",", "deletes", deletes),
        ] {
            let (size, refill) = (bucket.size, bucket.refill_per_second);
            write!(f, "{before} {size} {kind}, {refill} more a second")?;
        }
        Ok(())
    }
}
