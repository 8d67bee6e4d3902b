//! Judgements of runs that were not, and plans.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use azdrill_emulator::fault::{ArtefactFault, JobFaultKind};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use serde_json::json;

use super::*;
use crate::serve::{Call, Job, Record, Told};

const BOUND: Duration = Duration::from_secs(60);

fn rules() -> Rules {
    Rules::load(Profile::Observed, &Assumptions::new()).unwrap()
}

fn call(method: &str, path: &str, seconds: f64, status: u16) -> Call {
    Call {
        number: 0,
        at: Timestamp::UNIX_EPOCH,
        seconds,
        caller: "operator".to_owned(),
        by_service: false,
        method: method.to_owned(),
        host: "management.azure.com".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        api_version: String::new(),
        operation: path.trim_start_matches('/').to_owned(),
        status,
        refused: None,
        not_implemented: None,
        faulted: false,
        failed: None,
        request_headers: BTreeMap::new(),
        request_body: None,
        response_headers: BTreeMap::new(),
        response_body: None,
    }
}

/// A call that a fault struck, with an error's code, and `Retry-After`.
fn struck(method: &str, path: &str, seconds: f64, status: u16, retry_after: Option<&str>) -> Call {
    let mut call = call(method, path, seconds, status);
    call.faulted = true;
    call.response_body = Some(json!({"error": {"code": "ServerBusy"}}));
    if let Some(wait) = retry_after {
        call.response_headers
            .insert("retry-after".to_owned(), wait.to_owned());
    }
    call
}

fn restored(status: &str) -> Job {
    Job {
        id: "one".to_owned(),
        operation: "Restore".to_owned(),
        instance: "drill".to_owned(),
        status: status.to_owned(),
        code: if status == "Failed" {
            "CloudInternalError"
        } else {
            ""
        }
        .to_owned(),
        message: String::new(),
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        refused: None,
    }
}

fn record(calls: Vec<Call>, jobs: Vec<Job>) -> Record {
    Record {
        command: "restore".to_owned(),
        exit_code: 0,
        world: None,
        profile: "observed".to_owned(),
        began: Timestamp::UNIX_EPOCH,
        ended: Timestamp::UNIX_EPOCH,
        seconds: 3.0,
        calls_made: calls.len() as u64,
        faults_struck: u64::from(calls.iter().any(|call| call.faulted)),
        calls,
        told: Vec::new(),
        jobs,
        failed_operations: Vec::new(),
        recovery_points: 1,
        new_recovery_points: 0,
        not_implemented: Vec::new(),
        unknown_hosts: Vec::new(),
        faults: 1,
        faults_unstruck: Vec::new(),
        outside: BTreeMap::new(),
        rules: Vec::new(),
        fixes: BTreeMap::new(),
    }
}

fn played(calls: Vec<Call>, jobs: Vec<Job>, code: u8, output: &str) -> Played {
    Played {
        record: record(calls, jobs),
        code,
        killed: false,
        bound: BOUND,
        output: output.to_owned(),
        before: Facts::default(),
        after: Facts::default(),
    }
}

fn clean() -> Played {
    let calls = vec![
        call("GET", "/points", 0.1, 200),
        call("POST", "/restore", 0.2, 202),
    ];
    played(calls, vec![restored("Completed")], 0, "")
}

fn plan(ends: Ends, faults: &str) -> Plan {
    Plan {
        name: "x".to_owned(),
        title: "x".to_owned(),
        ends,
        faults: toml::from_str(faults).unwrap(),
    }
}

/// What is missed, each by its word.
#[track_caller]
fn missed(ends: Ends, run: &Played) -> Vec<&'static str> {
    let judged = judge(&plan(ends, ""), &clean(), run);
    assert!(judged.met);
    judged.missed().map(|(judgement, _)| judgement.as_str()).collect()
}

#[test]
fn who_waits_asks_again_and_succeeds_misses_nothing() {
    let calls = vec![
        struck("GET", "/points", 0.1, 503, Some("2")),
        call("GET", "/points", 2.2, 200),
        call("POST", "/restore", 2.3, 202),
    ];
    let run = played(calls, vec![restored("Completed")], 0, "");
    assert!(missed(Ends::Recovers, &run).is_empty());
}

#[test]
fn who_gives_up_on_what_passes_or_does_not_say_why_is_found_out() {
    let calls = || vec![struck("GET", "/points", 0.1, 503, None)];
    let silent = played(calls(), Vec::new(), 1, "KeyError: 'value'");
    assert_eq!(missed(Ends::Recovers, &silent), ["retried", "told"]);
    assert_eq!(missed(Ends::GivesUp, &silent), ["told"]);
    for says in ["the server answered 503", "ERROR: (serverbusy) try later"] {
        assert!(missed(Ends::GivesUp, &played(calls(), Vec::new(), 1, says)).is_empty());
    }
}

