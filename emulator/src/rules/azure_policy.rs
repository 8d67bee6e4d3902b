//! What rules of Azure Policy may ask about, and definitions of Azure's own.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::{Evidence, SourceCheck};
use crate::model::{PolicyAlias, PolicyLanguage, PolicyRule};

const FILE: &str = "policy.toml";

/// A definition of Azure's own.
#[derive(Clone, Debug)]
pub struct BuiltInPolicy {
    /// What it is known by.
    pub id: Uuid,
    /// Its properties, as it is answered.
    pub properties: Value,
    /// What it says.
    pub rule: PolicyRule,
}

/// What is known of Azure Policy.
#[derive(Clone, Debug)]
pub struct AzurePolicyFacts {
    /// What rules may ask about.
    pub language: PolicyLanguage,
    /// Azure's own definitions that are played.
    pub built_in: Vec<BuiltInPolicy>,
    /// Types whose writes no rule is asked about.
    not_evaluated: Vec<String>,
}

impl AzurePolicyFacts {
    /// Azure's own definition of that name.
    pub fn built_in(&self, name: &str) -> Option<&BuiltInPolicy> {
        let id: Uuid = name.parse().ok()?;
        self.built_in.iter().find(|own| own.id == id)
    }

    /// Whether rules are asked about writes of a type.
    pub fn evaluates(&self, kind: &str) -> bool {
        !self
            .not_evaluated
            .iter()
            .any(|own| own.eq_ignore_ascii_case(kind))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    not_evaluated: NotEvaluatedRow,
    aliases: Vec<AliasesRow>,
    built_in: Vec<BuiltInRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotEvaluatedRow {
    types: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasesRow {
    #[serde(rename = "type")]
    kind: String,
    names: BTreeMap<String, String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
struct BuiltInRow {
    id: Uuid,
    name: String,
    category: String,
    version: String,
    mode: String,
    effect: String,
    #[serde(default)]
    effects: Vec<String>,
    parameters: Option<String>,
    when: String,
    #[serde(flatten)]
    evidence: Evidence,
}

impl BuiltInRow {
    fn json(&self, text: &str) -> Result<Value, RulesError> {
        serde_json::from_str(text).map_err(|error| row_error(FILE, &self.name, &error.to_string()))
    }

    /// Its properties, as a definition is answered.
    fn properties(&self) -> Result<Value, RulesError> {
        let mut parameters = match &self.parameters {
            Some(text) => self.json(text)?,
            None => json!({}),
        };
        let effect = if self.effects.is_empty() {
            self.effect.clone()
        } else {
            parameters["effect"] =
                json!({"type": "String", "allowedValues": self.effects, "defaultValue": self.effect});
            "[parameters('effect')]".to_owned()
        };
        Ok(json!({
            "displayName": self.name,
            "policyType": "BuiltIn",
            "mode": self.mode,
            "metadata": {"version": self.version, "category": self.category},
            "version": self.version,
            "parameters": parameters,
            "policyRule": {"if": self.json(&self.when)?, "then": {"effect": effect}},
            "versions": [self.version],
        }))
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<AzurePolicyFacts, RulesError> {
    let file: PolicyFile = parse(FILE, text)?;
    known.check(FILE, "not_evaluated", &file.not_evaluated.sources)?;
    let mut language = PolicyLanguage::default();
    for row in &file.aliases {
        known.check(FILE, &row.kind, &row.sources)?;
        for (name, path) in &row.names {
            let alias = PolicyAlias {
                kind: row.kind.clone(),
                path: path.clone(),
            };
            if !language.add(&format!("{}/{name}", row.kind), alias) {
                return Err(row_error(FILE, name, "it stands there twice"));
            }
        }
    }
    let mut built_in = Vec::new();
    for row in &file.built_in {
        known.check(FILE, &row.name, &row.evidence.sources)?;
        let properties = row.properties()?;
        let rule = PolicyRule::read(&language, &properties)
            .map_err(|why| row_error(FILE, &row.name, &format!("{why:?}")))?;
        built_in.push(BuiltInPolicy {
            id: row.id,
            properties,
            rule,
        });
    }
    Ok(AzurePolicyFacts {
        language,
        built_in,
        not_evaluated: file.not_evaluated.types,
    })
}
