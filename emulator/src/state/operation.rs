//! Long-running operations, as their status and result endpoints see them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::fault::OperationFault;
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

/// The most operations kept after they have ended; the oldest go first. Azure forgets them after a time, too.
const ENDED_MAX: usize = 10_000;

/// All operations by id. They stay for long after they have ended: clients ask again.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    all: BTreeMap<String, KeptOperation>,
    /// Those that have ended, in the order they did.
    ended: VecDeque<String>,
    /// What strikes the operation that is begun next.
    next: Option<OperationFault>,
}

/// An operation as it is kept. What came of it is a text: as a value a server's body takes eight times the room.
#[derive(Clone, Debug)]
struct KeptOperation {
    started: Timestamp,
    ended: Option<Timestamp>,
    outcome: KeptOutcome,
    marks: Vec<(&'static str, String)>,
    struck: Option<OperationFault>,
}

#[derive(Clone, Debug)]
enum KeptOutcome {
    Running,
    Succeeded(Box<str>),
    Failed(Box<str>),
}

impl KeptOutcome {
    fn of(outcome: &OperationOutcome) -> Self {
        match outcome {
            OperationOutcome::Running => Self::Running,
            OperationOutcome::Succeeded(value) => Self::Succeeded(text_of(value)),
            OperationOutcome::Failed(error) => Self::Failed(text_of(error)),
        }
    }

    fn read(&self) -> OperationOutcome {
        match self {
            Self::Running => OperationOutcome::Running,
            Self::Succeeded(text) => OperationOutcome::Succeeded(value_of(text)),
            Self::Failed(text) => OperationOutcome::Failed(value_of(text)),
        }
    }
}

fn text_of(value: &Value) -> Box<str> {
    if value.is_null() {
        return Box::default();
    }
    value.to_string().into()
}

/// The empty text stands for null. No other text fails to be read: it was written by `text_of`.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

impl KeptOperation {
    fn read(&self) -> OperationState {
        OperationState {
            started: self.started,
            ended: self.ended,
            outcome: self.outcome.read(),
            marks: self.marks.clone(),
        }
    }
}

impl Operations {
    /// Takes note of a new operation.
    pub fn begin(&mut self, id: String, now: Timestamp) {
        let kept = KeptOperation {
            started: now,
            ended: None,
            outcome: KeptOutcome::Running,
            marks: Vec::new(),
            struck: self.next.take(),
        };
        self.all.insert(id, kept);
    }

    /// Has a fault strike the operation that is begun next; `None`: none. Gives back the one that was to strike before,
    /// if no operation has been begun since.
    pub fn strike_next(&mut self, fault: Option<OperationFault>) -> Option<OperationFault> {
        std::mem::replace(&mut self.next, fault)
    }

    /// The fault that an operation is struck by.
    pub fn struck(&self, id: &str) -> Option<OperationFault> {
        self.all.get(id)?.struck.clone()
    }

    /// Ends an operation. One that has ended stays as it is.
    pub fn end(&mut self, id: &str, now: Timestamp, outcome: OperationOutcome) {
        let Some(operation) = self.all.get_mut(id).filter(|operation| operation.ended.is_none()) else {
            return;
        };
        operation.ended = Some(now);
        operation.outcome = KeptOutcome::of(&outcome);
        self.ended.push_back(id.to_owned());
        if self.ended.len() > ENDED_MAX
            && let Some(oldest) = self.ended.pop_front()
        {
            self.all.remove(&oldest);
        }
    }

    /// Adds a header to an operation's status answers.
    pub fn mark(&mut self, id: &str, header: &'static str, value: String) {
        if let Some(operation) = self.all.get_mut(id) {
            operation.marks.push((header, value));
        }
    }

    /// Every operation, in order of id.
    pub fn all(&self) -> impl Iterator<Item = (&str, OperationState)> {
        self.all
            .iter()
            .map(|(id, operation)| (id.as_str(), operation.read()))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Those that have not ended, with when each was accepted and what strikes it, in order of id.
    pub fn unended(&self) -> impl Iterator<Item = (&str, Timestamp, Option<&OperationFault>)> {
        let unended = self.all.iter().filter(|(_, own)| own.ended.is_none());
        unended.map(|(id, own)| (id.as_str(), own.started, own.struck.as_ref()))
    }

    /// The ids of those that have not ended, in order.
    pub fn running(&self) -> impl Iterator<Item = &str> {
        self.unended().map(|(id, ..)| id)
    }

    /// The operation of that id.
    pub fn get(&self, id: &str) -> Option<OperationState> {
        self.all.get(id).map(KeptOperation::read)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_came_of_an_operation_is_told_as_it_was() {
        let mut operations = Operations::default();
        let now = Timestamp::UNIX_EPOCH;
        for (id, outcome) in [
            ("a", OperationOutcome::Succeeded(Value::Null)),
            ("b", OperationOutcome::Succeeded(json!({"z": 1, "a": ["\u{e4}"]}))),
            ("c", OperationOutcome::Failed(json!({"code": "No"}))),
        ] {
            operations.begin(id.to_owned(), now);
            operations.end(id, now, outcome.clone());
            operations.end(id, now, OperationOutcome::Running);
            assert_eq!(
                operations.get(id).map(|operation| operation.outcome),
                Some(outcome)
            );
        }
    }

    #[test]
    fn the_oldest_that_ended_is_forgotten_and_none_that_runs() {
        let mut operations = Operations::default();
        let now = Timestamp::UNIX_EPOCH;
        operations.begin("runs".to_owned(), now);
        for number in 0..=ENDED_MAX {
            operations.begin(number.to_string(), now);
            operations.end(&number.to_string(), now, OperationOutcome::Succeeded(Value::Null));
        }
        assert!(operations.get("runs").is_some() && operations.get("1").is_some());
        assert!(operations.get("0").is_none());
        assert_eq!(operations.all().count(), ENDED_MAX + 1);
        assert_eq!(operations.running().collect::<Vec<_>>(), ["runs"]);
    }
}
