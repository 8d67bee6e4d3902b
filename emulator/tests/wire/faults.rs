//! Faults of requests, operations and jobs, as a client meets them.

use azdrill_emulator::fault::{
    CallMaker, Fault, FaultAnswer, FaultKind, JobFault, JobFaultKind, JobPhase, Moment, OperationFault,
};
use http::Method;
use jiff::SignedDuration;
use serde_json::Value;

use crate::bodies::backup_body;
use crate::world::{World, below_vault};

const ONE: &str = "backupInstances/one";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl World {
    fn strike(&mut self, fault: Fault) {
        self.azure.faults_mut().push(self.now, fault);
    }

    fn strike_job(&mut self, job: &str, kind: JobFaultKind) {
        let fault = JobFault {
            name: String::new(),
            job: job.to_owned(),
            instance_contains: String::new(),
            moment: Moment::default(),
            optional: false,
            phase: None,
            kind,
        };
        self.azure.faults_mut().push_job(self.now, fault);
    }

    fn break_off(&mut self, job: &str, phase: JobPhase, kind: JobFaultKind) {
        let fault = JobFault {
            name: String::new(),
            job: job.to_owned(),
            instance_contains: String::new(),
            moment: Moment::default(),
            optional: false,
            phase: Some(phase),
            kind,
        };
        self.azure.faults_mut().push_job(self.now, fault);
    }

    /// The newest job, after a restore was asked for.
    fn restored_job(&mut self) -> Value {
        let body = self.restore_body();
        let asked = self.post(&below_vault(&format!("{ONE}/restore")), &body);
        assert_eq!(asked.status, 202, "{asked:?}");
        self.settle();
        self.listed("backupJobs")[0]["properties"].clone()
    }

    /// The newest job, after a backup was asked for.
    fn backed_up_job(&mut self) -> Value {
        let asked = self.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
        assert_eq!(asked.status, 202, "{asked:?}");
        self.settle();
        self.listed("backupJobs")[0]["properties"].clone()
    }

    fn count_points(&mut self) -> usize {
        self.listed(&format!("{ONE}/recoveryPoints")).len()
    }
}

/// A deletion that has happened, and is not seen at once.
#[test]
fn a_read_may_be_stale() {
    let mut world = World::protected();
    let mut deleted = Fault::first("BackupInstances_Delete", FaultKind::Pass);
    deleted.name = "deleted".to_owned();
    world.strike(deleted);
    let mut stale = Fault::first("BackupInstances_Get", FaultKind::Stale);
    stale.moment = Moment {
        after: "deleted".to_owned(),
        ..Moment::of(1, 2)
    };
    world.strike(stale);
    let one = below_vault(ONE);
    assert_eq!(world.get(&one).status, 200);
    assert!(world.delete(&one).status.is_success());
    world.settle();
    for status in [200, 200, 404] {
        assert_eq!(world.get(&one).status, status);
    }
}

/// A job fails where it has come to: a backup leaves no recovery point, and the next one goes well.
#[test]
fn a_backup_fails_in_the_middle_of_its_work() {
    for phase in [JobPhase::Accepted, JobPhase::Dumping] {
        let mut world = World::protected();
        let code = "LongRunningRestoreTrackingFailure".to_owned();
        world.break_off("Backup", phase, JobFaultKind::Fail { code });
        let job = world.backed_up_job();
        assert_eq!(job["status"], "Failed", "{phase:?}: {job}");
        let told = job["errorDetails"].to_string();
        assert!(told.contains("LongRunningRestoreTrackingFailure"), "{told}");
        assert_eq!(world.azure.faults().struck(), (1, 1));
        assert_eq!(world.count_points(), 0);
        assert_eq!(world.backed_up_job()["status"], "Completed", "{phase:?}");
        assert_eq!(world.count_points(), 1);
    }
}

#[test]
fn a_restore_is_broken_off_while_it_copies() {
    let mut world = World::backed_up();
    let code = "LongRunningRestoreTrackingFailure".to_owned();
    world.break_off("Restore", JobPhase::Copying, JobFaultKind::Fail { code });
    let job = world.restored_job();
    assert_eq!(job["status"], "Failed", "{job}");
    assert!(
        job["errorDetails"]
            .to_string()
            .contains("LongRunningRestoreTrackingFailure")
    );
    world.break_off("Restore", JobPhase::Copying, JobFaultKind::Stick);
    assert_eq!(world.restored_job()["status"], "InProgress");
    world.pass(HOUR);
    assert_eq!(
        world.listed("backupJobs")[0]["properties"]["status"],
        "InProgress"
    );
    // It comes to no phase of another kind of restore.
    world.break_off("Restore", JobPhase::Loading, JobFaultKind::Stick);
    assert_eq!(world.restored_job()["status"], "Completed");
    assert_eq!(world.azure.faults().struck(), (2, 3));
}

