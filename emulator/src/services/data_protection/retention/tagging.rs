//! Which tag a scheduled backup gets: of all whose criteria it meets the one that comes first by
//! priority, else the default one.

use serde_json::Value;

use super::criteria::{Criteria, Occasion};
use super::rule_of;
use crate::services::data_protection::policy::{default_tag, rules_of};
use crate::state::field;

/// One entry of a backup rule's `taggingCriteria`.
struct Tagging<'a> {
    tag: &'a str,
    priority: i64,
    is_default: bool,
    /// Any of them is enough.
    criteria: Vec<Criteria>,
}

impl<'a> Tagging<'a> {
    fn parse(sent: &'a Value) -> Result<Self, String> {
        let tag = field(field(sent, "tagInfo"), "tagName")
            .as_str()
            .unwrap_or_default();
        if tag.is_empty() {
            return Err("taggingCriteria without a tagName".to_owned());
        }
        let about = |why: String| format!("tag `{tag}`: {why}");
        let own = Self {
            tag,
            priority: field(sent, "taggingPriority")
                .as_i64()
                .ok_or_else(|| about("it has no taggingPriority".to_owned()))?,
            is_default: field(sent, "isDefault").as_bool() == Some(true),
            criteria: field(sent, "criteria")
                .as_array()
                .into_iter()
                .flatten()
                .map(Criteria::parse)
                .collect::<Result<_, _>>()
                .map_err(about)?,
        };
        if own.criteria.is_empty() && !own.is_default {
            return Err(about("it is not the default and has no criteria".to_owned()));
        }
        Ok(own)
    }
}

fn taggings_of(rule: &Value) -> impl Iterator<Item = Result<Tagging<'_>, String>> {
    field(field(rule, "trigger"), "taggingCriteria")
        .as_array()
        .into_iter()
        .flatten()
        .map(Tagging::parse)
}

/// The tag of a scheduled backup, by the backup rule whose schedule fell due.
pub(in crate::services::data_protection) fn tag_of(
    policy: &Value,
    rule: &Value,
    occasion: &Occasion,
) -> String {
    let mut taggings: Vec<Tagging<'_>> = taggings_of(rule).filter_map(Result::ok).collect();
    // Stable: of two with the same priority the first counts.
    taggings.sort_by_key(|own| own.priority);
    let fitting = taggings
        .iter()
        .find(|own| own.criteria.iter().any(|criteria| criteria.fits(occasion)));
    fitting
        .or_else(|| taggings.iter().find(|own| own.is_default))
        .map_or_else(|| default_tag(policy), |own| own.tag.to_owned())
}

/// Refuses tags that could not be given or would keep nothing: criteria that make no sense, tags
/// without a retention rule, no default or more than one.
pub(in crate::services::data_protection) fn check_tags(policy: &Value) -> Result<(), String> {
    for rule in rules_of(policy, "AzureBackupRule") {
        let name = field(rule, "name").as_str().unwrap_or_default();
        let mut defaults = 0;
        for tagging in taggings_of(rule) {
            let tagging = tagging?;
            if rule_of(policy, tagging.tag).is_none() {
                return Err(format!("tag `{}` has no retention rule of its name", tagging.tag));
            }
            defaults += u32::from(tagging.is_default);
        }
        if defaults != 1 {
            return Err(format!(
                "taggingCriteria of the rule `{name}` hold {defaults} default tags instead of one"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;
    use jiff::tz::Offset;
    use serde_json::json;

    use super::*;

    fn tagging(tag: &str, priority: i64, criteria: Value) -> Value {
        let mut own = json!({"tagInfo": {"tagName": tag}, "taggingPriority": priority, "isDefault": criteria.is_null()});
        if !criteria.is_null() {
            let mut criteria = criteria;
            criteria["objectType"] = json!("ScheduleBasedBackupCriteria");
            own["criteria"] = json!([criteria]);
        }
        own
    }

    fn policy(taggings: &[Value]) -> Value {
        let mut rules = vec![json!({
            "objectType": "AzureBackupRule", "name": "Backup", "trigger": {"taggingCriteria": taggings},
        })];
        for tag in ["Default", "Monthly", "Yearly"] {
            rules.push(
                json!({"objectType": "AzureRetentionRule", "name": tag, "isDefault": tag == "Default"}),
            );
        }
        json!({"properties": {"policyRules": rules}})
    }

    fn tag(policy: &Value, due: &str, before: Option<&str>) -> String {
        let at = |text: &str| text.parse::<DateTime>().expect("a time");
        let rule = &policy["properties"]["policyRules"][0];
        tag_of(
            policy,
            rule,
            &Occasion {
                due: at(due),
                before: before.map(at),
                offset: Offset::UTC,
            },
        )
    }

    #[test]
    fn the_lowest_priority_number_wins_whatever_the_order() {
        let policy = policy(&[
            tagging("Default", 99, Value::Null),
            tagging("Monthly", 15, json!({"absoluteCriteria": ["FirstOfMonth"]})),
            tagging("Yearly", 10, json!({"absoluteCriteria": ["FirstOfYear"]})),
        ]);
        assert_eq!(check_tags(&policy), Ok(()));
        assert_eq!(
            tag(&policy, "2026-01-04T02:00", Some("2025-12-28T02:00")),
            "Yearly"
        );
        assert_eq!(
            tag(&policy, "2026-02-01T02:00", Some("2026-01-25T02:00")),
            "Monthly"
        );
        assert_eq!(
            tag(&policy, "2026-02-08T02:00", Some("2026-02-01T02:00")),
            "Default"
        );
    }

    #[test]
    fn tags_that_could_not_be_given_are_refused() {
        let monthly = json!({"absoluteCriteria": ["FirstOfMonth"]});
        for wrong in [
            vec![],
            vec![tagging("Monthly", 15, monthly.clone())],
            vec![
                tagging("Default", 99, Value::Null),
                tagging("Default", 98, Value::Null),
            ],
            vec![
                tagging("Default", 99, Value::Null),
                tagging("Weekly", 20, monthly.clone()),
            ],
            vec![tagging("Default", 99, Value::Null), tagging("", 20, monthly)],
            vec![
                tagging("Default", 99, Value::Null),
                tagging("Monthly", 20, json!({})),
            ],
            vec![
                tagging("Default", 99, Value::Null),
                json!({
                    "tagInfo": {"tagName": "Monthly"}, "taggingPriority": 20, "isDefault": false, "criteria": [],
                }),
            ],
        ] {
            check_tags(&policy(&wrong)).expect_err(&json!(wrong).to_string());
        }
        let unnamed = check_tags(&policy(&[tagging("", 20, Value::Null)]));
        assert_eq!(unnamed, Err("taggingCriteria without a tagName".to_owned()));
    }

    #[test]
    fn any_of_a_tags_criteria_is_enough() {
        let mut either = tagging("Monthly", 15, json!({"daysOfTheWeek": ["Monday"]}));
        let wednesday = json!({"objectType": "ScheduleBasedBackupCriteria", "daysOfTheWeek": ["Wednesday"]});
        either["criteria"]
            .as_array_mut()
            .expect("criteria")
            .push(wednesday);
        let policy = policy(&[tagging("Default", 99, Value::Null), either]);
        for (due, wanted) in [
            ("2026-03-02T02:00", "Monthly"),
            ("2026-03-03T02:00", "Default"),
            ("2026-03-04T02:00", "Monthly"),
        ] {
            assert_eq!(tag(&policy, due, None), wanted, "{due}");
        }
    }
}
