//! Resource groups are deleted, or say what of theirs could not be: the operation ends either way.

use azdrill_emulator::fault::{Fault, FaultAnswer, FaultKind, Moment};
use azdrill_emulator::model::Response;
use jiff::SignedDuration;
use serde_json::json;

use crate::bodies::{backup_body, policy_body};
use crate::callers::refusal;
use crate::world::{World, below_vault};

/// So much time passes, and the operation must have ended by then. Gives back its error, if it has one.
#[track_caller]
fn ended(world: &mut World, deleted: &Response) -> Option<String> {
    assert_eq!(deleted.status, 202, "{deleted:?}");
    world.pass(SignedDuration::from_hours(12));
    world.sign_in_again();
    let answer = world.follow(deleted, "location");
    assert_ne!(answer.status, 202, "it goes on for ever");
    answer.json_body()["error"]["code"].as_str().map(str::to_owned)
}

fn fails(world: &mut World, operation: &str, code: &str, times: u64) {
    let mut fault = Fault::first(operation, FaultKind::Answer(FaultAnswer::new(503, code)));
    fault.moment = Moment::of(1, times);
    world.azure.faults_mut().push(world.now, fault);
}

#[test]
fn whatever_a_resource_answers_the_deletion_ends() {
    for (code, times) in [("ServerBusy", 1), ("ServerIsBusy", 1_000_000)] {
        let mut world = World::new();
        world.put_account();
        fails(&mut world, "StorageAccounts_Delete", code, times);
        let group = world.group();
        let deleted = world.delete(&group);
        let error = ended(&mut world, &deleted);
        assert_eq!(error.as_deref(), Some("ResourceGroupDeletionBlocked"), "{code}");
        let body = world.get(&group).json_body();
        assert_eq!(body["properties"]["provisioningState"], "Succeeded");
    }
}

#[test]
fn what_is_busy_for_a_while_is_asked_again() {
    let mut world = World::new();
    world.put_account();
    fails(&mut world, "StorageAccounts_Delete", "ServerIsBusy", 3);
    let group = world.group();
    let deleted = world.delete(&group);
    assert_eq!(ended(&mut world, &deleted), None);
    assert_eq!(world.get(&group).status, 404);
}

#[test]
fn nothing_is_written_into_a_group_that_is_being_deleted() {
    let mut world = World::paced();
    world.put_vault("2024-04-01", "On");
    world.pass(SignedDuration::from_mins(1));
    let group = world.group();
    let deleted = world.delete(&group);
    world.begin();
    assert_eq!(
        world.get(&group).json_body()["properties"]["provisioningState"],
        "Deleting"
    );
    let account = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    let refused = [
        world.put("/providers/Microsoft.Storage/storageAccounts/another", &account),
        world.put(&below_vault("backupPolicies/another"), &policy_body()),
        world.put(&group, &json!({"location": "westeurope"})),
    ];
    for answer in &refused {
        assert_eq!(refusal(answer), (409, "ResourceGroupBeingDeleted".to_owned()));
    }
    assert_eq!(ended(&mut world, &deleted), None);
    assert_eq!(world.get(&group).status, 404);
    assert_eq!(world.put(&group, &json!({"location": "westeurope"})).status, 201);
}

/// The vault's deletion is accepted, and fails in the end: an instance has come back meanwhile.
#[test]
fn a_deletion_that_was_accepted_and_fails_ends_the_groups() {
    let mut world = World::paced().protect();
    world.pass(SignedDuration::from_mins(5));
    let backup = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(backup.status, 202, "{backup:?}");
    world.put_vault("2024-04-01", "AlwaysOn");
    world.pass(SignedDuration::from_hours(1));
    world.sign_in_again();
    world.delete(&below_vault("backupInstances/one"));
    world.pass(SignedDuration::from_mins(10));
    world.sign_in_again();
    let group = world.group();
    let deleted = world.delete(&group);
    world.begin();
    let back = world.post(&below_vault("deletedBackupInstances/one/undelete"), &json!({}));
    assert!(back.status.is_success(), "{back:?}");
    let error = ended(&mut world, &deleted);
    assert_eq!(error.as_deref(), Some("ResourceGroupDeletionBlocked"));
    assert_eq!(world.get(&below_vault("")).status, 200);
}
