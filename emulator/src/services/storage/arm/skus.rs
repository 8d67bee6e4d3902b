//! The kinds of account there are.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;

/// Each at each region, as the list of Azure has them.
pub(super) fn list(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let all = &context.rules.storage_accounts.kinds;
    let kinds = || {
        let played = all.iter().filter(|kind| kind.blobs);
        played.flat_map(|kind| kind.skus.iter().map(|sku| (&kind.name, sku)))
    };
    let regions = context
        .rules
        .regions
        .iter()
        .filter(|region| region.display_name.is_some());
    let all: Vec<Value> = regions
        .flat_map(|region| {
            kinds().map(|(kind, name)| {
                json!({
                    "resourceType": "storageAccounts",
                    "name": name,
                    "tier": name.split(['_', 'V']).next(),
                    "kind": kind,
                    "locations": [region.name],
                    "capabilities": [],
                    "restrictions": [],
                })
            })
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": all})))
}
