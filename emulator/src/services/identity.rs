//! The `identity` of a resource: its own principal, and the user-assigned identities it may use. The
//! same for every resource that can have one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Context;
use crate::gateway::Refusal;
use crate::model::{PrincipalId, ResourceId, TenantId};
use crate::rules::{Code, code, unplayed};
use crate::state::{Directory, IdentityKind, Principal, Resource, field};

/// The principal a resource has of its own.
pub(super) fn own_principal(body: &Value) -> Option<PrincipalId> {
    let id = body.pointer("/identity/principalId")?.as_str()?;
    id.parse().ok().map(PrincipalId)
}

/// The words `type` is made of.
const TYPES: [&str; 3] = ["None", "SystemAssigned", "UserAssigned"];

/// The words of `type`, which clients write with and without a blank.
fn has(kind: &str, word: &str) -> bool {
    kind.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
}

/// A refusal of a type of identity.
fn refuse(row: Code, kind: &str) -> Refusal {
    Refusal::of(row, &[("type", kind)])
}

/// Checks the type a request names, and that it goes with the identities it names.
///
/// # Errors
///
/// 400 if there is no such type, or it does not go with them.
pub(super) fn check_type(sent: &Value) -> Result<(), Refusal> {
    let kind = field(sent, "type").as_str().unwrap_or("None");
    let known = |word: &str| TYPES.iter().any(|named| named.eq_ignore_ascii_case(word.trim()));
    if !kind.split(',').all(known) {
        return Err(refuse(code::SyntheticIdentityType, kind));
    }
    let named = field(sent, "userAssignedIdentities").as_object();
    let names_one = named.is_some_and(|all| all.values().any(|value| !value.is_null()));
    let says_type = !field(sent, "type").is_null();
    if says_type && names_one && !has(kind, "UserAssigned") {
        return Err(refuse(code::SyntheticIdentityIds, kind));
    }
    Ok(())
}

/// The block that a request makes of a resource's identity, the ids of its user-assigned ones left out
/// ([`fill`] adds them); `null` where there is none and never was. Switching the resource's own
/// identity off and on again makes a new principal: the roles of the old one are of no use to it.
///
/// # Errors
///
/// 400 if a user-assigned identity is named that is not there, or none where one must be.
pub(super) fn block(
    context: &mut Context<'_>,
    id: &ResourceId,
    sent: &Value,
    existing: Option<&Value>,
) -> Result<Value, Refusal> {
    let tenant = context.tenant_of(id)?;
    let kind = field(sent, "type").as_str().unwrap_or("None");
    let (system, user) = (has(kind, "SystemAssigned"), has(kind, "UserAssigned"));
    let identities = if user {
        named(context, tenant, field(sent, "userAssignedIdentities"), existing)?
    } else {
        Map::new()
    };
    if user && identities.is_empty() {
        return Err(refuse(code::MissingIdentityIds, kind));
    }
    let principal = match (system, existing.and_then(own_principal)) {
        (true, Some(old)) => Some(old),
        (true, None) => {
            Some(context.create_identity(id.name(), tenant, IdentityKind::SystemAssigned(id.clone())))
        }
        (false, Some(old)) => {
            context.state.directory.remove(old);
            None
        }
        (false, None) => None,
    };
    if !system && !user {
        return Ok(Value::Null);
    }
    let mut answer = json!({"type": match (system, user) {
        (true, true) => "SystemAssigned,UserAssigned",
        (true, false) => "SystemAssigned",
        (false, _) => "UserAssigned",
    }});
    if let Some(principal) = principal {
        answer["principalId"] = json!(principal);
    }
    answer["tenantId"] = json!(tenant);
    if user {
        answer["userAssignedIdentities"] = Value::Object(identities);
    }
    Ok(answer)
}

