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

use super::{Context, Handler};
use crate::gateway::Refusal;
use crate::model::ResourceId;

/// Refuses a name that no account can have, or that another one has.
pub(super) fn check_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    arm::check_name(context, id)
}

pub(super) fn handler(operation: &str) -> Option<Handler> {
    arm::handler(operation).or_else(|| data::handler(operation))
}
