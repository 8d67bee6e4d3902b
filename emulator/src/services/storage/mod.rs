//! Storage accounts and the blob data plane.

use super::Handler;

/// Containers and blobs.
#[derive(Default)]
pub struct StorageState {}

pub(super) fn handler(_operation: &str) -> Option<Handler> {
    None
}
