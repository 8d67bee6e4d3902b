//! A template, read and checked: its parameters, its variables, its resources with their ids.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::expression::{Problem, Scope, evaluate};
use super::limits::{Most, too_many};
use crate::model::{ResourceId, Timestamp};
use crate::services::budget::Budget;
use crate::state::field;

pub(super) const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

/// What a deployment request asks for.
#[derive(Clone)]
pub(super) struct Request {
    /// The scope deployed to.
    pub(super) target: ResourceId,
    /// The deployment's name.
    pub(super) name: String,
    /// The resource group as `resourceGroup()` shows it; `Null` at a subscription.
    pub(super) group: Value,
    /// The tenant's id.
    pub(super) tenant: String,
    pub(super) now: Timestamp,
    pub(super) parameters: Map<String, Value>,
    /// The same as shown to people: what is secret has no value.
    pub(super) shown: Map<String, Value>,
    variables: Map<String, Value>,
    outputs: Map<String, Value>,
    /// The resources in the order they are written.
    pub(super) resources: Vec<Entry>,
    symbols: Map<String, Value>,
    /// What all evaluations of this deployment may take together.
    budget: Budget,
    characters: u64,
}

/// A resource of a template. Its properties may hold expressions; id, type and name do not.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: ResourceId,
    pub(super) kind: String,
    pub(super) api_version: String,
    /// The resource as written.
    written: Value,
    /// Ids of what comes first.
    pub(super) depends_on: Vec<ResourceId>,
}

/// The id of a resource below a base: type and name segments take turns.
pub(super) fn resource_path(base: &str, kind: &str, names: &str) -> Option<String> {
    let mut kinds = kind.split('/');
    let namespace = kinds.next()?;
    let (kinds, names): (Vec<&str>, Vec<&str>) = (kinds.collect(), names.split('/').collect());
    if kinds.is_empty() || kinds.len() != names.len() || names.iter().any(|name| name.is_empty()) {
        return None;
    }
    let mut path = format!("{base}/providers/{namespace}");
    for (kind, name) in kinds.iter().zip(&names) {
        path += &format!("/{kind}/{name}");
    }
    Some(path)
}

/// Where a deployment goes to, as the front door knows it.
pub(super) struct Place {
    pub(super) target: ResourceId,
    pub(super) name: String,
    pub(super) group: Value,
    pub(super) tenant: String,
    pub(super) now: Timestamp,
}

impl Request {
    /// Reads the `properties` of a deployment request.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words for a person.
    pub(super) fn read(place: Place, properties: &Value, most: &Most) -> Result<Self, String> {
        let template = field(properties, "template");
        if !field(properties, "templateLink").is_null() {
            return Err("azdrill reads no linked templates: send `template`.".to_owned());
        }
        if !template.is_object() {
            return Err("The template is missing: `properties.template` must be an object.".to_owned());
        }
        let mode = field(properties, "mode").as_str().unwrap_or("Incremental");
        if !mode.eq_ignore_ascii_case("Incremental") {
            return Err(format!(
                "azdrill deploys incrementally only, not in mode '{mode}'."
            ));
        }
        most.check(template)?;
        let object = |name: &str| field(template, name).as_object().cloned().unwrap_or_default();
        let mut own = Self {
            target: place.target,
            name: place.name,
            group: place.group,
            tenant: place.tenant,
            now: place.now,
            parameters: Map::new(),
            shown: Map::new(),
            variables: object("variables"),
            outputs: object("outputs"),
            resources: Vec::new(),
            symbols: Map::new(),
            budget: Budget::new(most.bounds),
            characters: most.characters,
        };
        own.take_parameters(&object("parameters"), field(properties, "parameters"))?;
        own.take_resources(field(template, "resources"), most.resources)?;
        Ok(own)
    }

