//! Error codes and their texts.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Code, Mark};

/// An error code with its text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorCode {
    /// The row's name, and the code on the wire unless `shown_as` says another. One that begins with
    /// `Synthetic` is ours: Azure's own was never seen.
    pub code: Code,
    /// The code on the wire, where one code has several occasions.
    pub shown_as: Option<String>,
    /// The code at the top, where this one stands inside it as Key Vault's `innererror`.
    pub within: Option<String>,
    /// The HTTP status where the error answers a call directly.
    pub status: u16,
    /// The message; `{names}` are filled in.
    pub message: String,
    /// What it states as a rule, where the message is nothing but what is filled in.
    states: Option<String>,
    /// The recommended action, if there is one.
    #[serde(default)]
    pub action: String,
    /// What the blob service's envelope says besides, as its `AuthenticationErrorDetail`.
    pub authentication_detail: Option<String>,
    /// Whose words the message is in.
    pub text: TextOrigin,
    /// How sure we are of code and occasion.
    pub mark: Mark,
    /// Keys of `sources.toml`.
    pub sources: Vec<String>,
}

/// Whose words a message is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextOrigin {
    /// Recorded or published.
    Theirs,
    /// Ours.
    Ours,
}

impl ErrorCode {
    /// The code on the wire.
    pub fn wire_code(&self) -> &str {
        self.shown_as.as_deref().unwrap_or(self.code.as_str())
    }

    /// What it states as a rule: its message with a mark for whatever depends on the occasion.
    pub fn statement(&self) -> String {
        match &self.states {
            Some(states) => states.clone(),
            None => without_names(&self.message, "…"),
        }
    }

    /// Whether the code is ours and not Azure's.
    pub fn is_synthetic(&self) -> bool {
        self.code.as_str().starts_with("Synthetic")
    }
}

/// A text with something else for its `{names}`.
fn without_names(text: &str, instead: &str) -> String {
    let mut parts = text.split('{');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((_, rest)) => plain.extend([instead, rest]),
            None => plain.extend(["{", part]),
        }
    }
    plain
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorsFile {
    error: Vec<ErrorCode>,
}

/// Each file stands for a service or two, and no code may stand in both.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/errors.rs"));

/// All rows. They are the same under every profile, and read once.
static ROWS: OnceLock<BTreeMap<Code, ErrorCode>> = OnceLock::new();

impl Code {
    /// Its row.
    ///
    /// # Panics
    ///
    /// If the files of errors cannot be read, which loading the rules finds out first.
    pub fn row(self) -> &'static ErrorCode {
        let rows = ROWS.get_or_init(|| {
            read().expect("the files of errors are part of the program, and a test reads them")
        });
        &rows[&self]
    }
}

fn read() -> Result<BTreeMap<Code, ErrorCode>, RulesError> {
    let mut errors = BTreeMap::new();
    for (name, text) in FILES {
        let file: ErrorsFile = parse(name, text)?;
        for error in file.error {
            let says_something =
                without_names(&error.message, "").contains(|letter: char| letter.is_alphabetic());
            if says_something == error.states.is_some() {
                let what =
                    "it has `states` where its message is nothing but what is filled in, and only there";
                return Err(row_error(name, error.code.as_str(), what));
            }
            if let Some(twice) = errors.insert(error.code, error) {
                return Err(row_error(name, twice.code.as_str(), "it stands there twice"));
            }
        }
    }
    // The constants were made of lines, these rows of tables: who finds more has misread something.
    match Code::all().find(|code| !errors.contains_key(code)) {
        Some(code) => Err(row_error("errors.toml", code.as_str(), "its row was not read")),
        None => Ok(errors),
    }
}

/// Reads the rows and checks their sources.
pub(super) fn load(known: &SourceCheck<'_>) -> Result<&'static BTreeMap<Code, ErrorCode>, RulesError> {
    let rows = match ROWS.get() {
        Some(rows) => rows,
        None => {
            let rows = read()?;
            ROWS.get_or_init(|| rows)
        }
    };
    for error in rows.values() {
        known.check("errors.toml", error.code.as_str(), &error.sources)?;
    }
    Ok(rows)
}
