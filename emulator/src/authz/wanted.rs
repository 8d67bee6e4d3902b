//! What somebody wants to do.

use crate::model::{Action, Condition, Facts, Truth};
use crate::rules::RoleDefinition;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub enum WantedAction<'a> {
    /// A control-plane action.
    Action(&'a Action),
    /// A data-plane action.
    DataAction(&'a Action),
}

impl WantedAction<'_> {
    /// The action's name.
    pub fn action(&self) -> &Action {
        match self {
            Self::Action(action) | Self::DataAction(action) => action,
        }
    }

    /// Whether one of a role's permissions grants it and has a condition that holds, or may hold.
    pub fn granted_by(&self, role: &RoleDefinition, facts: FactsOf<'_>) -> bool {
        role.permissions().iter().any(|permission| {
            let grants = match self {
                Self::Action(action) => permission.grants_action(action),
                Self::DataAction(action) => permission.grants_data_action(action),
            };
            grants && self.may_under(permission.condition.as_ref(), facts)
        })
    }

    pub(super) fn may_under(&self, condition: Option<&Condition>, facts: FactsOf<'_>) -> bool {
        condition.is_none_or(|condition| condition.holds(self.action(), &facts()) != Truth::No)
    }
}

/// What is known of the request. Few assignments have a condition, so that it is gathered when one does.
pub type FactsOf<'a> = &'a dyn Fn() -> Facts;
