//! What answers show at the version that was asked for: members came, and were spelled anew.

use serde_json::{Map, Value, json};

use crate::model::{Request, ResourceId};
use crate::rules::OlderAnswer;
use crate::services::Context;

fn version_of(request: &Request) -> String {
    request.query_value("api-version").unwrap_or_default()
}

/// A vault. Newer versions say more of it than is kept.
pub(super) fn shown_vault(context: &Context<'_>, request: &Request, body: &Value) -> Value {
    let mut body = body.clone();
    let version = version_of(request);
    if version >= context.rules.vaults.deleted_vault.from_version
        && let Some(own) = body["properties"].as_object_mut()
    {
        own.insert("crossRegionBackupSettings".to_owned(), json!("NotApplicable"));
    }
    let id: Option<ResourceId> = body["id"].as_str().and_then(|id| id.parse().ok());
    if let Some(moved) = id.and_then(|id| context.own.data_protection.moved.get(&id)) {
        moved.add_to(&mut body["properties"]);
    }
    older(context, "backupVaults", &version, body)
}

/// A job.
pub(super) fn shown_job(context: &Context<'_>, request: &Request, body: Value) -> Value {
    older(context, "backupJobs", &version_of(request), body)
}

fn older(context: &Context<'_>, within: &str, version: &str, body: Value) -> Value {
    let rows: Vec<&OlderAnswer> = context.rules.vaults.older_answers(within, version).collect();
    if rows.is_empty() {
        body
    } else {
        rewritten(body, &rows)
    }
}

/// The same without the members of the rows, or with them in their old spelling and place.
fn rewritten(value: Value, rows: &[&OlderAnswer]) -> Value {
    let members = match value {
        Value::Object(members) => members,
        Value::Array(items) => return items.into_iter().map(|item| rewritten(item, rows)).collect(),
        other => return other,
    };
    let mut kept = Map::with_capacity(members.len());
    for (key, value) in members {
        let name = match rows.iter().find(|row| row.member == key) {
            None => key,
            Some(OlderAnswer {
                spelled: Some(old), ..
            }) => old.clone(),
            Some(_) => continue,
        };
        kept.insert(name, rewritten(value, rows));
    }
    Value::Object(kept)
}
