//! What a deployment does next, as far as that follows from the template and from what it has learnt.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Template;
use crate::model::ResourceId;
use crate::services::budget::Budget;
use crate::services::deployments::expression::{Problem, Reference};

/// How many resources come at a time: between two turns, everybody else has theirs.
const PUTS_MAX: usize = 16;

/// What comes next.
#[derive(Default)]
pub(in crate::services::deployments) struct Turn {
    /// Resources that can be put, and their bodies.
    pub(in crate::services::deployments) puts: Vec<(usize, Value)>,
    /// What others refer to.
    pub(in crate::services::deployments) reads: Vec<Reference>,
    /// The outputs, if that was all.
    pub(in crate::services::deployments) outputs: Option<Value>,
}

impl Template {
    /// What comes next when these resources are there.
    ///
    /// # Errors
    ///
    /// What is wrong with the template.
    pub(in crate::services::deployments) fn next(
        &self,
        done: &[bool],
        references: &BTreeMap<String, Value>,
        budget: &Budget,
    ) -> Result<Turn, String> {
        let mut turn = Turn::default();
        let to_come: BTreeSet<&ResourceId> = self
            .resources
            .iter()
            .zip(done)
            .filter(|(_, done)| !**done)
            .map(|(entry, _)| &entry.id)
            .collect();
        let mut needed = Vec::new();
        for (number, entry) in self.resources.iter().enumerate() {
            if turn.puts.len() == PUTS_MAX {
                break;
            }
            if done[number] || entry.depends_on.iter().any(|id| to_come.contains(id)) {
                continue;
            }
            match self.body(entry, references, budget) {
                Ok(body) => turn.puts.push((number, body)),
                // What refers to something of the same template comes after it.
                Err(Problem::Needs(reference)) if to_come.contains(&reference.id) => {}
                Err(Problem::Needs(reference)) => needed.push(*reference),
                Err(Problem::Wrong(text)) => return Err(text),
            }
        }
        if to_come.is_empty() {
            match self.outputs(references, budget) {
                Ok(outputs) => turn.outputs = Some(outputs),
                Err(Problem::Needs(reference)) => needed.push(*reference),
                Err(Problem::Wrong(text)) => return Err(text),
            }
        }
        let mut keys = BTreeSet::new();
        needed.retain(|reference| keys.insert(reference.key()));
        turn.reads = needed;
        if turn.puts.is_empty() && turn.reads.is_empty() && turn.outputs.is_none() {
            return Err("Resources of the template wait for each other.".to_owned());
        }
        Ok(turn)
    }
}
