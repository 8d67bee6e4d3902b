//! The resources of a template: every turn of every loop, children below their parents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::parameters::said;
use super::resource::{DEPLOYMENT, TemplateResource, names_of, resource_path};
use super::{Symbol, Template, not_nested};
use crate::model::ResourceId;
use crate::services::budget::Budget;
use crate::services::deployments::expression::{count_of, evaluate};
use crate::services::deployments::limits::too_many;
use crate::state::field;

/// A resource as it stands in a template, and what it is inside of.
struct WrittenResource<'a> {
    symbol: Option<&'a str>,
    item: &'a Value,
    parent: Option<&'a TemplateResource>,
}

/// How the turns of a loop follow each other.
struct Loop {
    name: Arc<str>,
    count: usize,
    /// How many turns are put at a time.
    batch: usize,
}

/// What is being taken of a template.
struct Taking<'a> {
    budget: &'a Budget,
    most: u64,
    known: KnownDependencies,
}

/// What dependencies may mean besides the resources that are deployed.
#[derive(Default)]
pub(super) struct KnownDependencies {
    /// By the name of a loop in lower case, the resources of it.
    pub(super) loops: BTreeMap<String, Vec<ResourceId>>,
    /// Resources that are not deployed: a condition was false, or they exist already.
    pub(super) left_out: Vec<TemplateResource>,
}

impl Template {
    pub(super) fn take_resources(
        &mut self,
        template: &Value,
        most: u64,
        budget: &Budget,
    ) -> Result<(), String> {
        let mut taking = Taking {
            budget,
            most,
            known: KnownDependencies::default(),
        };
        let written = |symbol, item| WrittenResource {
            symbol,
            item,
            parent: None,
        };
        match field(template, "resources") {
            Value::Array(items) => {
                for item in items {
                    self.take(&mut taking, &written(None, item))?;
                }
            }
            Value::Object(items) => {
                for (symbol, item) in items {
                    self.take(&mut taking, &written(Some(symbol), item))?;
                }
            }
            _ => return Err("The template has no `resources`.".to_owned()),
        }
        self.check_twice()?;
        self.resolve_dependencies(&taking.known, budget)
    }

    fn check_twice(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        match self.resources.iter().find(|entry| !seen.insert(&entry.id)) {
            Some(twice) => Err(format!(
                "The resource '{}' is defined multiple times in a template. Please see https://aka.ms/arm-syntax-resources for usage details.",
                twice.id
            )),
            None => Ok(()),
        }
    }

    /// A resource with every turn of its loop, and its children.
    fn take(&mut self, taking: &mut Taking<'_>, written: &WrittenResource<'_>) -> Result<(), String> {
        let extensions = &self.place.facts.extensions.resource;
        if let Some(name) = extensions
            .iter()
            .find(|name| !field(written.item, name).is_null())
        {
            return Err(format!(
                "azdrill does not play `{name}` of a resource of a template."
            ));
        }
        let outer: Vec<(Arc<str>, usize)> = written
            .parent
            .map(|parent| parent.turns.clone())
            .unwrap_or_default();
        let Some(repeated) = self.loop_of(taking, written)? else {
            return self.take_turn(taking, written, outer, None).map(|_| ());
        };
        if let Some(symbol) = written.symbol {
            self.symbols.add_loop(symbol);
        }
        let mut before = Vec::new();
        let mut batch = Vec::new();
        for turn in 0..repeated.count {
            let mut turns = outer.clone();
            turns.push((Arc::clone(&repeated.name), turn));
            let from = self.resources.len();
            let id = self.take_turn(taking, written, turns, Some(&before))?;
            batch.extend(id.clone());
            let key = repeated.name.to_ascii_lowercase();
            taking.known.loops.entry(key).or_default().extend(id);
            debug_assert!(self.resources.len() >= from);
            if batch.len() == repeated.batch {
                before = std::mem::take(&mut batch);
            }
        }
        taking
            .known
            .loops
            .entry(repeated.name.to_ascii_lowercase())
            .or_default();
        Ok(())
    }

