//! Management groups as they are answered.

use serde_json::{Value, json};

use crate::authz::{Hierarchy, ManagementGroup};
use crate::gateway::Refusal;
use crate::model::{ResourceId, Timestamp, wire_hundred_nanoseconds};
use crate::rules::code;
use crate::services::Context;

pub(super) const GROUP: &str = "Microsoft.Management/managementGroups";

pub(super) fn missing(id: &ResourceId) -> Refusal {
    Refusal::of(code::ManagementGroupNotFound, &[("group", id.as_str())])
}

/// The group of an id as it is kept; a root group, which is kept nowhere, as it would be.
pub(super) fn found(context: &Context<'_>, id: &ResourceId) -> Result<ManagementGroup, Refusal> {
    let hierarchy = &context.state.access.hierarchy;
    if let Some(own) = hierarchy.get(id) {
        return Ok(own.clone());
    }
    match hierarchy.tenant_of(id).filter(|_| hierarchy.knows(id)) {
        Some(tenant) => Ok(ManagementGroup {
            id: Hierarchy::root(tenant),
            tenant,
            display_name: "Tenant Root Group".to_owned(),
            parent: Hierarchy::root(tenant),
            version: 1,
            updated: Timestamp::UNIX_EPOCH,
            updated_by: None,
        }),
        None => Err(missing(id)),
    }
}

/// What lists show of a group.
pub(super) fn brief(own: &ManagementGroup) -> Value {
    json!({
        "id": own.id,
        "type": GROUP,
        "name": own.id.name(),
        "properties": {"tenantId": own.tenant, "displayName": own.display_name},
    })
}

/// A group as a GET answers it.
pub(super) fn whole(context: &Context<'_>, own: &ManagementGroup) -> Result<Value, Refusal> {
    let mut body = brief(own);
    let mut details = json!({
        "version": own.version,
        "updatedTime": wire_hundred_nanoseconds(own.updated),
        "updatedBy": own.updated_by,
    });
    if own.parent != own.id {
        let parent = found(context, &own.parent)?;
        details["parent"] = json!({
            "id": parent.id,
            "name": parent.id.name(),
            "displayName": parent.display_name,
        });
    }
    body["properties"]["details"] = details;
    Ok(body)
}

/// What is directly below a group, and with `recurse` below that.
pub(super) fn children(context: &Context<'_>, id: &ResourceId, recurse: bool) -> Vec<Value> {
    let hierarchy = &context.state.access.hierarchy;
    let groups = hierarchy.groups_in(id).map(|own| {
        let mut shown = json!({
            "id": own.id, "type": GROUP, "name": own.id.name(), "displayName": own.display_name,
        });
        if recurse {
            let below = children(context, &own.id, true);
            shown["children"] = if below.is_empty() {
                Value::Null
            } else {
                json!(below)
            };
        }
        shown
    });
    let subscriptions = hierarchy
        .subscriptions_in(id)
        .filter_map(|key| context.state.subscription(key));
    let subscriptions = subscriptions.filter(|own| !own.hidden).map(|own| {
        json!({
            "id": format!("/subscriptions/{}", own.id),
            "type": "/subscriptions",
            "name": own.id,
            "displayName": own.name,
        })
    });
    groups.chain(subscriptions).collect()
}
