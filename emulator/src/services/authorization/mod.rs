//! `Microsoft.Authorization`: role definitions and role assignments.

mod assignments;
mod definitions;
mod locks;
mod policies;
mod role_body;

use serde_json::Value;

#[cfg(any(test, feature = "fuzzing"))]
use super::arm_filter::ArmFilter;
use super::{Context, Handler};
use crate::gateway::Refusal;
use crate::model::{Condition, ConditionLanguage, ResourceId};
use crate::state::field;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "RoleDefinitions_List" => definitions::list,
        "RoleDefinitions_Get" => definitions::get,
        "RoleDefinitions_ListAtTenantScope" => definitions::list_at_root,
        "RoleDefinitions_GetAtTenantScope" => definitions::get_at_root,
        "RoleDefinitions_CreateOrUpdate" => definitions::put,
        "RoleDefinitions_Delete" => definitions::delete,
        "RoleAssignments_List" => assignments::list,
        "RoleAssignments_Get" => assignments::get,
        "RoleAssignments_Create" => assignments::put,
        "RoleAssignments_Delete" => assignments::delete,
        "Locks_CreateOrUpdate" => locks::put,
        "Locks_Get" => locks::get,
        "Locks_Delete" => locks::delete,
        "Locks_List" => locks::list,
        "PolicyAssignments_List" => policies::list_assignments,
        _ => return None,
    })
}

/// Reads a filter as the lists here do.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn read_filter(text: &str) -> bool {
    ArmFilter::read(
        text,
        &["roleName eq", "principalId eq", "atScope()", "assignedTo()"],
    )
    .is_ok()
}

/// The condition of an assignment, or of one of a role's permissions, and the version of its language. One
/// that is not played would let through what it forbids.
fn sent_condition(
    language: &ConditionLanguage,
    properties: &Value,
) -> Result<(Option<Condition>, Option<String>), Refusal> {
    let text = |name: &str| field(properties, name).as_str().unwrap_or_default();
    let (condition, version) = (text("condition"), text("conditionVersion"));
    if condition.trim().is_empty() {
        return Ok((None, None));
    }
    if version != language.version {
        return Err(Refusal::not_played(&format!(
            "the version '{version}' of the language of conditions"
        )));
    }
    let condition = Condition::read(language, condition);
    match condition.not_played() {
        Some(what) => Err(Refusal::not_played(what)),
        None => Ok((Some(condition), Some(version.to_owned()))),
    }
}

/// The resource (or group, or subscription) an assignment is made at, or a lock put on, must exist.
fn require_scope(context: &Context<'_>, scope: &ResourceId) -> Result<(), Refusal> {
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
