//! Storage accounts and the blob data plane.

mod arm;
#[cfg(not(any(test, feature = "fuzzing")))]
mod data;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod data;
mod domain;
mod names;
#[cfg(test)]
mod tests;

pub use domain::StorageState;

use super::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    arm::handler(operation).or_else(|| data::handler(operation))
}
