//! What a user's own means have brought up, asked one question: would a backup and a restore of it work, and if not,
//! what is the least that must change?
//!
//! [`inventory`] finds what there is, [`attempt`] plays something in a copy of the world ([`trial`]) and says how it
//! ended, [`propose`] knows which changes bear on a rule that said no, and [`smallest`] looks for the smallest sets of
//! them that make it work, each of which it has made in a copy and played. `azdrill check` asks about everything,
//! `azdrill explain` about one thing.
//!
//! No row is moved in a copy: what is decided is decided as ever, and what only a server knows is not found out.

pub mod attempt;
pub mod change;
pub mod inventory;
pub mod near;
pub mod propose;
pub mod smallest;
pub mod trial;
pub mod wording;
