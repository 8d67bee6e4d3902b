//! What happens to a backup instance at the same time as something else is refused, left out or failed, and said.

use azdrill_emulator::fault::{Fault, FaultAnswer, FaultKind};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::{backup_body, policy_body};
use crate::rules::named;
use crate::world::{World, below_vault};

const ONE: &str = "backupInstances/one";

/// With protection configured, on Azure's own clock.
fn protected() -> World {
    let mut world = World::paced().protect();
    world.pass(SignedDuration::from_mins(5));
    world.sign_in_again();
    world
}

fn state(world: &mut World) -> Value {
    world.sign_in_again();
    world.get(&below_vault(ONE)).json_body()["properties"]["currentProtectionState"].clone()
}

fn ask(world: &mut World, action: &str) -> azdrill_emulator::model::Response {
    world.post(&below_vault(&format!("{ONE}/{action}")), &json!(null))
}

#[test]
fn protection_that_is_being_stopped_is_not_changed_meanwhile() {
    let mut world = protected();
    let other = world.put(&below_vault("backupPolicies/other"), &policy_body());
    assert_eq!(other.status, 200, "{other:?}");
    let stopped = ask(&mut world, "stopProtection");
    assert_eq!(stopped.status, 202, "{stopped:?}");
    world.pass(SignedDuration::from_secs(1));
    let mut body = world.instance_body();
    let policy = body["properties"]["policyInfo"]["policyId"]
        .as_str()
        .expect("an id");
    body["properties"]["policyInfo"]["policyId"] = json!(policy.replace("weekly", "other"));
    named(&world.put(&below_vault(ONE), &body), "FX-B-21");
    named(&ask(&mut world, "suspendBackups"), "FX-B-21");
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(state(&mut world), "ProtectionStopped");
    let changed = world.put(&below_vault(ONE), &body);
    assert_eq!(changed.status, 201, "{changed:?}");
}

#[test]
fn stopping_the_protection_of_one_that_is_deleted_does_nothing_to_another_of_its_name() {
    let mut world = protected();
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    // Deleting takes 80 seconds, stopping 42, configuring 40.
    world.pass(SignedDuration::from_secs(79));
    let stopped = ask(&mut world, "stopProtection");
    assert_eq!(stopped.status, 202, "{stopped:?}");
    world.pass(SignedDuration::from_secs(10));
    let anew = world.put(&below_vault(ONE), &world.instance_body());
    assert_eq!(anew.status, 201, "{anew:?}");
    world.pass(SignedDuration::from_secs(34));
    assert_eq!(state(&mut world), "ConfiguringProtection");
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(state(&mut world), "ProtectionConfigured");
    let status = world.follow(&stopped, "azure-asyncoperation").json_body();
    assert_eq!(status["status"], "Succeeded", "{status}");
}

#[test]
fn a_deletion_that_is_asked_for_twice_takes_nothing_that_was_made_since() {
    let mut world = protected();
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    world.pass(SignedDuration::from_secs(60));
    let again = world.delete(&below_vault(ONE));
    assert_eq!(again.status, 202, "{again:?}");
    // The first has ended by then, and the second has not.
    world.pass(SignedDuration::from_secs(30));
    let anew = world.put(&below_vault(ONE), &world.instance_body());
    assert_eq!(anew.status, 201, "{anew:?}");
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(state(&mut world), "ProtectionConfigured");
    let status = world.follow(&again, "azure-asyncoperation").json_body();
    assert_eq!(status["status"], "Succeeded", "{status}");
}

#[test]
fn what_comes_back_from_deletion_is_resumed_whatever_was_under_way_before() {
    let mut world = protected();
    // What has no recovery point is not kept.
    let started = world.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
    assert_eq!(started.status, 202, "{started:?}");
    world.pass(SignedDuration::from_mins(30));
    world.sign_in_again();
    assert_eq!(world.delete(&below_vault(ONE)).status, 202);
    world.pass(SignedDuration::from_secs(50));
    assert_eq!(ask(&mut world, "stopProtection").status, 202);
    world.pass(SignedDuration::from_secs(37));
    let back = world.post(&below_vault("deletedBackupInstances/one/undelete"), &json!(null));
    assert_eq!(back.status, 200, "{back:?}");
    // The stop would have ended some seconds from here, and the resumption ends after it.
    let resumed = ask(&mut world, "resumeProtection");
    assert_eq!(resumed.status, 202, "{resumed:?}");
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(state(&mut world), "ProtectionConfigured");
}

#[test]
fn a_scheduled_backup_that_finds_another_running_is_left_out_and_noted() {
    let mut world = protected();
    // The policy's next time is Sunday, 8 March, 06:30.
    world.pass(SignedDuration::from_hours(6 * 24) + SignedDuration::from_mins(15));
    world.sign_in_again();
    let started = world.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
    assert_eq!(started.status, 202, "{started:?}");
    world.pass(SignedDuration::from_hours(1));
    assert_eq!(world.listed("backupJobs").len(), 1);
    let notes = world.azure.log().notes().iter().flat_map(|note| &note.rules);
    let rules: Vec<&str> = notes.map(|rule| rule.as_str()).collect();
    assert_eq!(rules, ["FX-B-10"]);
}

#[test]
fn a_restore_that_gets_no_keys_of_vault_storage_says_so() {
    let mut world = World::backed_up();
    let fault = Fault::first(
        "StorageAccounts_ListKeys",
        FaultKind::Answer(FaultAnswer::new(403, "AuthorizationFailed")),
    );
    world.azure.faults_mut().push(world.now, fault);
    let body = world.restore_body();
    let target = below_vault(&format!("{ONE}/restore"));
    assert_eq!(world.arm(Method::POST, &target, Some(&body)).status, 202);
    world.settle();
    let job = world.listed("backupJobs")[0]["properties"].clone();
    assert_eq!(job["status"], "Failed", "{job}");
    let notes = world.azure.log().notes();
    let note = notes.last().expect("a note");
    assert!(
        note.text.contains("403") && note.text.contains("keys"),
        "{}",
        note.text
    );
    let rules: Vec<&str> = note.rules.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(rules, ["DPP-MOVEMENT"]);
}
