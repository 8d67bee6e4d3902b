//! What is done to a vault, one thing after the other, and the world it is done in: put up once by real calls, and come
//! back to for each sequence. The sequences that are held against a model of a vault (`tests/sequences/`) and the sweeps
//! ([`crate::sweep`]) are played in it.

pub mod draw;
pub mod step;
pub mod world;

use crate::oracle::Profile;

/// When every world begins, in milliseconds since 1970: 2 March 2026, 06:00 UTC, a Monday.
pub const BEGIN: i64 = 1_772_431_200_000;

/// What a world begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Whose word is taken.
    pub profile: Profile,
    /// Whether the vault is encrypted with a key of its owner's.
    pub encrypted: bool,
    /// Whether things take the time they were recorded to take; none otherwise.
    pub recorded: bool,
}
