//! Files of `emulator/rules/`, and what can be wrong with one.

use serde::de::DeserializeOwned;

/// Why the rules could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A file is not what it should be.
    #[error("{file}: {error}")]
    Syntax {
        /// The file under `emulator/rules/`.
        file: String,
        /// The parser's words, with line and column.
        error: String,
    },
    /// A row contradicts another or refers to something that is not there.
    #[error("{file}, row {row}: {what}")]
    Row {
        /// The file under `emulator/rules/`.
        file: &'static str,
        /// The row.
        row: String,
        /// What is wrong.
        what: String,
    },
    /// An assumption is of a rule that is not there.
    #[error("there is no rule {rule} that has alternatives; those that have stand in emulator/rules")]
    NoSuchChoice {
        /// The rule named.
        rule: String,
    },
    /// An assumption does not fit the rules.
    #[error("no rule {rule} with the alternative `{alternative}`; its alternatives are: {known}")]
    Assumption {
        /// The rule named.
        rule: String,
        /// The alternative named.
        alternative: String,
        /// What there is.
        known: String,
    },
}

/// A row is wrong.
pub(super) fn row_error(file: &'static str, row: &str, what: &str) -> RulesError {
    RulesError::Row {
        file,
        row: row.to_owned(),
        what: what.to_owned(),
    }
}

/// Reads a file.
pub(super) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, RulesError> {
    toml::from_str(text).map_err(|error| RulesError::Syntax {
        file: file.to_owned(),
        error: error.to_string(),
    })
}