    fn loop_of(&self, taking: &Taking<'_>, written: &WrittenResource<'_>) -> Result<Option<Loop>, String> {
        let copy = field(written.item, "copy");
        if copy.is_null() {
            return Ok(None);
        }
        let empty = BTreeMap::new();
        let scope = self.scope(&empty, taking.budget);
        let name = said(evaluate(&scope, field(copy, "name")))?;
        let name: Arc<str> = name.as_str().unwrap_or_default().into();
        let count = said(count_of(&scope, &name, copy))?;
        let serial = match said(evaluate(&scope, field(copy, "mode")))? {
            Value::Null => false,
            mode => self.is_serial(&name, &mode)?,
        };
        let batch = match said(evaluate(&scope, field(copy, "batchSize")))? {
            Value::Null => 1,
            size => size
                .as_u64()
                .filter(|size| *size > 0)
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(|| {
                    format!("The template copy definition '{name}' has the batchSize '{size}', which must be a number from 1.")
                })?,
        };
        let batch = if serial { batch } else { usize::MAX };
        Ok(Some(Loop { name, count, batch }))
    }

    fn is_serial(&self, name: &str, mode: &Value) -> Result<bool, String> {
        let known = &self.place.facts.repeated.modes;
        let word = mode.as_str().unwrap_or_default();
        if !known.iter().any(|listed| listed.eq_ignore_ascii_case(word)) {
            return Err(format!(
                "The template copy definition '{name}' has the mode '{word}', which is none of '{}'.",
                known.join("', '")
            ));
        }
        Ok(word.eq_ignore_ascii_case("serial"))
    }

    /// One turn. `None`: its condition does not hold, or it is there already.
    fn take_turn(
        &mut self,
        taking: &mut Taking<'_>,
        written: &WrittenResource<'_>,
        turns: Vec<(Arc<str>, usize)>,
        before: Option<&[ResourceId]>,
    ) -> Result<Option<ResourceId>, String> {
        let mut entry = self.entry(taking, written, turns)?;
        if let Some(symbol) = written.symbol {
            let meant = Symbol {
                id: entry.id.clone(),
                kind: entry.kind.clone(),
                api_version: Some(entry.api_version.clone()),
            };
            match before {
                None => self.symbols.add(symbol, meant),
                Some(_) => self.symbols.add_turn(symbol, meant),
            }
        }
        let exists = field(written.item, "existing").as_bool() == Some(true);
        if exists || !self.is_wanted(taking, &entry)? {
            self.leave_out(taking, written, entry);
            return Ok(None);
        }
        if entry.kind.eq_ignore_ascii_case(DEPLOYMENT) {
            self.check_nested(taking, &entry)?;
        }
        entry.depends_on = before.map(<[_]>::to_vec).unwrap_or_default();
        entry
            .depends_on
            .extend(written.parent.map(|parent| parent.id.clone()));
        let id = entry.id.clone();
        self.resources.push(entry.clone());
        // Children count as well.
        if self.resources.len() as u64 > taking.most {
            return Err(too_many("resources", self.resources.len(), taking.most));
        }
        let inside = |symbol, item| WrittenResource {
            symbol,
            item,
            parent: Some(&entry),
        };
        match field(written.item, "resources") {
            Value::Array(children) => {
                for child in children {
                    self.take(taking, &inside(None, child))?;
                }
            }
            Value::Object(children) => {
                for (symbol, child) in children {
                    self.take(taking, &inside(Some(symbol), child))?;
                }
            }
            _ => {}
        }
        Ok(Some(id))
    }

    /// Takes note of a resource that is not deployed, and of those below it: others may depend on them.
    fn leave_out(&self, taking: &mut Taking<'_>, written: &WrittenResource<'_>, entry: TemplateResource) {
        let children = field(written.item, "resources").as_array().into_iter().flatten();
        for item in children {
            let inside = WrittenResource {
                symbol: None,
                item,
                parent: Some(&entry),
            };
            // One that cannot be read is none that is meant.
            if let Ok(child) = self.entry(taking, &inside, entry.turns.clone()) {
                self.leave_out(taking, &inside, child);
            }
        }
        taking.known.left_out.push(entry);
    }

