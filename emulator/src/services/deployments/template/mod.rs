//! A template, read and checked: its parameters, its variables, its functions, its resources with their ids.

mod dependencies;
mod entry;
mod parameters;
mod resource;
mod symbols;
mod target;
mod turn;
mod value_check;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::expression::{Function, Problem, Scope, evaluate, loops_of, repeat_input};
use super::limits::TemplateLimits;
use crate::model::ResourceId;
use crate::rules::DeploymentFacts;
use crate::services::budget::Budget;
use crate::state::field;

pub(super) use resource::{DEPLOYMENT, TemplateResource, names_of, resource_path};
pub(super) use symbols::{Symbol, Symbols};
pub(super) use target::DeploymentTarget;
pub(super) use turn::Turn;
pub(super) use value_check::check_value;

/// What a deployment request asks for.
pub(super) struct Template {
    pub(super) place: DeploymentTarget,
    pub(super) parameters: Map<String, Value>,
    /// The same as shown to people: what is secret has no value.
    pub(super) shown: Map<String, Value>,
    /// The template as it was sent.
    pub(super) written: Value,
    /// A number that the same template always has. How Azure comes to its own is not published.
    pub(super) hash: String,
    variables: Map<String, Value>,
    /// Variables that loops make.
    repeated: Map<String, Value>,
    functions: BTreeMap<String, Function>,
    definitions: Map<String, Value>,
    outputs: Map<String, Value>,
    /// The resources in the order they are written, every turn of every loop.
    pub(super) resources: Vec<TemplateResource>,
    symbols: Symbols,
    characters: u64,
    turns: u64,
}

impl Template {
    /// Reads the body of a deployment request, and counts what that takes, on a budget of its own or this.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words for a person.
    pub(super) fn read(
        place: DeploymentTarget,
        sent: &Value,
        most: &TemplateLimits,
        budget: Option<Budget>,
    ) -> Result<(Self, Budget), String> {
        let properties = field(sent, "properties");
        let template = field(properties, "template");
        if !field(properties, "templateLink").is_null() {
            return Err("azdrill reads no linked templates: send `template`.".to_owned());
        }
        if !template.is_object() {
            return Err("The template is missing: `properties.template` must be an object.".to_owned());
        }
        check_texts(template, &place.facts)?;
        check_language(template, &place.facts)?;
        most.check(template)?;
        for name in ["onErrorDeployment", "parametersLink", "extensionConfigs"] {
            if !field(properties, name).is_null() {
                return Err(format!("azdrill does not play `{name}` of deployments."));
            }
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mode = mode_of(&place, field(properties, "mode"))?;
        let (variables, repeated) = variables_of(template);
        let object = |name: &str| field(template, name).as_object().cloned().unwrap_or_default();
        let mut read = Self {
            place: DeploymentTarget {
                location: text(field(sent, "location")),
                content_version: text(field(template, "contentVersion")),
                mode,
                ..place
            },
            parameters: Map::new(),
            shown: Map::new(),
            written: template.clone(),
            hash: hash_of(template),
            variables,
            repeated,
            functions: BTreeMap::new(),
            definitions: object("definitions"),
            outputs: object("outputs"),
            resources: Vec::new(),
            symbols: Symbols::default(),
            characters: most.characters,
            turns: most.resources,
        };
        let budget = budget.unwrap_or_else(|| Budget::new(most.bounds));
        read.take_functions(field(template, "functions"))?;
        read.take_parameters(&object("parameters"), field(properties, "parameters"), &budget)?;
        read.take_resources(template, most.resources, &budget)?;
        Ok((read, budget))
    }

    pub(super) fn scope<'a>(
        &'a self,
        references: &'a BTreeMap<String, Value>,
        budget: &'a Budget,
    ) -> Scope<'a> {
        Scope {
            place: &self.place,
            parameters: &self.parameters,
            variables: &self.variables,
            repeated: &self.repeated,
            functions: &self.functions,
            symbols: &self.symbols,
            references,
            in_default: false,
            locals: None,
            budget,
            characters: self.characters,
            turns: self.turns,
        }
    }

    /// Functions of the template's own, by namespace and name.
    fn take_functions(&mut self, written: &Value) -> Result<(), String> {
        for space in written.as_array().into_iter().flatten() {
            let namespace = field(space, "namespace").as_str().unwrap_or_default();
            for (name, declaration) in field(space, "members").as_object().into_iter().flatten() {
                let parameters = field(declaration, "parameters").as_array();
                let parameters = parameters.into_iter().flatten().map(|parameter| {
                    let name = field(parameter, "name").as_str().unwrap_or_default();
                    (name.to_owned(), parameter.clone())
                });
                let output = field(field(declaration, "output"), "value").clone();
                if output.is_null() {
                    return Err(format!(
                        "The template function '{namespace}.{name}' has no output."
                    ));
                }
                let function = Function {
                    parameters: parameters.collect(),
                    output,
                    definitions: self.definitions.clone(),
                };
                let name = format!("{namespace}.{name}").to_ascii_lowercase();
                self.functions.insert(name, function);
            }
        }
        Ok(())
    }

    /// The resources of this type, by their ids.
    pub(super) fn ids(&self) -> BTreeSet<&ResourceId> {
        self.resources.iter().map(|entry| &entry.id).collect()
    }

    /// The body a resource is put with.
    pub(super) fn body(
        &self,
        entry: &TemplateResource,
        references: &BTreeMap<String, Value>,
        budget: &Budget,
    ) -> Result<Value, Problem> {
        entry.inside(&self.scope(references, budget), |scope| entry.body(scope))
    }

    /// The outputs, once everything is there. What is secret is left out.
    pub(super) fn outputs(
        &self,
        references: &BTreeMap<String, Value>,
        budget: &Budget,
    ) -> Result<Value, Problem> {
        let scope = self.scope(references, budget);
        let mut outputs = Map::new();
        for (name, output) in &self.outputs {
            match field(output, "condition") {
                Value::Null => {}
                condition if evaluate(&scope, condition)?.as_bool() == Some(true) => {}
                _ => continue,
            }
            let declared = value_check::resolved(&self.definitions, output);
            let kind = field(&declared, "type").as_str().unwrap_or_default().to_owned();
            if kind.to_ascii_lowercase().starts_with("secure") {
                outputs.insert(name.clone(), json!({"type": kind}));
                continue;
            }
            let value = match field(output, "copy") {
                Value::Null => evaluate(&scope, field(output, "value"))?,
                repeated => repeat_input(&scope, name, repeated)?,
            };
            check_value(&self.definitions, budget, name, output, &value)
                .map_err(|what| Problem::wrong(format!("The template output '{name}': {what}")))?;
            outputs.insert(name.clone(), json!({"type": kind, "value": value}));
        }
        Ok(Value::Object(outputs))
    }
}

