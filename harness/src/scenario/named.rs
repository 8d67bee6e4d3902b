//! The named things of a world: which there are, and which of them a step is about.

use super::{About, Grantee, Misstated, Part, Site, World, nearest, shown};
use crate::run::Resource;

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

impl World {
    /// The world with that one server, vault, account and so on in the places of the short forms.
    ///
    /// # Errors
    ///
    /// If there is no such thing, or several that could be meant where one of these parts is needed.
    pub(crate) fn seen_by(&self, about: &About, needs: &[Part]) -> Result<Self, Misstated> {
        let about = self.with_what_it_is_in(about)?;
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

    /// Who names a policy means its vault as well.
    fn with_what_it_is_in(&self, about: &About) -> Result<About, Misstated> {
        let mut whole = about.clone();
        for part in Part::ALL.into_iter().rev() {
            let named = whole.of(part).and_then(|name| self.resources.get(name));
            let Some(resource) = named.filter(|resource| resource.part() == Some(part)) else {
                continue;
            };
            for (outer, name) in resource.about().all() {
                let said = whole.of_its_own(outer, &name);
                if *said != name {
                    let word = outer.word();
                    let what = format!(
                        "the {} is of the {word} `{name}`, and not of `{said}`",
                        part.word()
                    );
                    return Err(Misstated::new(what).at(part.word()));
                }
            }
        }
        Ok(whole)
    }

    /// The named resource that is meant; `None`: that of the short form.
    fn chosen(&self, part: Part, said: Option<&str>, needed: bool) -> Result<Option<&Resource>, Misstated> {
        let all = || {
            let of_part = self
                .resources
                .iter()
                .filter(move |(_, resource)| resource.part() == Some(part));
            of_part.map(|(name, _)| name.as_str())
        };
        let has_short_form = !self.all_named || !part.has_short_form();
        let short = has_short_form.then_some(part.word());
        match said {
            Some(name) if Some(name) == short => Ok(None),
            Some(name) => match self
                .resources
                .get(name)
                .filter(|found| found.part() == Some(part))
            {
                Some(found) => Ok(Some(found)),
                None => Err(none_called(part.word(), name, all().chain(short))),
            },
            None if has_short_form => Ok(None),
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

    /// Whether there is one of these, or one that is meant where nothing is said.
    pub(crate) fn has_one(&self, part: Part) -> bool {
        self.chosen(part, None, true).is_ok()
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
        let subscriptions = self.subscriptions.keys().map(String::as_str);
        let known = short.contains(&word)
            || self.resources.contains_key(name)
            || self.subscriptions.contains_key(word);
        if !known {
            let all = short.iter().copied().chain(named).chain(subscriptions);
            return Err(none_called("resource", name, all));
        }
        let is_nowhere = |resource: &Resource| name != word && resource.place().is_none();
        if self.resources.get(name).is_some_and(is_nowhere) {
            let what = format!(
                "{word}: what is inside of another resource has no group of its own; name that one's"
            );
            return Err(Misstated::new(what));
        }
        if word == "target" && self.target.is_none() {
            return Err(Misstated::new(
                "target: the world has none; [world.target] makes one",
            ));
        }
        Ok(())
    }

    /// Checks that a step can be about this. A short form stands for what the step is about, and needs it: whether it
    /// is there is another check's business.
    pub(crate) fn check_site_of_step(&self, site: &Site) -> Result<(), Misstated> {
        if site.parts().is_empty() {
            return self.check_site(site);
        }
        Ok(())
    }

    /// Checks that a role can be given to this.
    pub(crate) fn check_grantee(&self, to: &Grantee) -> Result<(), Misstated> {
        let (name, which) = to.parts();
        let short: &[&str] = if self.all_named {
            &["operator"]
        } else {
            &["operator", "vault", "vault_user", "vault_application_id"]
        };
        let principals = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.has_principal());
        let named = || principals.clone().map(|(name, _)| name.as_str());
        let somebody = || {
            let all = self.tenants.keys().chain(self.personas.keys());
            all.map(String::as_str)
        };
        let mut known = short.iter().copied().chain(named()).chain(somebody());
        if !known.any(|own| own == name) {
            let all = short.iter().copied().chain(named()).chain(somebody());
            return Err(none_called("principal", to.as_str(), all));
        }
        let expected: &[&str] = match self.resources.get(name) {
            Some(resource) if resource.is_identity() => &["application_id"],
            Some(_) => &["user", "application_id"],
            None if name == "vault" => &["user", "application_id"],
            None => &[],
        };
        if !which.is_empty() && !expected.contains(&which) {
            let what = match expected {
                [] => format!(
                    "`{}`: it is one principal: `{name}` alone was expected",
                    to.as_str()
                ),
                words => format!(
                    "`{}`: {} was expected after the name",
                    to.as_str(),
                    words.join(" or ")
                ),
            };
            return Err(Misstated::new(what));
        }
        Ok(())
    }

    /// Checks that a vault a role is given to has the identity that is meant when the world is built.
    pub(super) fn check_has_identity(&self, to: &Grantee) -> Result<(), Misstated> {
        let (name, which) = to.parts();
        let vault = match self.resources.get(name) {
            Some(Resource::Vault(vault)) => vault,
            None if name == "vault" => &self.vault,
            _ => return Ok(()),
        };
        let (has, other) = match which {
            "user" => (vault.identity.has_user(), "user"),
            _ => (vault.identity.has_system(), "system"),
        };
        if has {
            return Ok(());
        }
        Err(Misstated::new(format!(
            "`{}`: the vault has no such identity; identity = \"{other}\" or \"both\" gives it one",
            to.as_str()
        )))
    }

    /// Checks who does something.
    pub(crate) fn check_persona(&self, name: &str) -> Result<(), Misstated> {
        if self.personas.contains_key(name) || self.tenants.contains_key(name) {
            return Ok(());
        }
        let all = self.personas.keys().chain(self.tenants.keys());
        Err(none_called("persona", name, all.map(String::as_str)))
    }

    /// Checks that there is a user-assigned identity of that name.
    pub(crate) fn check_identity(&self, name: &str) -> Result<(), Misstated> {
        let all = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.is_identity());
        let all = all.map(|(name, _)| name.as_str());
        if all.clone().any(|known| known == name) {
            return Ok(());
        }
        Err(none_called("identity", name, all))
    }

    /// Checks that there is something of that name and of that kind.
    pub(crate) fn check_is(&self, name: &str, kind: &str) -> Result<(), Misstated> {
        let of_kind = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.word() == kind);
        let all: Vec<&str> = of_kind.map(|(name, _)| name.as_str()).collect();
        let what = kind.replace('_', " ");
        match self.resources.get(name) {
            Some(found) if found.word() == kind => Ok(()),
            None => Err(none_called(&what, name, all.into_iter())),
            Some(found) => {
                let wrong = format!(
                    "{name} is of the kind `{}`: the name of a {what} was expected",
                    found.word()
                );
                let makes = format!(". [resource.NAME] with kind = \"{kind}\" makes one");
                let makes = if all.is_empty() { makes.as_str() } else { "" };
                Err(Misstated::new(wrong + makes).of_these(&all))
            }
        }
    }

    /// Checks that there is a further subscription of that name.
    pub(crate) fn check_subscription(&self, name: &str) -> Result<(), Misstated> {
        if self.subscriptions.contains_key(name) {
            return Ok(());
        }
        let all: Vec<&str> = self.subscriptions.keys().map(String::as_str).collect();
        let wrong = Misstated::new(format!("there is no [subscription.{}]", shown(name)));
        Err(wrong.meant(nearest(name, all.iter().copied())).of_these(&all))
    }

    /// Checks that there is a tenant of that name.
    pub(super) fn check_tenant(&self, name: &str) -> Result<(), Misstated> {
        if self.tenants.contains_key(name) {
            return Ok(());
        }
        let known = self.tenants.keys().map(String::as_str);
        Err(none_called("tenant", name, known))
    }
}

/// Nothing is called so.
pub(crate) fn none_called<'a>(what: &str, name: &str, all: impl Iterator<Item = &'a str>) -> Misstated {
    let all: Vec<&str> = all.collect();
    let wrong = Misstated::new(format!("{what} {}: there is no such thing", shown(name)));
    wrong.meant(nearest(name, all.iter().copied())).of_these(&all)
}
