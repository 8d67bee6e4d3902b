//! What falls due when, and who is waiting for outside work.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, EffectId, Work};
use crate::model::Timestamp;

/// Names a piece of long-running work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkflowId(pub u64);

/// Due times in order, and outside work under way.
///
/// Two things due at the same time come in the order they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    due: BTreeMap<(Timestamp, u64), WorkflowId>,
    waiting: BTreeMap<EffectId, WorkflowId>,
    /// Work that waits for any outside work to end: it looks again then.
    watching: BTreeSet<WorkflowId>,
    /// Work that waits for other workflows to end as well.
    watching_others: BTreeSet<WorkflowId>,
    asked: Vec<Effect>,
    last: u64,
}

impl Agenda {
    /// Whether no outside work is asked for or under way.
    pub fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.asked.is_empty()
    }

    /// Whether outside work is asked for that nobody has taken.
    pub fn has_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// A number never used before.
    pub fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Wakes a workflow at a time.
    pub fn wake_at(&mut self, at: Timestamp, workflow: WorkflowId) {
        let number = self.next_number();
        self.due.insert((at, number), workflow);
    }

    /// Wakes a workflow as soon as any outside work has ended.
    pub fn wake_on_change(&mut self, workflow: WorkflowId) {
        self.watching.insert(workflow);
    }

    /// Wakes a workflow as soon as any other workflow has ended.
    pub fn wake_on_end(&mut self, workflow: WorkflowId) {
        self.watching_others.insert(workflow);
    }

    /// Asks for outside work; its result goes to the workflow.
    pub fn ask(&mut self, work: Work, workflow: WorkflowId) {
        let id = EffectId(self.next_number());
        self.waiting.insert(id, workflow);
        self.asked.push(Effect { id, work });
    }

    /// The outside work asked for since the last time.
    pub fn take_asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.asked)
    }

    /// Takes the workflow an effect's result goes to, and wakes those that watch.
    pub fn end_of(&mut self, effect: EffectId, now: Timestamp) -> Option<WorkflowId> {
        let workflow = self.waiting.remove(&effect)?;
        for watching in std::mem::take(&mut self.watching) {
            self.wake_at(now, watching);
        }
        Some(workflow)
    }

    /// Takes note that a workflow has ended, and wakes those that wait for it.
    pub fn ended(&mut self, now: Timestamp) {
        for watching in std::mem::take(&mut self.watching_others) {
            self.wake_at(now, watching);
        }
    }

    /// The next workflow due at or before a time.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<WorkflowId> {
        let (&(at, number), _) = self.due.first_key_value()?;
        if at > now {
            return None;
        }
        self.due.remove(&(at, number))
    }

    /// When the next thing falls due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_fall_due_in_order_of_time_and_then_of_asking() {
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        let mut agenda = Agenda::default();
        agenda.wake_at(at(2), WorkflowId(1));
        agenda.wake_at(at(1), WorkflowId(2));
        agenda.wake_at(at(1), WorkflowId(3));
        assert_eq!(agenda.next_due(), Some(at(1)));
        assert_eq!(agenda.pop_due(at(0)), None);
        assert_eq!(agenda.pop_due(at(1)), Some(WorkflowId(2)));
        assert_eq!(agenda.pop_due(at(5)), Some(WorkflowId(3)));
        assert_eq!(agenda.pop_due(at(5)), Some(WorkflowId(1)));
    }
}
