//! Retention: which tag a backup gets, and how long the rule of that name keeps it.

mod criteria;
mod stores;
mod tagging;

use serde_json::Value;

use super::policy::rules_of;
use crate::model::Timestamp;
use crate::state::field;

pub(super) use criteria::Occasion;
pub(super) use stores::{
    ArchivePlan, CopyAfter, Plan, copies, copy_after, duration_of, lifecycles, longest_days, plan, source,
    store_of,
};
pub(super) use tagging::{check_tags, tag_of};

/// The retention rule a tag stands for: the one of its name, without regard to case, since an
/// on-demand backup writes the default one's in lower case.
pub(super) fn rule_of<'a>(policy: &'a Value, tag: &str) -> Option<&'a Value> {
    rules_of(policy, "AzureRetentionRule").find(|rule| {
        field(rule, "name")
            .as_str()
            .is_some_and(|name| name.eq_ignore_ascii_case(tag))
    })
}

/// A duration of ISO 8601 as policies write it: years, months, weeks and days, and at least one day.
fn span(text: &str) -> Result<jiff::Span, String> {
    let span = jiff::fmt::temporal::SpanParser::new()
        .parse_span(text)
        .map_err(|error| format!("`{text}` is no duration: {error}"))?;
    let has_time = span.get_hours() != 0
        || span.get_minutes() != 0
        || span.get_seconds() != 0
        || span.get_milliseconds() != 0
        || span.get_microseconds() != 0
        || span.get_nanoseconds() != 0;
    if has_time || !span.is_positive() {
        return Err(format!(
            "`{text}` is no whole number of days, weeks, months or years"
        ));
    }
    Ok(span)
}

fn after(made: Timestamp, span: jiff::Span) -> Option<Timestamp> {
    let moved = made.to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).ok()?;
    Some(moved.timestamp())
}

/// When a duration of ISO 8601 is over that begins now.
pub(super) fn end(now: Timestamp, duration: &str) -> Option<Timestamp> {
    after(now, span(duration).ok()?)
}

/// Refuses what is no duration, or longer or shorter than the service keeps anything. `now` only gives months and
/// years a length.
pub(super) fn check_duration(
    own: &str,
    now: Timestamp,
    shortest: Option<&str>,
    longest: &str,
) -> Result<(), String> {
    let end = |text: &str| end(now, text);
    let kept_until = after(now, span(own)?).ok_or_else(|| format!("`{own}` is longer than {longest}"))?;
    if end(longest).is_some_and(|longest| kept_until > longest) {
        return Err(format!("`{own}` is longer than {longest}"));
    }
    match shortest {
        Some(shortest) if end(shortest).is_some_and(|shortest| kept_until < shortest) => {
            Err(format!("`{own}` is shorter than {shortest}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_whole_days_within_limits() {
        let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
        for good in ["P7D", "P1W", "P1M", "P10Y", "P120M", "P3650D", "P1Y6M"] {
            assert_eq!(check_duration(good, now, Some("P7D"), "P10Y"), Ok(()), "{good}");
        }
        for bad in [
            "", "hello", "3 months", "P6D", "P20Y", "P10Y1D", "PT5M", "-P7D", "P0D", "P99999Y", "P7DT1H",
        ] {
            check_duration(bad, now, Some("P7D"), "P10Y").expect_err(bad);
        }
        // What could be kept is no number of days.
        for bad in [
            "P8DT1H",
            "P8DT1M",
            "P8DT1S",
            "P8DT0.001S",
            "P8DT0.000001S",
            "P8DT0.000000001S",
        ] {
            let why = check_duration(bad, now, Some("P7D"), "P10Y").expect_err(bad);
            assert!(
                why.ends_with("is no whole number of days, weeks, months or years"),
                "{why}"
            );
        }
        assert_eq!(check_duration("P1D", now, None, "P10Y"), Ok(()));
    }

    /// A point of a recording: made on 31 March, kept three months.
    #[test]
    fn months_are_counted_by_the_calendar() {
        let policy = json!({"properties": {"policyRules": [{
            "objectType": "AzureRetentionRule", "isDefault": true, "name": "Default",
            "lifecycles": [{"deleteAfter": {"duration": "P3M"}}],
        }]}});
        let made = "2024-03-31T22:00:46.1852479Z".parse().expect("a time");
        let plan = plan(&policy, "default", made).expect("a plan");
        assert_eq!(plan.leaves_vault.to_string(), "2024-06-30T22:00:46.1852479Z");
        assert_eq!(longest_days(&policy), 93);
    }
}
