//! What conditions of role assignments and of roles may say.

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Mark, Router};
use crate::model::{ConditionAttribute, ConditionLanguage, ConditionSide, KnownAttribute, SubOperation};

const FILE: &str = "conditions.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionsFile {
    condition: ConditionRow,
    sub_operation: Vec<SubOperationRow>,
    attribute: Vec<AttributeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionRow {
    version: String,
    longest_bytes: usize,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubOperationRow {
    name: String,
    operation: String,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeRow {
    name: String,
    value: ConditionAttribute,
    sides: Vec<ConditionSide>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

pub(super) fn load(
    text: &str,
    router: &Router,
    known: &SourceCheck<'_>,
) -> Result<ConditionLanguage, RulesError> {
    let file: ConditionsFile = parse(FILE, text)?;
    known.check(FILE, "condition", &file.condition.sources)?;
    for row in &file.sub_operation {
        known.check(FILE, &row.name, &row.sources)?;
        if router.operation(&row.operation).is_none() {
            let what = format!("operations.toml has no `{}`", row.operation);
            return Err(row_error(FILE, &row.name, &what));
        }
    }
    for row in &file.attribute {
        known.check(FILE, &row.name, &row.sources)?;
    }
    Ok(ConditionLanguage {
        version: file.condition.version,
        longest_bytes: file.condition.longest_bytes,
        sub_operations: file
            .sub_operation
            .into_iter()
            .map(|row| SubOperation {
                name: row.name,
                operation: row.operation,
            })
            .collect(),
        attributes: file
            .attribute
            .into_iter()
            .map(|row| KnownAttribute {
                name: row.name,
                attribute: row.value,
                sides: row.sides,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests;
