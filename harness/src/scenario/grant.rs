//! Roles that are given: who gets one, and on what.

use serde::Deserialize;

use super::part::Part;

/// Who a role is given to: `vault` (the vault's system-assigned identity), `vault_user` (its user-assigned one),
/// `vault_application_id` (the application id of its identity, pasted where the object id belongs), `operator`;
/// or a named vault or identity, and of a named vault `NAME.user` and `NAME.application_id`; or somebody of
/// `[world.personas]`, or a tenant's owner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Grantee(String);

impl Default for Grantee {
    fn default() -> Self {
        Self("vault".to_owned())
    }
}

impl Grantee {
    /// What the vault of the short form or a named resource is called, and which of its principals is meant.
    pub(crate) fn parts(&self) -> (&str, &str) {
        match self.0.as_str() {
            "vault_user" => ("vault", "user"),
            "vault_application_id" => ("vault", "application_id"),
            other => other.split_once('.').unwrap_or((other, "")),
        }
    }

    /// The word.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What something is about: `server`, `server_group` (its resource group), `storage`, `storage_group`, `container`,
/// `vault`, `key_vault`, `target`, `subscription`; or a named resource, its group (`NAME.group`), or a named
/// subscription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Site(String);

impl Site {
    /// By its word.
    pub(crate) fn of(word: &str) -> Self {
        Self(word.to_owned())
    }

    /// The word.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts of whatever it is, or is in, if it is a short form: a step may say which are meant.
    pub(crate) fn parts(&self) -> &'static [Part] {
        match self.0.as_str() {
            "server" | "server_group" => &[Part::Server],
            "storage" | "storage_group" => &[Part::Storage],
            "container" => &[Part::Storage, Part::Container],
            "vault" => &[Part::Vault],
            "key_vault" => &[Part::KeyVault],
            _ => &[],
        }
    }
}

/// A role given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GrantWorld {
    /// To whom.
    #[serde(default)]
    pub to: Grantee,
    /// The role's display name. A file that changes a grant of what it extends may leave it out.
    #[serde(default)]
    pub role: String,
    /// On what. May be left out likewise.
    pub on: Option<Site>,
    /// Whether it is left out after all: for a file that extends another.
    #[serde(default)]
    pub absent: bool,
}
