//! Which fault strikes.

use http::{Method, StatusCode};
use uuid::Uuid;

use super::*;
use crate::model::{Mishap, NetworkPath, Origin, PrincipalId, Request, ResourceId, Response, Timestamp};
use crate::rules::OriginKind;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn put(path: &str) -> Request {
    Request::new(Method::PUT, "a.blob.core.windows.net", path)
}

/// A request of the vault's, from the internet.
fn strike(plan: &mut FaultPlan, operation: &str, request: &Request) -> Option<FaultKind> {
    let arrived = Arrived {
        operation,
        caller: "vault",
        principal: Some(PrincipalId(Uuid::from_u128(7))),
        path: &NetworkPath::internet(),
        by: CallMaker::Service,
        request,
    };
    plan.strike(NOW, &arrived)
}

fn lost() -> FaultKind {
    FaultKind::LoseAnswer { status: 500 }
}

#[test]
fn a_fault_strikes_the_matches_it_names_and_no_others() {
    let mut plan = FaultPlan::default();
    let mut fault = Fault::first("Blob_Put", lost());
    fault.place.path_contains = "/C/".to_owned();
    fault.moment = Moment::of(2, 1);
    plan.push(NOW, fault);
    let (here, elsewhere) = (put("/c/x"), put("/d/x"));
    assert_eq!(strike(&mut plan, "Blob_Put", &here), None);
    assert_eq!(strike(&mut plan, "Blob_Put", &elsewhere), None);
    assert_eq!(strike(&mut plan, "Blob_Get", &here), None);
    assert!(strike(&mut plan, "Blob_Put", &here).is_some());
    assert_eq!(strike(&mut plan, "Blob_Put", &here), None);
}

#[test]
fn a_place_says_who_asks_and_from_where() {
    let place = |change: fn(&mut Place)| {
        let mut place = Place::default();
        change(&mut place);
        let mut plan = FaultPlan::default();
        plan.push(
            NOW,
            Fault {
                place,
                ..Fault::first("", lost())
            },
        );
        strike(&mut plan, "Blob_Put", &put("/c/x")).is_some()
    };
    assert!(place(|own| own.principal = "VAULT".to_owned()));
    assert!(place(|own| own.principal = Uuid::from_u128(7).to_string()));
    assert!(!place(|own| own.principal = "operator".to_owned()));
    assert!(place(|own| own.from = Some(OriginKind::Internet)));
    assert!(!place(|own| own.from = Some(OriginKind::Subnet)));
    assert!(place(|own| own.by = Some(CallMaker::Service)));
    assert!(!place(|own| own.by = Some(CallMaker::Client)));
}

#[test]
fn what_is_of_a_connection_strikes_nothing_that_comes_without() {
    let mut plan = FaultPlan::default();
    plan.push(NOW, Fault::first("", FaultKind::Deliver(Mishap::Close)));
    let mut request = put("/c/x");
    assert_eq!(strike(&mut plan, "Blob_Put", &request), None);
    request.came_at = Some(NOW);
    assert!(strike(&mut plan, "Blob_Put", &request).is_some());
}

/// What happens lets another fault strike, and is none itself.
#[test]
fn a_fault_waits_for_another() {
    let mut plan = FaultPlan::default();
    let mut first = Fault::first("Blob_Delete", FaultKind::Pass);
    first.name = "deleted".to_owned();
    plan.push(NOW, first);
    let mut then = Fault::first("Blob_Get", lost());
    then.moment.after = "deleted".to_owned();
    plan.push(NOW, then);
    assert_eq!(strike(&mut plan, "Blob_Get", &put("/c/x")), None);
    assert_eq!(strike(&mut plan, "Blob_Delete", &put("/c/x")), None);
    assert!(strike(&mut plan, "Blob_Get", &put("/c/x")).is_some());
}

