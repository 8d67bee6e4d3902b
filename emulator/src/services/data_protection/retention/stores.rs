//! The stores a retention rule keeps a backup in: vault storage, and the archive it may be copied to.

use serde_json::Value;

use super::{after, rule_of, span};
use crate::model::Timestamp;
use crate::services::data_protection::policy::{default_tag, rules_of};
use crate::state::field;

/// Where a recovery point is kept, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::data_protection) struct Plan {
    /// When its retention in vault storage is over.
    pub(in crate::services::data_protection) leaves_vault: Timestamp,
    /// The archive, if its rule has one.
    pub(in crate::services::data_protection) archive: Option<ArchivePlan>,
}

/// When a recovery point is to be in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::data_protection) struct ArchivePlan {
    /// When it is to be copied there.
    pub(in crate::services::data_protection) copied: Timestamp,
    /// When its retention there is over, which counts from the copy on.
    pub(in crate::services::data_protection) leaves: Timestamp,
}

/// When something is copied to another store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::data_protection) enum CopyAfter<'a> {
    /// When its retention in its own store is over.
    Expiry,
    /// As soon as it is made.
    AtOnce,
    /// After a duration of ISO 8601.
    Time(&'a str),
}

impl Plan {
    /// When the last store lets go of it.
    pub(in crate::services::data_protection) fn ends(&self) -> Timestamp {
        let archived = self.archive.map(|archive| archive.leaves);
        archived.map_or(self.leaves_vault, |leaves| leaves.max(self.leaves_vault))
    }
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The name of a store.
pub(in crate::services::data_protection) fn store_of(store: &Value) -> &str {
    field(store, "dataStoreType").as_str().unwrap_or_default()
}

/// The lifecycles of a retention rule: one for each store it keeps something in.
pub(in crate::services::data_protection) fn lifecycles(rule: &Value) -> &[Value] {
    elements(field(rule, "lifecycles"))
}

/// The store a lifecycle is about.
pub(in crate::services::data_protection) fn source(lifecycle: &Value) -> &str {
    store_of(field(lifecycle, "sourceDataStore"))
}

/// For how long a lifecycle keeps in its store, a duration of ISO 8601.
pub(in crate::services::data_protection) fn duration_of(lifecycle: &Value) -> &str {
    field(field(lifecycle, "deleteAfter"), "duration")
        .as_str()
        .unwrap_or_default()
}

/// The stores a lifecycle copies to.
pub(in crate::services::data_protection) fn copies(lifecycle: &Value) -> &[Value] {
    elements(field(lifecycle, "targetDataStoreCopySettings"))
}

/// When a copy is made; `None` where it does not say so.
pub(in crate::services::data_protection) fn copy_after(copy: &Value) -> Option<CopyAfter<'_>> {
    let option = field(copy, "copyAfter");
    match field(option, "objectType").as_str()? {
        "CopyOnExpiryOption" => Some(CopyAfter::Expiry),
        "ImmediateCopyOption" => Some(CopyAfter::AtOnce),
        "CustomCopyOption" => field(option, "duration").as_str().map(CopyAfter::Time),
        _ => None,
    }
}

