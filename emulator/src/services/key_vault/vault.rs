//! A vault as its services see it.

use jiff::SignedDuration;

use crate::model::{Request, ResourceId, Timestamp};
use crate::rules::KeyVaultFacts;
use crate::services::Context;
use crate::state::Resource;

/// How what is deleted in a vault can be recovered.
pub(super) struct Recovery {
    /// The word on the wire.
    pub(super) level: String,
    /// For how many days.
    pub(super) days: u32,
    /// Whether it may be purged before.
    pub(super) purgeable: bool,
}

impl Recovery {
    fn of(facts: &KeyVaultFacts, vault: &Resource) -> Self {
        let range = &facts.retention_days;
        let days = vault
            .at("/properties/softDeleteRetentionInDays")
            .as_u64()
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(range.unset);
        let purgeable = vault.at("/properties/enablePurgeProtection").as_bool() != Some(true);
        let levels = &facts.recovery_levels;
        let level = match (days < range.most, purgeable) {
            (false, true) => &levels.full,
            (false, false) => &levels.full_protected,
            (true, true) => &levels.shorter,
            (true, false) => &levels.shorter_protected,
        };
        Self {
            level: level.clone(),
            days,
            purgeable,
        }
    }

    /// When something deleted now will be purged.
    pub(super) fn purge_time(&self, now: Timestamp) -> Timestamp {
        now + SignedDuration::from_hours(24 * i64::from(self.days))
    }
}

/// A vault.
pub(super) struct Vault {
    /// Its name in lower case: the first label of its host.
    pub(super) key: String,
    pub(super) id: ResourceId,
    pub(super) location: String,
    pub(super) recovery: Recovery,
    /// What its keys say they are kept in.
    pub(super) hsm_platform: String,
}

impl Vault {
    pub(super) fn of(facts: &KeyVaultFacts, resource: &Resource) -> Self {
        Self {
            key: resource.id.name().to_ascii_lowercase(),
            id: resource.id.clone(),
            location: resource.location().to_owned(),
            recovery: Recovery::of(facts, resource),
            hsm_platform: facts.hsm_platform.text.clone(),
        }
    }

    /// The vault a request to the data plane is addressed to. The gates have made sure there is one.
    pub(super) fn addressed(context: &Context<'_>, request: &Request) -> Option<Self> {
        let name = request.host.split('.').next()?;
        let id = context.state.key_vaults.get(name)?;
        Some(Self::of(&context.rules.key_vault, context.state.resource(id)?))
    }
}