#[test]
fn a_stale_read_gives_what_was_answered_before() {
    let mut plan = FaultPlan::default();
    let get = Request::new(Method::GET, "management.azure.com", "/a?b=c");
    plan.remember(&get, &Response::new(StatusCode::OK));
    assert!(plan.answered_before(&get).is_none(), "nothing is kept for nobody");
    let mut stale = Fault::first("Read", FaultKind::Stale);
    stale.moment = Moment::always();
    plan.push(NOW, stale);
    assert_eq!(strike(&mut plan, "Read", &get), None);
    plan.remember(&get, &Response::new(StatusCode::OK));
    plan.remember(&put("/a?b=c"), &Response::new(StatusCode::CREATED));
    assert_eq!(strike(&mut plan, "Read", &get), Some(FaultKind::Stale));
    let answer = plan.answered_before(&get).expect("one was given");
    assert_eq!(answer.status, StatusCode::OK);
}

#[test]
fn what_never_struck_is_told_with_what_it_waits_for() {
    let mut plan = FaultPlan::default();
    for nth in [1, 3] {
        let mut fault = Fault::first("Blob_Put", lost());
        fault.moment = Moment::of(nth, u64::MAX);
        plan.push(NOW, fault);
    }
    plan.push_connection(
        NOW,
        DatabaseFault {
            name: String::new(),
            server: "drill".to_owned(),
            from: None,
            moment: Moment::default(),
            optional: false,
            kind: ConnectionFault::Refuse,
        },
    );
    assert!(strike(&mut plan, "Blob_Put", &put("/c/x")).is_some());
    let unstruck: Vec<_> = plan
        .unstruck()
        .map(|one| (one.matched, one.server.map(str::to_owned)))
        .collect();
    assert_eq!(unstruck, [(0, None), (0, Some("drill".to_owned()))]);
    assert_eq!(plan.struck(), (1, 3));
}

#[test]
fn a_connection_is_struck_by_server_place_and_count() {
    let mut plan = FaultPlan::default();
    let reset = ConnectionFault::ResetAfter { bytes: 10 };
    for (server, from, moment, kind) in [
        ("Drill", OriginKind::Internet, Moment::of(2, 1), reset),
        ("", OriginKind::Subnet, Moment::always(), ConnectionFault::Refuse),
    ] {
        plan.push_connection(
            NOW,
            DatabaseFault {
                name: String::new(),
                server: server.to_owned(),
                from: Some(from),
                moment,
                optional: false,
                kind,
            },
        );
    }
    assert!(plan.is_empty(), "no request is struck");
    let laptop = NetworkPath::internet();
    let subnet = NetworkPath {
        origin: Origin::Subnet {
            subnet: ResourceId::from_segments(["subnets", "s"]),
        },
    };
    let mut connect = |server: &str, path: &NetworkPath| plan.strike_connection(NOW, server, path);
    assert_eq!(connect("drill", &laptop), None);
    assert_eq!(connect("other", &laptop), None);
    assert_eq!(connect("drill", &laptop), Some(reset));
    assert_eq!(connect("drill", &laptop), None);
    for _ in 0..3 {
        assert_eq!(connect("drill", &subnet), Some(ConnectionFault::Refuse));
    }
    plan.clear();
    assert_eq!(plan.strike_connection(NOW, "drill", &subnet), None);
}

#[test]
fn a_job_is_struck_as_it_begins_or_at_its_end() {
    let mut plan = FaultPlan::default();
    for kind in [
        JobFaultKind::Stick,
        JobFaultKind::Fail {
            code: "No".to_owned(),
        },
    ] {
        plan.push_job(
            NOW,
            JobFault {
                name: String::new(),
                job: "restore".to_owned(),
                instance_contains: "SALES".to_owned(),
                moment: Moment::default(),
                optional: false,
                phase: None,
                kind,
            },
        );
    }
    let mut strike = |job, point| plan.strike_job(NOW, job, "/vaults/v/backupInstances/sales", point);
    assert_eq!(strike("Backup", JobPoint::Working(JobPhase::Accepted)), None);
    let fails = strike("Restore", JobPoint::Working(JobPhase::Accepted));
    assert!(matches!(fails, Some(JobFaultKind::Fail { .. })), "{fails:?}");
    assert_eq!(strike("Restore", JobPoint::Failed), Some(JobFaultKind::Stick));
    assert_eq!(strike("Restore", JobPoint::Failed), None);
}

