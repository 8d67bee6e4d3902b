//! Facts about Backup vaults.

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Mark, RuleId};

const FILE: &str = "vaults.toml";

/// Facts about Backup vaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultFacts {
    /// What a vault has where the request says nothing.
    pub soft_delete: SoftDelete,
    /// Soft delete that cannot be left out any more.
    pub always_on: FromVersion,
    /// Which data stores storage settings may name.
    pub storage: StorageSettings,
    /// What recovery points show.
    pub recovery_point: RecoveryPointFacts,
    /// Vaults that were deleted and can be brought back.
    pub deleted_vault: DeletedVaultFacts,
    /// Moves of vaults.
    #[serde(rename = "move")]
    pub moved: MoveFacts,
    /// From when on a backup instance's PUT answers without a body.
    pub instance_put_without_body: FromVersion,
    /// States of immutability in which a vault keeps what it has.
    pub immutability: ImmutabilityFacts,
    /// Which keys a vault is encrypted with.
    pub encryption: EncryptionFacts,
    /// What cross-region restore takes.
    pub cross_region: CrossRegionFacts,
    /// What Resource Graph shows of an instance besides its body.
    pub listed_instance: ListedInstanceFacts,
    /// The accounts of Microsoft's own that backups are kept in.
    pub vault_storage: VaultStorageFacts,
    /// At which versions the service speaks to others.
    pub speaks: SpokenVersions,
    /// Settings that do not change back.
    pub one_way: Vec<OneWay>,
    security: Vec<SecurityRow>,
    older_answer: Vec<OlderAnswer>,
}

