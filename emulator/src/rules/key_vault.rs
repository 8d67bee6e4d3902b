//! What Key Vault measures, counts and calls things.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::Evidence;
use super::source::SourceCheck;

const FILE: &str = "key_vault.toml";
/// The permission that stands for all of its kind.
const ALL: &str = "all";

/// A permission of an access policy, e.g. `secrets/get`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPermission {
    /// The kind of object: `secrets`, `keys` or `certificates`.
    pub collection: String,
    /// The word.
    pub word: String,
}

impl PolicyPermission {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (collection, word) = text.split_once('/')?;
        Some(Self {
            collection: collection.to_owned(),
            word: word.to_owned(),
        })
    }

    /// Whether a word of an access policy grants this.
    pub fn granted_by(&self, word: &str) -> bool {
        word.eq_ignore_ascii_case(&self.word) || word.eq_ignore_ascii_case(ALL)
    }
}

/// Facts about Key Vault that are no rules of access.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyVaultFacts {
    /// What the header `x-ms-keyvault-service-version` says.
    pub service_version: Text,
    /// The versions of the data plane.
    pub versions: DataVersions,
    /// The words of each kind of permission.
    permissions: BTreeMap<String, Words>,
    /// For how many days what is deleted can be recovered.
    pub retention_days: RetentionDays,
    /// What `recoveryLevel` says.
    pub recovery_levels: RecoveryLevels,
    /// Since when new vaults have Azure roles.
    pub roles_by_default: RolesByDefault,
    /// How long a vault's name may be.
    pub vault_name: VaultName,
    /// How long an object's name may be.
    pub object_name: ObjectName,
    /// How much a secret may hold.
    pub secret: SecretLimits,
    /// How long a page of a list is.
    pub page: Page,
    /// RSA keys.
    pub rsa: RsaKeys,
    /// Keys on elliptic curves.
    pub elliptic_curve: CurveKeys,
    /// Private endpoints.
    pub private_link: PrivateLink,
    /// Keys outside their time.
    pub out_of_time: OutOfTime,
    /// What a vault keeps when another is put in its place.
    pub replaced: Replaced,
    /// The rotation policy of a key that nobody gave one.
    pub rotation_policy: RotationPolicy,
    /// The attribute `hsmPlatform` of a key.
    pub hsm_platform: Text,
}

