//! Which subscriptions are in which management group.

use http::StatusCode;
use serde_json::{Value, json};

use super::shown::{GROUP, found, missing};
use crate::authz::{Hierarchy, management_group};
use crate::gateway::{Permit, Refusal};
use crate::model::{Action, Request, ResourceId, Response};
use crate::rules::code;
use crate::services::{Context, page};
use crate::state::Subscription;

const TYPE: &str = "Microsoft.Management/managementGroups/subscriptions";

fn group_of(permit: &Permit) -> ResourceId {
    management_group(permit.params.get("group"))
}

fn subscription(context: &Context<'_>, permit: &Permit) -> Result<Subscription, Refusal> {
    let id = permit.params.get("subscription");
    let known = context.state.subscription(id).filter(|own| !own.hidden);
    known
        .cloned()
        .ok_or_else(|| Refusal::of(code::SubscriptionNotFound, &[("subscription", id)]))
}

fn shown(own: &Subscription, group: &ResourceId) -> Value {
    json!({
        "name": own.id,
        "id": group.child(["subscriptions", &own.id]),
        "type": TYPE,
        "properties": {
            "displayName": own.name,
            "parent": {"id": group},
            "state": "Active",
            "tenant": own.tenant,
        },
    })
}

/// Whether the caller may take a subscription to another group: whoever may give roles on it, and may write the group
/// that it is in, unless that is the root group.
fn may_move(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    own: &Subscription,
) -> Result<(), Refusal> {
    let may = |linked: &ResourceId, action: &str| {
        let action = Action::new(action);
        context
            .gates()
            .linked(context.now, permit, request, linked, &action)
    };
    let id = ResourceId::from_segments(["subscriptions", &own.id]);
    may(&id, "Microsoft.Authorization/roleAssignments/write")?;
    match context.state.access.hierarchy.group_of_subscription(&own.id) {
        Some(group) if *group != Hierarchy::root(own.tenant) => {
            may(group, "Microsoft.Management/managementGroups/write")
        }
        _ => Ok(()),
    }
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let group = found(context, &group_of(permit))?;
    let own = subscription(context, permit)?;
    if own.tenant != group.tenant {
        return Err(missing(&group.id));
    }
    may_move(context, permit, request, &own)?;
    context.state.access.hierarchy.place(&own.id, group.id.clone());
    Ok(Response::json(StatusCode::OK, &shown(&own, &group.id)))
}

/// Puts a subscription back into the root group.
pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let group = group_of(permit);
    let own = subscription(context, permit)?;
    if context.state.access.hierarchy.group_of_subscription(&own.id) != Some(&group) {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    may_move(context, permit, request, &own)?;
    let root = Hierarchy::root(own.tenant);
    context.state.access.hierarchy.place(&own.id, root);
    Ok(Response::new(StatusCode::OK))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let group = group_of(permit);
    let own = subscription(context, permit)?;
    if context.state.access.hierarchy.group_of_subscription(&own.id) == Some(&group) {
        return Ok(Response::json(StatusCode::OK, &shown(&own, &group)));
    }
    let fill = [("subscription", own.id.as_str())];
    Err(Refusal::of(code::SubscriptionNotFound, &fill))
}

fn inside(context: &Context<'_>, group: &ResourceId) -> Vec<Subscription> {
    let keys = context.state.access.hierarchy.subscriptions_in(group);
    let known = keys.filter_map(|key| context.state.subscription(key));
    known.filter(|own| !own.hidden).cloned().collect()
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let group = found(context, &group_of(permit))?.id;
    let all = inside(context, &group);
    let found: Vec<Value> = all.iter().map(|own| shown(own, &group)).collect();
    page::list(request, &found)
}

/// Everything below a group, at any depth.
pub(super) fn descendants(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let mut groups = vec![found(context, &group_of(permit))?.id];
    let mut all = Vec::new();
    while let Some(group) = groups.pop() {
        let parent = json!({"id": group});
        for own in context.state.access.hierarchy.groups_in(&group) {
            groups.push(own.id.clone());
            all.push(json!({
                "name": own.id.name(), "type": GROUP, "id": own.id,
                "properties": {"displayName": own.display_name, "parent": parent},
            }));
        }
        all.extend(inside(context, &group).iter().map(|own| {
            json!({
                "name": own.id, "type": TYPE, "id": format!("/subscriptions/{}", own.id),
                "properties": {"displayName": own.name, "parent": parent},
            })
        }));
    }
    page::list(request, &all)
}
