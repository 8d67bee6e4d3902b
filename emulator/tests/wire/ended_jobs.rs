//! No job, no operation and no protection is left hanging, whatever happens meanwhile.

use azdrill_emulator::services::data_protection::JobOutline;
use jiff::SignedDuration;
use serde_json::json;

use crate::bodies::backup_body;
use crate::simulated_movement::DUMP_BYTES;
use crate::world::{World, below_vault};

/// How a job has ended.
fn outcome(job: &JobOutline<'_>) -> (String, String) {
    assert!(job.ended.is_some(), "it has not ended");
    (
        job.status.to_owned(),
        job.error["code"].as_str().unwrap_or_default().to_owned(),
    )
}

fn last(world: &World) -> (String, String) {
    let jobs = world.azure.services().data_protection.all_jobs();
    outcome(&jobs.last().expect("a job"))
}

fn failed(code: &str) -> (String, String) {
    ("Failed".to_owned(), code.to_owned())
}

/// With protection configured, on Azure's own clock.
fn protected() -> World {
    let mut world = World::paced().protect();
    world.pass(SignedDuration::from_mins(5));
    world.sign_in_again();
    let instance = world.get(&below_vault("backupInstances/one")).json_body();
    assert_eq!(
        instance["properties"]["currentProtectionState"],
        "ProtectionConfigured"
    );
    world
}

#[test]
fn a_backup_whose_instance_goes_before_it_begins_fails() {
    let mut world = protected();
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    // Deleting takes 80 seconds; the job begins one second after it was asked for.
    world.pass(SignedDuration::from_millis(79_500));
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(started.status, 202, "{started:?}");
    world.pass(SignedDuration::from_mins(30));
    assert_eq!(last(&world), failed("SyntheticBackupInstanceGone"));
    let jobs = world.azure.services().data_protection.all_jobs();
    let took = jobs
        .last()
        .and_then(|job| Some(job.ended?.duration_since(job.started)));
    assert!(
        took < Some(SignedDuration::from_secs(10)),
        "{took:?}: it began to move data"
    );
    world.sign_in_again();
    let status = world.follow(&started, "azure-asyncoperation").json_body();
    assert_eq!(
        status["status"], "Succeeded",
        "the request has begun a job: {status}"
    );
}

#[test]
fn a_backup_whose_instance_goes_while_data_moves_fails_and_leaves_nothing() {
    let mut world = protected();
    world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    world.pass(SignedDuration::from_secs(5));
    assert_eq!(world.released(), 0);
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_mins(30));
    assert_eq!(last(&world), failed("SyntheticBackupInstanceGone"));
    assert_eq!(world.released(), 4 * DUMP_BYTES, "vault storage is given back");
    let notes = world.azure.log().notes();
    let rules = notes
        .last()
        .map(|note| note.rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>());
    assert_eq!(rules, Some(vec!["DPP-INSTANCE-GONE"]));
    assert_eq!(
        world
            .azure
            .services()
            .data_protection
            .all_recovery_points()
            .count(),
        0
    );
}

#[test]
fn movement_that_ends_without_a_result_fails_the_job() {
    let mut world = World::backed_up();
    world.movement.ends_with_nothing = true;
    let body = world.restore_body();
    let restore = world.post(&below_vault("backupInstances/one/restore"), &body);
    assert_eq!(restore.status, 202, "{restore:?}");
    world.settle();
    assert_eq!(last(&world), failed("SyntheticDataMovementFailed"));
    world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    world.settle();
    assert_eq!(last(&world), failed("PostgreSQLFlexOperationFailedUserError"));
}

#[test]
fn a_restore_goes_on_without_its_instance_and_fails_without_the_files() {
    let mut world = protected();
    world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
    let body = world.restore_body();
    // Where soft delete is off, the files go with the instance.
    let off = json!({"properties": {"securitySettings": {"softDeleteSettings": {"state": "Off"}}}});
    let target = world.with_version(&below_vault(""));
    let changed = world.arm(http::Method::PATCH, &target, Some(&off));
    assert!(changed.status.is_success(), "{changed:?}");
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_millis(79_500));
    let started = world.post(&below_vault("backupInstances/one/restore"), &body);
    assert_eq!(started.status, 202, "{started:?}");
    world.pass(SignedDuration::from_mins(30));
    assert_eq!(last(&world), failed("SyntheticDataMovementFailed"));
}

#[test]
fn protection_that_is_deleted_meanwhile_ends_its_operation() {
    let mut world = protected();
    let body = world.instance_body();
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_mins(5));
    world.sign_in_again();
    let made = world.put(&below_vault("backupInstances/two"), &body);
    assert_eq!(made.status, 201, "{made:?}");
    let gone = world.delete(&below_vault("backupInstances/two"));
    assert_eq!(gone.status, 202, "{gone:?}");
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
    for answer in [&made, &gone] {
        let status = world.follow(answer, "azure-asyncoperation").json_body();
        assert_eq!(status["status"], "Succeeded", "{status}");
    }
}

