//! What belongs to a single server: rules, databases, administrators, the alert policy.

use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::postgres::answer::{Answer, all, bad};
use crate::services::postgres::children;
use crate::services::postgres::resource_types::SINGLE_SERVER;
use crate::services::postgres::server_state::{require_listed, require_name, require_server};
use crate::services::{Context, json_body, plain};
use crate::state::{field, field_mut};

/// The one administrator of Entra ID a server can have.
const ADMINISTRATOR: &str = "activeDirectory";
/// The one alert policy a server has.
const ALERT_POLICY: &str = "Default";

/// A list of what a server has none of here.
pub(super) fn nothing(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_listed(context, permit)?;
    Ok(all(&[]))
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    collection: &str,
) -> Result<Response, Refusal> {
    require_listed(context, permit)?;
    plain::list(context, permit, request, &format!("{SINGLE_SERVER}/{collection}"))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    children::delete_child(context, permit, request, None)
}

pub(super) fn put_virtual_network_rule(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Answer {
    require_server(context, &permit.scope.parent())?;
    let mut properties = object(field(&*json_body(request)?, "properties"));
    let subnet = field(&properties, "virtualNetworkSubnetId").as_str();
    if subnet.is_none_or(|subnet| subnet.parse::<ResourceId>().is_err()) {
        return Err(bad(
            "virtualNetworkSubnetId is required and must be the id of a subnet.",
        ));
    }
    *field_mut(&mut properties, "state") = json!("Ready");
    children::put_child(context, permit, request, "virtualNetworkRules", properties, None)
}

pub(super) fn put_administrator(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_name(context, permit, ADMINISTRATOR)?;
    let mut properties = object(field(&*json_body(request)?, "properties"));
    for name in ["login", "sid", "tenantId"] {
        if field(&properties, name).as_str().is_none_or(str::is_empty) {
            return Err(bad(format!(
                "{name} is required to set an administrator of Microsoft Entra ID."
            )));
        }
    }
    *field_mut(&mut properties, "administratorType") = json!("ActiveDirectory");
    children::put_child(context, permit, request, "administrators", properties, None)
}

/// A policy as it stands on a server that has none set.
fn alert_policy(id: &ResourceId) -> Value {
    json!({
        "id": id,
        "name": ALERT_POLICY,
        "type": format!("{SINGLE_SERVER}/securityAlertPolicies"),
        "properties": {
            "state": "Disabled",
            "disabledAlerts": [],
            "emailAddresses": [],
            "emailAccountAdmins": false,
            "retentionDays": 0,
        },
    })
}

pub(super) fn put_alert_policy(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_name(context, permit, ALERT_POLICY)?;
    let mut properties = object(field(&*json_body(request)?, "properties"));
    if let Some(properties) = properties.as_object_mut() {
        // A key of a storage account: taken, and shown to nobody.
        properties.retain(|name, _| !name.eq_ignore_ascii_case("storageAccountAccessKey"));
    }
    children::put_child(
        context,
        permit,
        request,
        "securityAlertPolicies",
        properties,
        None,
    )
}

pub(super) fn get_alert_policy(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_name(context, permit, ALERT_POLICY)?;
    match context.state.resource(&permit.scope) {
        Some(_) => plain::get(context, permit, request),
        None => Ok(Response::json(http::StatusCode::OK, &alert_policy(&permit.scope))),
    }
}

pub(super) fn list_alert_policies(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_listed(context, permit)?;
    let id = permit.scope.child(["securityAlertPolicies", ALERT_POLICY]);
    let set = context.state.resource(&id).map(|policy| policy.body.to_value());
    Ok(all(&[set.unwrap_or_else(|| alert_policy(&id))]))
}

/// The value if it is an object, else an empty one.
fn object(value: &Value) -> Value {
    if value.is_object() {
        value.clone()
    } else {
        json!({})
    }
}