#[test]
fn a_servers_own_dump_is_struck_where_that_is_said() {
    let fault = |from, kind| DatabaseFault {
        name: String::new(),
        server: "drill".to_owned(),
        from,
        moment: Moment::always(),
        optional: false,
        kind,
    };
    let crash = ConnectionFault::CrashAfter { bytes: 1 };
    for (own, struck) in [
        (fault(Some(OriginKind::Service), crash), Some(crash)),
        (fault(None, crash), None),
        (fault(Some(OriginKind::Internet), crash), None),
        // It writes nothing there.
        (fault(Some(OriginKind::Service), ConnectionFault::ReadOnly), None),
    ] {
        let mut plan = FaultPlan::default();
        plan.push_connection(NOW, own);
        assert_eq!(plan.strike_own_dump(NOW, "other"), None);
        assert_eq!(plan.strike_own_dump(NOW, "Drill"), struck);
    }
}

#[test]
fn a_file_is_struck_where_that_changes_something() {
    let files = [("database_one", 10), ("database_two", 20), ("roles", 5)];
    let files = files.map(|(name, length)| Artefact { name, length });
    let cut = |file: &str, bytes| ArtefactFault::Cut {
        file: file.to_owned(),
        bytes,
    };
    let zero = |file: &str, at_byte| ArtefactFault::Zero {
        file: file.to_owned(),
        at_byte,
    };
    let left_out = |file: &str| ArtefactFault::LeaveOut {
        file: file.to_owned(),
    };
    for (fault, struck) in [
        (cut("database_", 9), Some(0)),
        (cut("database_", 10), Some(1)),
        (cut("database_", 20), None),
        (zero("", 0), Some(0)),
        (zero("two", 19), Some(1)),
        (zero("", u64::MAX), None),
        (left_out("roles"), Some(2)),
        (left_out("nothing"), None),
        (ArtefactFault::OlderPoint, None),
    ] {
        let kind = JobFaultKind::Artefact(fault.clone());
        assert_eq!(fault.strikes(&files), struck, "{fault}");
        assert_eq!(kind.strikes_at(None, JobPoint::Writing(&files)), struck.is_some());
        let older = fault == ArtefactFault::OlderPoint;
        assert_eq!(kind.strikes_at(None, JobPoint::Reading), older);
        assert!(!kind.strikes_at(None, JobPoint::Done));
    }
}

#[test]
fn a_job_is_broken_off_at_the_phase_that_is_said() {
    let fails = JobFaultKind::Fail {
        code: "No".to_owned(),
    };
    let phases = [
        JobPhase::Accepted,
        JobPhase::Dumping,
        JobPhase::Copying,
        JobPhase::Loading,
    ];
    for kind in [fails.clone(), JobFaultKind::Stick] {
        for said in phases {
            let struck: Vec<JobPhase> = phases
                .into_iter()
                .filter(|phase| kind.strikes_at(Some(said), JobPoint::Working(*phase)))
                .collect();
            assert_eq!(struck, [said], "{kind}");
            assert!(!kind.strikes_at(Some(said), JobPoint::Done));
            assert!(!kind.strikes_at(Some(said), JobPoint::Failed));
        }
    }
    assert!(fails.strikes_at(None, JobPoint::Working(JobPhase::Accepted)));
    assert!(!fails.strikes_at(None, JobPoint::Working(JobPhase::Copying)));
}
