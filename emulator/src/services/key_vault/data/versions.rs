//! Versions of either kind of object.

use serde_json::{Map, Value};

use super::super::objects::Version;
use super::super::vault::Vault;
use crate::model::Timestamp;
use crate::services::Context;

/// A new version's id: 32 hexadecimal digits.
pub(super) fn new_version(context: &mut Context<'_>, vault: &Vault) -> String {
    let label = format!("key vault version {}", vault.key);
    context.draw_uuid(&label).simple().to_string()
}

/// Takes over what a request says about a version's use and its tags. Nothing is changed unless all of it
/// can be.
pub(super) fn update_version<M>(
    version: &mut Version<M>,
    now: Timestamp,
    sent: &VersionChange<'_>,
) -> Result<(), String> {
    let mut attributes = version.attributes.clone();
    attributes.take(sent.attributes)?;
    attributes.updated = now.as_second();
    version.attributes = attributes;
    if let Some(tags) = &sent.tags {
        version.tags.clone_from(tags);
    }
    Ok(())
}

/// What a request changes of a version of either kind.
pub(super) struct VersionChange<'a> {
    pub(super) attributes: &'a Value,
    pub(super) tags: Option<Map<String, Value>>,
}
