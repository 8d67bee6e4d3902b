//! Queries, as functions of bytes.

use serde_json::json;

use super::means::{Means, Row};
use super::steps::Table;
use crate::model::Timestamp;
use crate::rules::Limits;
use crate::services::budget::{Bounds, Budget};

/// A query, over a table of two rows.
pub(in crate::services) fn query(limits: &Limits, data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(query) = super::parse(text, limits) else {
        return;
    };
    let means = Means {
        now: Timestamp::UNIX_EPOCH,
        budget: Budget::new(Bounds::small(limits)),
    };
    let row = |name: &str| -> Row {
        let row = json!({
            "id": format!("/subscriptions/s/{name}"), "name": name, "type": "a.b/c", "location": null,
            "properties": {"state": "On", "size": 10.5, "list": ["x", 1], "time": "2026-03-01T00:00:00Z"},
        });
        row.as_object().cloned().unwrap_or_default()
    };
    let table = Table {
        columns: ["id", "name", "type", "location", "properties"]
            .map(str::to_owned)
            .to_vec(),
        rows: vec![row("one"), row("Two")],
    };
    let _ = query
        .steps
        .iter()
        .try_fold(table, |table, step| table.step(step, &means));
}
