//! Long-running operations, as their status and result endpoints see them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Timestamp;

/// How an operation stands.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationOutcome {
    /// Still running.
    Running,
    /// It ended well; the value is what the service adds to the status (a job id, say).
    Succeeded(Value),
    /// It failed; the value is the `error` object.
    Failed(Value),
}

/// One long-running operation.
#[derive(Clone, Debug)]
pub struct OperationState {
    /// When it was accepted.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub outcome: OperationOutcome,
    /// Header marks of the error, where its code is not certain.
    pub marks: Vec<(&'static str, String)>,
}

/// All operations by id. They stay after they have ended: clients ask again.
#[derive(Clone, Debug, Default)]
pub struct Operations(BTreeMap<String, OperationState>);

impl Operations {
    /// Takes note of a new operation.
    pub fn begin(&mut self, id: String, now: Timestamp) {
        self.0.insert(
            id,
            OperationState {
                started: now,
                ended: None,
                outcome: OperationOutcome::Running,
                marks: Vec::new(),
            },
        );
    }

    /// Ends an operation. One that has ended stays as it is.
    pub fn end(&mut self, id: &str, now: Timestamp, outcome: OperationOutcome) {
        if let Some(operation) = self.0.get_mut(id)
            && operation.ended.is_none()
        {
            operation.ended = Some(now);
            operation.outcome = outcome;
        }
    }

    /// Adds a header to an operation's status answers.
    pub fn mark(&mut self, id: &str, header: &'static str, value: String) {
        if let Some(operation) = self.0.get_mut(id) {
            operation.marks.push((header, value));
        }
    }

    /// Every operation, in order of id.
    pub fn all(&self) -> impl Iterator<Item = (&str, &OperationState)> {
        self.0.iter().map(|(id, operation)| (id.as_str(), operation))
    }

    /// The operation of that id.
    pub fn get(&self, id: &str) -> Option<&OperationState> {
        self.0.get(id)
    }
}
