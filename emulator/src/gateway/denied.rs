//! Why roles do not grant an action.

use super::Permit;
use crate::authz::{Denied, Sight};
use crate::model::Action;
use crate::rules::{RuleId, rule};

/// Why roles do not grant an action, and the rules that had a say.
pub(super) fn why_not(
    sight: &Sight,
    permit: &Permit,
    action: &Action,
    denied: &Denied,
) -> (String, Vec<RuleId>) {
    let scope = &permit.scope;
    if let Some(own) = &denied.by {
        let reason = format!(
            "the deny assignment '{}' at {} takes {action} from {}, whatever its roles",
            own.name, own.scope, permit.caller.name
        );
        return (reason, vec![rule::RBAC_DENY]);
    }
    let mut reason = format!(
        "{} has no role that grants {action} at {scope}",
        permit.caller.name
    );
    if !denied.held.is_empty() {
        reason += &format!("; it holds {}, which does not", denied.held.join(", "));
    }
    for (role, from) in &denied.pending {
        reason += &format!("; {role} is assigned but will be seen only from {from}");
    }
    let mut rules = vec![rule::RBAC];
    if denied.data_lags {
        rules.push(rule::RBAC_MG_DATA);
    } else if !denied.pending.is_empty() {
        rules.push(rule::E1_PROPAGATION);
        rules.extend(sight.differs_by_plane().then_some(rule::E1_PLANES));
        rules.extend(sight.differs_by_front_end().then_some(rule::E1_FRONT_ENDS));
    }
    (reason, rules)
}
