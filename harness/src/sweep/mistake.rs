//! Mistakes that are planted in a run, to see that each is noticed.

use crate::sequence::world::Copied;

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// In moving data.
    Movement(Copied),
    /// A job never ends, and no fault is known that would make it so.
    Stuck,
    /// A recovery point is not listed any more.
    PointLost,
    /// A deletion that an immutable vault refuses is told as done.
    ImmutableDeleted,
    /// The server's password is shown in a tag.
    PasswordShown,
    /// Who may only read may change things.
    ReaderWrites,
    /// The vault's identity has a role that nobody gave it.
    UngivenRole,
    /// What somebody is refused is done all the same.
    RefusedIsDone,
    /// What is sent a second time changes something.
    TwiceIsTwice,
    /// The log does not say why somebody was refused.
    Unexplained,
    /// The emulator breaks off.
    BreaksOff,
}