/// The soft delete of a vault whose request says nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftDelete {
    /// `softDeleteSettings.state`.
    pub state: String,
    /// `softDeleteSettings.retentionDurationInDays`.
    pub retention_days: f64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Something that is so from an API version on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromVersion {
    /// The first API version in which it is so.
    pub from_version: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// The data stores a vault's storage settings may name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageSettings {
    /// Values of `datastoreType`.
    pub datastore_types: Vec<String>,
    /// Which of them stands only beside which other.
    pub beside: std::collections::BTreeMap<String, String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What recovery points show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPointFacts {
    /// For how long one is fresh.
    pub fresh_hours: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Vaults that were deleted and can be brought back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletedVaultFacts {
    /// The first API version that shows them.
    pub from_version: String,
    /// How long after the last of its instances a deleted vault is gone for good.
    pub purged_after_instances_minutes: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Moves of vaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveFacts {
    /// After how many hours a move that broke off has resolved.
    pub resolved_after_hours: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// States of immutability in which a vault keeps what it has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImmutabilityFacts {
    /// The states.
    pub keeps: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What cross-region restore takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossRegionFacts {
    /// The redundancy that is copied to another region.
    pub redundancy: String,
    /// After how many hours the first copies are there.
    pub first_hours: i64,
    /// How many hours after it was made every other is.
    pub hours_later: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What Resource Graph shows of an instance besides its body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedInstanceFacts {
    /// A recovery point is late after so many times the interval of its schedule.
    pub late_after_intervals: f64,
    /// How much later the other region has it.
    pub hours_later: i64,
    /// What may be done to a protected instance.
    pub protected: Vec<String>,
    /// And besides, where the vault restores across regions.
    pub across_regions: Vec<String>,
    /// What may be done to one that was deleted with its vault.
    pub deleted: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Which keys of its owner's a vault is encrypted with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionFacts {
    /// Key Vault's words for the kinds.
    pub kinds: Vec<String>,
    /// How many bits a key may have.
    pub bits: Vec<usize>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// The accounts of Microsoft's own that backups are kept in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultStorageFacts {
    /// What their names begin with.
    pub named: String,
    /// `kind`.
    pub kind: String,
    /// `sku.name`.
    pub redundancy: String,
    /// How long a signature counts with which a backup is written or read.
    pub signature_hours: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// The API versions at which the Backup service speaks to other services.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpokenVersions {
    /// Vault storage, over ARM.
    pub storage_accounts: String,
    /// A flexible server's long-term retention.
    pub long_term_retention: String,
    /// Key vaults' data plane.
    pub secrets: String,
    /// The blob service.
    pub blobs: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A setting of a vault that does not change back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneWay {
    setting: String,
    /// The value that stays.
    pub stays: String,
    /// The rule that has it so.
    pub rule: RuleId,
    /// Whether a write that says nothing of it keeps it.
    #[serde(default)]
    pub unsaid_keeps: bool,
}

impl OneWay {
    /// The names that lead to the setting, from the vault's properties on.
    pub fn place(&self) -> impl Iterator<Item = &str> {
        self.setting.split('/')
    }
}

/// A member that answers of older API versions leave out or spell another way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderAnswer {
    /// Its name today.
    pub member: String,
    #[serde(rename = "in")]
    within: String,
    before: String,
    /// How it was spelled; none, if it was not there.
    pub spelled: Option<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// The score of the vaults that fit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityRow {
    guarded: Option<bool>,
    soft_delete: Option<String>,
    immutability: Option<String>,
    /// `secureScore`.
    pub score: String,
    /// `bcdrSecurityLevel`.
    pub level: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl SecurityRow {
    fn fits(&self, soft_delete: &str, immutability: &str, guarded: bool) -> bool {
        let fits = |column: &Option<String>, value: &str| column.as_ref().is_none_or(|word| word == value);
        fits(&self.soft_delete, soft_delete)
            && fits(&self.immutability, immutability)
            && self.guarded.is_none_or(|own| own == guarded)
    }
}

impl VaultFacts {
    /// The security score of a vault with these settings; `guarded`, where it is mapped to a Resource Guard.
    pub fn security(&self, soft_delete: &str, immutability: &str, guarded: bool) -> &SecurityRow {
        self.security
            .iter()
            .find(|row| row.fits(soft_delete, immutability, guarded))
            .expect("the last row fits everything: the loader has made sure")
    }

    /// What answers about a resource type differ in at an API version.
    pub fn older_answers<'a>(
        &'a self,
        within: &'a str,
        version: &'a str,
    ) -> impl Iterator<Item = &'a OlderAnswer> {
        self.older_answer
            .iter()
            .filter(move |row| row.within == within && version < row.before.as_str())
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<VaultFacts, RulesError> {
    let facts: VaultFacts = parse(FILE, text)?;
    known.check(FILE, "soft_delete", &facts.soft_delete.sources)?;
    known.check(FILE, "always_on", &facts.always_on.sources)?;
    known.check(FILE, "storage", &facts.storage.sources)?;
    known.check(FILE, "recovery_point", &facts.recovery_point.sources)?;
    known.check(FILE, "deleted_vault", &facts.deleted_vault.sources)?;
    known.check(FILE, "move", &facts.moved.sources)?;
    let without_body = &facts.instance_put_without_body;
    known.check(FILE, "instance_put_without_body", &without_body.sources)?;
    known.check(FILE, "immutability", &facts.immutability.sources)?;
    known.check(FILE, "encryption", &facts.encryption.sources)?;
    known.check(FILE, "cross_region", &facts.cross_region.sources)?;
    known.check(FILE, "listed_instance", &facts.listed_instance.sources)?;
    known.check(FILE, "vault_storage", &facts.vault_storage.sources)?;
    known.check(FILE, "speaks", &facts.speaks.sources)?;
    for row in &facts.older_answer {
        known.check(FILE, &row.member, &row.sources)?;
    }
    for row in &facts.security {
        known.check(FILE, &format!("security {}", row.score), &row.sources)?;
    }
    match facts.security.last() {
        Some(SecurityRow {
            guarded: None,
            soft_delete: None,
            immutability: None,
            ..
        }) => Ok(facts),
        _ => Err(row_error(FILE, "security", "the last row must fit every vault")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn every_vault_has_a_score() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for (soft_delete, immutability, score, level) in [
            ("Off", "", "None", "Poor"),
            ("Off", "Locked", "None", "Poor"),
            ("On", "", "None", "Poor"),
            ("On", "Unlocked", "Minimum", "Fair"),
            ("On", "Locked", "Adequate", "Good"),
            ("AlwaysOn", "", "Adequate", "Good"),
            ("AlwaysOn", "Unlocked", "Adequate", "Good"),
            ("AlwaysOn", "Locked", "Adequate", "Good"),
        ] {
            let row = rules.vaults.security(soft_delete, immutability, false);
            assert_eq!(
                (row.score.as_str(), row.level.as_str()),
                (score, level),
                "{soft_delete} {immutability}"
            );
        }
        for (soft_delete, immutability, score, level) in [
            ("Off", "", "Minimum", "Fair"),
            ("On", "Unlocked", "Minimum", "Fair"),
            ("On", "Locked", "Maximum", "Excellent"),
            ("AlwaysOn", "", "Maximum", "Excellent"),
        ] {
            let row = rules.vaults.security(soft_delete, immutability, true);
            assert_eq!(
                (row.score.as_str(), row.level.as_str()),
                (score, level),
                "guarded, {soft_delete} {immutability}"
            );
        }
    }

    #[test]
    fn the_last_row_must_fit_every_vault() {
        let text = include_str!("../../rules/vaults.toml")
            .replace("\nscore = \"None\"", "\nsoft_delete = \"Off\"\nscore = \"None\"");
        let mut sources = test_sources();
        for key in text
            .split('"')
            .filter(|word| word.chars().all(|c| c == '-' || c.is_ascii_uppercase()))
        {
            sources.insert(key.to_owned(), sources["KNOWN"].clone());
        }
        let error = load(&text, &SourceCheck::new(&sources))
            .expect_err("refused")
            .to_string();
        assert!(error.contains("the last row must fit every vault"), "{error}");
    }
}