    pub(super) fn scope<'a>(&'a self, references: &'a Map<String, Value>, blind: bool) -> Scope<'a> {
        Scope {
            target: &self.target,
            group: &self.group,
            tenant: &self.tenant,
            name: &self.name,
            now: self.now,
            parameters: &self.parameters,
            variables: &self.variables,
            symbols: &self.symbols,
            references,
            blind,
            budget: &self.budget,
            characters: self.characters,
        }
    }

    fn take_parameters(&mut self, declared: &Map<String, Value>, sent: &Value) -> Result<(), String> {
        for name in sent.as_object().into_iter().flat_map(Map::keys) {
            if !declared.keys().any(|own| own.eq_ignore_ascii_case(name)) {
                let known: Vec<&str> = declared.keys().map(String::as_str).collect();
                return Err(format!(
                    "The template parameters '{name}' are not valid; they are not present in the original template. The only supported parameters for this template are '{}'.",
                    known.join(", ")
                ));
            }
        }
        for (name, declaration) in declared {
            let kind = field(declaration, "type").as_str().unwrap_or_default();
            let given = field(sent, name);
            if !field(given, "reference").is_null() {
                return Err(format!(
                    "Parameter '{name}': azdrill reads no Key Vault references in parameters."
                ));
            }
            let value = match (field(given, "value"), field(declaration, "defaultValue")) {
                (Value::Null, Value::Null) => {
                    return Err(format!(
                        "The value for the template parameter '{name}' is not provided."
                    ));
                }
                (Value::Null, default) => {
                    let empty = Map::new();
                    said(evaluate(&self.scope(&empty, true), default))?
                }
                (value, _) => value.clone(),
            };
            check_kind(name, kind, &value)?;
            check_allowed(name, declaration, &value)?;
            let secret = kind.to_ascii_lowercase().starts_with("secure");
            self.shown.insert(
                name.clone(),
                if secret {
                    json!({"type": kind})
                } else {
                    json!({"type": kind, "value": value})
                },
            );
            self.parameters.insert(name.clone(), value);
        }
        Ok(())
    }

    fn take_resources(&mut self, written: &Value, most: u64) -> Result<(), String> {
        let named: Vec<(Option<String>, Value)> = match written {
            Value::Array(items) => items.iter().map(|item| (None, item.clone())).collect(),
            Value::Object(items) => items
                .iter()
                .map(|(name, item)| (Some(name.clone()), item.clone()))
                .collect(),
            _ => return Err("The template has no `resources`.".to_owned()),
        };
        for (symbol, item) in &named {
            if !self.is_wanted(item)? {
                continue;
            }
            let entry = self.entry(item, "")?;
            if let Some(symbol) = symbol {
                self.symbols.insert(symbol.clone(), json!(entry.id));
            }
            self.add_with_children(entry)?;
            // Children count as well.
            if self.resources.len() as u64 > most {
                return Err(too_many("resources", self.resources.len(), most));
            }
        }
        self.resolve_dependencies()
    }

    fn is_wanted(&self, item: &Value) -> Result<bool, String> {
        let empty = Map::new();
        match field(item, "condition") {
            Value::Null => Ok(true),
            condition => {
                let value = said(evaluate(&self.scope(&empty, true), condition))?;
                Ok(value.as_bool() == Some(true))
            }
        }
    }

    /// Children may be written inside their parent.
    fn add_with_children(&mut self, entry: Entry) -> Result<(), String> {
        let (parent, kind) = (entry.id.clone(), entry.kind.clone());
        let children = field(&entry.written, "resources").as_array().cloned();
        self.resources.push(entry);
        for child in children.into_iter().flatten() {
            let mut child = self.entry(&child, &format!("{kind}|{}", names_of(&parent)))?;
            child.depends_on.push(parent.clone());
            self.resources.push(child);
        }
        Ok(())
    }