/// A change whose instance goes before it is made, is none of its namesake's.
#[test]
fn a_change_of_an_instance_that_is_gone_is_not_made_to_its_namesake() {
    let mut world = protected();
    let one = below_vault("backupInstances/one");
    let body = world.instance_body();
    assert_eq!(world.delete(&one).status, 202);
    // Deleting takes 80 seconds, and a change two.
    world.pass(SignedDuration::from_secs(79));
    let mut changed = body.clone();
    changed["properties"]["friendlyName"] = json!("changed");
    let asked = world.put(&one, &changed);
    assert_eq!(asked.status, 201, "{asked:?}");
    while world.get(&one).status == 200 {
        world.begin();
    }
    assert_eq!(world.put(&one, &body).status, 201);
    let mut ended = world.follow(&asked, "azure-asyncoperation").json_body();
    assert_eq!(ended["status"], "Inprogress", "{ended}");
    while ended["status"] == "Inprogress" {
        world.begin();
        ended = world.follow(&asked, "azure-asyncoperation").json_body();
    }
    assert_eq!(
        world.get(&one).json_body()["properties"]["friendlyName"],
        "source"
    );
}

/// What a sign-in tells of an instance that was deleted meanwhile, is nothing that its namesake is told.
#[test]
fn protection_of_an_instance_that_is_gone_is_none_of_its_namesake() {
    let mut world = World::with_a_database();
    let (one, body) = (below_vault("backupInstances/one"), world.database_instance());
    assert_eq!(world.put(&one, &body).status, 201);
    while !world.waits() {
        world.begin();
    }
    assert_eq!(world.delete(&one).status, 202);
    while world.get(&one).status == 200 {
        world.begin();
    }
    assert_eq!(world.put(&one, &body).status, 201);
    let state =
        |world: &mut World| world.get(&one).json_body()["properties"]["currentProtectionState"].clone();
    assert!(world.carry_out());
    assert_eq!(state(&mut world), "ConfiguringProtection");
    world.settle();
    assert_eq!(state(&mut world), "ProtectionConfigured");
}

#[test]
fn a_backup_is_no_recovery_point_of_an_instance_that_has_taken_the_name() {
    let mut world = protected();
    world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    world.pass(SignedDuration::from_secs(5));
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_secs(90));
    let anew = world.put(&below_vault("backupInstances/one"), &world.instance_body());
    assert_eq!(anew.status, 201, "{anew:?}");
    world.pass(SignedDuration::from_mins(30));
    assert_eq!(last(&world), failed("SyntheticBackupInstanceGone"));
    let points = world.azure.services().data_protection.all_recovery_points();
    assert_eq!(points.count(), 0);
}

#[test]
fn a_job_that_ends_while_its_vault_is_deleted_has_ended_when_it_comes_back() {
    let mut world = protected();
    let on = json!({"properties": {"securitySettings": {"softDeleteSettings": {"state": "AlwaysOn"}}}});
    let target = world.with_version(&below_vault(""));
    let changed = world.arm(http::Method::PATCH, &target, Some(&on));
    assert!(changed.status.is_success(), "{changed:?}");
    let start = below_vault("backupInstances/one/backup");
    world.post(&start, &backup_body());
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
    assert_eq!(world.post(&start, &backup_body()).status, 202);
    world.pass(SignedDuration::from_secs(5));
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_secs(90));
    assert_eq!(world.delete(&below_vault("")).status, 202);
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
    let deleted = world.deleted_vaults("").json_body();
    let name = deleted["value"][0]["name"]
        .as_str()
        .expect("a deleted vault")
        .to_owned();
    let back = world.bring_back(&name);
    assert_eq!(back.status, 201, "{back:?}");
    world.pass(SignedDuration::from_mins(5));
    let jobs = world.azure.services().data_protection.all_jobs();
    let hanging: Vec<_> = jobs
        .filter(|job| job.ended.is_none())
        .map(|job| job.id.to_owned())
        .collect();
    assert!(hanging.is_empty(), "{hanging:?}");
}

#[test]
fn a_point_that_fell_due_while_its_instance_was_deleted_goes_once_it_is_protected_again() {
    let mut world = World::backed_up();
    let oldest = world.point();
    world.pass(SignedDuration::from_hours(24 * 85));
    world.sign_in_again();
    assert_eq!(world.delete(&below_vault("backupInstances/one")).status, 202);
    world.pass(SignedDuration::from_hours(24 * 10));
    world.sign_in_again();
    let back = world.post(&below_vault("deletedBackupInstances/one/undelete"), &json!(null));
    assert_eq!(back.status, 200, "{back:?}");
    let points = |world: &mut World| world.listed("backupInstances/one/recoveryPoints");
    assert!(points(&mut world).iter().any(|point| point["name"] == *oldest));
    let resumed = world.post(&below_vault("backupInstances/one/resumeProtection"), &json!(null));
    assert_eq!(resumed.status, 202, "{resumed:?}");
    world.pass(SignedDuration::from_hours(48));
    assert!(!points(&mut world).iter().any(|point| point["name"] == *oldest));
}

#[test]
fn a_vault_that_is_given_an_instance_while_it_is_deleted_stays() {
    let mut world = protected();
    let body = world.instance_body();
    world.delete(&below_vault("backupInstances/one"));
    world.pass(SignedDuration::from_mins(5));
    world.sign_in_again();
    let gone = world.delete(&below_vault(""));
    assert_eq!(gone.status, 202, "{gone:?}");
    assert_eq!(world.put(&below_vault("backupInstances/two"), &body).status, 201);
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
    assert_eq!(world.get(&below_vault("")).status, 200);
    let status = world.follow(&gone, "azure-asyncoperation").json_body();
    assert_eq!(status["status"], "Failed", "{status}");
}
