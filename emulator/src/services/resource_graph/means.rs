//! What evaluating goes by.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::model::Timestamp;
use crate::services::budget::Budget;

/// A row: columns by name, in order.
pub(super) type Row = Map<String, Value>;

/// What evaluating goes by.
pub(super) struct Means {
    /// The time.
    pub(super) now: Timestamp,
    /// What the whole query may still take.
    pub(super) budget: Budget,
}

impl Means {
    /// Takes note of rows that are written once more.
    pub(super) fn rows(&self, rows: &[Row]) -> Result<(), Problem> {
        for row in rows {
            for value in row.values() {
                self.budget.value(value)?;
            }
        }
        Ok(())
    }
}
