//! What a role grants.

use crate::model::{Action, ActionPattern, Condition, ConditionLanguage};

/// One of the permissions a role is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolePermission {
    /// Control-plane actions granted.
    pub actions: Vec<ActionPattern>,
    /// Control-plane actions taken out of the grant. Not a denial: another role may grant them.
    pub not_actions: Vec<ActionPattern>,
    /// Data-plane actions granted.
    pub data_actions: Vec<ActionPattern>,
    /// Data-plane actions taken out of the grant.
    pub not_data_actions: Vec<ActionPattern>,
    /// What must hold besides.
    pub condition: Option<Condition>,
}

impl RolePermission {
    /// Whether it grants a control-plane action, if its condition holds.
    pub fn grants_action(&self, action: &Action) -> bool {
        covers(&self.actions, action) && !covers(&self.not_actions, action)
    }

    /// Whether it grants a data-plane action, if its condition holds. Control-plane patterns never do:
    /// Owner's `*` reads no blob.
    pub fn grants_data_action(&self, action: &Action) -> bool {
        covers(&self.data_actions, action) && !covers(&self.not_data_actions, action)
    }
}

fn covers(patterns: &[ActionPattern], action: &Action) -> bool {
    patterns.iter().any(|pattern| pattern.matches(action))
}

/// Reads what a role grants.
///
/// # Errors
///
/// What is not understood.
pub(super) fn read(language: &ConditionLanguage, text: &str) -> Result<Vec<RolePermission>, String> {
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
