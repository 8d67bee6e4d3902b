//! Resource groups, and lists over every kind of resource.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::group_deletion::GroupDeletion;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{code, not_of_group, unplayed};
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, LongRunning, json_body, page, plain};
use crate::state::Resource;

const TYPE: &str = "Microsoft.Resources/resourceGroups";

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.tenant_of(&id)?;
    check_name(context, id.name())?;
    let sent = json_body(request)?;
    let location = plain::required_location(&sent)?;
    let mut body = plain::resource_body(&id, TYPE, &sent)?;
    body["location"] = json!(location);
    body["properties"] = json!({"provisioningState": "Succeeded"});
    let existing = context
        .state
        .resource(&id)
        .map(|group| group.location().to_owned());
    if let Some(current) = &existing
        && *current != location
    {
        let fill = [("location", &*location), ("own", current)];
        return Err(Refusal::of(code::InvalidResourceGroupLocation, &fill));
    }
    let status = if existing.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok(plain::keep(context, id, body, status))
}

fn check_name(context: &Context<'_>, name: &str) -> Result<(), Refusal> {
    if context.rules.names.resource_group.admits(name) {
        return Ok(());
    }
    let wrong = not_of_group(name);
    let code = if wrong.is_empty() {
        code::SyntheticResourceGroupName
    } else {
        code::InvalidResourceGroup
    };
    let fill = [("name", name), ("wrong", &*wrong)];
    Err(Refusal::of(code, &fill))
}

pub(super) fn missing(id: &ResourceId) -> Refusal {
    Refusal::of(code::ResourceGroupNotFound, &[("group", id.name())])
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let group = context
        .state
        .resources
        .get_mut(&permit.scope)
        .ok_or_else(|| missing(&permit.scope))?;
    if let Some(tags) = sent.get("tags") {
        group.body["tags"] = tags.clone();
    }
    Ok(Response::json(StatusCode::OK, &group.body))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let group = context
        .state
        .resource(&permit.scope)
        .ok_or_else(|| missing(&permit.scope))?;
    Ok(Response::json(StatusCode::OK, &group.body))
}

pub(super) fn head(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found = context.state.resources.contains_key(&permit.scope);
    Ok(Response::new(if found {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }))
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    context.tenant_of(&permit.scope)?;
    let filter = read_filter(request, &GROUP_CLAUSES)?;
    let found: Vec<&Value> = context
        .state
        .resources_below(&permit.scope, TYPE)
        .filter(|group| lets_through(&filter, group))
        .filter(|group| {
            context.shows(
                permit,
                &group.id,
                "Microsoft.Resources/subscriptions/resourceGroups",
            )
        })
        .map(|group| &*group.body)
        .collect();
    page::list(request, &found)
}

/// The generic list. Its `$filter` must be honoured: a client that asks for Key Vaults fails if
/// anything else is in the answer.
pub(super) fn resources(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let filter = read_filter(request, &RESOURCE_CLAUSES)?;
    let expanded = request.query_value("$expand").unwrap_or_default();
    let wants = |name: &str| {
        expanded
            .split(',')
            .any(|part| part.trim().eq_ignore_ascii_case(name))
    };
    let found: Vec<Value> = context
        .state
        .resources
        .values()
        .filter(|resource| permit.scope.contains(&resource.id) && resource.is_top_level())
        .filter(|resource| lets_through(&filter, resource))
        .filter(|resource| context.shows(permit, &resource.id, resource.text("/type")))
        .map(|resource| {
            let mut brief = json!({});
            for key in [
                "id", "name", "type", "kind", "location", "tags", "sku", "identity",
            ] {
                if let Some(value) = resource.body.get(key) {
                    brief[key] = value.clone();
                }
            }
            if wants("createdTime") {
                brief["createdTime"] = json!(wire_hundred_nanoseconds(resource.created));
            }
            if wants("provisioningState") {
                brief["provisioningState"] = resource.at("/properties/provisioningState").clone();
            }
            brief
        })
        .collect();
    page::list(request, &found)
}

/// What the filter of the list of groups may ask.
const GROUP_CLAUSES: [&str; 2] = ["tagName eq", "tagValue eq"];

/// What the filter of the list of resources may ask.
const RESOURCE_CLAUSES: [&str; 11] = [
    "tagName eq",
    "tagValue eq",
    "resourceType eq",
    "resourceType ne",
    "name eq",
    "name ne",
    "location eq",
    "location ne",
    "resourceGroup eq",
    "resourceGroup ne",
    "identity/principalId eq",
];

fn read_filter(request: &Request, known: &[&'static str]) -> Result<ArmFilter, Refusal> {
    let filter = ArmFilter::read(&request.query_value("$filter").unwrap_or_default(), known)?;
    if filter.has("tagValue eq") && !filter.has("tagName eq") {
        return Err(Refusal::not_played(unplayed::TagValueWithoutName, &[]));
    }
    Ok(filter)
}

fn lets_through(filter: &ArmFilter, resource: &Resource) -> bool {
    let members = [
        ("resourceType", resource.text("/type")),
        ("name", resource.text("/name")),
        ("location", resource.location()),
        ("resourceGroup", resource.id.resource_group().unwrap_or_default()),
        ("identity/principalId", resource.text("/identity/principalId")),
    ];
    let tag = |name: &str| {
        let mut tags = resource.at("/tags").as_object().into_iter().flatten();
        let found = tags.find(|(key, _)| key.eq_ignore_ascii_case(name));
        let wanted = filter.value("tagValue eq");
        found.is_some_and(|(_, set)| wanted.is_none_or(|value| set == value))
    };
    filter.value("tagName eq").is_none_or(tag)
        && members.iter().all(|(name, text)| {
            let is = |value: &str| text.eq_ignore_ascii_case(value);
            filter.value(&format!("{name} eq")).is_none_or(is)
                && !filter.value(&format!("{name} ne")).is_some_and(is)
        })
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    if !context.state.resources.contains_key(&id) {
        return Err(missing(&id));
    }
    let operation = context.draw_uuid("resource group delete").simple().to_string();
    context.state.operations.begin(operation.clone(), context.now);
    if let Some(group) = context.state.resources.get_mut(&id) {
        group.set_property(&["provisioningState"], json!(DELETING));
    }
    let deletion = GroupDeletion::of(id.clone(), operation.clone(), permit.caller.principal);
    context.start(deletion);
    let subscription = id.subscription().unwrap_or_default();
    Ok(context.accepted(
        request,
        &LongRunning {
            id: operation.clone(),
            status: StatusCode::ACCEPTED,
            status_path: None,
            result_path: Some(format!(
                "/subscriptions/{subscription}/operationresults/{operation}"
            )),
            retry_after_seconds: context.rules.retry_after("resource_group_delete"),
        },
        None,
    ))
}

/// Refuses to write into a resource group that is being deleted.
pub(crate) fn check_being_deleted(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<(), Refusal> {
    if request.method != Method::PUT && request.method != Method::PATCH {
        return Ok(());
    }
    let group = permit.scope.resource_group_id();
    let group = group.and_then(|id| context.state.resource(&id));
    match group {
        Some(group) if group.text("/properties/provisioningState") == DELETING => {
            let fill = [("group", group.id.name())];
            Err(Refusal::of(code::ResourceGroupBeingDeleted, &fill))
        }
        _ => Ok(()),
    }
}

/// What a group says of itself while it is being deleted.
const DELETING: &str = "Deleting";
