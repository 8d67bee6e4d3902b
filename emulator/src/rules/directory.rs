//! What may be written of directory objects, and by whom.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;

const FILE: &str = "directory.toml";

/// What may be written of objects of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryKind {
    /// As Graph calls it.
    pub name: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
    /// What must be there when it is made.
    pub required: Vec<String>,
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    lists: Vec<String>,
    #[serde(default)]
    objects: Vec<String>,
    #[serde(default)]
    object_lists: Vec<String>,
    #[serde(default)]
    answered: Vec<String>,
}

impl DirectoryKind {
    /// Whether objects of the kind have a member of that name. Letter case makes no difference.
    pub fn has(&self, member: &str) -> bool {
        [
            &self.texts,
            &self.flags,
            &self.lists,
            &self.objects,
            &self.object_lists,
            &self.answered,
        ]
        .into_iter()
        .flatten()
        .any(|own| own.eq_ignore_ascii_case(member))
    }

    /// Whether it is written as a text, or as a list of them: what was never written is empty.
    pub fn is_text(&self, member: &str) -> bool {
        let mut all = self.texts.iter().chain(&self.lists);
        all.any(|own| own.eq_ignore_ascii_case(member))
    }

    /// Whether a member may have a value; `None` if there is no such member. What can be there can be null.
    pub fn takes(&self, member: &str, value: &Value) -> Option<bool> {
        let is_in = |names: &[String]| names.iter().any(|name| name == member);
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|all| all.iter().all(fits));
        let fits = if is_in(&self.texts) {
            value.is_string()
        } else if is_in(&self.flags) {
            value.is_boolean()
        } else if is_in(&self.lists) {
            all(Value::is_string)
        } else if is_in(&self.objects) {
            value.is_object()
        } else if is_in(&self.object_lists) {
            all(Value::is_object)
        } else {
            return None;
        };
        Some(fits || value.is_null() && !self.required.iter().any(|name| name == member))
    }
}

/// Somebody who may read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryWriter {
    /// Whom the world made one.
    Administrator,
    /// Any person of the tenant.
    Person,
    /// Who owns the object.
    Owner,
    /// The object itself, or the application it is the principal of.
    Itself,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RightsRow {
    who: Vec<DirectoryWriter>,
    operations: Vec<String>,
    mark: Mark,
    sources: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordRow {
    days: i64,
    shortest: usize,
    longest: usize,
    kinds_of_letters: usize,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

/// Objects looked up by their ids.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByIds {
    /// How many ids a request may name.
    pub most: usize,
    /// The types that may be asked for.
    pub types: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryFile {
    kind: Vec<DirectoryKind>,
    rights: Vec<RightsRow>,
    password: PasswordRow,
    by_ids: ByIds,
}

/// What may be written, and by whom.
#[derive(Clone, Debug)]
pub struct DirectoryFacts {
    kinds: Vec<DirectoryKind>,
    writers: BTreeMap<String, (Vec<DirectoryWriter>, Mark)>,
    /// How many days an application's password is good for that nobody names a time for.
    pub password_days: i64,
    /// What objects may be looked up by their ids.
    pub by_ids: ByIds,
    password: PasswordRow,
}

impl DirectoryFacts {
    /// The row of a kind.
    ///
    /// # Panics
    ///
    /// If directory.toml has no such kind, which a test forbids.
    pub fn kind(&self, name: &str) -> &DirectoryKind {
        self.kinds
            .iter()
            .find(|kind| kind.name == name)
            .unwrap_or_else(|| panic!("directory.toml has no kind {name}"))
    }

    /// Whether a person may have a password: it is long enough, and of enough kinds of letters.
    pub fn may_be_password(&self, password: &str) -> bool {
        let kinds: [fn(char) -> bool; 4] = [
            char::is_lowercase,
            char::is_uppercase,
            |letter| letter.is_ascii_digit(),
            |letter| !letter.is_alphanumeric(),
        ];
        let found = kinds.iter().filter(|is| password.chars().any(is)).count();
        let length = password.chars().count();
        (self.password.shortest..=self.password.longest).contains(&length)
            && found >= self.password.kinds_of_letters
    }

    /// Who may perform an operation that writes, and how sure we are; nobody, if no row says so.
    pub fn writers(&self, operation: &str) -> (&[DirectoryWriter], Mark) {
        self.writers
            .get(operation)
            .map_or((&[], Mark::Unverified), |(who, mark)| (who, *mark))
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<DirectoryFacts, RulesError> {
    let file: DirectoryFile = parse(FILE, text)?;
    for kind in &file.kind {
        known.check(FILE, &kind.name, &kind.sources)?;
    }
    known.check(FILE, "password", &file.password.sources)?;
    known.check(FILE, "by_ids", &file.by_ids.sources)?;
    let mut writers = BTreeMap::new();
    for row in file.rights {
        for operation in row.operations {
            known.check(FILE, &operation, &row.sources)?;
            let said = (row.who.clone(), row.mark);
            if writers.insert(operation.clone(), said).is_some() {
                return Err(row_error(FILE, &operation, "it stands there twice"));
            }
        }
    }
    Ok(DirectoryFacts {
        kinds: file.kind,
        writers,
        password_days: file.password.days,
        by_ids: file.by_ids,
        password: file.password,
    })
}
