//! What a custom role is made of, and what it cannot be.

use serde_json::Value;
use uuid::Uuid;

use super::sent_condition::sent_condition;
use crate::gateway::Refusal;
use crate::model::{Action, ActionPattern};
use crate::rules::{RoleDefinition, RolePermission, Rules, code};
use crate::services::Context;
use crate::state::field;

/// The permissions a request says.
///
/// # Errors
///
/// If there are none, one has an action there cannot be, or a condition that is not played.
pub(super) fn permissions(rules: &Rules, properties: &Value) -> Result<Vec<RolePermission>, Refusal> {
    let sent = field(properties, "permissions").as_array();
    let all: Vec<RolePermission> = sent
        .into_iter()
        .flatten()
        .map(|sent| permission(rules, sent))
        .collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(Refusal::of(code::SyntheticRoleWithoutPermissions, &[]));
    }
    Ok(all)
}

fn permission(rules: &Rules, sent: &Value) -> Result<RolePermission, Refusal> {
    let patterns = |key: &str| -> Result<Vec<ActionPattern>, Refusal> {
        let all = field(sent, key).as_array().into_iter().flatten();
        all.filter_map(Value::as_str)
            .map(|text| {
                check_action(rules, text, key.to_ascii_lowercase().contains("data"))?;
                Ok(ActionPattern::new(text))
            })
            .collect()
    };
    Ok(RolePermission {
        actions: patterns("actions")?,
        not_actions: patterns("notActions")?,
        data_actions: patterns("dataActions")?,
        not_data_actions: patterns("notDataActions")?,
        condition: sent_condition(&rules.conditions, sent)?.0,
    })
}

/// Refuses what is no action of any provider, and an action of the other plane. Whether a provider has
/// an action of that name can be said of those only that are known here.
fn check_action(rules: &Rules, text: &str, data: bool) -> Result<(), Refusal> {
    let is_wild = text.contains('*');
    let is_named = text.contains('/') || text == "*";
    let action = Action::new(text);
    if is_named && (is_wild || is_known(rules, &action, data) || !is_known(rules, &action, !data)) {
        return Ok(());
    }
    let code = if data {
        code::InvalidDataActionOrNotDataAction
    } else {
        code::InvalidActionOrNotAction
    };
    Err(Refusal::of(code, &[("action", text)]))
}

/// Whether an operation takes an action, or a role of Azure's own names it.
fn is_known(rules: &Rules, action: &Action, data: bool) -> bool {
    let operations = rules.router.operations().iter().any(|operation| {
        let (action_of, other) = if data {
            (&operation.data_action, &operation.or_data_action)
        } else {
            (&operation.action, &None)
        };
        action_of.as_ref() == Some(action) || other.as_ref() == Some(action)
    });
    operations || rules.built_in_roles.iter().any(|role| names(role, action, data))
}

fn names(role: &RoleDefinition, action: &Action, data: bool) -> bool {
    role.permissions().iter().any(|permission| {
        let all = if data {
            [&permission.data_actions, &permission.not_data_actions]
        } else {
            [&permission.actions, &permission.not_actions]
        };
        all.into_iter()
            .flatten()
            .any(|known| known.as_str().eq_ignore_ascii_case(action.as_str()))
    })
}

/// A role's name is its own: no other has it, Azure's included.
pub(super) fn check_name(context: &Context<'_>, id: Uuid, name: &str) -> Result<(), Refusal> {
    let mut custom = context.state.access.custom_roles.values();
    let taken = context.rules.built_in_roles.named(name).is_some()
        || custom.any(|role| role.id != id && role.name.eq_ignore_ascii_case(name));
    if !taken {
        return Ok(());
    }
    Err(Refusal::of(code::RoleDefinitionWithSameNameExists, &[]))
}
