//! What comes before what.

use std::collections::BTreeMap;

use super::Template;
use super::parameters::said;
use crate::model::ResourceId;
use crate::services::budget::Budget;
use crate::services::deployments::expression::evaluate;
use crate::state::field;

impl Template {
    pub(super) fn resolve_dependencies(
        &mut self,
        loops: &BTreeMap<String, Vec<ResourceId>>,
        budget: &Budget,
    ) -> Result<(), String> {
        let empty = BTreeMap::new();
        let scope = self.scope(&empty, budget);
        let mut resolved = Vec::new();
        for entry in &self.resources {
            let mut own = entry.depends_on.clone();
            let written = field(&entry.written, "dependsOn").as_array();
            for item in written.into_iter().flatten() {
                let wanted = said(entry.inside(&scope, |scope| evaluate(scope, item)))?;
                let looked_at = budget.steps(self.resources.len());
                looked_at.map_err(|exhausted| format!("Dependencies cannot be resolved: {exhausted}."))?;
                self.add_meant(loops, wanted.as_str().unwrap_or_default(), &mut own);
            }
            own.sort_unstable();
            own.dedup();
            resolved.push(own);
        }
        for (entry, own) in self.resources.iter_mut().zip(resolved) {
            entry.depends_on = own;
        }
        match self.circle() {
            Some(id) => Err(format!(
                "Circular dependency detected on resource: '{id}'. Please see https://aka.ms/arm-syntax-resources for usage details."
            )),
            None => Ok(()),
        }
    }

    /// The resources a dependency means: by symbolic name, by the name of a loop, by id or by name. What
    /// the template does not deploy (a condition was false, it exists already) is no dependency.
    fn add_meant(
        &self,
        loops: &BTreeMap<String, Vec<ResourceId>>,
        wanted: &str,
        found: &mut Vec<ResourceId>,
    ) {
        let is_deployed = |id: &ResourceId| self.resources.iter().any(|entry| entry.id == *id);
        if let Some(own) = self.symbols.one(wanted) {
            found.extend(is_deployed(&own.id).then(|| own.id.clone()));
        } else if let Some(all) = loops.get(&wanted.to_ascii_lowercase()) {
            found.extend(all.iter().cloned());
        } else if let Some(all) = self.symbols.all(wanted) {
            let deployed = all.iter().filter(|own| is_deployed(&own.id));
            found.extend(deployed.map(|own| own.id.clone()));
        } else {
            let mut all = self.resources.iter();
            let entry =
                all.find(|other| other.id.as_str().eq_ignore_ascii_case(wanted) || other.is_named(wanted));
            found.extend(entry.map(|other| other.id.clone()));
        }
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