    fn entry(&self, written: &Value, parent: &str) -> Result<Entry, String> {
        if !field(written, "copy").is_null() {
            return Err("azdrill does not implement copy loops in templates.".to_owned());
        }
        let empty = Map::new();
        let text = |name: &str| -> Result<String, String> {
            let value = said(evaluate(&self.scope(&empty, true), field(written, name)))?;
            Ok(value.as_str().unwrap_or_default().to_owned())
        };
        let (mut kind, mut name, api_version) = (text("type")?, text("name")?, text("apiVersion")?);
        if let Some((parent_kind, parent_name)) = parent.split_once('|') {
            kind = format!("{parent_kind}/{kind}");
            name = format!("{parent_name}/{name}");
        }
        if api_version.is_empty() {
            return Err(format!("The resource '{kind}/{name}' has no apiVersion."));
        }
        let scope = text("scope")?;
        let base = if scope.starts_with('/') {
            scope
        } else if scope.is_empty() {
            self.base(written)?
        } else {
            format!("{}/providers/{scope}", self.target)
        };
        let path = resource_path(&base, &kind, &name).ok_or_else(|| {
            format!("The template resource '{name}' for type '{kind}' has incorrect segment lengths: a nested resource type must have as many segments as its name.")
        })?;
        let id = path
            .parse()
            .map_err(|_| format!("'{path}' is not a resource id."))?;
        Ok(Entry {
            id,
            kind,
            api_version,
            written: written.clone(),
            depends_on: Vec::new(),
        })
    }

    /// A nested deployment may go to another group or subscription.
    fn base(&self, written: &Value) -> Result<String, String> {
        let empty = Map::new();
        let text = |name: &str| -> Result<Option<String>, String> {
            let value = said(evaluate(&self.scope(&empty, true), field(written, name)))?;
            Ok(value.as_str().map(str::to_owned))
        };
        let subscription = text("subscriptionId")?;
        let group = text("resourceGroup")?;
        if subscription.is_none() && group.is_none() {
            return Ok(self.target.to_string());
        }
        let own = self.target.subscription().unwrap_or_default();
        let subscription = subscription.unwrap_or_else(|| own.to_owned());
        Ok(match group {
            Some(group) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            None => format!("/subscriptions/{subscription}"),
        })
    }

    fn resolve_dependencies(&mut self) -> Result<(), String> {
        let empty = Map::new();
        let mut resolved = Vec::new();
        for entry in &self.resources {
            let mut own = entry.depends_on.clone();
            for item in field(&entry.written, "dependsOn")
                .as_array()
                .into_iter()
                .flatten()
            {
                let wanted = said(evaluate(&self.scope(&empty, true), item))?;
                let looked_at = self.budget.steps(self.resources.len());
                looked_at.map_err(|exhausted| format!("Dependencies cannot be resolved: {exhausted}."))?;
                let wanted = wanted.as_str().unwrap_or_default();
                let symbol = field_of(&self.symbols, wanted);
                // What the template does not deploy (a condition was false, say) is no dependency.
                let found = self.resources.iter().find(|other| {
                    Some(other.id.as_str()) == symbol
                        || other.id.as_str().eq_ignore_ascii_case(wanted)
                        || other.is_named(wanted)
                });
                own.extend(found.map(|other| other.id.clone()));
            }
            own.sort_unstable();
            own.dedup();
            resolved.push(own);
        }
        for (entry, own) in self.resources.iter_mut().zip(resolved) {
            entry.depends_on = own;
        }
        if let Some(id) = self.circle() {
            return Err(format!(
                "Circular dependency detected on resource: '{id}'. Please see https://aka.ms/arm-syntax-resources for usage details."
            ));
        }
        Ok(())
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

    /// The body a resource is put with. `blind` leaves what is not known yet empty.
    pub(super) fn body(
        &self,
        entry: &Entry,
        references: &Map<String, Value>,
        blind: bool,
    ) -> Result<Value, Problem> {
        let scope = self.scope(references, blind);
        let mut body = Map::new();
        let meta = [
            "type",
            "name",
            "apiversion",
            "dependson",
            "condition",
            "scope",
            "comments",
            "resources",
            "copy",
            "resourcegroup",
            "subscriptionid",
        ];
        for (name, value) in entry.written.as_object().into_iter().flatten() {
            if meta.contains(&name.to_ascii_lowercase().as_str()) {
                continue;
            }
            body.insert(name.clone(), self.member(&scope, entry, name, value)?);
        }
        Ok(Value::Object(body))
    }

    /// An inner template evaluates its own expressions, if it says so.
    fn member(&self, scope: &Scope<'_>, entry: &Entry, name: &str, value: &Value) -> Result<Value, Problem> {
        let inner = entry.kind.eq_ignore_ascii_case(DEPLOYMENT)
            && name.eq_ignore_ascii_case("properties")
            && field(field(value, "expressionEvaluationOptions"), "scope")
                .as_str()
                .is_some_and(|word| word.eq_ignore_ascii_case("inner"));
        if !inner {
            return evaluate(scope, value);
        }
        let mut own = Map::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            let value = if name.eq_ignore_ascii_case("template") {
                value.clone()
            } else {
                evaluate(scope, value)?
            };
            own.insert(name.clone(), value);
        }
        Ok(Value::Object(own))
    }

