//! Names of rules, of error codes and of datasource types. There are none but those `emulator/rules/` has rows for: code takes them from
//! [`rule`], [`code`] and [`datasource`], whose constants are made of the rows when the crate is built, and a text is looked up.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a rule, e.g. `FX-RF-03`; or of an error, whose row is a rule as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(&'static str);

/// The name of an error's row: the code on the wire, unless the row shows it as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

/// What rows call a datasource type whose backups are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasourceName(&'static str);

/// Every rule there is, by name.
#[allow(
    non_upper_case_globals,
    reason = "rules are named as the documents' readers know them"
)]
pub(crate) mod rule {
    use super::RuleId;

    include!(concat!(env!("OUT_DIR"), "/rule.rs"));
}

/// Every error code there is, as Azure spells it.
#[allow(non_upper_case_globals, reason = "codes are spelled as they are on the wire")]
pub(crate) mod code {
    use super::Code;

    include!(concat!(env!("OUT_DIR"), "/code.rs"));
}

impl RuleId {
    /// Whether it is an error's row, which is a rule as long as no other is named.
    pub fn is_error(self) -> bool {
        Code::named(self.0).is_ok()
    }
}

impl Code {
    /// The rule the error's own row states: for a refusal that has no other.
    pub const fn rule(self) -> RuleId {
        RuleId(self.0)
    }
}

/// Every datasource type that is played, as rows call it.
#[allow(non_upper_case_globals, reason = "types are spelled as rows spell them")]
pub(crate) mod datasource {
    use super::DatasourceName;

    include!(concat!(env!("OUT_DIR"), "/datasource.rs"));
}

/// Something a client may ask for that is not played, in words that go on from "azdrill does not play".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unplayed(&'static str);

impl Unplayed {
    /// The words, in which `{names}` are to be filled in.
    pub(crate) fn what(self) -> &'static str {
        self.0
    }
}

/// Everything there is a row for in `not_played.toml`.
#[allow(non_upper_case_globals, reason = "named as the rows are")]
pub(crate) mod unplayed {
    use super::Unplayed;

    include!(concat!(env!("OUT_DIR"), "/unplayed.rs"));
}

/// There is no row of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{name}` in emulator/rules")]
pub struct Unknown {
    /// What was looked for.
    pub what: &'static str,
    /// Its name.
    pub name: String,
}

macro_rules! named {
    ($type:ident, $what:literal, $all:expr) => {
        impl $type {
            /// The row of that name.
            ///
            /// # Errors
            ///
            /// If there is none.
            pub fn named(name: &str) -> Result<Self, Unknown> {
                let found = $all.binary_search_by(|row| row.0.cmp(name));
                found.map(|at| $all[at]).map_err(|_| Unknown {
                    what: $what,
                    name: name.to_owned(),
                })
            }

            /// All there are, in the order of their names.
            pub fn all() -> impl Iterator<Item = Self> {
                $all.into_iter()
            }

            /// The name.
            pub const fn as_str(self) -> &'static str {
                self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                Self::named(&name).map_err(serde::de::Error::custom)
            }
        }
    };
}

named!(RuleId, "rule", rule::ALL);
named!(Code, "error code", code::ALL);
named!(DatasourceName, "datasource type", datasource::ALL);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NotPlayed {
        not_played: Vec<NotPlayedRow>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NotPlayedRow {
        name: String,
        what: String,
    }

    /// What the build reads line by line is what the file says, each name once and in order.
    #[test]
    fn what_is_not_played_has_the_words_of_its_row() {
        let rows: NotPlayed = toml::from_str(include_str!("../../rules/not_played.toml")).unwrap();
        let made = include_str!(concat!(env!("OUT_DIR"), "/unplayed.rs"));
        for row in &rows.not_played {
            let constant = format!("const {}: Unplayed = Unplayed({:?});", row.name, row.what);
            assert_eq!(made.matches(&constant).count(), 1, "{}", row.name);
            let ends = row.what.ends_with('.') || row.what.starts_with(char::is_uppercase);
            assert!(
                !ends || row.name == "ResourceGuards",
                "{}: not the middle of a sentence",
                row.name
            );
        }
        assert!(rows.not_played.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(made.matches("Unplayed(").count(), rows.not_played.len());
        assert_eq!(unplayed::ElasticClusters.what(), "elastic clusters");
    }

    #[test]
    fn only_what_has_a_row_can_be_named() {
        assert_eq!(RuleId::named("FX-B-02").map(RuleId::as_str), Ok("FX-B-02"));
        let error = RuleId::named("FX-B-99").unwrap_err().to_string();
        assert_eq!(error, "there is no rule `FX-B-99` in emulator/rules");
        assert!(Code::named("NoSuchCode").is_err());
        let read: Result<RuleId, _> = serde_json::from_str("\"FX-B-99\"");
        assert!(read.unwrap_err().to_string().contains("no rule `FX-B-99`"));
    }

    #[test]
    fn no_name_stands_twice() {
        for names in [
            RuleId::all().map(RuleId::as_str).collect::<Vec<_>>(),
            Code::all().map(Code::as_str).collect(),
        ] {
            assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
