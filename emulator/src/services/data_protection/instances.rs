//! Creating and changing backup instances.

use http::StatusCode;
use serde_json::{Value, json};

use super::datasource::Datasource;
use super::instance::INSTANCE;
use super::operations::{self, Addresses, First};
use super::vault::vault_of;
use super::{caller_rights, datasource_truth, instance, lifecycle, protection, resource_guard, validation};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::CriticalOperation;
use crate::services::{Context, json_body, page};
use crate::state::{OperationOutcome, Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    let named = resource_guard::named(context, permit, request)?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    validation::require_supported(context, properties)?;
    datasource_truth::check(context, properties)?;
    instance::require_policy(context, &vault.id, properties)?;
    let existing = context.state.resource(&id).cloned();
    if let Some(existing) = &existing {
        datasource_truth::check_same(context, existing.at("/properties"), properties)?;
        lifecycle::require_idle(context, existing)?;
    }
    let datasource = instance::datasource_id(properties).unwrap_or_else(|| id.clone());
    if let Some(holder) = instance::holder(context, &datasource, &id) {
        return Err(holder.refuses());
    }
    let Some(existing) = existing else {
        if let Some(own) = Datasource::of(context.rules, properties) {
            caller_rights::require_for_backup(context, permit, &own)?;
        }
        return Ok(create(context, request, &vault, &id, &sent));
    };
    // The id stays spelled as it was first written.
    let wanted = describe(
        &existing.id,
        &sent,
        instance::protection_state(&existing),
        "Succeeded",
    );
    let failed = instance::protection_state(&existing) == "ProtectionError";
    if !failed && says_the_same(&existing.body, &wanted) {
        let operation = operations::begin(context, &vault.id);
        operations::after(context, &operation, "instance_put", |_| {
            OperationOutcome::Succeeded(Value::Null)
        });
        let first = First {
            status: StatusCode::CREATED,
            phase: "instance_put",
            body: Some(&existing.body),
        };
        let addresses = Addresses::Status;
        return Ok(operations::accepted(
            context, request, &vault, &operation, addresses, first,
        ));
    }
    if instance::policy_id(existing.at("/properties")) != instance::policy_id(&wanted["properties"]) {
        resource_guard::require(context, &vault.id, CriticalOperation::ModifyPolicy, &named)?;
    }
    Ok(change(context, request, &vault, &existing, wanted))
}

/// The instances that protect a resource, whatever vault they are in: those the service has for it.
pub(super) fn of_resource(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let subscription = permit.scope.subscription();
    let found: Vec<&Value> = context
        .state
        .resources
        .values()
        .filter(|own| own.is_type(INSTANCE) && own.id.subscription() == subscription)
        .filter(|own| instance::datasource_id(own.at("/properties")).as_ref() == Some(&permit.scope))
        .map(|own| &*own.body)
        .collect();
    page::list(request, &found)
}

/// Whether what is to be written differs from what is there in nothing but what protection has made
/// of it.
fn says_the_same(existing: &Value, wanted: &Value) -> bool {
    let bare = |body: &Value| {
        let mut body = body.clone();
        if let Some(own) = body["properties"].as_object_mut() {
            for name in ["protectionStatus", "protectionErrorDetails", "provisioningState"] {
                own.shift_remove(name);
            }
        }
        without_nulls(&body)
    };
    bare(existing) == bare(wanted)
}

fn create(
    context: &mut Context<'_>,
    request: &Request,
    vault: &Resource,
    id: &ResourceId,
    sent: &Value,
) -> Response {
    let body = describe(id, sent, "ConfiguringProtection", "Provisioning");
    let now = context.now;
    let resource = Resource::new(id.clone(), body.clone(), now);
    instance::keep(context, resource);
    context.own.data_protection.policy_since.insert(id.clone(), now);
    let operation = operations::begin(context, &vault.id);
    protection::begin(context, &vault.id, id, operation.clone(), None);
    answer(context, request, vault, id, &operation, &body)
}