    /// The outputs, once everything is there. What is secret is left out.
    pub(super) fn outputs(&self, references: &Map<String, Value>) -> Result<Value, Problem> {
        let scope = self.scope(references, false);
        let mut outputs = Map::new();
        for (name, output) in &self.outputs {
            let kind = field(output, "type").as_str().unwrap_or_default();
            if kind.to_ascii_lowercase().starts_with("secure") {
                outputs.insert(name.clone(), json!({"type": kind}));
                continue;
            }
            let value = evaluate(&scope, field(output, "value"))?;
            outputs.insert(name.clone(), json!({"type": kind, "value": value}));
        }
        Ok(Value::Object(outputs))
    }
}

impl Entry {
    /// Whether `dependsOn` means this resource by its name alone, or by type and name.
    fn is_named(&self, wanted: &str) -> bool {
        let names = names_of(&self.id);
        wanted.eq_ignore_ascii_case(&names) || wanted.eq_ignore_ascii_case(&format!("{}/{names}", self.kind))
    }
}

/// The names of a resource's segments behind its provider: `server/database`.
fn names_of(id: &ResourceId) -> String {
    let segments: Vec<&str> = id.segments().collect();
    let provider = segments
        .iter()
        .rposition(|segment| segment.eq_ignore_ascii_case("providers"))
        .unwrap_or_default();
    let behind = segments.get(provider + 2..).unwrap_or_default();
    behind
        .chunks(2)
        .filter_map(|pair| pair.get(1).copied())
        .collect::<Vec<_>>()
        .join("/")
}

fn field_of<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| value.as_str())
}

/// While a template is read nothing is there to refer to.
fn said(result: Result<Value, Problem>) -> Result<Value, String> {
    result.map_err(|problem| match problem {
        Problem::Wrong(text) => text,
        Problem::Needs(reference) => {
            format!("'{}' is not known before the deployment.", reference.id)
        }
    })
}

fn check_kind(name: &str, kind: &str, value: &Value) -> Result<(), String> {
    let fits = match kind.to_ascii_lowercase().as_str() {
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64() || value.is_u64(),
        "bool" => value.is_boolean(),
        "array" => value.is_array(),
        "object" | "secureobject" => value.is_object(),
        _ => {
            return Err(format!(
                "The template parameter '{name}' has the type '{kind}', which there is not."
            ));
        }
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "Template parameter JToken type is not valid. Expected '{kind}' for parameter '{name}'."
        ))
    }
}

fn check_allowed(name: &str, declaration: &Value, value: &Value) -> Result<(), String> {
    match field(declaration, "allowedValues").as_array() {
        Some(allowed) if !allowed.contains(value) => Err(format!(
            "The provided value for the template parameter '{name}' is not valid. It is not part of the allowed value(s): '{}'.",
            allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(",")
        )),
        _ => Ok(()),
    }
}
