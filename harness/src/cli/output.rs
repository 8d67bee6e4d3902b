//! Writing to standard output and standard error. Neither need be there to be written to: a reader
//! may have seen enough, a disk may be full. One that is closed is the null device by the time `main` begins
//! (the standard library sees to that, lest a file opened later becomes it), and takes everything.

use std::io::{self, IsTerminal as _, Write as _};

use azdrill::harmless::harmless_painted;
use azdrill::page::{Ink, Page};

use super::failure::Failure;

/// Writes to standard output, all of it, as it is: what programs read.
///
/// # Errors
///
/// [`Failure::NobodyReads`] where the reader has gone; in words if it cannot be written.
pub(super) fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| failure(&error))
}

/// Writes to standard output, all of it, what a person reads: nothing in it does anything to a terminal.
///
/// # Errors
///
/// As [`write`].
pub(super) fn show(text: &str) -> Result<(), Failure> {
    write(&harmless_painted(text))
}

/// What a failed write to standard output comes to.
pub(super) fn failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::NobodyReads
    } else {
        Failure::Plain(format!("cannot write to standard output: {error}"))
    }
}

/// Writes what was asked for to standard error, and says whether it is written. Whoever no longer reads has
/// seen enough.
pub(super) fn tell_result(text: &str) -> bool {
    match io::stderr().write_all(harmless_painted(text).as_bytes()) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::BrokenPipe,
    }
}

/// Writes to standard error as it is laid out. Where that fails there is nobody to tell.
pub(super) fn tell_raw(text: &str) {
    let _ = io::stderr().write_all(harmless_painted(text).as_bytes());
}

/// Says something on standard error, after the program's name: in lines that fit a terminal, and as it
/// is where programs may look for it.
pub(super) fn tell(text: &str) {
    let stderr = io::stderr();
    if stderr.is_terminal() {
        tell_raw(&Page::of(&stderr).paragraph("azdrill: ", 2, Ink::Plain, text));
    } else {
        tell_raw(&format!("azdrill: {text}\n"));
    }
}
