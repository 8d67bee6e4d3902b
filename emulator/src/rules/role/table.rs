//! Reads the tables of roles. A row's head is read when the rules are loaded, what it grants when
//! somebody asks.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::{Permissions, RoleDefinition, RolePermission};
use crate::model::{ActionPattern, Condition, ConditionLanguage};
use crate::rules::RuleId;
use crate::rules::load::{RulesError, SourceCheck, row_error};

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

/// Reads what a role grants.
///
/// # Errors
///
/// What is not understood.
pub(super) fn permissions(language: &ConditionLanguage, text: &str) -> Result<Vec<RolePermission>, String> {
    let mut all = Vec::new();
    let mut own = RolePermission::default();
    for column in text.split('\t') {
        if column == "and" {
            all.push(std::mem::take(&mut own));
            continue;
        }
        // Some roles grant nothing.
        if column.is_empty() {
            continue;
        }
        let (kind, value) = column
            .split_once(' ')
            .ok_or_else(|| format!("`{column}` is no list"))?;
        match kind {
            "actions" => own.actions = list(value)?,
            "notActions" => own.not_actions = list(value)?,
            "dataActions" => own.data_actions = list(value)?,
            "notDataActions" => own.not_data_actions = list(value)?,
            "if" => own.condition = Some(Condition::read(language, value)),
            other => return Err(format!("`{other}` is none of the columns")),
        }
    }
    all.push(own);
    Ok(all)
}

/// A list of actions, each of which may leave out what it begins with as the one before it.
fn list(text: &str) -> Result<Vec<ActionPattern>, String> {
    let mut actions: Vec<String> = Vec::new();
    for short in text.split(',') {
        let whole = if let Some(rest) = short.strip_prefix('.') {
            format!("Microsoft.{rest}")
        } else if let Some((count, rest)) = same_beginning(short) {
            let before = actions
                .last()
                .ok_or_else(|| format!("nothing is before `{short}`"))?;
            let ends = before.match_indices('/').map(|(at, _)| at);
            let end = ends
                .chain([before.len()])
                .nth(count.wrapping_sub(1))
                .ok_or_else(|| format!("`{short}` goes back further than `{before}` does"))?;
            format!("{}/{rest}", &before[..end])
        } else if short.is_empty() {
            return Err("an action is empty".to_owned());
        } else {
            short.to_owned()
        };
        actions.push(whole);
    }
    Ok(actions.into_iter().map(ActionPattern::new).collect())
}

fn same_beginning(short: &str) -> Option<(usize, &str)> {
    let (count, rest) = short.split_once('/')?;
    Some((count.parse().ok()?, rest))
}