/// The lifecycle that a backup begins with, and the one of the archive it is copied to. The policy was looked at
/// when it was written.
fn first_and_next(rule: &Value) -> Option<(&Value, Option<(CopyAfter<'_>, &Value)>)> {
    let own = lifecycles(rule);
    let copied = own.iter().find_map(|first| Some((first, copies(first).first()?)));
    match copied {
        Some((first, copy)) => {
            let target = store_of(field(copy, "dataStore"));
            let next = own
                .iter()
                .find(|next| source(next).eq_ignore_ascii_case(target))?;
            Some((first, Some((copy_after(copy)?, next))))
        }
        None => own.first().map(|first| (first, None)),
    }
}

/// Where a point that is made now is kept: its tag's rule counted from then by the calendar, in UTC. `None` if the
/// policy has neither that rule nor a default one.
pub(in crate::services::data_protection) fn plan(policy: &Value, tag: &str, made: Timestamp) -> Option<Plan> {
    let rule = rule_of(policy, tag).or_else(|| rule_of(policy, &default_tag(policy)))?;
    let (first, next) = first_and_next(rule)?;
    let end = |from: Timestamp, text: &str| after(from, span(text).ok()?);
    let leaves_vault = end(made, duration_of(first))?;
    let archive = match next {
        None => None,
        Some((copied, next)) => {
            let copied = match copied {
                CopyAfter::Expiry => leaves_vault,
                CopyAfter::AtOnce => made,
                CopyAfter::Time(time) => end(made, time)?,
            };
            let leaves = end(copied, duration_of(next))?;
            Some(ArchivePlan { copied, leaves })
        }
    };
    Some(Plan {
        leaves_vault,
        archive,
    })
}

/// How a retention rule keeps: in vault storage for a duration, and, for one duration after the other, until the
/// archive lets go of it.
fn durations(rule: &Value) -> Vec<Vec<&str>> {
    let Some((first, next)) = first_and_next(rule) else {
        return Vec::new();
    };
    let own = duration_of(first);
    let archived = next.map(|(copied, next)| match copied {
        CopyAfter::Expiry => vec![own, duration_of(next)],
        CopyAfter::AtOnce => vec![duration_of(next)],
        CopyAfter::Time(time) => vec![time, duration_of(next)],
    });
    [Some(vec![own]), archived].into_iter().flatten().collect()
}

/// The longest retention of a policy in days as the service counts them for Resource Graph: 31 to a
/// month, 365 to a year. The archive counts as well, which is inferred.
pub(in crate::services::data_protection) fn longest_days(policy: &Value) -> i64 {
    let days = |duration: &str| {
        let span = span(duration).unwrap_or_default();
        i64::from(span.get_years()) * 365
            + i64::from(span.get_months()) * 31
            + i64::from(span.get_weeks()) * 7
            + i64::from(span.get_days())
    };
    rules_of(policy, "AzureRetentionRule")
        .flat_map(durations)
        .map(|one_after_the_other| one_after_the_other.into_iter().map(days).sum())
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(copy_after: &Value) -> Value {
        json!({"properties": {"policyRules": [{
            "objectType": "AzureRetentionRule", "isDefault": true, "name": "Default",
            "lifecycles": [
                {"sourceDataStore": {"dataStoreType": "ArchiveStore"}, "deleteAfter": {"duration": "P24M"}},
                {
                    "sourceDataStore": {"dataStoreType": "VaultStore"}, "deleteAfter": {"duration": "P6M"},
                    "targetDataStoreCopySettings": [
                        {"dataStore": {"dataStoreType": "ArchiveStore"}, "copyAfter": copy_after},
                    ],
                },
            ],
        }]}})
    }

    /// The example of the documents, and the two other times to copy at; the order of lifecycles says nothing.
    #[test]
    fn what_is_copied_is_kept_in_the_archive_from_the_copy_on() {
        for (option, copied, leaves) in [
            (
                json!({"objectType": "CopyOnExpiryOption"}),
                "2025-04-30",
                "2027-04-30",
            ),
            (
                json!({"objectType": "ImmediateCopyOption"}),
                "2024-10-31",
                "2026-10-31",
            ),
            (
                json!({"objectType": "CustomCopyOption", "duration": "P45D"}),
                "2024-12-15",
                "2026-12-15",
            ),
        ] {
            let made = "2024-10-31T02:00:00Z".parse().expect("a time");
            let planned = plan(&policy(&option), "default", made).expect("a plan");
            let archive = planned.archive.expect("an archive");
            let day = |time: Timestamp| time.to_string()[..10].to_owned();
            assert_eq!(
                (
                    day(planned.leaves_vault),
                    day(archive.copied),
                    day(archive.leaves)
                ),
                ("2025-04-30".to_owned(), copied.to_owned(), leaves.to_owned()),
                "{option}"
            );
        }
    }

    /// 365 days to a year and 31 to a month, and of several rules the longest.
    #[test]
    fn the_longest_retention_is_counted_in_days() {
        let of = |durations: &[&str]| {
            let rules: Vec<Value> = durations
                .iter()
                .map(|duration| {
                    json!({
                        "objectType": "AzureRetentionRule", "name": duration,
                        "lifecycles": [{"deleteAfter": {"duration": duration}}],
                    })
                })
                .collect();
            longest_days(&json!({"properties": {"policyRules": rules}}))
        };
        for (durations, days) in [
            (vec!["P1Y2M3W4D"], 365 + 2 * 31 + 3 * 7 + 4),
            (vec!["P3M"], 93),
            (vec!["P10D", "P2W", "P13D"], 14),
            (vec!["P10Y"], 3650),
            (vec![], 0),
        ] {
            assert_eq!(of(&durations), days, "{durations:?}");
        }
        // Half a year in the vault, and two years in the archive behind it.
        let archived = policy(&json!({"objectType": "CopyOnExpiryOption"}));
        assert_eq!(longest_days(&archived), 6 * 31 + 24 * 31);
        let at_once = policy(&json!({"objectType": "ImmediateCopyOption"}));
        assert_eq!(longest_days(&at_once), 24 * 31);
    }
}
