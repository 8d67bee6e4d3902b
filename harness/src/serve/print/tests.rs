use super::*;
use crate::serve::call::{Refused, Told};
use crate::serve::record::{FailedOperation, Job};
use crate::serve::tally::tests::call;

const VAULT: &str = "/subscriptions/2248f84e-e5fa-46ab-b251-6a8459f48f68/resourceGroups/backup/providers/Microsoft.DataProtection/backupVaults/drill-vault";
const FIX: &str = "Let the vault in: public access from selected networks.";
const STATEMENT: &str = "The target storage account can be reached by the Backup service over the network.";
const CLOSED: &str = "public network access is disabled: only the account's private endpoints are served";

fn refused(code: &str, gate: &str, reason: &str, rules: &[&str]) -> Refused {
    Refused {
        gate: gate.to_owned(),
        code: code.to_owned(),
        reason: reason.to_owned(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        mark: "inferred".to_owned(),
    }
}

fn answered(method: &str, path: &str, seconds: f64, status: u16, no: Option<Refused>) -> Call {
    Call {
        status,
        refused: no,
        at: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs_f64(seconds),
        ..call(method, &format!("{VAULT}{path}"), seconds, false)
    }
}

/// A restore that fails for the network, validated and tried twice, among calls that only asked.
fn calls() -> Vec<Call> {
    let network = |seconds| Call {
        by_service: true,
        host: "drillrestore.blob.core.windows.net".to_owned(),
        path: "/restored/drill_probe".to_owned(),
        caller: "drill-vault".to_owned(),
        ..answered(
            "PUT",
            "",
            seconds,
            403,
            Some(refused("AuthorizationFailure", "network", CLOSED, &["E2-8"])),
        )
    };
    let none = || Some(refused("ResourceNotFound", "service", "There is none.", &[]));
    let outer = || {
        let reason = format!("{STATEMENT} Here: {CLOSED}.");
        Some(refused(
            "UserErrorMSIMissingPermissions",
            "network",
            &reason,
            &["FX-RF-03", "E2-8"],
        ))
    };
    let polled = |seconds| Call {
        operation: "OperationStatus_Vault".to_owned(),
        ..answered("GET", "/operationStatus/NjkzOTc0", seconds, 200, None)
    };
    let mut calls = vec![
        answered("GET", "", 0.1, 404, none()),
        answered("PUT", "", 0.2, 201, None),
        Call {
            operation: "BackupInstances_ValidateForRestore".to_owned(),
            ..answered(
                "POST",
                "/backupInstances/drill-pg/validateRestore",
                1.0,
                202,
                None,
            )
        },
        network(1.0),
        polled(1.1),
        polled(2.2),
        answered("POST", "/backupInstances/drill-pg/restore", 3.0, 400, outer()),
        network(3.0),
        Call {
            not_implemented: Some("DELETE Microsoft.Nowhere/things".to_owned()),
            ..answered(
                "DELETE",
                "/things",
                4.0,
                501,
                Some(refused(
                    "NotImplementedByEmulator",
                    "route",
                    "azdrill does not implement it",
                    &[],
                )),
            )
        },
    ];
    for (number, call) in (1..).zip(&mut calls) {
        call.number = number;
    }
    calls
}

fn job(message: &str) -> Job {
    Job {
        id: "j".to_owned(),
        operation: "Restore".to_owned(),
        instance: "drill-pg".to_owned(),
        status: "Failed".to_owned(),
        code: "UserErrorMSIMissingPermissions".to_owned(),
        message: message.to_owned(),
        started: jiff::Timestamp::UNIX_EPOCH,
        ended: None,
        refused: None,
    }
}

fn record() -> Record {
    let reason = format!("{STATEMENT} Here: {CLOSED}.");
    let told = |seconds, about: &str| Told {
        at: jiff::Timestamp::UNIX_EPOCH,
        seconds,
        about: about.to_owned(),
        text: reason.clone(),
        refused: Some(refused(
            "UserErrorMSIMissingPermissions",
            "network",
            &reason,
            &["FX-RF-03", "E2-8"],
        )),
    };
    let note = |id: &str, statement: &str, source: &str| RuleNote {
        id: id.to_owned(),
        statement: statement.to_owned(),
        mark: "reported".to_owned(),
        sources: vec![
            source.to_owned(),
            "SEED1: An engineer's article (2025-12-12)".to_owned(),
        ],
    };
    let message = "The vault's managed identity lacks permissions on the resource.".to_owned();
    Record {
        command: "restore.sh".to_owned(),
        exit_code: 1,
        world: Some("flexible_server_private_storage".to_owned()),
        profile: "observed".to_owned(),
        began: jiff::Timestamp::UNIX_EPOCH,
        ended: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(5),
        seconds: 5.0,
        calls_made: 9,
        calls: calls(),
        told: vec![told(1.0, "validate_restore"), told(3.0, "restore")],
        jobs: vec![job(&message)],
        failed_operations: vec![FailedOperation {
            id: "o".to_owned(),
            because: None,
            code: "UserErrorMSIMissingPermissions".to_owned(),
            message,
        }],
        recovery_points: 1,
        new_recovery_points: 0,
        not_implemented: vec![("DELETE Microsoft.Nowhere/things".to_owned(), 1)],
        unknown_hosts: vec![("aka.ms".to_owned(), 2), ("example.com".to_owned(), 1)],
        faults: 0,
        faults_struck: 0,
        faults_unstruck: Vec::new(),
        outside: [(
            "aka.ms".to_owned(),
            "the index of az's extensions: run `az extension add` before".to_owned(),
        )]
        .into(),
        rules: vec![
            note(
                "FX-RF-03",
                STATEMENT,
                "D-FXRES: azure-docs: restore (portal) (2025-05-12)",
            ),
            note(
                "E2-8",
                CLOSED,
                "N-DEF: Storage docs: default network access rule (read 2026)",
            ),
        ],
        fixes: [("FX-RF-03".to_owned(), FIX.to_owned())].into(),
    }
}

#[test]
fn what_failed_first_stands_first_with_what_came_of_it_below() {
    for width in [80, 110] {
        let text = print(&record(), None, &Page::plain(width), Detail::Summary);
        assert!(
            text.lines()
                .all(|line| textwrap::core::display_width(line) <= width),
            "{text}"
        );
        insta::assert_snapshot!(format!("summary_{width}"), text);
    }
}

#[test]
fn one_cause_is_counted_once_and_what_only_asked_not_at_all() {
    let record = record();
    let causes = causes(&record);
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_eq!(causes[0].stages, ["validate_restore", "restore"]);
    assert_eq!((causes[0].found_by.len(), causes[0].jobs.len()), (2, 1));
    let refused: Vec<u64> = record.refused_calls().map(|found| found.call.number).collect();
    assert_eq!(refused, [4, 7, 8]);
}

#[test]
fn a_quiet_run_tells_its_misses_and_their_causes_alone() {
    let misses = ["exit: expected 0, got 1".to_owned()];
    let text = print(&record(), Some(&misses), &Page::plain(100), Detail::Verdict);
    assert!(text.contains("missed: exit: expected 0, got 1"), "{text}");
    assert!(text.contains("1. validate restore"), "{text}");
    assert!(
        !text.contains("what it called") && !text.contains("waited for"),
        "{text}"
    );
}

#[test]
fn long_timelines_are_cut_unless_asked_for_whole() {
    let mut record = record();
    record.calls = (0..100)
        .map(|number| answered("GET", &format!("/{number}"), f64::from(number), 200, None))
        .collect();
    let text = print(&record, None, &Page::plain(100), Detail::Summary);
    assert!(
        text.contains("(76 lines left out; `run --verbose` shows them all)"),
        "{text}"
    );
    let whole = print(&record, None, &Page::plain(100), Detail::Whole);
    assert!(whole.contains("/50\n") && !whole.contains("left out"), "{whole}");
}

#[test]
fn what_faults_struck_is_told_and_marked() {
    let mut record = record();
    (record.faults, record.faults_struck) = (2, 1);
    let struck = Call {
        faulted: true,
        ..answered("PUT", "/struck", 0.5, 503, None)
    };
    record.calls.insert(2, struck);
    let text = print(&record, None, &Page::plain(100), Detail::Summary);
    let told = "faults  1 of 2 struck: PUT …/resourceGroups/backup/providers/Microsoft.DataProtection";
    assert!(text.contains(told), "{text}");
    let marked: Vec<&str> = text.lines().filter(|line| line.contains("(fault)")).collect();
    assert!(matches!(marked[..], [line] if line.contains("/struck")), "{text}");
}

#[test]
fn long_spans_are_told_in_days() {
    for (seconds, told) in [
        (5.0, "5s"),
        (7200.0, "2h"),
        (86_399.0, "1 day"),
        (1_295_996.0, "15 days"),
        (93_600.0, "1 day 2h"),
    ] {
        assert_eq!(span(seconds), told);
    }
}

/// Whatever a client sends, wherever it comes back in a summary.
#[test]
fn what_a_client_sent_does_nothing_to_a_terminal() {
    const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    let hostile = || HOSTILE.to_owned();
    let mut record = record();
    for call in &mut record.calls {
        (call.caller, call.host) = (hostile(), hostile());
        call.path += HOSTILE;
        if let Some(no) = &mut call.refused {
            no.reason += HOSTILE;
            no.code += HOSTILE;
        }
    }
    record.calls[0].faulted = true;
    (record.command, record.world) = (hostile(), Some(hostile()));
    (record.faults, record.faults_struck) = (1, 1);
    record.jobs[0].instance = hostile();
    record.jobs[0].message = hostile();
    record.failed_operations[0].message = hostile();
    record.not_implemented[0].0 = hostile();
    record.unknown_hosts[0].0 = hostile();
    record.told[0].about = hostile();
    for detail in [Detail::Verdict, Detail::Summary, Detail::Whole] {
        let text = print(&record, Some(&[hostile()]), &Page::plain(100), detail);
        assert!(
            !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
            "{text:?}"
        );
        assert!(text.contains("␛[2J"), "{text}");
    }
}
