//! The kinds of account there are.

use http::StatusCode;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;

/// Name, tier and kind.
const SKUS: [(&str, &str, &str); 12] = [
    ("Standard_LRS", "Standard", "StorageV2"),
    ("Standard_GRS", "Standard", "StorageV2"),
    ("Standard_RAGRS", "Standard", "StorageV2"),
    ("Standard_ZRS", "Standard", "StorageV2"),
    ("Standard_GZRS", "Standard", "StorageV2"),
    ("Standard_RAGZRS", "Standard", "StorageV2"),
    ("Standard_LRS", "Standard", "BlobStorage"),
    ("Standard_GRS", "Standard", "BlobStorage"),
    ("Standard_RAGRS", "Standard", "BlobStorage"),
    ("Premium_LRS", "Premium", "StorageV2"),
    ("Premium_LRS", "Premium", "BlockBlobStorage"),
    ("Premium_ZRS", "Premium", "BlockBlobStorage"),
];

/// Each at each region, as the list of Azure has them.
pub(super) fn list(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let regions = context
        .rules
        .regions
        .iter()
        .filter(|region| region.display_name.is_some());
    let all: Vec<Value> = regions
        .flat_map(|region| {
            SKUS.iter().map(|(name, tier, kind)| {
                json!({
                    "resourceType": "storageAccounts",
                    "name": name,
                    "tier": tier,
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
