//! A fault that has been drawn.

use toml::{Table, Value};

use crate::chaos::Ends;

/// One fault of a plan.
pub(super) struct Drawn {
    /// The list of the plan that it belongs to.
    pub(super) list: &'static str,
    pub(super) fault: Table,
    /// What well-behaved automation comes to.
    pub(super) ends: Ends,
    pub(super) title: String,
}

pub(super) fn table(key: &str, value: Value) -> Value {
    Value::Table(Table::from_iter([(key.to_owned(), value)]))
}

pub(super) fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
