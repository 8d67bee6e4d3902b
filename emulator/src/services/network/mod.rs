//! `Microsoft.Network`: private endpoints, which decide who gets in, and private DNS, which is kept and has
//! no effect.

mod connections;
mod dns;
mod simple;
mod zone_records;

use http::StatusCode;
use serde_json::{Value, json};

use super::provider_operation::{self, Addresses};
use super::{Context, Handler, json_body, plain};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::state::{Resource, field};

const PRIVATE_ENDPOINT: &str = "Microsoft.Network/privateEndpoints";

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "PrivateEndpoints_CreateOrUpdate" => put_private_endpoint,
        "PrivateEndpoints_Delete" => delete_private_endpoint,
        "PrivateEndpoints_Get" | "PrivateZones_Get" | "VirtualNetworkLinks_Get" => plain::get,
        "PrivateEndpoints_List"
        | "PrivateEndpoints_ListBySubscription"
        | "PrivateZones_List"
        | "PrivateZones_ListByResourceGroup"
        | "VirtualNetworkLinks_List" => simple::list,
        "PrivateZones_CreateOrUpdate" => dns::put_zone,
        "PrivateZones_Delete" | "VirtualNetworkLinks_Delete" => dns::delete,
        "VirtualNetworkLinks_CreateOrUpdate" => dns::put_link,
        "RecordSets_List" => dns::list_records,
        "NetworkOperations_Status" | "PrivateDnsOperations_Status" => provider_operation::status,
        "NetworkOperations_Result" | "PrivateDnsOperations_Result" => provider_operation::result,
        _ => return by_kind(operation),
    })
}

/// The handlers of kinds that differ in nothing but their type.
fn by_kind(operation: &str) -> Option<Handler> {
    let (kind, verb) = operation.split_once('_')?;
    let handler: Handler = if kind == "PrivateDnsZoneGroups" {
        match verb {
            "CreateOrUpdate" => simple::put,
            "Get" => plain::get,
            "Delete" => simple::delete,
            "List" => simple::list,
            _ => return None,
        }
    } else if kind.starts_with("RecordSets") {
        match verb {
            "CreateOrUpdate" => dns::put_record,
            "Get" => plain::get,
            "Delete" => simple::delete,
            "List" => simple::list,
            _ => return None,
        }
    } else if kind.ends_with("Connections") {
        match verb {
            "CreateOrUpdate" => connections::put,
            "Get" => connections::get,
            "Delete" => connections::delete,
            "List" => connections::list,
            _ => return None,
        }
    } else if kind.ends_with("LinkResources") {
        connections::list_link_resources
    } else {
        return None;
    };
    Some(handler)
}

/// The resources an endpoint is connected to, and whether each connection waits to be approved.
fn targets(body: &Value) -> Vec<(ResourceId, bool)> {
    let properties = field(body, "properties");
    let of = |name: &str, waits: bool| {
        let connections = field(properties, name).as_array().into_iter().flatten();
        connections
            .filter_map(|connection| {
                let target = field(field(connection, "properties"), "privateLinkServiceId");
                Some((target.as_str()?.parse().ok()?, waits))
            })
            .collect::<Vec<_>>()
    };
    let mut found = of("privateLinkServiceConnections", false);
    found.extend(of("manualPrivateLinkServiceConnections", true));
    found
}

/// Creates a private endpoint. The connection is approved at once, unless it is a manual one, and stands on
/// the target as well, where the network gate looks for it.
fn put_private_endpoint(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let mut body = plain::resource_body(&id, PRIVATE_ENDPOINT, &*json_body(request)?)?;
    let targets = targets(&body);
    if targets.is_empty() {
        return Err(Refusal::of(code::PrivateEndpointWithoutTarget, &[]));
    }
    if let Some((missing, _)) = targets
        .iter()
        .find(|(target, _)| !context.state.resources.contains_key(target))
    {
        return Err(context.not_found(missing));
    }
    check_subnet(context, &id, &body)?;
    for (target, waits) in &targets {
        connect(context, target, &id, *waits);
    }
    body["properties"]["provisioningState"] = json!("Succeeded");
    body["etag"] = json!(format!("W/\"{}\"", context.draw_uuid("etag")));
    let status = plain::put(context, id.clone(), body.clone()).status;
    Ok(provider_operation::put(context, request, &id, status, &body))
}

