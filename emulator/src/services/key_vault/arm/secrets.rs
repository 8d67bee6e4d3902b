//! Secrets as resources. Their values go in this way and never come out.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::VAULT;
use super::super::data::secrets::{NewSecret, add_version};
use super::super::objects::Object;
use super::super::vault::Vault;
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{Request, Response};
use crate::rules::cloud;
use crate::services::key_vault::material::SecretMaterial;
use crate::services::{Context, json_body};
use crate::state::field;

fn describe(vault: &Vault, object: &Object<SecretMaterial>) -> Value {
    let address = format!(
        "https://{}/secrets/{}",
        cloud().vault_host(&vault.key),
        object.name
    );
    let newest = object.version("");
    let mut properties = json!({"secretUri": address});
    if let Some(newest) = newest {
        let mut attributes = newest.attributes.wire(&vault.recovery);
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.retain(|name, _| !name.starts_with("recover"));
        }
        properties["attributes"] = attributes;
        properties["secretUriWithVersion"] = json!(format!("{address}/{}", newest.id));
        if let Some(kind) = &newest.material.content_type {
            properties["contentType"] = json!(kind);
        }
    }
    json!({
        "id": vault.id.child(["secrets", &object.name]),
        "name": object.name,
        "type": format!("{VAULT}/secrets"),
        "location": vault.location,
        "tags": newest.map(|newest| newest.tags.clone()).unwrap_or_default(),
        "properties": properties,
    })
}

fn vault_in_path(context: &Context<'_>, permit: &Permit) -> Result<Vault, Refusal> {
    let vault = super::in_path::vault_in_path(context, &permit.scope)?;
    Ok(Vault::of(&context.rules.key_vault, vault))
}

fn found<'a>(context: &'a Context<'_>, vault: &Vault, name: &str) -> Option<&'a Object<SecretMaterial>> {
    let contents = context.own.key_vault.contents.get(&vault.key)?;
    contents.secrets.get(name)
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_in_path(context, permit)?;
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    let name = permit.scope.name();
    let status = match found(context, &vault, name) {
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    };
    let new = NewSecret {
        name,
        value: field(properties, "value"),
        content_type: field(properties, "contentType"),
        attributes: field(properties, "attributes"),
        tags: field(&sent, "tags"),
    };
    add_version(context, &vault, &new).map_err(|refusal| Refusal {
        shape: Shape::Arm,
        ..refusal
    })?;
    match found(context, &vault, name) {
        Some(object) => Ok(Response::json(status, &describe(&vault, object))),
        None => Err(context.not_found(&permit.scope)),
    }
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let vault = vault_in_path(context, permit)?;
    match found(context, &vault, permit.scope.name()) {
        Some(object) => Ok(Response::json(StatusCode::OK, &describe(&vault, object))),
        None => Err(context.not_found(&permit.scope)),
    }
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let vault = vault_in_path(context, permit)?;
    let contents = context.own.key_vault.contents.get(&vault.key);
    let objects = contents.into_iter().flat_map(|contents| contents.secrets.live());
    let found: Vec<Value> = objects.map(|object| describe(&vault, object)).collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}
