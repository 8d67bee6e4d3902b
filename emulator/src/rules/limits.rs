//! How much a request may ask for.

use serde::Deserialize;

use super::file::{RulesError, parse};
use super::source::Evidence;
use super::source::SourceCheck;

const FILE: &str = "limits.toml";

/// A limit.
#[derive(Debug, Deserialize)]
pub struct Limit {
    /// The least there may be.
    #[serde(default)]
    pub least: u64,
    /// The most there may be.
    pub most: u64,
    #[serde(flatten)]
    evidence: Evidence,
}

impl Limit {
    /// Whether there may be so many.
    pub fn admits(&self, count: usize) -> bool {
        u64::try_from(count).is_ok_and(|count| self.least <= count && count <= self.most)
    }

    /// The same of a number that may be below zero.
    pub fn admits_signed(&self, number: i64) -> bool {
        u64::try_from(number).is_ok_and(|number| self.least <= number && number <= self.most)
    }

    /// The most there may be, of what is counted in memory.
    pub fn most_in_memory(&self) -> usize {
        usize::try_from(self.most).unwrap_or(usize::MAX)
    }

    /// Where it was read.
    pub(super) fn sources(&self) -> &[String] {
        &self.evidence.sources
    }
}

/// Limits of the tags of some types.
#[derive(Debug, Deserialize)]
pub struct TagLimits {
    /// What the names of the types begin with.
    pub types: String,
    /// The most tags there may be.
    pub most: Option<u64>,
    /// Characters of a tag's name.
    pub name_characters: Option<u64>,
    #[serde(flatten)]
    evidence: Evidence,
}

/// The limits of templates, expressions and queries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request's body over Azure Resource Manager.
    pub request_bytes: Limit,
    /// Parameters of a template.
    pub template_parameters: Limit,
    /// Variables of a template.
    pub template_variables: Limit,
    /// Resources of a template.
    pub template_resources: Limit,
    /// Outputs of a template.
    pub template_outputs: Limit,
    /// Characters of one expression of a template.
    pub expression_characters: Limit,
    /// How deep an evaluation goes.
    pub evaluation_depth: Limit,
    /// How many values an evaluation comes by.
    pub evaluation_steps: Limit,
    /// How many bytes an evaluation writes.
    pub evaluation_bytes: Limit,
    /// Tags of one thing.
    pub tags: Limit,
    /// Characters of a tag's name.
    pub tag_name_characters: Limit,
    /// Characters of a tag's value.
    pub tag_value_characters: Limit,
    /// Of some types there are fewer tags, or shorter ones.
    pub tags_of: Vec<TagLimits>,
    /// Characters of a query.
    pub query_characters: Limit,
    /// Operators of a query.
    pub query_operators: Limit,
}

impl Limits {
    /// How many tags something of a type has at most, and how many characters the name of one.
    pub fn of_tags(&self, kind: &str) -> (u64, u64) {
        let own = |row: &&TagLimits| {
            let start = kind.get(..row.types.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(&row.types))
        };
        let own = self.tags_of.iter().find(own);
        let most = own.and_then(|row| row.most).unwrap_or(self.tags.most);
        let characters = own.and_then(|row| row.name_characters);
        (most, characters.unwrap_or(self.tag_name_characters.most))
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Limits, RulesError> {
    let limits: Limits = parse(FILE, text)?;
    let rows = [
        ("request_bytes", &limits.request_bytes),
        ("template_parameters", &limits.template_parameters),
        ("template_variables", &limits.template_variables),
        ("template_resources", &limits.template_resources),
        ("template_outputs", &limits.template_outputs),
        ("expression_characters", &limits.expression_characters),
        ("evaluation_depth", &limits.evaluation_depth),
        ("evaluation_steps", &limits.evaluation_steps),
        ("evaluation_bytes", &limits.evaluation_bytes),
        ("tags", &limits.tags),
        ("tag_name_characters", &limits.tag_name_characters),
        ("tag_value_characters", &limits.tag_value_characters),
        ("query_characters", &limits.query_characters),
        ("query_operators", &limits.query_operators),
    ];
    for (name, limit) in rows {
        known.check(FILE, name, &limit.evidence.sources)?;
    }
    for row in &limits.tags_of {
        known.check(FILE, &row.types, &row.evidence.sources)?;
    }
    Ok(limits)
}
