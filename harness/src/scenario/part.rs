//! The parts that resources play for a step, and which of several is meant.

use std::collections::BTreeMap;

/// What a step, or a resource, is about, by name; whatever is the only one of its kind is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About(BTreeMap<Part, String>);

/// A role that a resource plays for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// It is the database server.
    Server,
    /// It is the Backup vault.
    Vault,
    /// It is the storage account.
    Storage,
    /// It is the key vault.
    KeyVault,
    /// It is the container of the storage account.
    Container,
    /// It is the policy of the vault.
    Policy,
    /// It is the backup instance of the server in the vault.
    Instance,
}

impl Part {
    /// What is inside of another comes after it.
    pub(crate) const ALL: [Self; 7] = [
        Self::Server,
        Self::Vault,
        Self::Storage,
        Self::KeyVault,
        Self::Container,
        Self::Policy,
        Self::Instance,
    ];

    /// The word for it in files, and what the one of the short form is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Vault => "vault",
            Self::Storage => "storage",
            Self::KeyVault => "key_vault",
            Self::Container => "container",
            Self::Policy => "policy",
            Self::Instance => "instance",
        }
    }

    /// Whether `[world]` has a table for it. What has none is inside of something that has one of its own, which is
    /// meant where nothing is said.
    pub(super) fn has_short_form(self) -> bool {
        !matches!(self, Self::Container | Self::Policy | Self::Instance)
    }
}

impl About {
    pub(crate) fn of(&self, part: Part) -> Option<&str> {
        self.0.get(&part).map(String::as_str)
    }

    /// Everything it is about.
    pub(super) fn all(self) -> impl Iterator<Item = (Part, String)> {
        self.0.into_iter()
    }

    /// What is said of a part; where nothing is, this from now on.
    pub(super) fn of_its_own(&mut self, part: Part, name: &str) -> &str {
        self.0.entry(part).or_insert_with(|| name.to_owned())
    }

    /// About this as well, if it is said.
    pub(crate) fn and(mut self, part: Part, name: Option<&String>) -> Self {
        if let Some(name) = name {
            self.0.insert(part, name.clone());
        }
        self
    }
}
