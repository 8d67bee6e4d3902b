//! What assignments are made at, and locks put on.

use crate::authz::group_of;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::code;
use crate::services::Context;

/// The resource (or group, or subscription) an assignment is made at, or a lock put on, must exist.
pub(super) fn require_scope(context: &Context<'_>, scope: &ResourceId) -> Result<(), Refusal> {
    if let Some(group) = group_of(scope) {
        return if context.state.access.hierarchy.knows(&group) {
            Ok(())
        } else {
            Err(Refusal::of(
                code::ManagementGroupNotFound,
                &[("group", group.as_str())],
            ))
        };
    }
    if scope.subscription().is_none() {
        return Ok(());
    }
    context.require_group(scope)?;
    // Parts of a resource (a container) have no entry of their own; what holds them must.
    let mut holder = scope.clone();
    while holder
        .resource_type()
        .is_some_and(|kind| kind.split('/').count() > 2)
    {
        holder = holder.parent();
    }
    if holder.resource_type().is_some() && !context.state.resources.contains_key(&holder) {
        return Err(context.not_found(&holder));
    }
    Ok(())
}

/// The id of something that is written below a scope.
pub(super) fn id_at(scope: &ResourceId, collection: &str, name: &str) -> ResourceId {
    scope.child(["providers", "Microsoft.Authorization", collection, name])
}
