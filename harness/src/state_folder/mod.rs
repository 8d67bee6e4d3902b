//! The folder `serve --state` keeps its world in: the journal of everything that happened to it, the bytes of its
//! blobs, the data of its database servers. Whoever starts on it again has the same world, however the process before
//! ended.
//!
//! What has been answered is in the journal: a line is written before its answer goes out, and where it cannot be,
//! the answer says so instead. To come back is to play the journal again ([`come_back::come_back`]); the bytes of
//! blobs are where the journal says they are, and which of them live follows from playing it.

mod about;
mod asked;
mod come_back;
mod error;
mod folder;
mod journal;
#[cfg(test)]
mod tests;

pub use about::About;
pub use asked::Asked;
pub(crate) use come_back::both;
pub use come_back::{CameBack, come_back};
pub use error::NoWayBack;
pub use folder::StateFolder;
pub use journal::{ReadLine, StateJournal, StateLines};
