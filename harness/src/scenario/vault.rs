//! The Backup vault of a world.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Which identities a vault has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VaultIdentity {
    /// None.
    None,
    /// A system-assigned one.
    #[default]
    System,
    /// A user-assigned one.
    User,
    /// Both.
    Both,
}

impl VaultIdentity {
    /// Whether there is a system-assigned one.
    pub(crate) fn has_system(self) -> bool {
        matches!(self, Self::System | Self::Both)
    }

    /// Whether there is a user-assigned one of the vault's own.
    pub(crate) fn has_user(self) -> bool {
        matches!(self, Self::User | Self::Both)
    }
}

/// Which of a vault's identities acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Acting {
    /// The system-assigned one.
    #[default]
    System,
    /// The user-assigned one.
    User,
}

/// The Backup vault.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct VaultWorld {
    /// Its name.
    pub name: String,
    /// Its region, if it is not the world's.
    pub location: Option<String>,
    /// Its identities.
    pub identity: VaultIdentity,
    /// User-assigned identities it has besides, by name: `kind = "identity"` makes them.
    pub identities: Vec<String>,
    /// Which of them protects.
    pub protect_as: Acting,
    /// Its redundancy.
    pub redundancy: String,
    /// Its soft-delete state.
    pub soft_delete: String,
    /// The repeating intervals of its policy.
    pub schedule: Vec<String>,
    /// How long its policy keeps what has no tag of its own, as a duration of ISO 8601.
    pub keep: String,
    /// The archive its policy copies what has no tag of its own to, if it does: a single server's only.
    pub archive: Option<ArchiveWorld>,
    /// The tags of its policy, besides the default one.
    pub tags: Vec<TagWorld>,
    /// The resource group it is in.
    pub group: String,
    /// The subscription it is in: one of `[subscription.NAME]`; the operator's own if left out.
    pub subscription: Option<String>,
    /// Properties besides, as ARM spells them.
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    pub properties: toml::Table,
    /// The group and the subscription it was made in, if it has been moved since: its user-assigned identity is there.
    #[serde(skip)]
    pub(crate) made_in: Option<(String, Option<String>)>,
}

impl Default for VaultWorld {
    fn default() -> Self {
        Self {
            name: "drill-vault".to_owned(),
            location: None,
            identity: VaultIdentity::System,
            identities: Vec::new(),
            protect_as: Acting::System,
            redundancy: "LocallyRedundant".to_owned(),
            soft_delete: "On".to_owned(),
            schedule: vec!["R/2026-01-04T02:00:00+00:00/P1W".to_owned()],
            keep: "P3M".to_owned(),
            archive: None,
            tags: Vec::new(),
            group: "backup".to_owned(),
            subscription: None,
            properties: toml::Table::new(),
            made_in: None,
        }
    }
}

impl VaultWorld {
    /// It is in another resource group from now on.
    pub(crate) fn move_to(&mut self, group: &str, subscription: Option<&str>) {
        let before = (self.group.clone(), self.subscription.clone());
        self.made_in.get_or_insert(before);
        self.group = group.to_owned();
        self.subscription = subscription.map(str::to_owned);
    }
}

/// The archive tier of a retention rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchiveWorld {
    /// When it is copied there: `on_expiry`, `at_once`, or after a duration of ISO 8601.
    #[serde(default = "on_expiry")]
    pub copied: String,
    /// How long it is kept there, as a duration of ISO 8601.
    pub keep: String,
}

fn on_expiry() -> String {
    "on_expiry".to_owned()
}

/// A retention tag of the vault's policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TagWorld {
    /// Its name.
    pub name: String,
    /// How long it keeps, as a duration of ISO 8601.
    pub keep: String,
    /// The archive it is copied to, if it is.
    pub archive: Option<ArchiveWorld>,
    /// Of several tags a backup could get it gets the one with the lowest number.
    pub priority: u32,
    /// What a backup must be, in Azure's words: `absoluteCriteria = ["FirstOfMonth"]`.
    pub criteria: BTreeMap<String, Vec<String>>,
}