/// Changes an instance: until the operation has ended it shows what it was before.
fn change(
    context: &mut Context<'_>,
    request: &Request,
    vault: &Resource,
    existing: &Resource,
    wanted: Value,
) -> Response {
    let id = &existing.id;
    instance::set_protection_state(context, id, "UpdatingProtection");
    let shown = context.state.resource(id).map(|own| own.body.clone());
    let operation = operations::begin(context, &vault.id);
    protection::begin(context, &vault.id, id, operation.clone(), Some(wanted));
    answer(
        context,
        request,
        vault,
        id,
        &operation,
        shown.as_deref().unwrap_or(&Value::Null),
    )
}

/// 201 with the instance; in newer versions 202 without, and an address at which it will be.
fn answer(
    context: &Context<'_>,
    request: &Request,
    vault: &Resource,
    id: &ResourceId,
    operation: &str,
    body: &Value,
) -> Response {
    let version = request.query_value("api-version").unwrap_or_default();
    let (addresses, first) = if version >= context.rules.vaults.instance_put_without_body.from_version {
        (Addresses::BothBelowInstance(id), First::accepted("instance_put"))
    } else {
        let first = First {
            status: StatusCode::CREATED,
            phase: "instance_put",
            body: Some(body),
        };
        (Addresses::Status, first)
    };
    operations::accepted(context, request, vault, operation, addresses, first)
}

/// The instance as served: read-only members of the request are replaced, absent ones not echoed.
fn describe(id: &ResourceId, sent: &Value, state: &str, provisioning: &str) -> Value {
    let properties = field(sent, "properties");
    let mut own = json!({"friendlyName": field(properties, "friendlyName")});
    if own["friendlyName"].is_null() {
        own["friendlyName"] = json!(friendly_name(properties));
    }
    own["dataSourceInfo"] = data_source_info(field(properties, "dataSourceInfo"));
    let read_only = [
        "friendlyName",
        "dataSourceInfo",
        "protectionStatus",
        "currentProtectionState",
        "provisioningState",
        "protectionErrorDetails",
        "objectType",
        "resourceGuardOperationRequests",
    ];
    for (key, value) in properties.as_object().into_iter().flatten() {
        if !value.is_null() && !read_only.iter().any(|name| name.eq_ignore_ascii_case(key)) {
            own[key] = without_nulls(value);
        }
        // The one null the service always shows: it keeps no secret's value, and says so.
        if key.eq_ignore_ascii_case("datasourceAuthCredentials") && own[key].is_object() {
            own[key]["secretStoreResource"]["value"] = Value::Null;
        }
    }
    own["protectionStatus"] = json!({"status": state});
    own["currentProtectionState"] = json!(state);
    own["provisioningState"] = json!(provisioning);
    own["objectType"] = json!("BackupInstance");
    let mut body = json!({"properties": own});
    if !field(sent, "tags").is_null() {
        body["tags"] = field(sent, "tags").clone();
    }
    body["id"] = json!(id);
    body["name"] = json!(id.name());
    body["type"] = json!(INSTANCE);
    body
}

/// What an instance is called whose request does not say: its set and itself, `server\database`.
fn friendly_name(properties: &Value) -> String {
    let named = |info: &Value| {
        let own = field(info, "resourceName").as_str().map(str::to_owned);
        own.filter(|name| !name.is_empty())
            .or_else(|| Some(instance::resource_id(info)?.name().to_owned()))
    };
    let own = named(field(properties, "dataSourceInfo")).unwrap_or_default();
    match named(field(properties, "dataSourceSetInfo")) {
        Some(set) => format!("{set}\\{own}"),
        None => own,
    }
}

/// The datasource with its members in the service's spelling and order.
fn data_source_info(sent: &Value) -> Value {
    let mut info = json!({});
    for name in [
        "resourceID",
        "resourceUri",
        "datasourceType",
        "resourceName",
        "resourceType",
        "resourceLocation",
        "objectType",
    ] {
        let value = field(sent, name);
        if !value.is_null() {
            info[name] = value.clone();
        }
    }
    if info["objectType"].as_str().is_none_or(str::is_empty) {
        info["objectType"] = json!("Datasource");
    }
    info
}

/// A value without members that are null.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
