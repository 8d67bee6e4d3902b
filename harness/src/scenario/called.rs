//! What things of a world may be called in the tables of a file.

use std::collections::BTreeSet;

use super::named::SHORT_SITES;
use super::{Misstated, Scenario, World, shown};

/// What roles can be given to besides resources, what is filled in besides what something can be about, and what
/// resource access rules name.
const RESERVED: [&str; 8] = [
    "operator",
    "vault_user",
    "vault_application_id",
    "vault_group",
    "policy",
    "instance",
    "other_vault",
    "vault_of_other_tenant",
];

/// Tables whose keys are names. What refers to a thing does not say in which of them it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Table {
    Tenant,
    Subscription,
    Persona,
    Resource,
}

impl Table {
    const ALL: [Self; 4] = [Self::Tenant, Self::Subscription, Self::Persona, Self::Resource];

    /// Its keys.
    fn path(self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &["tenant"],
            Self::Subscription => &["subscription"],
            Self::Persona => &["world", "personas"],
            Self::Resource => &["resource"],
        }
    }

    /// Which names it has in one file.
    fn names(self, file: &Scenario) -> BTreeSet<&str> {
        match self {
            Self::Tenant => file.tenant.keys().map(String::as_str).collect(),
            Self::Subscription => file.subscription.keys().map(String::as_str).collect(),
            Self::Persona => file.world.personas.keys().map(String::as_str).collect(),
            Self::Resource => file.resource.keys().map(String::as_str).collect(),
        }
    }

    /// Whether something of it has that name in the whole world.
    fn has(self, world: &World, name: &str) -> bool {
        match self {
            Self::Tenant => world.tenants.contains_key(name),
            Self::Subscription => world.subscriptions.contains_key(name),
            Self::Persona => world.personas.contains_key(name),
            Self::Resource => world.resources.contains_key(name),
        }
    }

    /// The table of something, as a file says it.
    fn header(self, name: &str) -> String {
        let path = self.path().join(".");
        if is_well_formed(name) {
            format!("[{path}.{name}]")
        } else {
            format!("[{path}.\"{}\"]", shown(name).escape_debug())
        }
    }
}

/// Refuses names that are none, or mean something else already: a short form of the same name would be taken for it in
/// one place, and it for the short form in another.
pub(super) fn check_names(file: &Scenario, world: &World) -> Result<(), Misstated> {
    for table in Table::ALL {
        for name in table.names(file) {
            check_name(table, name, file, world).map_err(|wrong| {
                let path = table.path().iter().rev();
                path.fold(wrong.at(name.to_owned()), |wrong, key| wrong.at(*key))
            })?;
        }
    }
    if let Some(name) = file.world.grants.keys().find(|name| !is_well_formed(name)) {
        let header = format!("[world.grants.\"{}\"]", shown(name).escape_debug());
        let wrong = Misstated::new(format!("{header}: {FORM}"));
        return Err(wrong.at(name.clone()).at("grants").at("world"));
    }
    Ok(())
}

const FORM: &str = "a name begins with a letter, and has letters of ASCII, digits, `-` and `_` only, as in `shop-2`: \
                    NAME.group is what it is in, {NAME} its id; call it so, and what Azure calls it say as `name`";

fn is_well_formed(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
}

fn check_name(table: Table, name: &str, file: &Scenario, world: &World) -> Result<(), Misstated> {
    let header = table.header(name);
    if !is_well_formed(name) {
        return Err(Misstated::new(format!("{header}: {FORM}")));
    }
    let mut reserved = SHORT_SITES.iter().chain(&RESERVED);
    if let Some(word) = reserved.find(|word| word.eq_ignore_ascii_case(name)) {
        return Err(Misstated::new(format!(
            "{header}: `{word}` means something of its own in every world; choose another name, as `the-{word}`"
        )));
    }
    // Told once: of two in a file of the later, of two in two files of what is written over the other.
    let is_taken = |other: &Table| {
        let is_later = *other < table || !other.names(file).contains(name);
        *other != table && is_later && other.has(world, name)
    };
    if let Some(other) = Table::ALL.iter().find(|other| is_taken(other)) {
        return Err(Misstated::new(format!(
            "{header}: {} has this name already, and whoever says it could mean either; choose another name",
            other.header(name)
        )));
    }
    Ok(())
}
