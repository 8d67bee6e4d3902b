//! Conditions of role assignments and of roles: what must hold of a request besides its action.
//!
//! What is played is what can be known here: the role, the principal and its kind of an assignment that
//! is written or deleted; the names of the account, the container and the blob of a request for one.
//! Whatever else a condition names is found out when it is written, so that it can be refused.

mod evaluate;
mod language;
mod parse;
mod part;

pub use evaluate::{Facts, Truth};
pub use language::{ConditionAttribute, ConditionLanguage, ConditionSide, KnownAttribute, SubOperation};

use part::ConditionPart;

/// A condition that has been read.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    /// What it says, or why that is not played.
    part: Result<ConditionPart, String>,
}

impl Condition {
    /// Reads a condition. One that is not understood or not played holds never.
    pub fn read(language: &ConditionLanguage, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            part: parse::read(language, text),
        }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What of it is not played.
    pub fn not_played(&self) -> Option<&str> {
        self.part.as_ref().err().map(String::as_str)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}
