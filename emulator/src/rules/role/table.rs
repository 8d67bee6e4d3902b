//! Reads the tables of roles. A row's head is read when the rules are loaded, what it grants when
//! somebody asks.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::definition::{Permissions, RoleDefinition};
use crate::model::ConditionLanguage;
use crate::rules::RuleId;
use crate::rules::file::{RulesError, row_error};
use crate::rules::source::SourceCheck;

const FILE: &str = "roles/built_in.txt";
const OTHERWISE: &str = "roles/otherwise.txt";
/// Where a row that names no source was read.
const RECORDED: &str = "REC-ROLES";

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// The roles of a table.
pub(super) fn read(
    text: &'static str,
    language: &Arc<ConditionLanguage>,
    known: &SourceCheck<'_>,
) -> Result<Vec<RoleDefinition>, RulesError> {
    let mut checked = vec![""];
    let mut roles = Vec::new();
    known.check(FILE, "all", &[RECORDED.to_owned()])?;
    for row in rows(text) {
        let mut columns = row.splitn(6, '\t');
        let mut next = || columns.next().unwrap_or_default();
        let (name, id, created, updated, sources, permissions) =
            (next(), next(), next(), next(), next(), next());
        let Ok(id) = id.parse::<Uuid>() else {
            return Err(row_error(FILE, name, "its second column is no GUID"));
        };
        if [name, created, updated].contains(&"") {
            return Err(row_error(FILE, name, "a column is missing"));
        }
        // The same few are named again and again.
        if !checked.contains(&sources) {
            let named: Vec<String> = sources.split(' ').map(str::to_owned).collect();
            known.check(FILE, name, &named)?;
            checked.push(sources);
        }
        roles.push(RoleDefinition {
            created_on: Cow::Borrowed(created),
            updated_on: Cow::Borrowed(updated),
            permissions: Permissions::Text(Arc::clone(language), permissions, OnceLock::new()),
            name: Cow::Borrowed(name),
            ..RoleDefinition::custom(id, String::new(), Vec::new())
        });
    }
    Ok(roles)
}

/// What a role grants where a rule is taken otherwise.
pub(super) struct Otherwise {
    pub(super) rule: RuleId,
    pub(super) alternative: &'static str,
    pub(super) role: Uuid,
    pub(super) permissions: &'static str,
}

impl Otherwise {
    pub(super) fn wrong(&self, what: &str) -> RulesError {
        row_error(OTHERWISE, self.rule.as_str(), what)
    }
}

pub(super) fn otherwise(text: &'static str) -> Result<Vec<Otherwise>, RulesError> {
    rows(text)
        .map(|row| {
            let mut columns = row.splitn(4, '\t');
            let mut next = || columns.next().unwrap_or_default();
            let (rule, alternative, role, permissions) = (next(), next(), next(), next());
            let role = role
                .parse()
                .map_err(|_| row_error(OTHERWISE, rule, "its third column is no GUID"))?;
            Ok(Otherwise {
                rule: RuleId::named(rule).map_err(|error| row_error(OTHERWISE, rule, &error.to_string()))?,
                alternative,
                role,
                permissions,
            })
        })
        .collect()
}
