//! Server parameters, as servers listed them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;

const FILE: &str = "parameters.toml";
const LISTS: [(&str, &str); 3] = [
    (
        "flexible-13",
        include_str!("../../rules/parameters/flexible-13.tsv"),
    ),
    (
        "flexible-16",
        include_str!("../../rules/parameters/flexible-16.tsv"),
    ),
    ("single-11", include_str!("../../rules/parameters/single-11.tsv")),
];

/// Server parameters.
#[derive(Clone, Debug)]
pub struct ParameterFacts {
    lists: Vec<ParameterList>,
    told_only: ToldOnly,
    at_most: BTreeMap<String, f64>,
}

/// What a fresh server listed.
#[derive(Clone, Debug)]
pub struct ParameterList {
    /// The flavour of the server: `flexible` or `single`.
    pub flavour: String,
    /// Its major version.
    pub major: u32,
    /// How sure we are.
    pub mark: Mark,
    /// The parameters, in the order of their names.
    pub rows: Vec<ParameterRow>,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterRow {
    /// Its name.
    pub name: &'static str,
    /// `Boolean`, `Integer`, …
    pub data_type: &'static str,
    /// Whether PostgreSQL itself knows it; the others are Azure's and its extensions'.
    pub own: bool,
    /// Whether it takes effect without a restart.
    pub dynamic: bool,
    /// Whether nobody may set it.
    pub read_only: bool,
    /// Whether a fresh server has it otherwise than by default.
    pub overridden: bool,
    /// Its default.
    pub default: &'static str,
    /// What a fresh server has.
    pub value: &'static str,
    /// Words, a range, or a form.
    pub allowed: &'static str,
    /// Its unit.
    pub unit: &'static str,
    documentation: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametersFile {
    list: Vec<ListRow>,
    told_only: ToldOnly,
    at_most: AtMost,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListRow {
    file: String,
    flavour: String,
    major: u32,
    mark: Mark,
    sources: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldOnly {
    names: Vec<String>,
    prefixes: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
struct AtMost {
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
    #[serde(flatten)]
    most: BTreeMap<String, f64>,
}

impl ParameterFacts {
    /// The list of the version, or the nearest one.
    pub fn list(&self, flavour: &str, major: u32) -> &ParameterList {
        self.lists
            .iter()
            .filter(|list| list.flavour == flavour)
            .min_by_key(|list| (list.major.abs_diff(major), list.major))
            .expect("there is one of each flavour: the loader has made sure")
    }

    /// Whether a parameter is set on the real server up to some value only.
    pub fn is_bounded(&self, name: &str) -> bool {
        self.at_most.contains_key(name)
    }

    /// Whether a value is to be set on the real server, where that knows the parameter.
    pub fn is_applied(&self, name: &str, value: &str) -> bool {
        let told = &self.told_only;
        if told.names.iter().any(|own| own == name) || told.prefixes.iter().any(|own| name.starts_with(own)) {
            return false;
        }
        match (self.at_most.get(name), value.parse::<f64>()) {
            (Some(most), Ok(value)) => value <= *most,
            (Some(_), Err(_)) => false,
            (None, _) => true,
        }
    }
}

impl ParameterRow {
    /// The address of its documentation, of a server of that major version.
    pub fn documentation(&self, major: u32) -> Option<String> {
        let page =
            |section: &str| format!("https://www.postgresql.org/docs/{major}/runtime-config-{section}.html");
        let anchor = || self.name.to_uppercase().replace('_', "-");
        match self.documentation.split_at_checked(1) {
            Some(("#", section)) => Some(match section.split_once(' ') {
                Some((section, anchor)) => format!("{}#GUC-{anchor}", page(section)),
                None => format!("{}#GUC-{}", page(section), anchor()),
            }),
            Some(("@", section)) => Some(page(section)),
            Some(_) => Some(self.documentation.replace("{major}", &major.to_string())),
            None => None,
        }
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let name = columns.next().filter(|name| !name.is_empty())?;
        let data_type = match columns.next()? {
            "b" => "Boolean",
            "e" => "Enumeration",
            "i" => "Integer",
            "n" => "Numeric",
            "s" => "String",
            "t" => "Set",
            _ => return None,
        };
        let flags = columns.next()?;
        let default = columns.next()?;
        let value = match columns.next()? {
            "=" => default,
            other => other,
        };
        Some(Self {
            name,
            data_type,
            own: flags.contains('p'),
            dynamic: flags.contains('d'),
            read_only: flags.contains('r'),
            overridden: flags.contains('u'),
            default,
            value,
            allowed: columns.next().unwrap_or_default(),
            unit: columns.next().unwrap_or_default(),
            documentation: columns.next().unwrap_or_default(),
        })
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<ParameterFacts, RulesError> {
    let file: ParametersFile = parse(FILE, text)?;
    known.check(FILE, "told_only", &file.told_only.sources)?;
    known.check(FILE, "at_most", &file.at_most.sources)?;
    let mut lists = Vec::new();
    for row in file.list {
        known.check(FILE, &row.file, &row.sources)?;
        let found = LISTS.iter().find(|(name, _)| *name == row.file);
        let (_, lines) = found.ok_or_else(|| row_error(FILE, &row.file, "there is no such list"))?;
        let mut rows = Vec::new();
        for line in lines.lines() {
            let what = || row_error(FILE, &row.file, &format!("this is no parameter: `{line}`"));
            rows.push(ParameterRow::read(line).ok_or_else(what)?);
        }
        lists.push(ParameterList {
            flavour: row.flavour,
            major: row.major,
            mark: row.mark,
            rows,
        });
    }
    for flavour in ["flexible", "single"] {
        if !lists.iter().any(|list| list.flavour == flavour) {
            return Err(row_error(FILE, flavour, "it has no list"));
        }
    }
    Ok(ParameterFacts {
        lists,
        told_only: file.told_only,
        at_most: file.at_most.most,
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn lists_are_those_recorded_and_the_nearest_stands_for_others() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let facts = &rules.parameters;
        let of = |flavour: &str, major: u32| facts.list(flavour, major);
        assert_eq!(of("flexible", 13).rows.len(), 247);
        assert_eq!(of("flexible", 16).rows.len(), 424);
        assert_eq!(of("single", 11).rows.len(), 168);
        for (asked, had) in [(14, 13), (15, 16), (17, 16), (18, 16)] {
            assert_eq!(of("flexible", asked).major, had, "{asked}");
        }
        let rows = &of("flexible", 17).rows;
        assert!(rows.is_sorted_by_key(|row| row.name));
        let row = rows
            .iter()
            .find(|row| row.name == "work_mem")
            .expect("it is there");
        assert_eq!(
            (row.data_type, row.allowed, row.unit),
            ("Integer", "4096-2097151", "KB")
        );
        assert_eq!(
            row.documentation(17).as_deref(),
            Some("https://www.postgresql.org/docs/17/runtime-config-resource.html#GUC-WORK-MEM")
        );
    }

    #[test]
    fn what_would_be_dangerous_is_told_only() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let applied = |name: &str, value: &str| rules.parameters.is_applied(name, value);
        for (name, value) in [
            ("shared_buffers", "1073741823"),
            ("shared_preload_libraries", "pgaudit"),
            ("log_statement", "all"),
            ("max_connections", "5000"),
            ("max_connections", "many"),
        ] {
            assert!(!applied(name, value), "{name}");
        }
        assert!(applied("work_mem", "8192") && applied("max_connections", "200"));
    }
}
