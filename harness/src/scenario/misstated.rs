//! What is well formed in a file and cannot be, and where it stands.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ScenarioError, SyntaxError, read_text};

/// Something a file says that cannot be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misstated {
    what: String,
    /// What was meant, perhaps.
    meant: Option<String>,
    /// What leads to it, from the inside out.
    place: Vec<Step>,
    /// Whether it quotes what is wrong, perhaps: of a table, the word whose text stands in quotes in it is meant.
    quotes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(Cow<'static, str>),
    Item(usize),
}

/// Where something stands.
struct Found {
    span: Range<usize>,
    /// How many of the steps that lead to it were found.
    depth: usize,
}

/// Words that name something else of the world: an error that quotes that is about this.
const REFERENCES: [&str; 9] = [
    "kind",
    "key_vault",
    "on",
    "policy",
    "server",
    "storage",
    "subnet",
    "vault",
    "virtual_network",
];

/// A file, its text, and where in it something stands.
type InFile<'a> = (&'a Path, String, Option<Found>);

impl Misstated {
    /// What is wrong, somewhere.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    /// It is said by somebody who quotes what is wrong.
    pub(crate) fn quoted_in_it(self) -> Self {
        Self { quotes: true, ..self }
    }

    /// With what was meant, perhaps.
    pub(crate) fn meant(self, name: Option<&str>) -> Self {
        Self {
            meant: name.map(str::to_owned),
            ..self
        }
    }

    /// With all there are, where nothing looks like what was meant.
    pub(crate) fn of_these(mut self, all: &[&str]) -> Self {
        if self.meant.is_none() && !all.is_empty() {
            self.what += &format!(". There are {}", all.join(", "));
        }
        self
    }

    /// It is what stands behind this key.
    pub(crate) fn at(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.place.push(Step::Key(key.into()));
        self
    }

    /// It is that item, from 0.
    pub(crate) fn in_item(mut self, number: usize) -> Self {
        self.place.push(Step::Item(number));
        self
    }

    /// It is in that entry, from 0, of the list behind this key.
    pub(crate) fn in_entry(mut self, key: &'static str, number: usize) -> Self {
        self.place.extend([Step::Item(number), Step::Key(key.into())]);
        self
    }

    /// The same, in that of these files which says most of it; of several, in the first: it is written over the
    /// others.
    pub(crate) fn in_one_of(&self, files: &[PathBuf], shown_in: &str) -> ScenarioError {
        let (path, text, place) = match self.found_in(files) {
            Ok(found) => found.unwrap_or_else(|| (Path::new(""), String::new(), None)),
            Err(error) => return error,
        };
        self.shown(path, &text, place.map(|found| found.span), shown_in)
    }

    /// The same, if any of them says anything of it.
    pub(crate) fn shown_in_one_of(&self, files: &[PathBuf], shown_in: &str) -> Option<ScenarioError> {
        let (path, text, place) = self.found_in(files).ok()??;
        let span = place?.span;
        Some(self.shown(path, &text, Some(span), shown_in))
    }

    fn found_in<'a>(&self, files: &'a [PathBuf]) -> Result<Option<InFile<'a>>, ScenarioError> {
        let mut found: Option<InFile<'a>> = None;
        for path in files {
            let text = read_text(path)?;
            let place = self.find(&text);
            let depth = |place: &Option<Found>| place.as_ref().map_or(0, |found| found.depth);
            if found
                .as_ref()
                .is_none_or(|(_, _, best)| depth(best) < depth(&place))
            {
                found = Some((path, text, place));
            }
        }
        Ok(found)
    }

    /// The same, in this text of a file.
    pub(super) fn in_text(&self, path: &Path, text: &str, shown_in: &str) -> ScenarioError {
        let span = self.find(text).map(|found| found.span);
        self.shown(path, text, span, shown_in)
    }

    fn shown(&self, path: &Path, text: &str, span: Option<Range<usize>>, shown_in: &str) -> ScenarioError {
        let help = match &self.meant {
            Some(name) => format!("did you mean `{name}`?"),
            None => shown_in.to_owned(),
        };
        SyntaxError::at(path, text, self.what.clone(), help, span).into()
    }

    /// Where in a file it stands, as far as the way there leads.
    fn find(&self, text: &str) -> Option<Found> {
        let table = DeTable::parse(text).ok()?;
        let mut steps = self.place.iter().rev();
        let Some(Step::Key(first)) = steps.next() else {
            return None;
        };
        let mut at = table.get_ref().get(first.as_ref())?;
        let mut depth = 1;
        for step in steps {
            let inner = match (step, at.get_ref()) {
                (Step::Key(key), DeValue::Table(members)) => members.get(key.as_ref()),
                (Step::Item(number), DeValue::Array(items)) => items.get(*number),
                _ => None,
            };
            let Some(inner) = inner else {
                break;
            };
            at = inner;
            depth += 1;
        }
        let is_whole = depth == self.place.len();
        if self.quotes && is_whole {
            let mut quoted = Vec::new();
            self.quoted(at, &mut quoted);
            if let [only] = quoted.as_slice() {
                depth += 1;
                at = only;
            }
        }
        Some(Found {
            span: at.span(),
            depth,
        })
    }

    /// The texts below a value that stand in quotes in what is wrong.
    fn quoted<'a, 'i>(&self, value: &'a Spanned<DeValue<'i>>, found: &mut Vec<&'a Spanned<DeValue<'i>>>) {
        match value.get_ref() {
            DeValue::String(text) => {
                let quoted = ["'", "\"", "`"].map(|quote| format!("{quote}{text}{quote}"));
                if !text.is_empty() && quoted.iter().any(|text| self.what.contains(text)) {
                    found.push(value);
                }
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.quoted(item, found)),
            DeValue::Table(members) => {
                let said = members
                    .iter()
                    .filter(|(key, _)| !REFERENCES.contains(&key.get_ref().as_ref()));
                said.for_each(|(_, member)| self.quoted(member, found));
            }
            _ => {}
        }
    }
}

impl fmt::Display for Misstated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.meant {
            Some(name) => write!(f, "{}. Did you mean `{name}`?", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// What a check before the world was built would have found.
impl From<Misstated> for crate::run::RunError {
    fn from(wrong: Misstated) -> Self {
        Self::Scenario(wrong.to_string())
    }
}

/// Reads a TOML file, and checks what it says. `shown_in` says where to see how it should be.
pub(crate) fn read_checked<T: DeserializeOwned>(
    path: &Path,
    shown_in: &str,
    check: impl FnOnce(&T) -> Result<(), Misstated>,
) -> Result<T, ScenarioError> {
    let text = read_text(path)?;
    let read = toml::from_str(&text).map_err(|error| SyntaxError::new(path, &text, error, shown_in))?;
    check(&read).map_err(|wrong| wrong.in_text(path, &text, shown_in))?;
    Ok(read)
}
