//! Subscriptions, tenants, resource groups, generic lists, providers, endpoint metadata.

mod group_deletion;
mod groups;
mod metadata;
mod moves;
mod moving_resources;
mod providers;
mod state;
mod tags;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler};
use crate::gateway::{Permit, Refusal};
use crate::model::ResourceId;
use crate::model::{Request, Response};
use crate::rules::code;
use crate::state::{OperationOutcome, Subscription};

pub(crate) use groups::check_being_deleted;
pub use state::ResourcesState;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Metadata_Endpoints" => metadata::endpoints,
        "Tenants_List" => tenants,
        "Subscriptions_List" => subscriptions,
        "Subscriptions_Get" => subscription,
        "Subscriptions_ListLocations" => metadata::locations,
        "Providers_List" | "Providers_ListAtTenantScope" => providers::list,
        "Providers_Get" | "Providers_GetAtTenantScope" => providers::get,
        "Providers_Register" => providers::register,
        "Providers_Unregister" => providers::unregister,
        "Provider_Operations" => providers::operations,
        "ProviderOperations_Get" => providers::provider_operations,
        "ProviderOperations_List" => providers::all_provider_operations,
        "Features_ListAll" | "Features_List" => providers::no_features,
        "Tags_GetAtScope" => tags::get,
        "Tags_CreateOrUpdateAtScope" => tags::put,
        "Tags_UpdateAtScope" => tags::patch,
        "Tags_DeleteAtScope" => tags::delete,
        "TagNames_List" => tags::list_names,
        "TagNames_CreateOrUpdate" | "TagNames_CreateOrUpdateValue" => tags::put_name,
        "TagNames_Delete" | "TagNames_DeleteValue" => tags::delete_name,
        "Resources_List" | "Resources_ListByResourceGroup" => groups::resources,
        "ResourceGroups_List" => groups::list,
        "ResourceGroups_CreateOrUpdate" => groups::put,
        "ResourceGroups_Update" => groups::patch,
        "ResourceGroups_Get" => groups::get,
        "ResourceGroups_CheckExistence" => groups::head,
        "ResourceGroups_Delete" => groups::delete,
        "OperationResults_Get" => operation_result,
        "Resources_MoveResources" => moves::carry_out,
        "Resources_ValidateMoveResources" => moves::validate,
        _ => return None,
    })
}

fn describe(context: &Context<'_>, subscription: &Subscription) -> Value {
    let id = ResourceId::from_segments(["subscriptions", &subscription.id]);
    let mut body = describe_plain(subscription);
    if let Some(tags) = context.own.resources.tags_of_subscription(&id) {
        body["tags"] = Value::Object(tags);
    }
    body
}

fn describe_plain(subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

/// The subscriptions in which the caller holds any role, as ARM lists them.
fn visible<'a>(context: &'a Context<'_>, permit: &Permit) -> Vec<&'a Subscription> {
    let principals = permit
        .caller
        .principal
        .map(|principal| context.state.directory.with_groups(principal))
        .unwrap_or_default();
    context
        .state
        .subscriptions
        .values()
        .filter(|subscription| !subscription.hidden && permit.caller.tenant == Some(subscription.tenant))
        .filter(|subscription| {
            let id = ResourceId::from_segments(["subscriptions", &subscription.id]);
            let access = &context.state.access;
            access.assignments().any(|assignment| {
                principals.contains(&assignment.principal)
                    && assignment.is_seen(context.now)
                    && (id.contains(&assignment.scope) || access.hierarchy.covers(&assignment.scope, &id))
            })
        })
        .collect()
}

fn subscriptions(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found: Vec<Value> = visible(context, permit)
        .into_iter()
        .map(|subscription| describe(context, subscription))
        .collect();
    let body = json!({"value": found, "count": {"type": "Total", "value": found.len()}});
    Ok(Response::json(StatusCode::OK, &body))
}

fn subscription(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = permit.params.get("subscription");
    match context.state.subscription(id) {
        Some(found) => Ok(Response::json(StatusCode::OK, &describe(context, found))),
        None => Err(context
            .tenant_of(&permit.scope)
            .err()
            .unwrap_or_else(|| context.not_found(&permit.scope))),
    }
}

fn tenants(_: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let tenant = permit.caller.tenant;
    let found: Vec<Value> = tenant
        .into_iter()
        .map(|tenant| json!({"id": format!("/tenants/{tenant}"), "tenantId": tenant, "displayName": "azdrill", "tenantCategory": "Home"}))
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

fn operation_result(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.params.get("operation");
    let operation = context.state.operations.get(id);
    let operation = operation.ok_or_else(|| Refusal::of(code::OperationNotFound, &[("operation", id)]))?;
    match &operation.outcome {
        OperationOutcome::Running => Ok(context.ask_again(request)),
        OperationOutcome::Succeeded(value) if value == moving_resources::NO_CONTENT => {
            Ok(Response::new(StatusCode::NO_CONTENT))
        }
        OperationOutcome::Succeeded(_) => Ok(Response::new(StatusCode::OK)),
        OperationOutcome::Failed(error) => {
            let mut response = Response::json(StatusCode::CONFLICT, &json!({"error": error}));
            for (name, value) in &operation.marks {
                response = response.with_header(name, value);
            }
            Ok(response)
        }
    }
}
