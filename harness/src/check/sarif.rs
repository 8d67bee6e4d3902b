//! Findings as SARIF 2.1.0, as code scanning reads it.

use serde_json::{Value, json};

use super::finding::{Finding, Level, Report, Sort};
use super::print::plain;

/// Where the format is described.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// All of it. There are no files to point into: what a finding is about is named by its id, and by its address where
/// Terraform made it.
///
/// # Errors
///
/// If it cannot be written, which memory does not refuse.
pub fn sarif(report: &Report) -> serde_json::Result<String> {
    let rules: Vec<Value> = Sort::ALL
        .iter()
        .map(|sort| json!({"id": sort.as_str(), "shortDescription": {"text": sort.meaning()}}))
        .collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let whole = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "azdrill",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

fn result(own: &Finding) -> Value {
    let name = if own.address.is_empty() {
        &own.resource
    } else {
        &own.address
    };
    let mut result = json!({
        "ruleId": own.sort.as_str(),
        "level": match own.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        "message": {"text": plain(own)},
        "locations": [{"logicalLocations": [{
            "name": name,
            "fullyQualifiedName": own.resource,
            "kind": "resource",
        }]}],
        "partialFingerprints": {"finding/v1": own.key()},
    });
    if let Some(why) = &own.accepted {
        result["suppressions"] = json!([{"kind": "external", "justification": why}]);
    }
    result
}
