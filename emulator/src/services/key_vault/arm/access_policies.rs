//! Access policies, changed without the rest of the vault.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::vault_body;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::code;
use crate::services::{Context, json_body};
use crate::state::field;

/// Who an entry is about: two entries about the same are one.
fn subject(entry: &Value) -> [String; 3] {
    ["tenantId", "objectId", "applicationId"].map(|name| {
        let id = field(entry, name).as_str().unwrap_or_default();
        id.to_ascii_lowercase()
    })
}

fn words(entry: &Value, collection: &str) -> Vec<Value> {
    let words = field(field(entry, "permissions"), collection).as_array();
    words.cloned().unwrap_or_default()
}

fn same(one: &Value, other: &Value) -> bool {
    let (one, other) = (
        one.as_str().unwrap_or_default(),
        other.as_str().unwrap_or_default(),
    );
    one.eq_ignore_ascii_case(other)
}

fn collections(entry: &Value) -> Vec<String> {
    let permissions = field(entry, "permissions").as_object();
    permissions
        .into_iter()
        .flat_map(|permissions| permissions.keys().cloned())
        .collect()
}

/// Adds the words of one entry to another about the same subject.
fn add(entry: &mut Value, more: &Value) {
    for collection in collections(more) {
        let mut held = words(entry, &collection);
        for word in words(more, &collection) {
            if !held.iter().any(|known| same(known, &word)) {
                held.push(word);
            }
        }
        entry["permissions"][collection.to_ascii_lowercase()] = Value::Array(held);
    }
}

/// Takes the words of one entry from another. Whether anything is left.
fn remove(entry: &mut Value, less: &Value) -> bool {
    for collection in collections(less) {
        let mut held = words(entry, &collection);
        let gone = words(less, &collection);
        held.retain(|word| !gone.iter().any(|gone| same(gone, word)));
        entry["permissions"][collection.to_ascii_lowercase()] = Value::Array(held);
    }
    collections(entry)
        .iter()
        .any(|collection| !words(entry, collection).is_empty())
}

/// An entry as it is kept: the names of the kinds of permission in lower case.
fn kept(entry: &Value) -> Value {
    let mut kept = entry.clone();
    kept["permissions"] = json!({});
    add(&mut kept, entry);
    kept
}

pub(super) fn update(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let policies = field(field(&sent, "properties"), "accessPolicies").clone();
    vault_body::check_policies(context, &policies)?;
    let vault = super::in_path::vault_in_path(context, &permit.scope)?;
    let id = vault.id.clone();
    let granted = vault.at("/properties/accessPolicies").as_array();
    let granted = granted.cloned().unwrap_or_default();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for (place, entry) in granted.iter().enumerate() {
        places.entry(subject(entry)).or_insert(place);
    }
    let mut entries: Vec<Option<Value>> = granted.into_iter().map(Some).collect();
    let change = permit.params.get("change").to_ascii_lowercase();
    for entry in policies.as_array().into_iter().flatten() {
        let place = places.get(&subject(entry)).copied();
        let known = place.and_then(|place| entries[place].as_mut());
        match (change.as_str(), known) {
            ("add", Some(known)) => add(known, entry),
            ("replace", Some(known)) => *known = kept(entry),
            ("add" | "replace", None) => {
                places.insert(subject(entry), entries.len());
                entries.push(Some(kept(entry)));
            }
            ("remove", Some(known)) => {
                if !remove(known, entry)
                    && let Some(place) = place
                {
                    entries[place] = None;
                }
            }
            ("remove", None) => {}
            _ => {
                let what = format!("'{change}' is not add, replace or remove.");
                return Err(Refusal::of(code::KeyVaultBodyInvalid, &[("what", &what)]));
            }
        }
    }
    let Some(vault) = context.state.resources.get_mut(&id) else {
        return Err(context.not_found(&id));
    };
    vault.set_property(&["accessPolicies"], entries.into_iter().flatten().collect());
    let answer = json!({
        "id": format!("{id}/accessPolicies/"),
        "type": "Microsoft.KeyVault/vaults/accessPolicies",
        "location": vault.location(),
        "properties": {"accessPolicies": vault.at("/properties/accessPolicies")},
    });
    Ok(Response::json(StatusCode::OK, &answer))
}
