//! Access tiers, and the way back from the archive, which takes its time.

use crate::model::Timestamp;

/// On its way back from the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::storage) struct Rehydration {
    /// The tier asked for.
    pub(in crate::services::storage) to: &'static str,
    /// `High` or `Standard`.
    pub(in crate::services::storage) priority: &'static str,
    /// When it is there.
    pub(in crate::services::storage) due: Timestamp,
}

/// A blob's access tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::services::storage) struct Tier {
    /// The tier, if one was asked for.
    pub(in crate::services::storage) asked: Option<&'static str>,
    /// When it was last changed, if it ever was.
    pub(in crate::services::storage) changed: Option<Timestamp>,
    /// Where it is going.
    pub(in crate::services::storage) rehydration: Option<Rehydration>,
}

impl Tier {
    /// The tier of a new blob.
    pub(in crate::services::storage) fn new(asked: Option<&'static str>) -> Self {
        Self {
            asked,
            ..Self::default()
        }
    }

    /// The tier asked for, as of now.
    pub(in crate::services::storage) fn at(&self, now: Timestamp) -> Option<&'static str> {
        match &self.rehydration {
            Some(rehydration) if now >= rehydration.due => Some(rehydration.to),
            _ => self.asked,
        }
    }

    /// What is still on its way.
    pub(in crate::services::storage) fn pending(&self, now: Timestamp) -> Option<&Rehydration> {
        self.rehydration
            .as_ref()
            .filter(|rehydration| now < rehydration.due)
    }

    /// Whether the content is out of reach.
    pub(in crate::services::storage) fn is_archived(&self, now: Timestamp) -> bool {
        self.asked == Some("Archive") && self.at(now) == Some("Archive")
    }
}
