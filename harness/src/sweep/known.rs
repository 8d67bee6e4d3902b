//! What is known of a world from what has been seen.

use std::collections::BTreeMap;

use azdrill_emulator::model::Timestamp;

use super::mistake::Mistake;
use super::target::Asked;

/// What is known of a world from what has been seen.
#[derive(Default)]
pub(super) struct Known {
    /// What each restore was asked to write, by its job.
    pub(super) asked: BTreeMap<String, Asked>,
    /// Recovery points that were acknowledged, by id.
    pub(super) points: BTreeMap<String, Point>,
    /// Since when the instance may have been deleted.
    pub(super) deleted: bool,
    /// What has been planted.
    pub(super) mistake: Option<Mistake>,
}

/// A recovery point that was listed.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) expires: Option<Timestamp>,
    /// What was in the source while it was made.
    pub(super) versions: Vec<u32>,
}