#[test]
fn who_does_not_wait_as_long_as_it_is_told_is_found_out() {
    let calls = vec![
        struck("GET", "/points", 0.1, 503, Some("2")),
        call("GET", "/points", 1.1, 200),
    ];
    let run = played(calls, vec![restored("Completed")], 0, "");
    assert_eq!(missed(Ends::Recovers, &run), ["waited"]);
}

#[test]
fn who_hammers_or_goes_on_with_what_cannot_be_is_found_out() {
    let many = |status, pause: f64| {
        let calls = (0..8).map(|number| struck("GET", "/points", f64::from(number) * pause, status, None));
        played(calls.collect(), Vec::new(), 1, "ServerBusy")
    };
    assert_eq!(missed(Ends::GivesUp, &many(503, 0.01)), ["calm"]);
    assert_eq!(missed(Ends::GivesUp, &many(403, 1.0)), ["stopped"]);
    assert!(missed(Ends::GivesUp, &many(503, 1.0)).is_empty());
    let polls = (0..100).map(|number| call("GET", "/job", f64::from(number), 200));
    let mut polls: Vec<Call> = polls.collect();
    polls.push(struck("GET", "/points", 200.0, 503, None));
    assert_eq!(
        missed(Ends::GivesUp, &played(polls, Vec::new(), 1, "503")),
        ["calm"]
    );
}

#[test]
fn who_asks_twice_for_what_was_done_is_found_out() {
    let calls = || {
        vec![
            struck("POST", "/restore", 0.1, 504, None),
            call("POST", "/restore", 0.5, 202),
        ]
    };
    let twice = played(calls(), vec![restored("Completed"), restored("Completed")], 0, "");
    assert_eq!(missed(Ends::Either, &twice), ["once"]);
    let again = played(calls(), vec![restored("Failed"), restored("Completed")], 0, "");
    assert!(missed(Ends::Either, &again).is_empty());
}

#[test]
fn who_does_not_end_is_judged_by_what_it_had_done() {
    let mut run = played(vec![struck("GET", "/job", 0.1, 503, None)], Vec::new(), 143, "");
    run.killed = true;
    assert_eq!(missed(Ends::GivesUp, &run), ["ended"]);
}

#[test]
fn who_takes_what_came_damaged_for_whole_is_found_out() {
    let cut = plan(
        Ends::Either,
        "[[request]]\nconnection = { flip_bit_at_byte = 5 }\n",
    );
    let judged = |again: bool| {
        let mut calls = vec![struck("GET", "/dump", 0.1, 200, None)];
        if again {
            calls.push(call("GET", "/dump", 0.3, 200));
        }
        let run = played(calls, vec![restored("Completed")], 0, "");
        let judged = judge(&cut, &clean(), &run);
        judged
            .missed()
            .map(|(judgement, _)| judgement.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(judged(false), ["true"]);
    assert!(judged(true).is_empty());
}

#[test]
fn who_reports_success_over_restores_that_are_all_damaged_is_found_out() {
    let older = plan(
        Ends::Either,
        "[[job]]\njob = \"Restore\"\nfault = \"older_recovery_point\"\n",
    );
    let artefact = JobFaultKind::Artefact(ArtefactFault::OlderPoint);
    let struck = Told {
        at: Timestamp::UNIX_EPOCH,
        seconds: 0.0,
        about: "fault".to_owned(),
        text: format!("a job of sales is struck by a fault: {artefact}"),
        refused: None,
    };
    let judged = |restores: usize, code: u8, output: &str| {
        let jobs = vec![restored("Completed"); restores];
        let mut run = played(Vec::new(), jobs, code, output);
        run.record.faults_struck = 1;
        run.record.told = vec![struck.clone()];
        let judged = judge(&older, &clean(), &run);
        let missed = judged.missed().map(|(judgement, _)| judgement.as_str());
        missed.collect::<Vec<_>>()
    };
    assert_eq!(judged(1, 0, ""), ["true"]);
    // The second one was whole, though nobody wanted two.
    assert_eq!(judged(2, 0, ""), ["once"]);
    assert!(judged(1, 1, "rows differ").is_empty());
    assert_eq!(judged(1, 1, "it did not work"), ["told"]);
}

#[test]
fn the_documents_say_how_many_incidents_there_are() {
    let count = incidents().len();
    for (name, sentence) in [
        ("README.md", format!("each in a fresh world: {count} incidents")),
        ("docs/chaos.md", format!("all {count}, also those")),
    ] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&sentence), "{name} does not say: {sentence}");
    }
}

#[test]
fn a_plan_whose_faults_strike_nothing_is_not_met() {
    let run = played(vec![call("GET", "/points", 0.1, 200)], Vec::new(), 1, "");
    let judged = judge(&plan(Ends::Recovers, ""), &clean(), &run);
    assert!(!judged.met && judged.held());
    assert!(judged.marks.values().all(|mark| *mark == Mark::NotAsked));
}

