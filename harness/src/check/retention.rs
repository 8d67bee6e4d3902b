//! What is kept, once the policy has run for years.

use azdrill_emulator::model::{ResourceId, Timestamp};
use jiff::SignedDuration;

use super::drills::{Protected, Worlds};
use super::finding::{Finding, Level, Report, Sort};
use super::restores::value;
use crate::estate::wording::named;

/// How long a policy is run: as long as anything may be kept.
const YEARS: i64 = 10;

/// Runs every policy, and says what there is at the end.
pub(super) fn retention(worlds: &Worlds<'_>, protected: &[Protected], report: &mut Report) {
    for own in protected {
        let mut copy = own.world.fork();
        let begin = copy.now;
        let Ok(end) = begin.checked_add(SignedDuration::from_hours(24 * 365 * YEARS)) else {
            continue;
        };
        copy.advance(end);
        let points = copy
            .azure
            .services()
            .data_protection
            .recovery_points(&own.instance);
        let scheduled = points.iter().filter(|point| point.time > begin).count();
        let oldest = points.iter().map(|point| point.time).min();
        let newest = points.iter().map(|point| point.time).max();
        let what = format!("run the policy of {} for ten years", named(&own.datasource));
        let odd = (scheduled == 0).then_some("it makes no recovery point at all");
        report.drill(what, None, odd);
        report.notes.push(kept(own, points.len(), oldest, newest, end));
        if scheduled == 0 {
            let title = format!(
                "the policy of {} leaves no recovery point of ten years",
                named(&own.datasource)
            );
            let mut finding = Finding::new(Sort::Retention, Level::Warning, &own.shown, title);
            finding
                .details
                .push("Its schedule makes none, or its rules let them go sooner.".to_owned());
            report.findings.push(finding);
        }
        report.findings.extend(unused_rules(worlds, own));
    }
}

fn kept(
    own: &Protected,
    count: usize,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    end: Timestamp,
) -> String {
    let days = |from: Timestamp| end.duration_since(from).as_hours() / 24;
    let name = named(&own.datasource);
    match (oldest, newest) {
        (Some(oldest), Some(newest)) => format!(
            "after ten years {count} recovery points of {name} are there, the newest {} days old and the oldest {}.",
            days(newest),
            days(oldest)
        ),
        _ => format!("after ten years no recovery point of {name} is there."),
    }
}

/// Retention rules that no tag of the policy ever leads to: what they promise is never kept.
fn unused_rules(worlds: &Worlds<'_>, own: &Protected) -> Option<Finding> {
    let policy = own.world.text(&own.instance, "/properties/policyInfo/policyId");
    let policy: ResourceId = policy.parse().ok()?;
    let rules = value(&worlds.own, &policy, "/properties/policyRules").as_array()?;
    let tagged: Vec<&str> = rules
        .iter()
        .filter(|rule| rule["objectType"] == "AzureBackupRule")
        .filter_map(|rule| rule.pointer("/trigger/taggingCriteria")?.as_array())
        .flatten()
        .filter_map(|criterion| criterion.pointer("/tagInfo/tagName")?.as_str())
        .collect();
    let keeps = rules
        .iter()
        .filter(|rule| rule["objectType"] == "AzureRetentionRule");
    let unused = keeps
        .filter_map(|rule| rule["name"].as_str())
        .filter(|name| !tagged.iter().any(|tag| tag.eq_ignore_ascii_case(name)));
    let unused: Vec<&str> = unused.collect();
    if unused.is_empty() {
        return None;
    }
    let title = format!(
        "the policy {} keeps nothing by {}: no tag leads there",
        policy.name(),
        unused.join(", ")
    );
    let mut finding = Finding::new(Sort::Retention, Level::Warning, &policy, title);
    finding.details.push(
        "A retention rule counts for the recovery points that the backup rule tags with its name, and no criterion \
         does."
            .to_owned(),
    );
    Some(finding)
}
