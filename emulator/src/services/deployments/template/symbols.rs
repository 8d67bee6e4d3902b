//! Symbolic names of resources.

use std::collections::BTreeMap;

use crate::model::ResourceId;

/// A resource that a symbolic name stands for.
#[derive(Clone, Debug)]
pub(in crate::services::deployments) struct Symbol {
    pub(in crate::services::deployments) id: ResourceId,
    pub(in crate::services::deployments) kind: String,
    pub(in crate::services::deployments) api_version: Option<String>,
}

/// What the names of a template stand for. A loop's name stands for all of its resources, and with a
/// turn behind it (`name[1]`) for one.
#[derive(Default)]
pub(in crate::services::deployments) struct Symbols {
    one: BTreeMap<String, Symbol>,
    all: BTreeMap<String, Vec<Symbol>>,
}

impl Symbols {
    /// A resource that is none of a loop.
    pub(super) fn add(&mut self, name: &str, symbol: Symbol) {
        self.one.insert(name.to_ascii_lowercase(), symbol);
    }

    /// A loop, which may have no turn.
    pub(super) fn add_loop(&mut self, name: &str) {
        self.all.entry(name.to_ascii_lowercase()).or_default();
    }

    /// The next turn of a loop.
    pub(super) fn add_turn(&mut self, name: &str, symbol: Symbol) {
        self.all
            .entry(name.to_ascii_lowercase())
            .or_default()
            .push(symbol);
    }

    /// The resource of that name.
    pub(in crate::services::deployments) fn one(&self, name: &str) -> Option<&Symbol> {
        let name = name.to_ascii_lowercase();
        if let Some(symbol) = self.one.get(&name) {
            return Some(symbol);
        }
        let (name, turn) = name.strip_suffix(']')?.split_once('[')?;
        self.all.get(name)?.get(turn.trim().parse::<usize>().ok()?)
    }

    /// The resources of a loop of that name.
    pub(in crate::services::deployments) fn all(&self, name: &str) -> Option<&Vec<Symbol>> {
        self.all.get(&name.to_ascii_lowercase())
    }
}