/// Resource Graph may answer a query as it did before.
#[test]
fn a_query_may_be_stale() {
    let mut world = World::protected();
    let mut stale = Fault::first("ResourceGraph_Query", FaultKind::Stale);
    stale.moment = Moment::of(1, 2);
    world.strike(stale);
    let count = |world: &mut World, kind: &str| {
        let query = format!("resources | where type =~ '{kind}' | project name");
        let request = world.request(
            Method::POST,
            "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01",
        );
        let answer = world.send_with(request, Some(&serde_json::json!({"query": query})));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json_body()["count"].clone()
    };
    let (networks, accounts) = (
        "microsoft.network/virtualnetworks",
        "microsoft.storage/storageaccounts",
    );
    assert_eq!(count(&mut world, networks), 0);
    let made = world.put(
        "/providers/Microsoft.Network/virtualNetworks/late",
        &serde_json::json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}),
    );
    assert!(made.status.is_success(), "{made:?}");
    world.settle();
    // What was not asked before is answered as it is.
    assert_eq!(count(&mut world, accounts), 1);
    for expected in [0, 0, 1] {
        assert_eq!(count(&mut world, networks), expected);
    }
}

/// As where azdrill's own disk is full: what could not be kept any more has happened, and nothing after it does.
#[test]
fn a_disk_that_is_full_answers_nothing_and_lets_the_first_happen() {
    let mut world = World::protected();
    let mut full = Fault::first("", FaultKind::DiskFull);
    full.moment = Moment::of(1, 3);
    world.strike(full);
    let name = |world: &World, name: &str| world.group().replace("drill", name);
    let (first, second) = (name(&world, "first"), name(&world, "second"));
    let body = serde_json::json!({"location": "westeurope"});
    for target in [&first, &second] {
        let answer = world.put(target, &body);
        assert_eq!(answer.status, 507);
        assert_eq!(answer.header("x-ms-error-code"), Some("SyntheticStateNotKept"));
        assert_eq!(answer.header("x-azdrill-synthetic"), Some("true"));
        assert_eq!(answer.header("x-azdrill-gate"), Some("fault"));
    }
    assert_eq!(world.get(&first).status, 507);
    assert_eq!(world.get(&first).status, 200, "it was done");
    assert_eq!(world.get(&second).status, 404, "it was not");
}

#[test]
fn an_operation_is_told_to_stand_otherwise_than_it_does() {
    let stand = |fault: OperationFault| {
        let mut world = World::protected();
        world.strike(Fault::first(
            "BackupInstances_AdhocBackup",
            FaultKind::Operation(fault),
        ));
        let asked = world.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
        let stands = |world: &mut World| {
            world.settle();
            let body = world.follow(&asked, "azure-asyncoperation").json_body();
            assert_eq!(world.count_points(), 1, "its work is done");
            (
                body["status"].as_str().unwrap_or_default().to_owned(),
                body["error"]["code"].as_str().unwrap_or_default().to_owned(),
            )
        };
        let first = stands(&mut world);
        world.pass(HOUR);
        world.sign_in_again();
        [first, stands(&mut world)].map(|(status, code)| format!("{status} {code}"))
    };
    let [soon, later] = stand(OperationFault::Stick);
    assert_eq!((&*soon, &*later), ("Inprogress ", "Inprogress "));
    let [soon, later] = stand(OperationFault::EndLate { by: HOUR });
    assert_eq!((&*soon, &*later), ("Inprogress ", "Succeeded "));
    let code = "CloudInternalError".to_owned();
    let [soon, later] = stand(OperationFault::Fail { code });
    assert_eq!(soon, later);
    assert_eq!(soon, "Failed CloudInternalError");
}

#[test]
fn a_job_is_struck_as_it_begins_or_when_its_work_is_done() {
    let code = || "LongRunningRestoreTrackingFailure".to_owned();
    for (kind, status, points) in [
        (JobFaultKind::Fail { code: code() }, "Failed", 0),
        (JobFaultKind::FailThoughDone { code: code() }, "Failed", 1),
        (JobFaultKind::Stick, "InProgress", 1),
        (JobFaultKind::EndLate { by: HOUR }, "InProgress", 1),
    ] {
        let mut world = World::protected();
        let late = matches!(kind, JobFaultKind::EndLate { .. });
        world.strike_job("Restore", JobFaultKind::Stick);
        world.strike_job("Backup", kind);
        let job = world.backed_up_job();
        assert_eq!(
            (&job["status"], world.count_points()),
            (&Value::from(status), points)
        );
        if status == "Failed" {
            assert_eq!(job["errorDetails"][0]["code"], code(), "{job}");
        }
        if late {
            world.pass(HOUR);
            world.sign_in_again();
            assert_eq!(world.listed("backupJobs")[0]["properties"]["status"], "Completed");
        }
        if status == "Failed" {
            assert_eq!(world.backed_up_job()["status"], "Completed", "only one is struck");
        }
    }
}

