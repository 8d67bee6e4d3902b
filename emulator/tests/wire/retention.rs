//! Which recovery points are kept, and for how long: what the service keeps, against what follows from
//! the dates alone.

use std::collections::BTreeSet;

use azdrill_emulator::jobs::EffectFailure;
use azdrill_emulator::rules::Profile;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::policy_body;
use crate::world::{World, below_vault};

impl World {
    /// Makes a policy and gives it to the instance.
    #[track_caller]
    pub(crate) fn take_policy(&mut self, name: &str, policy: &Value) {
        self.sign_in_again();
        let made = self.put(&below_vault(&format!("backupPolicies/{name}")), policy);
        assert_eq!(made.status, 200, "{made:?}");
        let mut instance = self.instance_body();
        let id = format!(
            "{}{}",
            self.group(),
            below_vault(&format!("backupPolicies/{name}"))
        );
        instance["properties"]["policyInfo"]["policyId"] = json!(id);
        let taken = self.put(&below_vault("backupInstances/one"), &instance);
        assert_eq!(taken.status, 201, "{taken:?}");
        self.settle();
    }

    /// Day and tag of every recovery point, oldest first.
    fn points(&mut self) -> Vec<(String, String)> {
        let points = self.listed("backupInstances/one/recoveryPoints");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let day = |point: &Value| text(&point["properties"]["recoveryPointTime"])[..10].to_owned();
        let tag = |point: &Value| text(&point["properties"]["retentionTagName"]);
        points
            .iter()
            .rev()
            .map(|point| (day(point), tag(point)))
            .collect()
    }

    fn put_adhoc(&mut self, tag: &str) -> u16 {
        self.sign_in_again();
        let body = json!({"backupRuleOptions": {
            "ruleName": "BackupWeekly", "triggerOption": {"retentionTagOverride": tag},
        }});
        let answer = self.post(&below_vault("backupInstances/one/backup"), &body);
        self.settle();
        answer.status.as_u16()
    }
}

fn retention_rule(name: &str, duration: &str) -> Value {
    json!({
        "lifecycles": [{
            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": duration},
            "targetDataStoreCopySettings": [],
            "sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
        }],
        "isDefault": name == "Default",
        "name": name,
        "objectType": "AzureRetentionRule",
    })
}

fn tagging(tag: &str, priority: i64, mut criteria: Value) -> Value {
    criteria["objectType"] = json!("ScheduleBasedBackupCriteria");
    json!({"tagInfo": {"tagName": tag}, "taggingPriority": priority, "isDefault": false, "criteria": [criteria]})
}

/// The body of tests, with these tags besides the default one, and these rules instead of its own.
fn policy(tags: &[Value], retentions: &[(&str, &str)]) -> Value {
    let mut policy = policy_body();
    let rules = policy["properties"]["policyRules"].as_array_mut().expect("rules");
    rules.truncate(1);
    let own = rules[0]["trigger"]["taggingCriteria"]
        .as_array_mut()
        .expect("tags");
    own.extend_from_slice(tags);
    for (name, duration) in retentions {
        rules.push(retention_rule(name, duration));
    }
    policy
}

/// Seven days, a year for the first of a month, ten years for the first of a year.
fn grandfathered() -> Value {
    policy(
        &[
            tagging("Monthly", 15, json!({"absoluteCriteria": ["FirstOfMonth"]})),
            tagging("Yearly", 10, json!({"absoluteCriteria": ["FirstOfYear"]})),
        ],
        &[("Default", "P7D"), ("Monthly", "P1Y"), ("Yearly", "P10Y")],
    )
}

/// A day by its number, counted by the lengths of months: nothing of the emulator's calendar.
fn day(mut number: u32) -> String {
    let leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 2026;
    while number >= 365 + u32::from(leap(year)) {
        number -= 365 + u32::from(leap(year));
        year += 1;
    }
    let february = 28 + u32::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if number < length {
            break;
        }
        number -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", number + 1)
}

/// The same day in another year. No test's day is 29 February.
fn years_later(day: &str, years: u32) -> String {
    let year: u32 = day[..4].parse().expect("a year");
    format!("{}{}", year + years, &day[4..])
}

/// What is there at the end of a day, told from the Sundays alone: the first of each year for ten
/// years, the first of each other month for one, the rest for a week.
fn expected(first: u32, last: u32) -> Vec<(String, String)> {
    let today = day(last);
    let (mut years, mut months) = (BTreeSet::new(), BTreeSet::new());
    let mut kept = Vec::new();
    for number in (first..=last).step_by(7) {
        let own = day(number);
        let new_year = years.insert(own[..4].to_owned());
        let new_month = months.insert(own[..7].to_owned());
        let (tag, until) = match (new_year, new_month) {
            (true, _) => ("Yearly", years_later(&own, 10)),
            (false, true) => ("Monthly", years_later(&own, 1)),
            (false, false) => ("Default", day(number + 7)),
        };
        if until > today {
            kept.push((own, tag.to_owned()));
        }
    }
    kept
}

/// The world begins on Monday, 2 March 2026, the 61st day of the year; the schedule's first Sunday is
/// the 8th.
#[test]
fn twelve_years_of_weekly_backups_leave_what_their_tags_keep() {
    let mut world = World::protected();
    world.take_policy("kept", &grandfathered());
    let (start, first) = (60, 66);
    assert_eq!(
        (day(start), day(first)),
        ("2026-03-02".to_owned(), "2026-03-08".to_owned())
    );
    let mut passed = 0;
    // Seventy days, two years, over the end of the first yearly points.
    for days in [70, 731, 3_700, 4_384] {
        world.pass(SignedDuration::from_hours(24 * (days - passed)));
        passed = days;
        let last = start + u32::try_from(days).expect("a few");
        let points = world.points();
        assert_eq!(points, expected(first, last), "after {days} days");
    }
    let points = world.points();
    let count = |tag: &str| points.iter().filter(|(_, own)| own == tag).count();
    assert_eq!((count("Yearly"), count("Monthly"), count("Default")), (10, 10, 1));
}

