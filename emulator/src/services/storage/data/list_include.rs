//! What a list of blobs is to hold besides the blobs.

use super::place;
use crate::gateway::Refusal;
use crate::model::Request;
use crate::rules::unplayed;

/// What a list is to tell besides names and properties.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Include {
    pub(super) metadata: bool,
    pub(super) tags: bool,
    pub(super) copy: bool,
    pub(super) snapshots: bool,
    pub(super) uncommitted: bool,
}

impl Include {
    /// Reads it. To leave out what is deleted, kept in versions or held would be to say there is none.
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let mut include = Self::default();
        let words = request.query_value("include").unwrap_or_default();
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "metadata" => include.metadata = true,
                "tags" => include.tags = true,
                "copy" => include.copy = true,
                "snapshots" => include.snapshots = true,
                "uncommittedblobs" => include.uncommitted = true,
                // There is no container of the system's.
                "system" => {}
                "deleted"
                | "versions"
                | "immutabilitypolicy"
                | "legalhold"
                | "deletedwithversions"
                | "permissions" => {
                    let fill = [("word", word)];
                    return Err(place::not_implemented(request, unplayed::ListInclude, &fill));
                }
                _ => return Err(place::invalid_query("include")),
            }
        }
        Ok(include)
    }
}
