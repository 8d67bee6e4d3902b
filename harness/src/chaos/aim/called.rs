//! What a command calls where nothing goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Kind;
use crate::serve::Record;

/// What connections to database servers are called in a record.
const CONNECTION: &str = "DatabaseConnection";

/// What the command called.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// Operations by id.
    pub(super) operations: BTreeMap<String, Usual>,
    pub(super) jobs: BTreeSet<String>,
    pub(super) connections: u64,
}

/// How an operation is called without faults.
#[derive(Debug, Default)]
pub(super) struct Usual {
    /// How often.
    pub(super) count: u64,
    /// Whether it reads.
    pub(super) reads: bool,
    /// Whether it begins something that goes on after its answer.
    pub(super) begins: bool,
    /// Whether its answer says when to come again.
    pub(super) tells_when: bool,
}

impl Called {
    pub(super) fn of(record: &Record) -> Self {
        let mut called = Self::default();
        let own = record
            .calls
            .iter()
            .filter(|call| !call.by_service && !call.is_housekeeping());
        for call in own {
            if call.operation == CONNECTION {
                called.connections += 1;
            } else if !call.operation.is_empty() {
                let usual = called.operations.entry(call.operation.clone()).or_default();
                usual.count += 1;
                usual.reads = call.method == "GET";
                usual.tells_when |= call.response_headers.contains_key("retry-after");
                usual.begins |=
                    call.status == 202 || call.response_headers.contains_key("azure-asyncoperation");
            }
        }
        called.jobs = record.jobs.iter().map(|job| job.operation.clone()).collect();
        called
    }

    /// The operations a kind can strike.
    pub(super) fn targets<'a>(&'a self, kind: Kind) -> Vec<(&'a str, u64, bool)> {
        let all = self.operations.iter();
        let shown = |(id, own): (&'a String, &Usual)| (id.as_str(), own.count, own.reads);
        match kind {
            Kind::CutShort => all.filter(|(_, own)| own.reads).map(shown).collect(),
            // The first of several has nothing before it.
            Kind::StaleRead => all
                .filter(|(_, own)| own.reads && own.count > 1)
                .map(shown)
                .collect(),
            Kind::NoRetryAfter => all.filter(|(_, own)| own.tells_when).map(shown).collect(),
            Kind::OperationLate | Kind::OperationToldFailed => all
                .filter(|(_, own)| own.begins && !own.reads)
                .map(shown)
                .collect(),
            _ => all.map(shown).collect(),
        }
    }
}