/// The first backup of April fails: the month's point is the one after it.
#[test]
fn the_first_of_a_month_is_the_first_that_succeeds() {
    let mut world = World::protected();
    world.take_policy("kept", &grandfathered());
    world.pass(SignedDuration::from_hours(24 * 30));
    world.movement.dumps_fail_with = Some(EffectFailure::Engine("no more disk".to_owned()));
    world.pass(SignedDuration::from_hours(24 * 7));
    world.movement.dumps_fail_with = None;
    world.pass(SignedDuration::from_hours(24 * 7));
    let tags: Vec<(String, String)> = world.points();
    let tags: Vec<(&str, &str)> = tags
        .iter()
        .map(|(day, tag)| (day.as_str(), tag.as_str()))
        .collect();
    assert_eq!(tags, [("2026-03-08", "Yearly"), ("2026-04-12", "Monthly")]);
}

/// Days, weeks and months together, two criteria that are each enough, and an offset that moves the
/// backup into another day than UTC's.
#[test]
fn criteria_of_days_and_weeks_are_read_on_the_schedule_s_own_clock() {
    let mut world = World::protected();
    // Sunday 23:30 in New York is Monday in UTC.
    let mut own = policy(
        &[
            tagging(
                "Quarterly",
                5,
                json!({
                    "daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["Last"], "monthsOfYear": ["March", "June"],
                }),
            ),
            tagging(
                "Monthly",
                15,
                json!({
                    "daysOfMonth": [{"date": 5, "isLast": false}, {"date": 0, "isLast": true}],
                }),
            ),
        ],
        &[("Default", "P1Y"), ("Monthly", "P2Y"), ("Quarterly", "P3Y")],
    );
    let trigger = &mut own["properties"]["policyRules"][0]["trigger"];
    trigger["schedule"]["repeatingTimeIntervals"] = json!(["R/2021-08-15T23:30:00-05:00/P1W"]);
    world.take_policy("quarters", &own);
    world.pass(SignedDuration::from_hours(24 * 100));
    let tagged: Vec<(String, String)> = world.points();
    let tagged: Vec<(&str, &str)> = tagged
        .iter()
        .filter(|(_, tag)| tag != "Default")
        .map(|(day, tag)| (day.as_str(), tag.as_str()))
        .collect();
    // 29 March the last Sunday; 5 April; 31 May the last day of its month: each a day later in UTC.
    assert_eq!(
        tagged,
        [
            ("2026-03-30", "Quarterly"),
            ("2026-04-06", "Monthly"),
            ("2026-06-01", "Monthly")
        ]
    );
}

#[test]
fn an_on_demand_backup_carries_the_tag_its_request_names() {
    let mut world = World::protected();
    world.take_policy("kept", &grandfathered());
    assert_eq!(world.put_adhoc(""), 202);
    assert_eq!(world.put_adhoc("Yearly"), 202);
    assert_eq!(world.put_adhoc("Decadely"), 400, "no rule would end it");
    let tags: Vec<String> = world.points().into_iter().map(|(_, tag)| tag).collect();
    assert_eq!(tags, ["default", "Yearly"]);
    world.pass(SignedDuration::from_hours(24 * 5));
    world.sign_in_again();
    let stop = world.post(&below_vault("backupInstances/one/suspendBackups"), &json!({}));
    assert_eq!(stop.status, 202);
    world.pass(SignedDuration::from_hours(24 * 400));
    assert_eq!(world.points(), [("2026-03-02".to_owned(), "Yearly".to_owned())]);
}

/// A recorded secondary point of three months: 31 March to 30 June.
#[test]
fn a_recovery_point_says_when_it_expires_once_it_is_not_fresh() {
    let expiry = |point: &Value| {
        let own = &point["properties"]["expiryTime"];
        assert_eq!(
            own,
            &point["properties"]["recoveryPointDataStoresDetails"][0]["expiryTime"]
        );
        own.as_str().map(|time| time[..10].to_owned())
    };
    for (profile, while_fresh) in [
        (Profile::Observed, None),
        (Profile::Documented, Some("2026-06-08")),
    ] {
        let mut world = World::of(profile).protect();
        world.pass(SignedDuration::from_hours(24 * 6 + 2));
        let points = world.listed("backupInstances/one/recoveryPoints");
        assert_eq!(expiry(&points[0]).as_deref(), while_fresh, "{points:?}");
        world.pass(SignedDuration::from_hours(24 * 2));
        let points = world.listed("backupInstances/one/recoveryPoints");
        assert_eq!(expiry(&points[0]).as_deref(), Some("2026-06-08"), "{points:?}");
    }
}

/// Every point of an instance has the version of its policy's tags: since when it has the policy.
#[test]
fn the_version_of_a_tag_is_the_time_the_policy_was_taken() {
    let mut world = World::protected();
    world.pass(SignedDuration::from_hours(24 * 14));
    let versions = |world: &mut World| -> Vec<String> {
        let points = world.listed("backupInstances/one/recoveryPoints");
        let text = |point: &Value| point["properties"]["retentionTagVersion"].to_string();
        points.iter().map(text).collect()
    };
    let first = versions(&mut world);
    assert_eq!((first.len(), &first[0]), (2, &first[1]));
    world.take_policy("kept", &grandfathered());
    world.pass(SignedDuration::from_hours(24 * 7));
    let second = versions(&mut world);
    assert_eq!((second.len(), &second[2]), (3, &first[0]));
    assert_ne!(second[0], first[0]);
}
