//! Outside work that fails half-way: the job says so, and nothing half-made is left.

use azdrill_emulator::fault::{Fault, FaultAnswer, FaultKind};
use azdrill_emulator::jobs::EffectFailure;
use azdrill_emulator::server::Core;
use serde_json::Value;

use crate::bodies::backup_body;
use crate::simulated_movement::DUMP_BYTES;
use crate::world::{World, below_vault};

fn newest_job(world: &mut World) -> Value {
    let id = world.get(&below_vault("backupJobs")).json_body()["value"][0]["name"].clone();
    let path = format!("backupJobs/{}", id.as_str().expect("a job"));
    world.get(&below_vault(&path)).json_body()["properties"].clone()
}

fn back_up(world: &mut World) -> Value {
    let accepted = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(accepted.status, 202, "{accepted:?}");
    world.settle();
    newest_job(world)
}

fn a_dump_that_fails_with(failure: EffectFailure) {
    let mut world = World::protected();
    world.azure.take_released();
    world.movement.dumps_fail_with = Some(failure);
    let job = back_up(&mut world);
    assert_eq!(job["status"], "Failed", "{job}");
    assert_eq!(
        job["errorDetails"][0]["code"], "PostgreSQLFlexOperationFailedUserError",
        "{job}"
    );
    let points = world
        .get(&below_vault("backupInstances/one/recoveryPoints"))
        .json_body();
    assert_eq!(points["value"], Value::Array(Vec::new()));
    let released = world.released();
    assert_eq!(
        released, DUMP_BYTES,
        "the file that was written before the failure is given back"
    );

    world.movement.dumps_fail_with = None;
    assert_eq!(
        back_up(&mut world)["status"],
        "Completed",
        "the next backup is none the worse"
    );
}

#[test]
fn a_postgresql_that_dies_fails_the_backup_and_leaves_nothing() {
    a_dump_that_fails_with(EffectFailure::Engine(
        "server closed the connection unexpectedly".to_owned(),
    ));
}

#[test]
fn a_full_disk_fails_the_backup_and_leaves_nothing() {
    a_dump_that_fails_with(EffectFailure::Store("no space left on device".to_owned()));
}

/// Vault storage that answers 503 to the first write.
#[test]
fn a_fault_in_vault_storage_fails_the_backup() {
    let mut world = World::protected();
    let fault = Fault::first("Blob_Put", FaultKind::Answer(FaultAnswer::new(503, "ServerBusy")));
    world.azure.faults_mut().push(world.now, fault);
    let job = back_up(&mut world);
    assert_eq!(job["status"], "Failed", "{job}");
    assert_eq!(
        job["errorDetails"][0]["innerError"]["code"], "ServerBusy",
        "{job}"
    );
    assert_eq!(back_up(&mut world)["status"], "Completed");
}

#[test]
fn a_lost_answer_did_its_work() {
    let mut world = World::protected();
    let mut fault = Fault::first(
        "BackupInstances_AdhocBackup",
        FaultKind::LoseAnswer { status: 500 },
    );
    fault.place.path_contains = "/one/".to_owned();
    world.azure.faults_mut().push(world.now, fault);
    let lost = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(lost.status, 500);
    world.settle();
    assert_eq!(newest_job(&mut world)["status"], "Completed");
}
