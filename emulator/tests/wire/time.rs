//! What time does by itself: schedules, retention, soft delete.

use azdrill_emulator::server::Core;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, below_vault};

fn weeks(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * 7 * count)
}

/// The policy keeps three months.
#[test]
fn ten_years_of_weekly_backups_leave_what_retention_keeps() {
    let mut world = World::protected();
    world.pass(weeks(522));
    let points = world.listed("backupInstances/one/recoveryPoints");
    assert!(
        (12..=14).contains(&points.len()),
        "{} recovery points",
        points.len()
    );
    assert_eq!(points[0]["properties"]["retentionTagName"], "Default");
    let jobs = world.listed("backupJobs");
    assert!((521..=523).contains(&jobs.len()), "{} jobs", jobs.len());
    let unlike: Vec<&Value> = jobs
        .iter()
        .filter(|job| {
            job["properties"]["status"] != "Completed" || job["properties"]["isUserTriggered"] == true
        })
        .collect();
    assert!(unlike.is_empty(), "{unlike:?}");
}

#[test]
fn what_expires_is_given_back() {
    let mut world = World::protected();
    world.pass(weeks(4));
    world.azure.take_released();
    world.pass(weeks(20));
    let released = world.released();
    let files_of_expired_points = released / crate::simulated_movement::DUMP_BYTES;
    assert!(
        files_of_expired_points >= 4 * 9,
        "{files_of_expired_points} files were given back"
    );
}

#[test]
fn stopped_protection_takes_no_backups_and_keeps_what_there_is() {
    let mut world = World::backed_up();
    world.sign_in_again();
    let stopped = world.post(&below_vault("backupInstances/one/stopProtection"), &json!({}));
    assert_eq!(stopped.status, 202, "{stopped:?}");
    world.pass(weeks(60));
    assert_eq!(world.listed("backupInstances/one/recoveryPoints").len(), 1);
    assert_eq!(world.listed("backupJobs").len(), 1);
    world.sign_in_again();
    let resumed = world.post(&below_vault("backupInstances/one/resumeProtection"), &json!({}));
    assert_eq!(resumed.status, 202, "{resumed:?}");
    world.pass(weeks(2));
    let points = world.listed("backupInstances/one/recoveryPoints");
    assert_eq!(
        points.len(),
        2,
        "the old one has expired, two weeks have passed: {points:?}"
    );
}

#[test]
fn a_soft_deleted_instance_is_purged_after_its_days() {
    let mut world = World::backed_up();
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_hours(24 * 13));
    assert_eq!(world.listed("deletedBackupInstances").len(), 1);
    world.pass(SignedDuration::from_hours(24 * 2));
    assert_eq!(world.listed("deletedBackupInstances").len(), 0);
}

#[test]
fn only_the_first_scheduled_backup_of_a_week_runs() {
    let mut world = World::protected();
    let mut policy = crate::bodies::policy_body();
    policy["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] = json!([
        "R/2021-08-15T06:30:00+00:00/P1W",
        "R/2021-08-18T06:30:00+00:00/P1W"
    ]);
    world.take_policy("twice", &policy);
    world.pass(weeks(2));
    let jobs = world.listed("backupJobs");
    let status: Vec<&Value> = jobs
        .iter()
        .rev()
        .map(|job| &job["properties"]["status"])
        .collect();
    assert_eq!(status, ["Completed", "Failed", "Completed", "Failed"]);
}

/// Tokens are of the world's time, whatever the machine's clock says: a world may be years ahead of it.
#[test]
fn a_world_in_the_future_takes_its_own_tokens() {
    for now in ["2020-03-02T06:00:00Z", "2041-03-02T06:00:00Z"] {
        let mut world = World::at(azdrill_emulator::rules::Profile::Observed, now);
        let group = world.group();
        assert_eq!(world.get(&group).status, 200, "{now}");
    }
}
