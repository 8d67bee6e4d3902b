//! What keeps a rule from being read.

/// Why a rule was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyUnread {
    /// It is not what a rule can be: why, in a sentence.
    Wrong(String),
    /// It says something that is not played: what, in words that go on from "azdrill does not play".
    NotPlayed(String),
}
