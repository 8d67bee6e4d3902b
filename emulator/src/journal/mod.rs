//! The machine is its journal: everything that changes it can be written down, and what was written down gives
//! the same machine and the same answers again, byte for byte.
//!
//! [`Journalled`] is an [`crate::azure::Azure`] that nobody can change but by what a journal can hold: a shell
//! drives it as a [`crate::machine::Core`], and what else happens to a world (its beginning, faults, worlds that
//! are kept) has a method here. Where it is given a [`Sink`], each of these goes there as one line of JSON, with
//! the time and with what came of it. [`Replay`] takes the lines again.
//!
//! What only looks is in no journal, and neither is what was let through and changed nothing: a request that is
//! admitted on its headers, a tick at which nothing was due. Bytes that went into the blob store are told by where
//! they are, how long they are and their MD5; no answer of the core depends on more.
//!
//! A journal holds what clients sent, secrets included.

mod aftermath;
mod answer_digest;
mod beginning;
mod core;
mod give;
mod input;
mod journalled;
mod line;
mod play;
mod replay;
mod request;
mod result;
mod sealed;
#[cfg(test)]
mod tests;

pub use aftermath::{Aftermath, BytesMoved};
pub use answer_digest::AnswerDigest;
pub use beginning::{Beginning, Header};
pub use input::{Application, Given, Input};
pub use journalled::{Journalled, NotBroughtBack};
pub use replay::{Difference, JournalError, Played, Replay};
pub use request::SentRequest;
pub use result::OutsideResult;
pub use sealed::{SEAL_BYTES, Unsealed, seal, unseal};

/// Takes the lines of a journal. It is the shell's: what cannot be written it has to report, for the machine goes
/// on without.
pub trait Sink: Send {
    /// One line, its end included.
    fn take(&mut self, line: &[u8]);

    /// Why what was taken is not where it has to be before anything is answered, if it is not; tries again first.
    /// Who only notes down what happens never says so.
    fn failing(&mut self) -> Option<String> {
        None
    }
}
