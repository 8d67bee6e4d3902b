//! What rules of Azure Policy may ask about.

use std::collections::BTreeMap;

/// A property by the name it has in rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyAlias {
    /// The resource type that has it.
    pub kind: String,
    /// Where it stands in the body of such a resource: members by name, `[*]` behind an array each of whose items is
    /// meant.
    pub path: String,
}

/// The aliases there are.
#[derive(Clone, Debug, Default)]
pub struct PolicyLanguage {
    /// By name in lower case.
    aliases: BTreeMap<String, PolicyAlias>,
}

impl PolicyLanguage {
    /// Adds an alias; answers whether there was none of that name.
    pub fn add(&mut self, name: &str, alias: PolicyAlias) -> bool {
        self.aliases.insert(name.to_ascii_lowercase(), alias).is_none()
    }

    /// The alias of that name, without regard to case.
    pub fn alias(&self, name: &str) -> Option<&PolicyAlias> {
        self.aliases.get(&name.to_ascii_lowercase())
    }
}
