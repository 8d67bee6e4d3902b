//! Names in braces, which ids are filled in for: `{shop-pg}`, `{shop-pg.group}`, `{vault}`.

use super::{Misstated, Part, Site, World};

/// What is filled in besides what something can be about, and what the step has to be about for it.
const BESIDES: [(&str, &[Part]); 3] = [
    ("vault_group", &[Part::Vault]),
    ("policy", &[Part::Vault, Part::Policy]),
    ("instance", &[Part::Vault, Part::Server, Part::Instance]),
];

/// The names in braces of a text. What is no name (`{0}`, `{"a": 1}`) is left alone.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices('{');
    starts.filter_map(|(at, _)| {
        let (name, _) = text.get(at + 1..)?.split_once('}')?;
        let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        is_name.then_some(name)
    })
}

/// The parts that are meant by such a name, if it is none of a resource's own.
pub(crate) fn parts_of(name: &str) -> Vec<Part> {
    let besides = BESIDES.iter().find(|(word, _)| *word == name);
    besides
        .map_or_else(|| Site::of(name).parts(), |(_, parts)| parts)
        .to_vec()
}

impl World {
    /// Checks the names in braces of a text: in a step, which says what it is about, or elsewhere.
    fn check_placeholders(&self, text: &str, in_step: bool) -> Result<(), Misstated> {
        for name in placeholders(text) {
            let parts = parts_of(name);
            let is_short = !parts.is_empty() && (in_step || !self.all_named);
            if !is_short {
                self.check_site(&Site::of(name))?;
            }
        }
        Ok(())
    }

    /// Checks the names in braces of all texts of a value.
    pub(crate) fn check_filled(&self, value: &toml::Value, in_step: bool) -> Result<(), Misstated> {
        match value {
            toml::Value::String(text) => self.check_placeholders(text, in_step),
            toml::Value::Array(items) => items.iter().enumerate().try_for_each(|(number, item)| {
                let checked = self.check_filled(item, in_step);
                checked.map_err(|wrong| wrong.in_item(number))
            }),
            toml::Value::Table(table) => self.check_filled_table(table, in_step),
            _ => Ok(()),
        }
    }

    /// The same of a table.
    pub(crate) fn check_filled_table(&self, table: &toml::Table, in_step: bool) -> Result<(), Misstated> {
        table.iter().try_for_each(|(key, value)| {
            let checked = self.check_placeholders(key, in_step);
            let checked = checked.and_then(|()| self.check_filled(value, in_step));
            checked.map_err(|wrong| wrong.at(key.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_placeholders() {
        let found = |text| placeholders(text).collect::<Vec<_>>();
        assert_eq!(
            found("{vault}/backupPolicies/{own-policy}"),
            ["vault", "own-policy"]
        );
        assert_eq!(found("{shop-pg.group}"), ["shop-pg.group"]);
        for text in ["{0}", "{}", "{\"a\": 1}", "{open", "format('{0} {1}', 'a b')"] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
