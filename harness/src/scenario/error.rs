//! Why a scenario cannot be had. What is wrong in a file is shown where it stands.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::alike::nearest;
use super::time::{DURATION, TIME};
use crate::given_file;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use serde::de::DeserializeOwned;

/// Where to see how a scenario should be.
pub(super) const SHOWN_IN: &str = "scenarios/README.md shows a scenario with everything it may say";

/// Why a scenario cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// There is no folder of scenarios.
    #[error("there is no folder {}. Leave `--scenarios` out to look for one here and above", .0.display())]
    NoFolder(PathBuf),
    /// There is no scenario of that name.
    #[error("no scenario `{name}`{}", hint(.close))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that look like it.
        close: Vec<String>,
    },
    /// There is no world of that name.
    #[error("no world `{name}`. There are {}; any scenario's name stands for where it begins{}", .worlds.join(", "), hint_if_any(.close))]
    UnknownWorld {
        /// What was asked for.
        name: String,
        /// The worlds there are.
        worlds: Vec<String>,
        /// Scenarios that look like it.
        close: Vec<String>,
    },
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error(transparent)]
    Syntax(#[from] Box<SyntaxError>),
    /// A file is well formed and says something that cannot be.
    #[error("{}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong and what was expected.
        what: String,
    },
}

fn hint(close: &[String]) -> String {
    match close {
        [] => ". `azdrill list` names them all".to_owned(),
        close => format!(". Did you mean {}?", close.join(", ")),
    }
}

fn hint_if_any(close: &[String]) -> String {
    match close {
        [] => String::new(),
        close => hint(close),
    }
}

impl Diagnostic for ScenarioError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            Self::Syntax(error) => Some(Box::new(&error.help)),
            _ => None,
        }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match self {
            Self::Syntax(error) => Some(&error.text),
            _ => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match self {
            Self::Syntax(error) => {
                let label = error.at.clone()?;
                Some(Box::new(std::iter::once(label)))
            }
            _ => None,
        }
    }
}

/// What is wrong in a file, and where.
#[derive(Debug, thiserror::Error)]
#[error("{path}, line {line}, column {column}: {message}")]
pub struct SyntaxError {
    path: String,
    line: usize,
    column: usize,
    message: String,
    help: String,
    text: NamedSource<String>,
    at: Option<LabeledSpan>,
}

/// What keeps a text from being read, and where in it.
#[derive(Debug)]
pub(super) struct Unread {
    message: String,
    span: Option<Range<usize>>,
}

impl Unread {
    /// Something that stands there.
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: Some(span),
        }
    }
}

impl From<toml::de::Error> for Unread {
    fn from(error: toml::de::Error) -> Self {
        Self {
            message: error.message().to_owned(),
            span: error.span(),
        }
    }
}

impl SyntaxError {
    /// `shown_in` says where to see how it should be.
    pub(super) fn new(path: &Path, text: &str, error: impl Into<Unread>, shown_in: &str) -> Box<Self> {
        let error = error.into();
        let message = for_people(&error.message);
        let help = help(&message, shown_in);
        Self::at(path, text, message, help, error.span)
    }

    /// What is wrong in a file that can be read.
    pub(super) fn at(
        path: &Path,
        text: &str,
        message: String,
        help: String,
        span: Option<Range<usize>>,
    ) -> Box<Self> {
        let path = path.display().to_string();
        let span = span.filter(|span| span.end <= text.len());
        let before = span
            .as_ref()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        Box::new(Self {
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
            help,
            text: NamedSource::new(&path, text.to_owned()),
            at: span.map(|span| LabeledSpan::new_with_span(Some("here".to_owned()), span)),
            path,
            message,
        })
    }
}

/// What a parser says, without words that only programmers know.
fn for_people(message: &str) -> String {
    if message.contains("duration format") || message.ends_with("expected a signed duration string") {
        return DURATION.to_owned();
    }
    if message.starts_with("failed to parse") || message.contains("offset component") {
        return TIME.to_owned();
    }
    const NUMBERS: [&str; 8] = ["u8", "u16", "u32", "u64", "usize", "i32", "i64", "i128"];
    let Some((got, wanted)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let quoted = got.starts_with("invalid type: string");
    let wanted = match wanted.trim_end() {
        number if NUMBERS.contains(&number) => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => return format!("{got}, expected a list, in brackets"),
        "a map" => return format!("{got}, expected a table"),
        _ => return message.to_owned(),
    };
    let how = if quoted { " without quotes" } else { "" };
    format!("{got}, expected {wanted}{how}")
}

/// What to do: the name that was meant, if one looks like it.
fn help(message: &str, shown_in: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let meant = quoted.next().and_then(|wrong| nearest(wrong, quoted));
    match meant {
        Some(name) => format!("did you mean `{name}`?"),
        None => shown_in.to_owned(),
    }
}

/// Reads a TOML file of any shape. `shown_in` says where to see how it should be.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path, shown_in: &str) -> Result<T, ScenarioError> {
    let text = read_text(path)?;
    toml::from_str(&text).map_err(|error| SyntaxError::new(path, &text, error, shown_in).into())
}

pub(super) fn read_text(path: &Path) -> Result<String, ScenarioError> {
    given_file::read_text(path, given_file::WRITTEN_MAX).map_err(|source| ScenarioError::Read {
        path: path.to_owned(),
        source,
    })
}
