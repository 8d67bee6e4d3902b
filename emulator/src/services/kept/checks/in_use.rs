//! What cannot go because another resource names it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::planned::{name_of, refuse};
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::InUse;
use crate::services::Context;
use crate::state::field;

const NETWORK: &str = "Microsoft.Network/virtualNetworks";
const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";

/// By the key of an id, the ids of who uses it.
pub(super) type Users = BTreeMap<String, Vec<String>>;

fn row<'a>(context: &Context<'a>, kind: &str) -> Option<&'a InUse> {
    let rows = &context.rules.network_resources.in_use;
    rows.iter().find(|row| row.kind.eq_ignore_ascii_case(kind))
}

/// Who uses resources of a type.
pub(super) fn users(context: &Context<'_>, kind: &str) -> Users {
    let mut all = Users::new();
    let Some(row) = row(context, kind) else {
        return all;
    };
    for user in &row.by {
        let of_type = context
            .state
            .resources
            .values()
            .filter(|resource| resource.is_type(&user.kind));
        for resource in of_type {
            each_at(&resource.body, &user.at, &mut |used| {
                if let Ok(used) = used.parse::<ResourceId>() {
                    let who = all.entry(used.key().to_owned()).or_default();
                    who.push(resource.id.as_str().to_owned());
                }
            });
        }
    }
    all
}

/// Hands on every text at a place: members between dots, `[]` behind an array.
fn each_at(value: &Value, at: &str, found: &mut impl FnMut(&str)) {
    let (name, rest) = at.split_once('.').unwrap_or((at, ""));
    let array = name.strip_suffix("[]");
    let member = field(value, array.unwrap_or(name));
    let items = match (array, member.as_array()) {
        (Some(_), Some(items)) => items.as_slice(),
        (Some(_), None) => return,
        (None, _) => std::slice::from_ref(member),
    };
    for item in items {
        match item.as_str() {
            Some(text) if rest.is_empty() => found(text),
            _ if rest.is_empty() => {}
            _ => each_at(item, rest, found),
        }
    }
}

/// Whether one of those in a subnet is there by delegation.
pub(super) fn needs_delegation(context: &Context<'_>, users: &Users, subnet: &ResourceId) -> bool {
    users.get(subnet.key()).into_iter().flatten().any(|user| {
        let user = user.parse::<ResourceId>().ok();
        user.is_some_and(|id| {
            let server = context.state.resource(&id);
            server.is_some_and(|server| {
                !server
                    .at("/properties/network/delegatedSubnetResourceId")
                    .is_null()
            })
        })
    })
}

/// Refuses to let go what is used, or what has a part that is.
pub(in crate::services::kept) fn require_unused(
    context: &Context<'_>,
    kind: &str,
    id: &ResourceId,
) -> Result<(), Refusal> {
    if kind.eq_ignore_ascii_case(NETWORK) {
        let subnets = context
            .state
            .resource(id)
            .and_then(|network| network.at("/properties/subnets").as_array());
        let users = users(context, SUBNET);
        for subnet in subnets.into_iter().flatten() {
            let subnet = id.child(["subnets", name_of(subnet)]);
            refuse_used(context, SUBNET, &users, &subnet)?;
        }
        return Ok(());
    }
    if row(context, kind).is_none() {
        return Ok(());
    }
    refuse_used(context, kind, &users(context, kind), id)
}

fn refuse_used(context: &Context<'_>, kind: &str, users: &Users, id: &ResourceId) -> Result<(), Refusal> {
    let (Some(row), Some(who)) = (row(context, kind), users.get(id.key())) else {
        return Ok(());
    };
    let who = who.join(", ");
    let fill = [("id", id.as_str()), ("name", id.name()), ("users", &*who)];
    Err(refuse(row.code, &fill))
}