    /// Refuses what no deployment inside another may be, as far as that is known by now.
    fn check_nested(&self, taking: &Taking<'_>, entry: &TemplateResource) -> Result<(), String> {
        let empty = BTreeMap::new();
        let scope = self.scope(&empty, taking.budget);
        let mode = field(field(&entry.written, "properties"), "mode");
        match entry.inside(&scope, |scope| evaluate(scope, mode)) {
            Ok(Value::String(mode)) if mode.eq_ignore_ascii_case("Complete") => {
                Err(not_nested(entry.id.name()))
            }
            _ => Ok(()),
        }
    }

    fn is_wanted(&self, taking: &Taking<'_>, entry: &TemplateResource) -> Result<bool, String> {
        let empty = BTreeMap::new();
        let condition = field(&entry.written, "condition");
        if condition.is_null() {
            return Ok(true);
        }
        let scope = self.scope(&empty, taking.budget);
        let value = said(entry.inside(&scope, |scope| evaluate(scope, condition)))?;
        value.as_bool().ok_or_else(|| {
            format!(
                "The condition of the resource '{}' is no truth value.",
                entry.id.name()
            )
        })
    }

    fn entry(
        &self,
        taking: &Taking<'_>,
        written: &WrittenResource<'_>,
        turns: Vec<(Arc<str>, usize)>,
    ) -> Result<TemplateResource, String> {
        let mut entry = TemplateResource {
            id: self.place.target.clone(),
            kind: String::new(),
            api_version: String::new(),
            written: Arc::new(written.item.clone()),
            scoped: false,
            turns,
            depends_on: Vec::new(),
        };
        let empty = BTreeMap::new();
        let scope = self.scope(&empty, taking.budget);
        let text = |name: &str| -> Result<String, String> {
            let value = entry.inside(&scope, |scope| evaluate(scope, field(written.item, name)));
            Ok(said(value)?.as_str().unwrap_or_default().to_owned())
        };
        let (mut kind, mut name, api_version) = (text("type")?, text("name")?, text("apiVersion")?);
        if let Some(parent) = written.parent {
            kind = format!("{}/{kind}", parent.kind);
            name = format!("{}/{name}", names_of(&parent.id));
        }
        if api_version.is_empty() {
            return Err(format!("The resource '{kind}/{name}' has no apiVersion."));
        }
        let scope = text("scope")?;
        let scoped = !scope.is_empty();
        let base = if scope.starts_with('/') {
            scope.trim_end_matches('/').to_owned()
        } else if scope.is_empty() {
            self.base(&text("subscriptionId")?, &text("resourceGroup")?)
        } else {
            format!("{}/providers/{scope}", self.place.target)
        };
        let path = resource_path(&base, &kind, &name).ok_or_else(|| {
            format!("The template resource '{name}' for type '{kind}' has incorrect segment lengths: a nested resource type must have as many segments as its name.")
        })?;
        entry.id = path
            .parse()
            .map_err(|_| format!("'{path}' is not a resource id."))?;
        entry.kind = kind;
        entry.api_version = api_version;
        entry.scoped = scoped;
        Ok(entry)
    }

    /// A nested deployment may go to another group or subscription.
    fn base(&self, subscription: &str, group: &str) -> String {
        if subscription.is_empty() && group.is_empty() {
            return self.place.target.to_string();
        }
        let at_hand = self.place.target.subscription().unwrap_or_default();
        let subscription = if subscription.is_empty() {
            at_hand
        } else {
            subscription
        };
        if group.is_empty() {
            format!("/subscriptions/{subscription}")
        } else {
            format!("/subscriptions/{subscription}/resourceGroups/{group}")
        }
    }
}