/// An endpoint stands in no subnet that is delegated to a service.
fn check_subnet(context: &Context<'_>, id: &ResourceId, body: &Value) -> Result<(), Refusal> {
    let sent = field(field(field(body, "properties"), "subnet"), "id").as_str();
    let Some(subnet) = sent.and_then(|sent| sent.parse::<ResourceId>().ok()) else {
        return Ok(());
    };
    let Some(network) = context.state.resource(&subnet.parent()) else {
        return Ok(());
    };
    let subnets = network.at("/properties/subnets").as_array().into_iter().flatten();
    let named = |listed: &&Value| {
        let name = field(listed, "name").as_str();
        name.is_some_and(|name| name.eq_ignore_ascii_case(subnet.name()))
    };
    let delegations = subnets.filter(named).find_map(|listed| {
        let all = field(field(listed, "properties"), "delegations").as_array()?;
        (!all.is_empty()).then_some(all)
    });
    match delegations {
        None => Ok(()),
        Some(_) => {
            let fill = [("id", id.as_str()), ("subnet", subnet.as_str())];
            Err(Refusal::of(
                code::PrivateEndpointCreationNotAllowedAsSubnetIsDelegated,
                &fill,
            ))
        }
    }
}

fn connections_without(resource: &Resource, endpoint: &ResourceId) -> Vec<Value> {
    let is_other = |connection: &&Value| {
        let of: Option<ResourceId> = connection
            .pointer("/properties/privateEndpoint/id")
            .and_then(|id| id.as_str()?.parse().ok());
        of.as_ref() != Some(endpoint)
    };
    let all = resource.at("/properties/privateEndpointConnections").as_array();
    all.into_iter().flatten().filter(is_other).cloned().collect()
}

fn connect(context: &mut Context<'_>, target: &ResourceId, endpoint: &ResourceId, waits: bool) {
    let guid = context.draw_uuid("private endpoint connection");
    let links = &context.rules.network_resources.private_links;
    let link = links.iter().find(|link| target.is_type(&link.kind));
    let (joined_by, provisioned, action) = link.map_or((".", "Succeeded", "actionRequired"), |link| {
        (
            link.joined_by.as_str(),
            link.provisioned.as_str(),
            link.action.as_str(),
        )
    });
    let name = format!("{}{joined_by}{guid}", endpoint.name());
    let (status, description) = if waits {
        ("Pending", "")
    } else {
        ("Approved", "Auto-Approved")
    };
    let mut state = json!({"status": status, "description": description});
    state[action] = json!("None");
    let Some(resource) = context.state.resources.get_mut(target) else {
        return;
    };
    let mut connections = connections_without(resource, endpoint);
    connections.push(json!({
        "id": target.child(["privateEndpointConnections", &name]),
        "name": name,
        "type": format!("{}/privateEndpointConnections", target.resource_type().unwrap_or_default()),
        "properties": {
            "provisioningState": provisioned,
            "privateEndpoint": {"id": endpoint},
            "privateLinkServiceConnectionState": state,
        },
    }));
    resource.set_property(&["privateEndpointConnections"], Value::Array(connections));
}

fn delete_private_endpoint(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let connected = context
        .state
        .resource(&permit.scope)
        .map(|resource| targets(&resource.body))
        .unwrap_or_default();
    for (target, _) in connected {
        if let Some(resource) = context.state.resources.get_mut(&target) {
            let left = connections_without(resource, &permit.scope);
            resource.set_property(&["privateEndpointConnections"], Value::Array(left));
        }
    }
    let gone = simple::delete(context, permit, request)?;
    if gone.status == StatusCode::NO_CONTENT {
        return Ok(gone);
    }
    Ok(provider_operation::accepted(
        context,
        request,
        &permit.scope,
        Addresses::InRegion,
    ))
}