fn hash_of(template: &Value) -> String {
    let digest = Sha256::digest(template.to_string());
    let first = digest.iter().take(size_of::<u64>());
    let number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number.to_string()
}

fn check_texts(template: &Value, facts: &DeploymentFacts) -> Result<(), String> {
    for name in &facts.template.texts {
        let value = field(template, name);
        if !value.is_string() && !value.is_null() {
            return Err(format!("The member '{name}' of the template must be a text."));
        }
    }
    Ok(())
}

fn check_language(template: &Value, facts: &DeploymentFacts) -> Result<(), String> {
    let language = field(template, "languageVersion").as_str().unwrap_or("1.0");
    let known = &facts.language.versions;
    if !known.iter().any(|version| version == language) {
        return Err(format!(
            "azdrill does not play version '{language}' of the template language, but {}.",
            known.join(" and ")
        ));
    }
    if field(template, "resources").is_object() && language.starts_with('1') {
        return Err(
            "Resources with symbolic names, an object, take `\"languageVersion\": \"2.0\"`.".to_owned(),
        );
    }
    for name in &facts.extensions.template {
        if field(template, name)
            .as_object()
            .is_some_and(|members| !members.is_empty())
        {
            return Err(format!("azdrill does not play `{name}` of templates."));
        }
    }
    Ok(())
}

/// What a deployment in complete mode is told that another deploys.
fn not_nested(name: &str) -> String {
    format!(
        "The nested deployment '{name}': Specified deployment mode 'Complete' is not supported for nested deployment."
    )
}

fn mode_of(place: &DeploymentTarget, sent: &Value) -> Result<&'static str, String> {
    let mode = sent.as_str().unwrap_or("Incremental");
    match ["Incremental", "Complete"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(mode))
    {
        Some("Complete") if place.nested => Err(not_nested(&place.name)),
        Some("Complete") if place.target.resource_group().is_none() => {
            Err("The mode 'Complete' is of deployments to resource groups alone.".to_owned())
        }
        Some(mode) => Ok(mode),
        None => Err(format!("The deployment mode '{mode}' is not valid.")),
    }
}

/// The variables, and those that loops make.
fn variables_of(template: &Value) -> (Map<String, Value>, Map<String, Value>) {
    let (mut plain, mut repeated) = (Map::new(), Map::new());
    for (name, value) in field(template, "variables").as_object().into_iter().flatten() {
        match loops_of(value) {
            Some(loops) if name.eq_ignore_ascii_case("copy") => repeated.extend(loops.iter().map(|one| {
                let name = field(one, "name").as_str().unwrap_or_default();
                (name.to_owned(), one.clone())
            })),
            _ => {
                plain.insert(name.clone(), value.clone());
            }
        }
    }
    (plain, repeated)
}
