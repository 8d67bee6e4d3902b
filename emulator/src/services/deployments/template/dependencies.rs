//! What comes before what.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Template;
use super::entry::KnownDependencies;
use super::parameters::said;
use super::resource::{TemplateResource, names_of};
use crate::model::ResourceId;
use crate::services::budget::Budget;
use crate::services::deployments::expression::evaluate;
use crate::state::field;

impl Template {
    pub(super) fn resolve_dependencies(
        &mut self,
        known: &KnownDependencies,
        budget: &Budget,
    ) -> Result<(), String> {
        let empty = BTreeMap::new();
        let scope = self.scope(&empty, budget);
        let mut resolved = Vec::new();
        for entry in &self.resources {
            let mut depends_on = entry.depends_on.clone();
            let written = field(&entry.written, "dependsOn");
            let items = match written {
                Value::Null => &[],
                Value::Array(items) => items.as_slice(),
                _ => {
                    let name = entry.id.name();
                    return Err(format!("The dependsOn of the resource '{name}' is no array."));
                }
            };
            for item in items {
                let wanted = said(entry.inside(&scope, |scope| evaluate(scope, item)))?;
                let looked_at = budget.steps(self.resources.len() + known.left_out.len());
                looked_at.map_err(|exhausted| format!("Dependencies cannot be resolved: {exhausted}."))?;
                let text = wanted.as_str().unwrap_or_default();
                if !self.add_meant(known, text, &mut depends_on) {
                    return Err(undefined(&wanted));
                }
            }
            depends_on.sort_unstable();
            depends_on.dedup();
            resolved.push(depends_on);
        }
        for (entry, depends_on) in self.resources.iter_mut().zip(resolved) {
            entry.depends_on = depends_on;
        }
        match self.circle() {
            Some(id) => Err(format!(
                "Circular dependency detected on resource: '{id}'. Please see https://aka.ms/arm-syntax-resources for usage details."
            )),
            None => Ok(()),
        }
    }

    /// The resources a dependency means: by symbolic name, by the name of a loop, by id or by name. What
    /// the template does not deploy (a condition was false, it exists already) is no dependency. Whether
    /// it means anything in the template.
    fn add_meant(&self, known: &KnownDependencies, wanted: &str, found: &mut Vec<ResourceId>) -> bool {
        let is_deployed = |id: &ResourceId| self.resources.iter().any(|entry| entry.id == *id);
        if let Some(symbol) = self.symbols.one(wanted) {
            found.extend(is_deployed(&symbol.id).then(|| symbol.id.clone()));
        } else if let Some(all) = known.loops.get(&wanted.to_ascii_lowercase()) {
            found.extend(all.iter().cloned());
        } else if let Some(all) = self.symbols.all(wanted) {
            let deployed = all.iter().filter(|symbol| is_deployed(&symbol.id));
            found.extend(deployed.map(|symbol| symbol.id.clone()));
        } else {
            let is_meant = |other: &&TemplateResource| {
                other.id.as_str().eq_ignore_ascii_case(wanted) || other.is_named(wanted)
            };
            let Some(entry) = self.resources.iter().find(is_meant) else {
                return known.left_out.iter().any(|other| is_meant(&other));
            };
            found.push(entry.id.clone());
        }
        true
    }

    /// A resource that waits for itself, or for one that does, if there is one.
    fn circle(&self) -> Option<&ResourceId> {
        let mut waiting: BTreeMap<&ResourceId, usize> = BTreeMap::new();
        let mut waited_for: BTreeMap<&ResourceId, Vec<&ResourceId>> = BTreeMap::new();
        for entry in &self.resources {
            waiting.insert(&entry.id, entry.depends_on.len());
            for id in &entry.depends_on {
                waited_for.entry(id).or_default().push(&entry.id);
            }
        }
        let mut free: Vec<&ResourceId> = Vec::new();
        free.extend(waiting.iter().filter(|(_, count)| **count == 0).map(|(id, _)| id));
        while let Some(next) = free.pop() {
            waiting.remove(next);
            for id in waited_for.remove(next).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(id) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        free.push(id);
                    }
                }
            }
        }
        let mut ids = self.resources.iter().map(|entry| &entry.id);
        ids.find(|id| waiting.contains_key(id))
    }
}

/// What is told of a dependency that is none.
fn undefined(wanted: &Value) -> String {
    let id = wanted.as_str().and_then(|text| text.parse().ok());
    let name = match id.filter(|id: &ResourceId| id.as_str().contains("/providers/")) {
        Some(id) => format!("{}/{}", id.resource_type().unwrap_or_default(), names_of(&id)),
        None => wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned),
    };
    format!(
        "The resource '{name}' is not defined in the template. Please see https://aka.ms/arm-template for usage details."
    )
}