#[test]
fn an_answer_lacks_the_headers_a_fault_takes_away() {
    let mut world = World::protected();
    world.strike(Fault::first(
        "BackupInstances_AdhocBackup",
        FaultKind::DropHeaders {
            names: vec!["Azure-AsyncOperation".to_owned(), "retry-after".to_owned()],
        },
    ));
    let target = below_vault(&format!("{ONE}/backup"));
    let asked = world.post(&target, &backup_body());
    assert_eq!(asked.status, 202);
    assert_eq!(asked.header("azure-asyncoperation"), None);
    assert_eq!(asked.header("retry-after"), None);
    assert!(asked.header("location").is_some());
}

#[test]
fn an_answer_has_the_words_and_headers_of_its_fault() {
    let mut world = World::protected();
    let mut throttled = FaultAnswer::new(429, "TooManyRequests");
    throttled.message = "Slow down.".to_owned();
    throttled.retry_after_seconds = Some(17);
    let left = ("x-ms-ratelimit-remaining-subscription-reads", "0");
    throttled.headers.insert(left.0.to_owned(), left.1.to_owned());
    let mut empty = FaultAnswer::new(406, "");
    empty.empty = true;
    for answer in [throttled, empty] {
        world.strike(Fault::first("BackupInstances_Get", FaultKind::Answer(answer)));
    }
    let throttled = world.get(&below_vault(ONE));
    assert_eq!(throttled.status, 429);
    assert_eq!(throttled.json_body()["error"]["message"], "Slow down.");
    assert_eq!(throttled.header("retry-after"), Some("17"));
    assert_eq!(throttled.header(left.0), Some(left.1));
    let empty = world.get(&below_vault(ONE));
    assert_eq!((empty.status.as_u16(), empty.body.bytes().len()), (406, 0));
}

/// A write of the fake services' own is struck where a client's is not.
#[test]
fn a_fault_is_about_whose_requests_it_says() {
    let mut world = World::protected();
    let account = world.account();
    let mut fault = Fault::first(
        "StorageAccounts_ListKeys",
        FaultKind::Answer(FaultAnswer::new(503, "ServerBusy")),
    );
    fault.place.by = Some(CallMaker::Service);
    fault.moment = Moment::always();
    world.strike(fault);
    let keys = world.arm(Method::POST, &format!("{account}/listKeys"), None);
    assert_eq!(keys.status, 200);
    assert_eq!(world.backed_up_job()["status"], "Failed");
}

/// Whoever is not known where it asks has been told nothing: a target that answers 401 is none that is there and empty.
#[test]
fn a_target_that_knows_nobody_is_not_taken_to_be_as_it_should_be() {
    for operation in ["Container_Properties", "Blobs_List"] {
        let mut world = World::backed_up();
        let answer = FaultAnswer::new(401, "InvalidAuthenticationInfo");
        let mut fault = Fault::first(operation, FaultKind::Answer(answer));
        fault.place.by = Some(CallMaker::Service);
        world.strike(fault);
        let struck = world.restore_needs(|_| {});
        assert_eq!(struck.json_body()["status"], "Failed", "{operation}: {struck:?}");
        let again = world.restore_needs(|_| {});
        assert_eq!(again.json_body()["status"], "Succeeded", "{operation}: {again:?}");
    }
}

#[test]
fn a_fault_has_a_window_of_the_worlds_time() {
    let mut world = World::protected();
    let mut fault = Fault::first(
        "BackupInstances_Get",
        FaultKind::Answer(FaultAnswer::new(503, "ServerBusy")),
    );
    fault.moment = Moment {
        begins: HOUR,
        ends: Some(HOUR * 2),
        ..Moment::always()
    };
    world.strike(fault);
    for status in [200, 503, 200] {
        world.sign_in_again();
        assert_eq!(world.get(&below_vault(ONE)).status, status);
        world.pass(HOUR);
    }
}

/// A fault that changes nothing has not struck.
#[test]
fn what_changes_nothing_strikes_nothing() {
    let mut world = World::protected();
    let names = vec!["x-nowhere".to_owned()];
    for kind in [
        FaultKind::Operation(OperationFault::Stick),
        FaultKind::DropHeaders { names },
    ] {
        world.strike(Fault::first("BackupInstances_Get", kind));
    }
    for _ in 0..3 {
        let read = world.get(&below_vault(ONE));
        assert_eq!((read.status.as_u16(), read.header("x-azdrill-gate")), (200, None));
    }
    assert_eq!(world.azure.faults().struck(), (0, 2));
}

/// What is refused begins no operation, whatever is to become of one.
#[test]
fn what_is_refused_is_struck_by_no_fault_of_operations() {
    let mut world = World::protected();
    let stick = FaultKind::Operation(OperationFault::Stick);
    world.strike(Fault::first("BackupInstances_AdhocBackup", stick));
    let none = below_vault("backupInstances/none/backup");
    assert_eq!(world.post(&none, &backup_body()).status, 404);
    assert_eq!(world.azure.faults().struck(), (0, 1));
}
