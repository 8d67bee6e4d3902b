//! What is judged.

use std::time::Duration;

use crate::chaos::{Facts, Plan};
use crate::serve::{Call, Record};

/// A run of the command.
#[derive(Clone, Debug)]
pub struct Played {
    /// What it did to Azure.
    pub record: Record,
    /// Its exit code; 128 and the signal's number if a signal ended it.
    pub code: u8,
    /// Whether it was ended because it had not by itself.
    pub killed: bool,
    /// How long it could have taken.
    pub bound: Duration,
    /// What it wrote, to standard output and standard error.
    pub output: String,
    /// The world before it.
    pub before: Facts,
    /// The world after it.
    pub after: Facts,
}

/// A run under a plan, beside one without faults.
pub(super) struct Case<'a> {
    pub(super) plan: &'a Plan,
    pub(super) clean: &'a Played,
    pub(super) run: &'a Played,
}

impl Case<'_> {
    /// The calls of the command itself.
    pub(super) fn own_calls(played: &Played) -> impl Iterator<Item = &Call> {
        let calls = played.record.calls.iter();
        calls.filter(|call| !call.by_service && !call.is_housekeeping())
    }

    /// The command's own calls that a fault struck.
    pub(super) fn struck(&self) -> impl Iterator<Item = &Call> {
        Self::own_calls(self.run).filter(|call| call.is_struck())
    }

    /// Whether the plan has faults that strike no request.
    pub(super) fn is_not_of_requests_alone(&self) -> bool {
        self.plan.faults.keys().any(|list| list != "request") || self.plan.fails_operations()
    }

    /// Whether the plan damages bodies.
    pub(super) fn damages(&self) -> bool {
        let requests = self.plan.faults.get("request").and_then(toml::Value::as_array);
        requests.into_iter().flatten().any(|fault| {
            let connection = fault.get("connection").and_then(toml::Value::as_table);
            connection.is_some_and(|word| {
                word.contains_key("cut_after_bytes") || word.contains_key("flip_bit_at_byte")
            })
        })
    }
}