/// The versions of the data plane.
#[derive(Debug, Deserialize)]
pub struct DataVersions {
    /// All of them.
    pub known: Vec<String>,
    /// The one a refusal proposes.
    pub latest: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// The rotation policy of a key that nobody gave one.
#[derive(Debug, Deserialize)]
pub struct RotationPolicy {
    /// How long before a version ends a notice is given, as a duration of ISO 8601.
    pub notice_before_expiry: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// A vault in whose place another is put.
#[derive(Debug, Deserialize)]
pub struct Replaced {
    /// The properties it keeps where the request does not say them.
    pub stays: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// A text.
#[derive(Debug, Deserialize)]
pub struct Text {
    /// It.
    pub text: String,
    #[serde(flatten)]
    evidence: Evidence,
}

#[derive(Debug, Deserialize)]
struct Words {
    words: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Days of retention.
#[derive(Debug, Deserialize)]
pub struct RetentionDays {
    /// The fewest.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// Where nothing is said.
    pub unset: u32,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Words for how an object can be recovered.
#[derive(Debug, Deserialize)]
pub struct RecoveryLevels {
    /// With the most days.
    pub full: String,
    /// With the most days, and purge protection.
    pub full_protected: String,
    /// With fewer days.
    pub shorter: String,
    /// With fewer days, and purge protection.
    pub shorter_protected: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// The version from which on new vaults have Azure roles unless told otherwise.
#[derive(Debug, Deserialize)]
pub struct RolesByDefault {
    /// The version.
    pub from: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Lengths of a vault's name.
#[derive(Debug, Deserialize)]
pub struct VaultName {
    /// The shortest.
    pub shortest: usize,
    /// The longest.
    pub longest: usize,
    #[serde(flatten)]
    evidence: Evidence,
}

/// The length of an object's name.
#[derive(Debug, Deserialize)]
pub struct ObjectName {
    /// The longest.
    pub longest: usize,
    #[serde(flatten)]
    evidence: Evidence,
}

/// How much a secret may hold.
#[derive(Debug, Deserialize)]
pub struct SecretLimits {
    /// The longest value, in bytes.
    pub longest_bytes: usize,
    /// The longest content type, in characters.
    pub longest_content_type: usize,
    /// The most tags of an object.
    pub most_tags: usize,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Pages of lists.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// The most items on one.
    pub items: usize,
    #[serde(flatten)]
    evidence: Evidence,
}

/// RSA keys.
#[derive(Debug, Deserialize)]
pub struct RsaKeys {
    /// The sizes there are.
    pub bits: Vec<usize>,
    /// The size where nothing is said.
    pub unset: usize,
    /// What a key may be used for unless its maker says otherwise.
    pub operations: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Keys on elliptic curves.
#[derive(Debug, Deserialize)]
pub struct CurveKeys {
    /// The curves there are.
    pub curves: Vec<String>,
    /// The curve where nothing is said.
    pub unset: String,
    /// What a key may be used for unless its maker says otherwise.
    pub operations: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// What a private endpoint of a vault is connected to.
#[derive(Debug, Deserialize)]
pub struct PrivateLink {
    /// The group id.
    pub group: String,
    /// The private DNS zone.
    pub zone: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// Keys outside their time.
#[derive(Debug, Deserialize)]
pub struct OutOfTime {
    /// What they go on doing.
    pub operations: Vec<String>,
    #[serde(flatten)]
    evidence: Evidence,
}

impl KeyVaultFacts {
    /// Whether an access policy may say this.
    pub fn knows_permission(&self, collection: &str, word: &str) -> bool {
        self.permissions.get(collection).is_some_and(|known| {
            word.eq_ignore_ascii_case(ALL) || known.words.iter().any(|own| own.eq_ignore_ascii_case(word))
        })
    }

    /// The kinds of permission there are.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        self.permissions.keys().map(String::as_str)
    }

    fn evidence(&self) -> [(&'static str, &Evidence); 16] {
        [
            ("service_version", &self.service_version.evidence),
            ("versions", &self.versions.evidence),
            ("retention_days", &self.retention_days.evidence),
            ("recovery_levels", &self.recovery_levels.evidence),
            ("roles_by_default", &self.roles_by_default.evidence),
            ("vault_name", &self.vault_name.evidence),
            ("object_name", &self.object_name.evidence),
            ("secret", &self.secret.evidence),
            ("page", &self.page.evidence),
            ("rsa", &self.rsa.evidence),
            ("elliptic_curve", &self.elliptic_curve.evidence),
            ("private_link", &self.private_link.evidence),
            ("out_of_time", &self.out_of_time.evidence),
            ("rotation_policy", &self.rotation_policy.evidence),
            ("replaced", &self.replaced.evidence),
            ("hsm_platform", &self.hsm_platform.evidence),
        ]
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<KeyVaultFacts, RulesError> {
    let facts: KeyVaultFacts = parse(FILE, text)?;
    for (row, evidence) in facts.evidence() {
        known.check(FILE, row, &evidence.sources)?;
    }
    for (collection, words) in &facts.permissions {
        known.check(FILE, collection, &words.evidence.sources)?;
    }
    if !facts.versions.known.contains(&facts.versions.latest) {
        return Err(row_error(FILE, "versions", "`latest` is not one of them"));
    }
    let days = &facts.retention_days;
    if !(days.least..=days.most).contains(&days.unset) {
        return Err(row_error(
            FILE,
            "retention_days",
            "`unset` is not one of the days",
        ));
    }
    if !facts.rsa.bits.contains(&facts.rsa.unset) {
        return Err(row_error(FILE, "rsa", "`unset` is not one of the sizes"));
    }
    if !facts.elliptic_curve.curves.contains(&facts.elliptic_curve.unset) {
        return Err(row_error(
            FILE,
            "elliptic_curve",
            "`unset` is not one of the curves",
        ));
    }
    Ok(facts)
}
