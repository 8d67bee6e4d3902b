//! A change that can be chosen, and what it is told by.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a change is known by from one state of the source to the next: no line of it, so that it is the same change
/// after something else in the file has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Name {
    /// The file, from the checkout's folder.
    pub(crate) file: String,
    /// The function, with the type it is of.
    pub(crate) within: String,
    /// What stands there.
    pub(crate) was: String,
    /// What is in its place.
    pub(crate) now: String,
    /// Which of several that are alike in one function, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub(crate) nth: usize,
}

/// A change at a place.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// What it is known by.
    pub(crate) name: Name,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in letters.
    pub(crate) column: usize,
    /// What is put into the text so that it can be chosen, with its number for [`NUMBER`].
    pub(crate) edits: Vec<Edit>,
}

/// Stands for a mutant's number in the text of an edit.
pub(crate) const NUMBER: &str = "§";

/// Text that is put into a file.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// The bytes it takes the place of; none where it is put between two.
    pub(crate) at: Range<usize>,
    pub(crate) kind: EditKind,
    pub(crate) text: String,
}

impl Edit {
    /// Text before what begins at a byte.
    pub(crate) fn before(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, EditKind::Open, text.into())
    }

    /// Text after what ends at a byte.
    pub(crate) fn after(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, EditKind::Close, text.into())
    }

    /// Text in the place of what is there.
    pub(crate) fn instead(at: Range<usize>, text: impl Into<String>) -> Self {
        Self::new(at, EditKind::Replace, text.into())
    }

    fn new(at: Range<usize>, kind: EditKind, text: String) -> Self {
        Self { at, kind, text }
    }
}

/// Of several edits at one place, which is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EditKind {
    /// After what ends here, and what ended within it.
    Close,
    /// In the place of what begins here.
    Replace,
    /// Before what begins here, and what begins within it.
    Open,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Name {
            file,
            within,
            was,
            now,
            ..
        } = &self.name;
        write!(
            f,
            "{file}:{}:{}: {within}: `{was}` → `{now}`",
            self.line, self.column
        )
    }
}

fn first() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_first(nth: &usize) -> bool {
    *nth == 1
}
