//! What resources without behaviour of their own have in common: bodies, reads, lists.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value};

use super::{Context, page};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, region_name};
use crate::rules::code;
use crate::state::Resource;

/// The body of a resource as served: `id`, `name`, `type` first, then what the request said.
/// Read-only members of the request are tolerated and replaced, unknown ones kept.
///
/// # Errors
///
/// 400 if the request's body is not a JSON object.
pub(super) fn resource_body(id: &ResourceId, kind: &str, sent: &Value) -> Result<Value, Refusal> {
    let empty = Map::new();
    let sent = match sent {
        Value::Object(sent) => sent,
        Value::Null => &empty,
        _ => {
            return Err(Refusal::of(
                code::BodyIsNoObject,
                &[("what", "a JSON object is expected")],
            ));
        }
    };
    let mut body = head(id, kind);
    for (key, value) in sent {
        let known = ["id", "name", "type", "systemdata"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(key));
        if !known && !value.is_null() {
            // Services look for secrets below `properties`, however a client spells it.
            let key = if key.eq_ignore_ascii_case("properties") {
                "properties"
            } else {
                key
            };
            body.insert(key.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(body))
}

/// What every resource's body begins with.
fn head(id: &ResourceId, kind: &str) -> Map<String, Value> {
    let mut body = Map::with_capacity(8);
    body.insert("id".to_owned(), Value::from(id.as_str()));
    body.insert("name".to_owned(), Value::from(id.name()));
    body.insert("type".to_owned(), Value::from(kind));
    body
}

/// The region a request names.
///
/// # Errors
///
/// 400 if there is none.
pub(super) fn required_location(sent: &Value) -> Result<String, Refusal> {
    match crate::state::field(sent, "location").as_str() {
        Some(location) if !location.is_empty() => Ok(region_name(location)),
        _ => Err(Refusal::of(code::LocationRequired, &[])),
    }
}

/// Puts a resource and answers it: 201 if it is new, 200 if it was there.
pub(super) fn put(context: &mut Context<'_>, id: ResourceId, body: Value) -> Response {
    let status = if context.state.resources.contains_key(&id) {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    keep(context, id, body, status)
}

/// Answers a resource and keeps it, in this order: its body is written before it is given away, and
/// not copied.
pub(super) fn keep(context: &mut Context<'_>, id: ResourceId, body: Value, status: StatusCode) -> Response {
    let response = Response::json(status, &body);
    let resource = Resource::new(id.clone(), body, context.now);
    context.state.resources.insert(id, resource);
    response
}

/// Answers a resource.
pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    match context.state.resource(&permit.scope) {
        Some(resource) => Ok(Response::json(StatusCode::OK, &resource.body)),
        None => Err(context.not_found(&permit.scope)),
    }
}

/// Deletes a resource: 204 if there is none.
pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let removed = context.state.remove(&permit.scope).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}

/// Answers the resources of a type below the permit's scope.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: &str,
) -> Result<Response, Refusal> {
    context.require_group(&permit.scope)?;
    let found: Vec<&Value> = context
        .state
        .resources_below(&permit.scope, kind)
        .filter(|resource| context.shows(permit, &resource.id, kind))
        .map(|resource| &*resource.body)
        .collect();
    page::list(request, &found)
}

/// Changes a resource as `PATCH` does: what it does not name stays, and tags are replaced as a whole.
pub(super) fn change(body: &mut Value, mut patch: Value) {
    let tags = patch.as_object_mut().and_then(|patch| patch.remove("tags"));
    if let Some(tags) = tags.filter(|tags| !tags.is_null()) {
        body["tags"] = tags;
    }
    merge(body, &patch);
}

/// Merges a patch into a body: objects member by member, everything else replaced. A null member
/// is left as it was, which is what ARM's services do with properties a client did not set.
pub(super) fn merge(body: &mut Value, patch: &Value) {
    match (body, patch) {
        (Value::Object(body), Value::Object(patch)) => {
            let mut spelling = MemberSpelling::of(body);
            for (key, value) in patch {
                match spelling.known(body, key) {
                    Some(known) => merge(&mut body[&known], value),
                    None if value.is_null() => {}
                    None => {
                        spelling.note(key);
                        body.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (_, Value::Null) => {}
        (body, patch) => *body = patch.clone(),
    }
}

/// How an object spells the names of its members, to find them without regard to case and without looking
/// through all of them for each.
struct MemberSpelling(BTreeMap<String, String>);

impl MemberSpelling {
    fn of(object: &Map<String, Value>) -> Self {
        let mut spelling = Self(BTreeMap::new());
        object.keys().for_each(|key| spelling.note(key));
        spelling
    }

    /// The first spelling of a name counts.
    fn note(&mut self, key: &str) {
        let name = key.to_ascii_lowercase();
        self.0.entry(name).or_insert_with(|| key.to_owned());
    }

    fn known(&self, object: &Map<String, Value>, key: &str) -> Option<String> {
        if object.contains_key(key) {
            return Some(key.to_owned());
        }
        self.0.get(&key.to_ascii_lowercase()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let mut body = json!({"tags": {"a": "1"}, "properties": {"x": [1], "y": {"z": 1}}});
        merge(&mut body, &json!({"properties": {"X": [2], "y": null, "w": 3}}));
        assert_eq!(
            body,
            json!({"tags": {"a": "1"}, "properties": {"x": [2], "y": {"z": 1}, "w": 3}})
        );
    }
}
