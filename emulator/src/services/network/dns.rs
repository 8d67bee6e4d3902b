//! Private DNS zones. Nothing is resolved by them: they are kept, for the clients that make them.

use http::StatusCode;
use serde_json::{Value, json};

use super::simple;
use super::zone_records::{ZONE, count, records};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::services::provider_operation::{Addresses, accepted};
use crate::services::{Context, json_body, page, plain};
use crate::state::Resource;

pub(super) fn put_zone(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let facts = &context.rules.network_resources.private_dns_zone;
    let mut body = plain::resource_body(&id, ZONE, &*json_body(request)?)?;
    body["properties"] = facts.properties.clone();
    body["properties"]["provisioningState"] = json!("Succeeded");
    let soa = id.child(["SOA", "@"]);
    if !context.state.resources.contains_key(&soa) {
        let mut record = json!({
            "id": soa, "name": "@", "type": format!("{ZONE}/SOA"),
            "properties": {"ttl": facts.start_of_authority_ttl, "soaRecord": facts.start_of_authority},
        });
        complete_record(&mut record, &soa);
        record["etag"] = json!(context.draw_uuid("etag").to_string());
        let now = context.now;
        context
            .state
            .resources
            .insert(soa.clone(), Resource::new(soa, record, now));
    }
    body["etag"] = json!(context.draw_uuid("etag").to_string());
    plain::put(context, id.clone(), body);
    count(context, &id);
    Ok(accepted(context, request, &id, Addresses::PrivateDns))
}

/// Deletes a zone or a link.
pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let gone = simple::delete(context, permit, request)?;
    if gone.status == StatusCode::NO_CONTENT {
        return Ok(gone);
    }
    Ok(accepted(context, request, &permit.scope, Addresses::PrivateDns))
}

/// What the service adds to a record set.
fn complete_record(body: &mut Value, id: &ResourceId) {
    let zone = id.parent();
    let name = match id.name() {
        "@" => String::new(),
        name => format!("{name}."),
    };
    body["properties"]["fqdn"] = json!(format!("{name}{}.", zone.name()));
    body["properties"]["isAutoRegistered"] = json!(false);
}

pub(super) fn put_record(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    simple::require_holder(context, &id)?;
    let kind = simple::type_of(context, permit);
    let mut body = plain::resource_body(&id, kind, &*json_body(request)?)?;
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    complete_record(&mut body, &id);
    body["etag"] = json!(context.draw_uuid("etag").to_string());
    let response = plain::put(context, id.clone(), body);
    count(context, &id.parent());
    Ok(response)
}

/// Every record set of a zone.
pub(super) fn list_records(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if !context.state.resources.contains_key(&permit.scope) {
        return Err(context.not_found(&permit.scope));
    }
    let found: Vec<&Value> = records(context, &permit.scope).collect();
    page::list(request, &found)
}

/// A link is, when it has been made, as Azure's are.
pub(super) fn put_link(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    simple::put(context, permit, request)?;
    let etag = context.draw_uuid("etag").to_string();
    if let Some(link) = context.state.resources.get_mut(&permit.scope) {
        link.set_property(&["virtualNetworkLinkState"], json!("Completed"));
        link.body["etag"] = json!(etag);
    }
    Ok(accepted(context, request, &permit.scope, Addresses::PrivateDns))
}
