//! The scenarios a command finds.

use std::path::Path;

use azdrill::scenario::Library;

use super::failure::Failure;

/// Those in a folder that was named, or where they are found from here.
pub(super) fn library(given: Option<&Path>) -> Result<Library, Failure> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    Library::find(given, &here).map_err(Failure::from)
}
