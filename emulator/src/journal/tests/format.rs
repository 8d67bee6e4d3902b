//! What stands in a file is read by whatever version is of the same format.

use std::collections::BTreeSet;

use crate::fault::{ArtefactFault, ConnectionFault, FaultKind, JobFaultKind, OperationFault};
use crate::jobs::{DumpKind, EffectFailure, SessionFailure};
use crate::journal::{Given, Header, Input, OutsideResult};
use crate::model::{Mishap, Origin};

/// One of each, as they were written: whoever changes how one is written changes the format, and its number.
const INPUTS: &str = r#"
{"given":{"foundation":{}}}
{"given":{"foundation":{"certificate":"AAEC"}}}
{"given":{"subscription":{"id":"00000000-0000-0000-0000-000000000004","name":"second","tenant":"00000000-0000-0000-0000-000000000003"}}}
{"given":{"application":{"id":"00000000-0000-0000-0000-000000000001","app_id":"00000000-0000-0000-0000-000000000002","tenant":"00000000-0000-0000-0000-000000000003","name":"auditor","secret":"x"}}}
{"given":{"role":{"to":"00000000-0000-0000-0000-000000000001","role":"Reader","at":"/subscriptions/s","after":"PT10M"}}}
{"given":{"properties":{"id":"/subscriptions/s/resourceGroups/g","properties":{"a":1}}}}
{"given":{"deny_assignment":{"id":"00000000-0000-0000-0000-000000000005","name":"a","scope":"/subscriptions/s","actions":["*"],"not_actions":["*/read"],"data_actions":["*"],"not_data_actions":["a/b"],"principals":[{"id":"00000000-0000-0000-0000-000000000000","type":"SystemDefined"}],"exclude_principals":[{"id":"00000000-0000-0000-0000-000000000001","type":"User"}],"do_not_apply_to_child_scopes":true}}}
{"admit":{"path":{"internet":{"address":"203.0.113.10"}},"request":{"method":"PUT","host":"a.blob.core.windows.net","path":"/c/b"}}}
{"too_long":{"path":{"subnet":{"subnet":"/subscriptions/s"}},"request":{"method":"PUT","plain":true,"host":"management.azure.com","port":8443,"path":"/a","query":"b=c"}}}
{"prepare":{"path":{"private_endpoint":{"endpoint":"/subscriptions/s"}},"request":{"method":"POST","host":"v.vault.azure.net","path":"/keys","headers":[["x","y"],["z",{"base64":"/w=="}]],"body":{"memory":"{}"}}}}
{"call":{"path":{"azure_service":{"instance":"/subscriptions/s","tenant":"00000000-0000-0000-0000-000000000003","region":"uksouth"}},"request":{"method":"PUT","host":"a.blob.core.windows.net","path":"/c/b","body":{"stored":{"extents":[{"segment":0,"offset":1,"length":2}],"length":2,"md5":null}},"spelled":["X-Ms-Meta-A"],"came_at":"2026-03-02T06:00:00Z","prepared":[4]}}}
{"connect":{"path":{"internet":{"address":"::1"}},"host":"drill.postgres.database.azure.com"}}
{"entrance":{"host":"drill.postgres.database.azure.com","address":"127.0.0.1:5432"}}
"tick"
{"complete":{"effect":7,"result":{"server_started":"127.0.0.1:5432"}}}
{"complete":{"effect":7,"result":{"described":[{"name":"a","kind":"bool","unit":"","default":"on","least":"","most":"","words":[],"context":"user","description":"b"}]}}}
{"complete":{"effect":7,"result":"server_done"}}
{"complete":{"effect":7,"result":{"dumped":{"files":[{"blob":"a","kind":{"database":"shop"},"length":3},{"blob":"b","kind":"roles","length":3},{"blob":"c","kind":"tablespaces","length":3},{"blob":"d","kind":"schema","length":3}],"datasource_size_bytes":9}}}}
{"complete":{"effect":7,"result":{"copied":[{"blob":"a","length":3}]}}}
{"complete":{"effect":7,"result":{"examined":[{"object":"table a","privilege":"SELECT"}]}}}
{"complete":{"effect":7,"result":{"loaded":12}}}
{"complete":{"effect":7,"result":"worked_out"}}
{"complete":{"effect":7,"result":{"failed":{"refused":{"status":403,"code":"a","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"no_server","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"not_let_in","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"sign_in_refused","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"no_database","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"database_exists","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"missing_privilege","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"connection_closed","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"session":{"failure":"client_too_old","message":"b"}}}}}
{"complete":{"effect":7,"result":{"failed":{"engine":"a"}}}}
{"complete":{"effect":7,"result":{"failed":{"store":"a"}}}}
{"fault":{"operation":"Blob_Put","path_contains":"/c/","nth":1,"times":2,"optional":false,"kind":{"answer":{"status":503,"code":"ServerBusy","retry_after_seconds":1}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":2,"optional":true,"kind":{"lose_answer":{"status":502}}}}
{"fault":{"operation":"Resources_MoveResources","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"fail_operation":{"code":"BackupVaultMoveResourcesCriticalFailure"}}}}
{"fault":{"name":"a","operation":"","path_contains":"","principal":"drill-vault","from":"internet","by":"client","nth":1,"times":2,"every":3,"begins":"PT1M","ends":"PT2M","after":"b","chance":{"percent":50,"seed":7},"optional":false,"kind":{"answer":{"status":406,"code":"a","retry_after_seconds":null,"message":"m","empty":true,"headers":{"x":"y"}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":"close"}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"operation":"stick"}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"operation":{"end_late":{"by":"PT1H"}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"operation":{"fail":{"code":"a"}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"drop_headers":{"names":["location"]}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":"stale"}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"deliver":{"delay":{"milliseconds":5}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"deliver":"close"}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"deliver":{"cut_body":{"after_bytes":5}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"deliver":{"slow_body":{"bytes_per_second":5}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":{"deliver":{"flip_bit":{"at_byte":5}}}}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":"pass"}}
{"fault":{"operation":"","path_contains":"","nth":1,"times":1,"optional":false,"kind":"disk_full"}}
{"job_fault":{"job":"Restore","instance_contains":"","nth":1,"times":1,"optional":false,"kind":{"fail":{"code":"a"}}}}
{"job_fault":{"job":"","instance_contains":"a","nth":1,"times":1,"optional":false,"kind":{"fail_though_done":{"code":"a"}}}}
{"job_fault":{"job":"","instance_contains":"","nth":1,"times":1,"optional":true,"kind":"stick"}}
{"job_fault":{"job":"","instance_contains":"","nth":1,"times":1,"optional":true,"kind":{"end_late":{"by":"PT1H"}}}}
{"job_fault":{"job":"","instance_contains":"","nth":1,"times":1,"optional":true,"kind":{"artefact":{"leave_out":{"file":"a"}}}}}
{"job_fault":{"job":"","instance_contains":"","nth":1,"times":1,"optional":true,"kind":{"artefact":{"cut":{"file":"a","bytes":1}}}}}
{"job_fault":{"job":"","instance_contains":"","nth":1,"times":1,"optional":true,"kind":{"artefact":{"zero":{"file":"a","at_byte":1}}}}}
{"job_fault":{"job":"","instance_contains":"","nth":1,"times":1,"optional":true,"kind":{"artefact":"older_point"}}}
{"job_fault":{"job":"Restore","instance_contains":"","nth":1,"times":1,"optional":true,"phase":"copying","kind":"stick"}}
{"region_fault":{"region":"westeurope","down":true}}
{"throttling_fault":{"name":"a","limits":{"reads":{"size":5,"refill_per_second":1},"writes":{"size":5,"refill_per_second":1},"deletes":{"size":5,"refill_per_second":1}},"optional":true}}
{"connection_fault":{"server":"drill","from":"service","nth":1,"times":1,"optional":false,"kind":{"reset_after":{"bytes":10}}}}
{"connection_fault":{"server":"","from":null,"nth":1,"times":1,"optional":false,"kind":"refuse"}}
{"connection_fault":{"server":"","from":"internet","nth":1,"times":1,"optional":false,"kind":"accept_then_close"}}
{"connection_fault":{"server":"","from":"internet","nth":1,"times":1,"optional":false,"kind":{"stall":{"seconds":3}}}}
{"connection_fault":{"server":"","from":"internet","nth":1,"times":1,"optional":false,"kind":{"slow":{"bytes_per_second":5}}}}
{"connection_fault":{"server":"","from":null,"nth":1,"times":1,"optional":false,"kind":{"crash_after":{"bytes":7}}}}
{"connection_fault":{"server":"","from":null,"nth":1,"times":1,"optional":false,"kind":{"end_sessions_after":{"bytes":7}}}}
{"connection_fault":{"server":"","from":null,"nth":1,"times":1,"optional":false,"kind":"too_many_clients"}}
{"connection_fault":{"server":"","from":null,"nth":1,"times":1,"optional":false,"kind":"read_only"}}
"clear_faults"
"built"
"advanced"
{"moved":{"key":"w1-drill","address":"127.0.0.1:5432"}}
{"keep":{"name":"a"}}
{"come_back":{"name":"a"}}
{"forget":{"name":"a"}}
{"begin_again":{"profile":"documented","assumptions":{"FX-RF-FILES":"named_by_guid"},"seed":18446744073709551615,"settings":{"pace":"recorded","role_propagation":"PT10M","has_postgres":true,"postgres_majors":[17],"engine_namespace":"w1-","entra_credentials_until":"2025-03-28T00:00:00Z","fast_polls":true}}}
"#;

/// Says of which kind a value is, and which kinds there are: a kind that is not named here does not compile.
macro_rules! kinds {
    ($of:ident, $all:ident, $type:ty, { $($pattern:pat => $name:literal,)* }) => {
        const $all: &[&str] = &[$($name),*];

        fn $of(value: &$type) -> &'static str {
            match value {
                $($pattern => $name,)*
            }
        }
    };
}

kinds!(of_input, INPUT_KINDS, Input<'_>, {
    Input::Given(_) => "input given",
    Input::Admit { .. } => "admit",
    Input::TooLong { .. } => "too_long",
    Input::Prepare { .. } => "prepare",
    Input::Call { .. } => "call",
    Input::Connect { .. } => "connect",
    Input::Entrance { .. } => "entrance",
    Input::Tick => "tick",
    Input::Complete { .. } => "complete",
    Input::Fault(_) => "fault",
    Input::ConnectionFault(_) => "connection_fault",
    Input::JobFault(_) => "job_fault",
    Input::RegionFault(_) => "region_fault",
    Input::ThrottlingFault(_) => "throttling_fault",
    Input::ClearFaults => "clear_faults",
    Input::Keep { .. } => "keep",
    Input::ComeBack { .. } => "come_back",
    Input::Forget { .. } => "forget",
    Input::BeginAgain(_) => "begin_again",
    Input::Built => "built",
    Input::Advanced => "advanced",
    Input::Moved { .. } => "moved",
});

kinds!(of_given, GIVEN_KINDS, Given, {
    Given::Foundation { .. } => "foundation",
    Given::Subscription { .. } => "subscription",
    Given::Application(_) => "application",
    Given::Role { .. } => "role",
    Given::Properties { .. } => "properties",
    Given::DenyAssignment(_) => "deny assignment",
});

kinds!(of_origin, ORIGIN_KINDS, Origin, {
    Origin::Internet { .. } => "from the internet",
    Origin::Subnet { .. } => "from a subnet",
    Origin::PrivateEndpoint { .. } => "from a private endpoint",
    Origin::AzureService { .. } => "from a service",
});

kinds!(of_result, RESULT_KINDS, OutsideResult, {
    OutsideResult::ServerStarted(_) => "server_started",
    OutsideResult::Described(_) => "described",
    OutsideResult::ServerDone => "server_done",
    OutsideResult::Dumped { .. } => "dumped",
    OutsideResult::Copied(_) => "copied",
    OutsideResult::Examined(_) => "examined",
    OutsideResult::Loaded(_) => "loaded",
    OutsideResult::WorkedOut => "worked_out",
    OutsideResult::Failed(_) => "failed",
});

kinds!(of_dump, DUMP_KINDS, DumpKind, {
    DumpKind::Database(_) => "dump of a database",
    DumpKind::Roles => "dump of roles",
    DumpKind::Tablespaces => "dump of tablespaces",
    DumpKind::Schema => "dump of a schema",
});

kinds!(of_failure, FAILURE_KINDS, EffectFailure, {
    EffectFailure::Refused { .. } => "refused",
    EffectFailure::Session { .. } => "session",
    EffectFailure::Engine(_) => "engine",
    EffectFailure::Store(_) => "store",
});

kinds!(of_session, SESSION_KINDS, SessionFailure, {
    SessionFailure::NoServer => "no_server",
    SessionFailure::NotLetIn => "not_let_in",
    SessionFailure::SignInRefused => "sign_in_refused",
    SessionFailure::NoDatabase => "no_database",
    SessionFailure::DatabaseExists => "database_exists",
    SessionFailure::MissingPrivilege => "missing_privilege",
    SessionFailure::ConnectionClosed => "connection_closed",
    SessionFailure::ClientTooOld => "client_too_old",
});

kinds!(of_fault, FAULT_KINDS, FaultKind, {
    FaultKind::Answer(_) => "fault: answer",
    FaultKind::LoseAnswer { .. } => "fault: lose_answer",
    FaultKind::Close => "fault: close",
    FaultKind::FailOperation { .. } => "fault: fail_operation",
    FaultKind::Operation(OperationFault::Stick) => "fault: stick",
    FaultKind::Operation(OperationFault::EndLate { .. }) => "fault: end_late",
    FaultKind::Operation(OperationFault::Fail { .. }) => "fault: fail",
    FaultKind::DropHeaders { .. } => "fault: drop_headers",
    FaultKind::Stale => "fault: stale",
    FaultKind::Deliver(Mishap::Delay { .. }) => "mishap: delay",
    FaultKind::Deliver(Mishap::Close) => "mishap: close",
    FaultKind::Deliver(Mishap::CutBody { .. }) => "mishap: cut_body",
    FaultKind::Deliver(Mishap::SlowBody { .. }) => "mishap: slow_body",
    FaultKind::Deliver(Mishap::FlipBit { .. }) => "mishap: flip_bit",
    FaultKind::Pass => "fault: pass",
    FaultKind::DiskFull => "fault: disk_full",
});

kinds!(of_connection_fault, CONNECTION_FAULT_KINDS, ConnectionFault, {
    ConnectionFault::Refuse => "fault: refuse",
    ConnectionFault::Stall { .. } => "fault: stall",
    ConnectionFault::ResetAfter { .. } => "fault: reset_after",
    ConnectionFault::Slow { .. } => "fault: slow",
    ConnectionFault::AcceptThenClose => "fault: accept_then_close",
    ConnectionFault::CrashAfter { .. } => "fault: crash_after",
    ConnectionFault::EndSessionsAfter { .. } => "fault: end_sessions_after",
    ConnectionFault::TooManyClients => "fault: too_many_clients",
    ConnectionFault::ReadOnly => "fault: read_only",
});

kinds!(of_job_fault, JOB_FAULT_KINDS, JobFaultKind, {
    JobFaultKind::Fail { .. } => "job fault: fail",
    JobFaultKind::FailThoughDone { .. } => "job fault: fail_though_done",
    JobFaultKind::Stick => "job fault: stick",
    JobFaultKind::EndLate { .. } => "job fault: end_late",
    JobFaultKind::Artefact(ArtefactFault::LeaveOut { .. }) => "job fault: leave_out",
    JobFaultKind::Artefact(ArtefactFault::Cut { .. }) => "job fault: cut",
    JobFaultKind::Artefact(ArtefactFault::Zero { .. }) => "job fault: zero",
    JobFaultKind::Artefact(ArtefactFault::OlderPoint) => "job fault: older_point",
});

/// Of which kinds it is, with what is in it.
fn kinds_of(input: &Input<'_>) -> Vec<&'static str> {
    let mut kinds = vec![of_input(input)];
    match input {
        Input::Given(given) => kinds.push(of_given(given)),
        Input::Admit { path, .. }
        | Input::TooLong { path, .. }
        | Input::Prepare { path, .. }
        | Input::Call { path, .. }
        | Input::Connect { path, .. } => kinds.push(of_origin(&path.origin)),
        Input::Complete { result, .. } => {
            kinds.push(of_result(result));
            match result {
                OutsideResult::Dumped { files, .. } => {
                    kinds.extend(files.iter().map(|file| of_dump(&file.kind)));
                }
                OutsideResult::Failed(failure) => kinds.push(of_failure(failure)),
                _ => {}
            }
            if let OutsideResult::Failed(EffectFailure::Session { failure, .. }) = result {
                kinds.push(of_session(failure));
            }
        }
        Input::Fault(fault) => kinds.push(of_fault(&fault.kind)),
        Input::ConnectionFault(fault) => kinds.push(of_connection_fault(&fault.kind)),
        Input::JobFault(fault) => kinds.push(of_job_fault(&fault.kind)),
        _ => {}
    }
    kinds
}

#[test]
fn every_kind_of_input_is_written_as_it_was() {
    let mut seen = BTreeSet::new();
    for line in INPUTS.lines().filter(|line| !line.is_empty()) {
        let input: Input<'_> = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let written = serde_json::to_string(&input).expect("it can be written");
        assert_eq!(written, line);
        assert!(!input.what().is_empty());
        seen.extend(kinds_of(&input));
    }
    let all = [
        INPUT_KINDS,
        GIVEN_KINDS,
        ORIGIN_KINDS,
        RESULT_KINDS,
        DUMP_KINDS,
        FAILURE_KINDS,
        SESSION_KINDS,
        FAULT_KINDS,
        CONNECTION_FAULT_KINDS,
        JOB_FAULT_KINDS,
    ];
    let all: BTreeSet<&str> = all.concat().into_iter().collect();
    assert_eq!(seen, all);
}

#[test]
fn a_journal_is_known_by_its_beginning() {
    let header = Header::new("a test", super::world::beginning(1));
    let line = serde_json::to_vec(&header).expect("it can be written");
    assert!(line.starts_with(Header::BEGINS));
}
