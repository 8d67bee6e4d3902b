//! Creating and changing backup instances.

use http::StatusCode;
use serde_json::{Value, json};

use super::operations::{self, Addresses, First};
use super::{INSTANCE, instance, protection, validation, vault_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::RuleId;
use crate::services::{Context, json_body};
use crate::state::{Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    validation::require_supported(context, properties)?;
    require_policy(context, &vault.id, properties)?;
    let existing = context.state.resource(&id).cloned();
    if let Some(existing) = &existing
        && instance::protection_state(existing) == "ConfiguringProtection"
    {
        return Err(
            Refusal::user_facing(context.rules.error("SyntheticInstanceBusy"), &[])
                .by([RuleId::new("FX-B-21")]),
        );
    }
    let datasource = instance::datasource_id(properties).unwrap_or_else(|| id.clone());
    if let Some(holder) = instance::holder(context, &datasource, &id) {
        let error = context
            .rules
            .error("UserErrorDppDatasourceAlreadyHasBackupInstance");
        let fill = [
            ("instance", holder.name.as_str()),
            ("vault", holder.vault.as_str()),
            ("status", holder.state.as_str()),
        ];
        return Err(Refusal::user_facing(error, &fill).by([RuleId::new("FX-B-20")]));
    }
    let state = if existing.is_some() {
        "UpdatingProtection"
    } else {
        "ConfiguringProtection"
    };
    let body = describe(&id, &sent, state);
    let now = context.now;
    let created = existing.as_ref().map_or(now, |existing| existing.created);
    context
        .state
        .resources
        .insert(id.clone(), Resource::new(id.clone(), body.clone(), created));
    let operation = operations::begin(context, &vault.id);
    context.start(protection::Configure::new(&vault.id, &id, operation.clone()));
    let status = if existing.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let first = First {
        status,
        phase: "instance_put",
        body: Some(&body),
    };
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Status,
        first,
    ))
}

fn require_policy(context: &Context<'_>, vault: &ResourceId, properties: &Value) -> Result<(), Refusal> {
    let policy = instance::policy_id(properties);
    let found = policy
        .as_ref()
        .is_some_and(|id| vault.contains(id) && context.state.resources.contains_key(id));
    if found {
        return Ok(());
    }
    let named = policy.map(|id| id.to_string()).unwrap_or_default();
    Err(
        Refusal::user_facing(context.rules.error("BMSUserErrorInvalidInput"), &[])
            .because(format!("the vault has no policy `{named}`")),
    )
}

/// The instance as served: read-only members of the request are replaced, absent ones not echoed.
fn describe(id: &ResourceId, sent: &Value, state: &str) -> Value {
    let properties = field(sent, "properties");
    let mut own = json!({"friendlyName": field(properties, "friendlyName")});
    if own["friendlyName"].is_null() {
        own["friendlyName"] = json!(id.name());
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
        "validationType",
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
    own["provisioningState"] = json!(if state == "ConfiguringProtection" {
        "Provisioning"
    } else {
        "Updating"
    });
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

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}
