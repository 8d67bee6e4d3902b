//! The named things of a world: which there are, and which of them a step is about.

use super::{Grantee, Misstated, Site, World, nearest, shown};
use crate::run::Resource;

/// What the short forms of a world are called where something is referred to by name.
const SERVER: &str = "server";
const VAULT: &str = "vault";
const STORAGE: &str = "storage";
const KEY_VAULT: &str = "key_vault";

/// What there is in any world, and what there is where the short forms are.
pub(super) const SHORT_SITES: [&str; 9] = [
    "subscription",
    "server",
    "server_group",
    "storage",
    "storage_group",
    "container",
    "vault",
    "key_vault",
    "target",
];

/// What a step, or a resource, is about, by name; whatever is the only one of its kind is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The server.
    pub server: Option<String>,
    /// The Backup vault.
    pub vault: Option<String>,
    /// The storage account.
    pub storage: Option<String>,
    /// The key vault.
    pub key_vault: Option<String>,
}

/// A role that a resource plays for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is the database server.
    Server,
    /// It is the Backup vault.
    Vault,
    /// It is the storage account.
    Storage,
    /// It is the key vault.
    KeyVault,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Server, Self::Vault, Self::Storage, Self::KeyVault];

    /// The word for it in files, and what the one of the short form is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Server => SERVER,
            Self::Vault => VAULT,
            Self::Storage => STORAGE,
            Self::KeyVault => KEY_VAULT,
        }
    }
}

impl About {
    pub(crate) fn of(&self, part: Part) -> Option<&str> {
        match part {
            Part::Server => self.server.as_deref(),
            Part::Vault => self.vault.as_deref(),
            Part::Storage => self.storage.as_deref(),
            Part::KeyVault => self.key_vault.as_deref(),
        }
    }
}

impl World {
    /// The world with that one server, vault, account and key vault in the places of the short forms.
    ///
    /// # Errors
    ///
    /// If there is no such thing, or several that could be meant where one of these parts is needed.
    pub(crate) fn seen_by(&self, about: &About, needs: &[Part]) -> Result<Self, Misstated> {
        let mut seen = self.clone();
        for part in Part::ALL {
            let chosen = self.chosen(part, about.of(part), needs.contains(&part));
            if let Some(resource) = chosen.map_err(|wrong| wrong.at(part.word()))? {
                resource.stand_in(&mut seen);
            }
        }
        Ok(seen)
    }

    /// The world with this resource in the place of the short form of its part, and whatever it is about.
    pub(crate) fn seen_from(&self, resource: &Resource) -> Self {
        let about = resource.about();
        // What is ambiguous stays as it is: nothing of it is needed.
        let mut seen = self.seen_by(&about, &[]).unwrap_or_else(|_| self.clone());
        resource.stand_in(&mut seen);
        seen
    }

    /// The named resource that is meant; `None`: that of the short form.
    fn chosen(&self, part: Part, said: Option<&str>, needed: bool) -> Result<Option<&Resource>, Misstated> {
        let all = || {
            let of_part = self
                .resources
                .iter()
                .filter(move |(_, own)| own.part() == Some(part));
            of_part.map(|(name, _)| name.as_str())
        };
        let short = (!self.all_named).then_some(part.word());
        match said {
            Some(name) if Some(name) == short => Ok(None),
            Some(name) => match self.resources.get(name).filter(|own| own.part() == Some(part)) {
                Some(found) => Ok(Some(found)),
                None => Err(none_called(part.word(), name, all().chain(short))),
            },
            None if short.is_some() => Ok(None),
            None => match (all().next(), all().nth(1)) {
                (Some(only), None) => Ok(self.resources.get(only)),
                (Some(_), Some(_)) if needed => {
                    let names: Vec<&str> = all().collect();
                    let what = format!(
                        "`{}` is needed: there are several, {}",
                        part.word(),
                        names.join(", ")
                    );
                    Err(Misstated::new(what))
                }
                (None, _) if needed => Err(Misstated::new(format!(
                    "the world has no {}: [resource.NAME] makes one",
                    part.word().replace('_', " ")
                ))),
                _ => Ok(None),
            },
        }
    }

    /// Checks that something can be about this.
    pub(crate) fn check_site(&self, site: &Site) -> Result<(), Misstated> {
        let short = if self.all_named {
            &SHORT_SITES[..1]
        } else {
            &SHORT_SITES[..]
        };
        let word = site.as_str();
        let name = word.strip_suffix(".group").unwrap_or(word);
        let named = self.resources.keys().map(String::as_str);
        let subscriptions = self.subscriptions.iter().map(String::as_str);
        if short.contains(&word) || self.resources.contains_key(name) || self.subscriptions.contains(word) {
            return Ok(());
        }
        Err(none_called(
            "resource",
            name,
            short.iter().copied().chain(named).chain(subscriptions),
        ))
    }

    /// Checks that a role can be given to this.
    pub(super) fn check_grantee(&self, to: &Grantee) -> Result<(), Misstated> {
        let (name, which) = to.parts();
        let short: &[&str] = if self.all_named {
            &["operator"]
        } else {
            &["operator", VAULT]
        };
        if !short.contains(&name) && !self.resources.contains_key(name) {
            let named = self.resources.keys().map(String::as_str);
            return Err(none_called("principal", name, short.iter().copied().chain(named)));
        }
        if !["", "user", "application_id"].contains(&which) {
            let what = format!(
                "`{}`: user or application_id was expected after the name",
                to.as_str()
            );
            return Err(Misstated::new(what));
        }
        Ok(())
    }
}

/// Nothing is called so.
fn none_called<'a>(what: &str, name: &str, all: impl Iterator<Item = &'a str>) -> Misstated {
    let all: Vec<&str> = all.collect();
    let wrong = Misstated::new(format!("{what} {}: there is no such thing", shown(name)));
    wrong.meant(nearest(name, all.iter().copied())).of_these(&all)
}
