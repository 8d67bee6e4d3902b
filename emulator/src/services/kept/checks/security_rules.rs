//! The rules of a network security group.

use std::collections::BTreeMap;

use serde_json::Value;

use super::planned::{PlannedResource, refuse};
use crate::gateway::Refusal;
use crate::rules::code;
use crate::services::Context;
use crate::state::field;

pub(super) fn check(context: &Context<'_>, planned: &PlannedResource<'_>) -> Result<(), Refusal> {
    let most = context.rules.network_resources.security_rules.most;
    let count = planned.parts("securityRules").count();
    if count > most {
        let (count, most) = (count.to_string(), most.to_string());
        let fill = [("id", planned.id.as_str()), ("count", &*count), ("most", &*most)];
        return Err(refuse(code::SyntheticTooManySecurityRules, &fill));
    }
    let mut taken: BTreeMap<(String, i64), &Value> = BTreeMap::new();
    for rule in planned.parts("securityRules") {
        let properties = field(rule, "properties");
        let direction = field(properties, "direction").as_str().unwrap_or_default();
        let Some(priority) = field(properties, "priority").as_f64() else {
            continue;
        };
        // Priorities are whole numbers, however they are written.
        let key = (direction.to_ascii_lowercase(), priority as i64);
        if let Some(other) = taken.insert(key, rule) {
            let (name, other) = planned.blamed(other, rule);
            let fill = [("name", name), ("other", other)];
            return Err(refuse(code::SecurityRuleConflict, &fill));
        }
    }
    Ok(())
}