#[test]
fn every_incident_is_a_plan_with_sources_and_a_way_out() {
    let rules = rules();
    let names: BTreeSet<&str> = incidents().iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names.len(), incidents().len(), "names are there once");
    assert!(incidents().len() >= 40);
    for own in incidents() {
        let plan = own.plan();
        assert!(!plan.is_empty(), "{}", own.name);
        plan.file(&rules).unwrap_or_else(|error| panic!("{error}"));
        let form = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        assert!(own.name.chars().all(form), "{}", own.name);
        assert!(
            ["doc", "recorded", "reported", "inferred"].contains(&own.mark.as_str()),
            "{}",
            own.name
        );
        assert!(
            !own.sources.is_empty() && !own.what.is_empty() && !own.behaves.is_empty(),
            "{}",
            own.name
        );
    }
}

/// What a restore calls.
fn called() -> Record {
    let calls = [
        ("POST", "Token"),
        ("GET", "RecoveryPoints_List"),
        ("POST", "BackupInstances_TriggerRestore"),
        ("GET", "BackupJobs_Get"),
        ("GET", "BackupJobs_Get"),
        ("GET", "Blob_Get"),
        ("CONNECT", "DatabaseConnection"),
    ];
    let status = |operation: &str| if operation.ends_with("Restore") { 202 } else { 200 };
    let calls = calls.map(|(method, operation)| call(method, operation, 0.0, status(operation)));
    record(calls.into(), vec![restored("Completed")])
}

#[test]
fn plans_are_aimed_at_what_is_called_and_are_the_same_each_time() {
    let (rules, called) = (rules(), called());
    let mut struck = BTreeSet::new();
    for number in 1..=300 {
        let plan = aimed(&called, 7, number).unwrap();
        assert_eq!(Some(&plan), aimed(&called, 7, number).as_ref());
        assert!((1..=3).contains(&plan.len()));
        plan.file(&rules)
            .unwrap_or_else(|error| panic!("{error}: {}", plan.text()));
        let again: toml::Table = toml::from_str(&plan.text()).unwrap();
        let mut lists = again.clone();
        lists.retain(|_, list| list.is_array());
        assert_eq!(lists, plan.faults, "it is read as it is written");
        assert_eq!(again["ends"].as_str(), Some(plan.ends.as_str()));
        let requests = plan.faults.get("request").and_then(toml::Value::as_array);
        let operations = requests.into_iter().flatten();
        struck.extend(operations.map(|fault| fault["operation"].as_str().unwrap().to_owned()));
    }
    let known: BTreeSet<String> = called.calls.iter().map(|call| call.operation.clone()).collect();
    assert!(struck.is_subset(&known) && struck.len() == 5, "{struck:?}");
    assert!(aimed(&called, 8, 1) != aimed(&called, 7, 1));
    assert_eq!(aimed(&record(Vec::new(), Vec::new()), 7, 1), None);
}

#[test]
fn a_lesser_plan_lacks_a_fault_or_strikes_less_often() {
    let whole = plan(
        Ends::Either,
        "[[request]]\ntimes = 5\npass = true\n[[request]]\nstale = true\n[[job]]\nfault = \"stick\"\n",
    );
    let less: Vec<String> = lesser(&whole)
        .iter()
        .map(|plan| plan.faults.to_string())
        .collect();
    assert_eq!(less.len(), 4, "{less:#?}");
    assert!(less.iter().filter(|text| !text.contains("stick")).count() == 1);
    assert!(less.iter().filter(|text| !text.contains("times")).count() == 2);
    assert!(lesser(&plan(Ends::Either, "[[job]]\nfault = \"stick\"\n")).is_empty());
}

#[test]
fn judgements_are_read_by_people_and_build_servers() {
    let silent = played(
        vec![struck("GET", "/points", 0.1, 503, None)],
        Vec::new(),
        1,
        "KeyError\n",
    );
    let judged = judge(&plan(Ends::Recovers, ""), &clean(), &silent);
    let mut held = judged.clone();
    held.marks.clear();
    let mut not_met = held.clone();
    not_met.met = false;
    let all = [judged, held, not_met];
    let page = crate::page::Page::plain(100);
    let least = Least {
        faults: vec!["requests for A, number 1: answered with 503 ServerBusy".to_owned()],
        again: "azdrill run --chaos 7.3 -- ./restore".to_owned(),
        kept: Some("kept/7-3.toml".to_owned()),
    };
    let text = print_lines(&page, &all) + &print_findings(&page, &all[0], &least);
    insta::assert_snapshot!("people", text);
    insta::assert_snapshot!("build_servers", junit("restore", &all).unwrap());
}
