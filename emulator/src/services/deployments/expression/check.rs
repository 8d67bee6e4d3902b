//! Whether the functions a template calls are there and can take what they are given: looked at before
//! anything has a value, wherever one is called.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Expression;
use super::parse::parse;
use crate::rules::DeploymentFacts;
use crate::state::field;

/// Members of a resource whose texts nobody evaluates.
const SAID: [&str; 2] = ["comments", "metadata"];

/// Refuses a template with an expression that is none, or calls what cannot be called.
///
/// # Errors
///
/// What is wrong and where, in words for a person.
pub(in crate::services::deployments) fn check(
    facts: &DeploymentFacts,
    template: &Value,
    characters: u64,
) -> Result<(), String> {
    ExpressionCheck {
        facts,
        characters,
        declared: BTreeSet::new(),
    }
    .template(template)
}

struct ExpressionCheck<'a> {
    facts: &'a DeploymentFacts,
    /// The most characters of one expression.
    characters: u64,
    /// Functions that the template declares, or one it stands in: which of them an inner template sees is
    /// said by an expression.
    declared: BTreeSet<String>,
}

impl ExpressionCheck<'_> {
    fn template(&mut self, template: &Value) -> Result<(), String> {
        let outside = self.declared.clone();
        let spaces = field(template, "functions").as_array();
        for space in spaces.into_iter().flatten() {
            let namespace = field(space, "namespace").as_str().unwrap_or_default();
            let members = field(space, "members").as_object();
            let names = members.into_iter().flat_map(|members| members.keys());
            self.declared
                .extend(names.map(|name| format!("{namespace}.{name}").to_ascii_lowercase()));
        }
        for space in spaces.into_iter().flatten() {
            for (name, function) in field(space, "members").as_object().into_iter().flatten() {
                self.of("function", name, field(field(function, "output"), "value"))?;
            }
        }
        for (name, parameter) in field(template, "parameters").as_object().into_iter().flatten() {
            self.of("parameter", name, field(parameter, "defaultValue"))?;
        }
        for (name, variable) in field(template, "variables").as_object().into_iter().flatten() {
            self.of("variable", name, variable)?;
        }
        self.resources(field(template, "resources"))?;
        for (name, output) in field(template, "outputs").as_object().into_iter().flatten() {
            for place in ["condition", "copy", "value"] {
                self.of("output", name, field(output, place))?;
            }
        }
        self.declared = outside;
        Ok(())
    }

    fn of(&self, what: &str, name: &str, value: &Value) -> Result<(), String> {
        self.value(value)
            .map_err(|why| format!("The template {what} '{name}' is not valid: {why}"))
    }

    /// The resources of a template, and those below them.
    fn resources(&mut self, resources: &Value) -> Result<(), String> {
        let listed = resources.as_array().into_iter().flatten();
        let named = resources
            .as_object()
            .into_iter()
            .flat_map(|members| members.values());
        for resource in listed.chain(named) {
            let name = field(resource, "name").as_str().unwrap_or_default();
            for (member, value) in resource.as_object().into_iter().flatten() {
                if member.eq_ignore_ascii_case("resources") {
                    self.resources(value)?;
                } else if member.eq_ignore_ascii_case("properties") && field(value, "template").is_object() {
                    self.nested(name, value)?;
                } else if !SAID.iter().any(|word| word.eq_ignore_ascii_case(member)) {
                    self.of("resource", name, value)?;
                }
            }
        }
        Ok(())
    }

    /// The properties of a deployment that a template deploys.
    fn nested(&mut self, name: &str, properties: &Value) -> Result<(), String> {
        for (member, value) in properties.as_object().into_iter().flatten() {
            if member.eq_ignore_ascii_case("template") {
                self.template(value)?;
            } else {
                self.of("resource", name, value)?;
            }
        }
        Ok(())
    }

    fn value(&self, value: &Value) -> Result<(), String> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().try_for_each(|item| self.value(item)),
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                self.text(name)?;
                self.value(member)
            }),
            _ => Ok(()),
        }
    }

    fn text(&self, text: &str) -> Result<(), String> {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let Some(inner) = inner.filter(|_| !text.starts_with("[[")) else {
            return Ok(());
        };
        if inner.chars().count() as u64 > self.characters {
            return Err(format!(
                "The template language expression is longer than {} characters, which is Azure's limit.",
                self.characters
            ));
        }
        let expression =
            parse(inner).map_err(|why| format!("Unable to parse language expression '{inner}': {why}."))?;
        self.expression(&expression)
    }

    fn expression(&self, expression: &Expression) -> Result<(), String> {
        match expression {
            Expression::Text(_) | Expression::Number(_) => Ok(()),
            Expression::Member(whole, _) => self.expression(whole),
            Expression::Element(whole, index) => {
                self.expression(whole)?;
                self.expression(index)
            }
            Expression::Call { function, arguments } => {
                self.call(function, arguments.len())?;
                arguments
                    .iter()
                    .try_for_each(|argument| self.expression(argument))
            }
        }
    }

    fn call(&self, function: &str, count: usize) -> Result<(), String> {
        if self.declared.contains(&function.to_ascii_lowercase()) {
            return Ok(());
        }
        let Some((least, most)) = self.facts.functions.takes(function) else {
            return Err(format!(
                "The template function '{function}' is not valid, or azdrill does not implement it."
            ));
        };
        if count >= least && most.is_none_or(|most| count <= most) {
            return Ok(());
        }
        let takes = match most {
            None => format!("at least {least}"),
            Some(most) if most == least => least.to_string(),
            Some(most) => format!("{least} to {most}"),
        };
        Err(format!(
            "Unable to evaluate template language function '{function}': function requires {takes} argument(s) while {count} were provided."
        ))
    }
}
