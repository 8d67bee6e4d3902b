//! The policy of a sketch.

use serde_json::{Value, json};

use crate::sketch::keep_recovery_points::{Keeps, Rules};
use crate::strategy::foundation::weekly_policy;

/// The first Saturday.
const SCHEDULE: &str = "R/2025-12-13T02:00:00+00:00/P1W";

/// A rule besides the default one: its name, what it is for, how long it keeps, and when it comes.
struct Tagged {
    name: &'static str,
    criteria: Value,
    keeps: &'static str,
    priority: u32,
}

fn tagged(rules: Rules) -> Vec<Tagged> {
    let monthly = |priority| Tagged {
        name: "Monthly",
        criteria: json!({"absoluteCriteria": ["FirstOfMonth"]}),
        keeps: "P1M",
        priority,
    };
    let yearly = |priority| Tagged {
        name: "Yearly",
        criteria: json!({"absoluteCriteria": ["FirstOfYear"]}),
        keeps: "P3M",
        priority,
    };
    match rules {
        Rules::Default => Vec::new(),
        Rules::Monthly => vec![monthly(15)],
        Rules::LastDay => vec![Tagged {
            criteria: json!({"daysOfMonth": [{"isLast": true}]}),
            ..monthly(15)
        }],
        Rules::YearlyFirst => vec![monthly(15), yearly(10)],
        Rules::MonthlyFirst => vec![monthly(10), yearly(15)],
    }
}

/// The body of the policy.
pub(super) fn policy(rules: Rules, keeps: Keeps) -> Value {
    let mut policy = weekly_policy("Microsoft.DBforPostgreSQL/flexibleServers");
    let Some([backup, default]) = policy["properties"]["policyRules"]
        .as_array()
        .and_then(|rules| <[Value; 2]>::try_from(rules.clone()).ok())
    else {
        return policy;
    };
    let (mut backup, mut default) = (backup, default);
    default["lifecycles"][0]["deleteAfter"]["duration"] = json!(keeps.label());
    backup["trigger"]["schedule"]["repeatingTimeIntervals"] = json!([SCHEDULE]);
    let mut all = vec![Value::Null, default.clone()];
    for own in tagged(rules) {
        let mut criteria = own.criteria;
        criteria["objectType"] = json!("ScheduleBasedBackupCriteria");
        let tagging = json!({
            "isDefault": false,
            "tagInfo": {"tagName": own.name},
            "taggingPriority": own.priority,
            "criteria": [criteria],
        });
        if let Some(taggings) = backup["trigger"]["taggingCriteria"].as_array_mut() {
            taggings.push(tagging);
        }
        let mut rule = default.clone();
        rule["name"] = json!(own.name);
        rule["isDefault"] = json!(false);
        rule["lifecycles"][0]["deleteAfter"]["duration"] = json!(own.keeps);
        all.push(rule);
    }
    all[0] = backup;
    policy["properties"]["policyRules"] = json!(all);
    policy
}