/// The type of a user-assigned identity.
pub(in crate::services) const USER_ASSIGNED: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// The user-assigned identities a request names; one that is null is taken away.
fn named(
    context: &Context<'_>,
    tenant: TenantId,
    sent: &Value,
    existing: Option<&Value>,
) -> Result<Map<String, Value>, Refusal> {
    // The ids of one that the resource has had already; of a new one none are shown yet.
    let old = existing.and_then(|body| body.pointer("/identity/userAssignedIdentities")?.as_object());
    let old: BTreeMap<String, &Value> = old
        .into_iter()
        .flatten()
        .map(|(key, ids)| (key.to_ascii_lowercase(), ids))
        .collect();
    let mut identities = Map::new();
    for (key, value) in sent.as_object().into_iter().flatten() {
        let resource: Option<ResourceId> = key.parse().ok();
        if value.is_null() {
            continue;
        }
        let resource =
            resource.filter(|id| id.is_type(USER_ASSIGNED) && context.state.resources.contains_key(id));
        let Some(resource) = resource else {
            return Err(Refusal::of(
                code::IdentityOfResourceNotFound,
                &[("identity", key)],
            ));
        };
        if context.tenant_of(&resource)? != tenant {
            return Err(Refusal::not_played(unplayed::IdentityOfAnotherTenant, &[]));
        }
        let known = old.get(&key.to_ascii_lowercase());
        identities.insert(key.clone(), known.map_or_else(|| json!({}), |ids| (*ids).clone()));
    }
    Ok(identities)
}

/// Adds to a resource's body whom its user-assigned identities stand for.
pub(super) fn fill(directory: &Directory, body: &mut Value) {
    let Some(identities) = body
        .pointer_mut("/identity/userAssignedIdentities")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let known: BTreeMap<&str, &Principal> = directory
        .iter()
        .filter_map(|principal| match &principal.identity {
            IdentityKind::UserAssigned(id) => Some((id.key(), principal)),
            _ => None,
        })
        .collect();
    for (key, shown) in identities {
        if let Some(principal) = known.get(key.to_ascii_lowercase().as_str()) {
            *shown = json!({"clientId": principal.app_id, "principalId": principal.id});
        }
    }
}

/// Puts the identity of a new resource right, where a request names one.
///
/// # Errors
///
/// As [`block`].
pub(super) fn settle_new(
    context: &mut Context<'_>,
    id: &ResourceId,
    body: &mut Value,
) -> Result<(), Refusal> {
    let Some(sent) = body.get("identity").cloned() else {
        return Ok(());
    };
    check_type(&sent)?;
    body["identity"] = shown(block(context, id, &sent, None)?);
    fill(&context.state.directory, body);
    Ok(())
}

/// Takes the identity out of what is to be merged into a resource, and makes the change: the type is
/// replaced, and of the user-assigned ones those that are named come or, being null, go.
///
/// # Errors
///
/// As [`block`].
pub(super) fn settle_change(
    context: &mut Context<'_>,
    id: &ResourceId,
    sent: &mut Value,
) -> Result<(), Refusal> {
    let name = |body: &Value| {
        let names = body.as_object().into_iter().flat_map(Map::keys);
        names
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case("identity"))
            .cloned()
    };
    let Some(change) = name(sent).and_then(|name| sent.as_object_mut()?.remove(&name)) else {
        return Ok(());
    };
    if change.is_null() {
        return Ok(());
    }
    check_type(&change)?;
    let existing = context.state.resource(id).map(|resource| resource.body.clone());
    let mut wanted = json!({"type": field(&change, "type"), "userAssignedIdentities": {}});
    if let Some(wanted) = wanted["userAssignedIdentities"].as_object_mut() {
        let before = existing
            .as_ref()
            .and_then(|body| body.pointer("/identity/userAssignedIdentities"));
        let changes = field(&change, "userAssignedIdentities");
        for (key, value) in [before.unwrap_or(&Value::Null), changes]
            .into_iter()
            .filter_map(Value::as_object)
            .flatten()
        {
            wanted.retain(|other, _| !other.eq_ignore_ascii_case(key));
            wanted.insert(key.clone(), value.clone());
        }
    }
    let block = shown(block(context, id, &wanted, existing.as_deref())?);
    let directory = &context.state.directory;
    if let Some(resource) = context.state.resources.get_mut(id) {
        resource.body["identity"] = block;
        fill(directory, &mut resource.body);
    }
    Ok(())
}

/// No identity, as it is shown where there was one or where it was asked for.
fn shown(block: Value) -> Value {
    if block.is_null() {
        json!({"type": "None"})
    } else {
        block
    }
}

/// Removes the principal of a resource that has gone.
pub(super) fn forget(directory: &mut Directory, gone: &Resource) {
    if let Some(principal) = own_principal(&gone.body) {
        directory.remove(principal);
    }
}
