//! What every step needs: errors that say what was found, and one line a step.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::Instant;

use azure_core::http::StatusCode;

/// What a step comes to.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Says what has been seen to hold.
pub(crate) fn step(text: &str) {
    println!("{:6.1} s  {text}", STARTED.elapsed().as_secs_f64());
}

/// A variable of the environment that has to be there.
pub(crate) fn variable(name: &str) -> Outcome<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: source `azdrill env`").into())
}

/// Complains unless it holds.
pub(crate) fn holds(condition: bool, what: &str) -> Outcome<()> {
    if condition { Ok(()) } else { Err(what.into()) }
}

/// Complains unless the two are equal.
pub(crate) fn equal<T: PartialEq + Debug + ?Sized>(found: &T, wanted: &T, what: &str) -> Outcome<()> {
    holds(
        found == wanted,
        &format!("{what}: found {found:?}, wanted {wanted:?}"),
    )
}

/// Complains unless it was refused with this status.
pub(crate) fn refused<T>(
    answer: azure_core::Result<T>,
    status: StatusCode,
    what: &str,
) -> Outcome<azure_core::Error> {
    match answer {
        Ok(_) => Err(format!("{what}: nothing was refused").into()),
        Err(error) if error.http_status() == Some(status) => Ok(error),
        Err(error) => Err(format!("{what}: {error:?}").into()),
    }
}
