//! Files of faults, and what makes no sense in them.

use azdrill_emulator::journal::Beginning;
use azdrill_emulator::rules::{Assumptions, Profile};
use azdrill_emulator::services::Settings;
use miette::Diagnostic as _;

use super::*;

fn machine() -> Journalled {
    let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 1, Settings::default());
    Journalled::new(&beginning).unwrap()
}

#[test]
fn a_file_of_faults_is_put_in_place() {
    let file: FaultFile = toml::from_str(
        "[[request]]\noperation = \"Blob_PutBlock\"\nnth = 2\nanswer = { status = 503, code = \"ServerBusy\" }\n\
         [[connection]]\nserver = \"drill\"\nfrom = \"internet\"\nfault = { reset_after_bytes = 10 }\n\
         [[connection]]\nfault = \"refuse\"\n",
    )
    .unwrap();
    let mut machine = machine();
    file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap();
    assert!(!machine.faults().is_empty());
    let told = machine.faults().describe();
    assert!(
        told[1].contains("to drill, number 1: it is reset once the server has sent 10 bytes"),
        "{told:?}"
    );
    assert!(
        told[2].contains("to any server, number 1: it is refused"),
        "{told:?}"
    );
}

#[test]
fn a_fault_that_makes_no_sense_is_refused_whole() {
    let says = |text: &str| {
        let file: FaultFile = toml::from_str(text).unwrap();
        let mut machine = machine();
        let error = file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(machine.faults().is_empty());
        error
    };
    let typo = "[[request]]\nanswer = { status = 503, code = \"x\" }\n[[request]]\noperation = \"Blob_PutBlok\"\nlose_answer = { status = 500 }\n";
    assert!(says(typo).contains("Did you mean `Blob_PutBlock`?"));
    assert!(says("[[request]]\n").contains("needs one of `answer`"));
}

/// Refused at that place, with those words; and what is told to do.
#[track_caller]
fn refused_at(text: &str, line: usize, column: usize, says: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.toml");
    std::fs::write(&file, text).unwrap();
    let told = FaultFile::read(&file, machine().rules()).unwrap_err();
    let help = told.help().map(|help| help.to_string()).unwrap_or_default();
    let told = told.to_string();
    assert!(
        told.contains(&format!("faults.toml, line {line}, column {column}")),
        "{told}"
    );
    assert!(told.contains(says), "{told}");
    help
}

#[test]
fn what_makes_no_sense_is_refused_where_it_stands() {
    for (text, line, column, says) in [
        (
            "[[request]]\nnth = 0\nlose_answer = { status = 500 }\n",
            2,
            7,
            "expected 1 or more",
        ),
        (
            "[[request]]\nlose_answer = { status = 999 }\n",
            2,
            26,
            "expected an HTTP status",
        ),
        (
            "[[request]]\nanswer = { status = 100, code = \"x\" }\n",
            2,
            21,
            "expected an HTTP status",
        ),
        (
            "[[connection]]\ntimes = 0\nfault = \"refuse\"\n",
            2,
            9,
            "expected 1 or more",
        ),
        (
            "[[connection]]\nfault = { slow_bytes_per_second = 0 }\n",
            2,
            9,
            "expected 1 or more",
        ),
        (
            "[[request]]\nlose_answer = { status = 500 }\n\n[[request]]\nlose_answer = { status = 500 }\noperation = \"Blob_PutBlok\"\n",
            6,
            13,
            "operation Blob_PutBlok: there is no such thing",
        ),
        ("\n[[request]]\nnth = 2\n", 2, 1, "needs one of `answer`"),
        (
            "[[request]]\nfail_operation = { code = \"X\" }\n",
            1,
            1,
            "needs `operation` to be one whose work can be made to fail: Resources_MoveResources",
        ),
        (
            "[[request]]\noperation = \"Resources_MoveResources\"\nfail_operation = { code = \"X\" }\n",
            3,
            27,
            "Resources_MoveResources does not end with X",
        ),
        ("[[region]]\ndown = \"westeurop\"\n", 2, 8, "westeurop"),
        ("[[region]]\n", 1, 1, "needs `down` or `up`"),
        (
            "[[connection]]\nserver = \"a b\"\nfault = \"refuse\"\n",
            2,
            10,
            "no server can be called so",
        ),
    ] {
        let help = refused_at(text, line, column, says);
        if text.contains("Blok") {
            assert_eq!(help, "did you mean `Blob_PutBlock`?");
        }
    }
}

#[test]
fn what_goes_wrong_is_one_thing_that_can_be() {
    for (text, line, column, says) in [
        (
            "[[request]]\nlose_answer = { status = 500 }\npass = true\n",
            1,
            1,
            "one of them only",
        ),
        ("[[request]]\nstale = false\n", 2, 9, "is `true`, or is left out"),
        (
            "[[request]]\ndrop_headers = [\"a b\"]\n",
            2,
            16,
            "the name of a header",
        ),
        ("[[request]]\ndrop_headers = []\n", 2, 16, "one at least"),
        ("[[job]]\njob = \"Resore\"\nfault = \"stick\"\n", 2, 7, "Resore"),
    ] {
        refused_at(text, line, column, says);
    }
}

#[test]
fn a_moment_that_makes_no_sense_is_refused_where_it_stands() {
    let with = |when: &str| format!("[[request]]\nlose_answer = {{ status = 500 }}\nwhen = {{ {when} }}\n");
    for (when, column, says) in [
        ("every = 0", 18, "expected 1 or more"),
        ("percent = 101", 20, "expected 1 to 100 of a hundred"),
        ("percent = 0", 20, "expected 1 to 100 of a hundred"),
        ("begins = \"-1m\"", 19, "not negative, and ten years at the most"),
        (
            "ends = \"999999h\"",
            17,
            "not negative, and ten years at the most",
        ),
        ("ends = \"soon\"", 17, "a duration was expected"),
        (
            "begins = \"2m\", ends = \"1m\"",
            32,
            "a window ends after it begins",
        ),
        ("after = \"nothing\"", 18, "no other fault is called `nothing`"),
    ] {
        refused_at(&with(when), 3, column, says);
    }
}

#[test]
fn faults_wait_for_others_by_names_that_are_there() {
    let first = "[[job]]\nname = \"first\"\nfault = { fail = \"X\" }\n";
    let then = "[[request]]\nlose_answer = { status = 500 }\nwhen = { after = \"first\" }\n";
    let file: FaultFile = toml::from_str(&format!("{first}{then}")).unwrap();
    file.check(machine().rules()).unwrap();
    let twice = format!("{first}{first}");
    refused_at(&twice, 5, 8, "two faults are called `first`");
    let circle = "[[request]]\nname = \"a\"\npass = true\nwhen = { after = \"b\" }\n\
                  [[request]]\nname = \"b\"\npass = true\nwhen = { after = \"a\" }\n";
    refused_at(circle, 4, 18, "`a` waits for itself");
    let itself = then.replace("lose", "name = \"first\"\nlose");
    refused_at(&itself, 4, 18, "no other fault is called `first`");
}

#[test]
fn what_is_of_a_connection_is_refused_where_there_is_none() {
    let file: FaultFile = toml::from_str("[[request]]\nconnection = \"close\"\n").unwrap();
    file.check(machine().rules()).unwrap();
    let told = file.check_without_connections(machine().rules()).unwrap_err();
    assert!(told.to_string().contains("without connections"), "{told}");
}

#[test]
fn every_word_of_a_fault_is_understood() {
    let file: FaultFile = toml::from_str(
        "[[request]]\nname = \"first\"\nprincipal = \"drill-vault\"\nfrom = \"internet\"\nby = \"client\"\n\
         answer = { status = 406, code = \"-\", empty = true, headers = { \"x-ms-left\" = \"0\" } }\n\
         [[request]]\noperation_told = \"stick\"\nwhen = { every = 2, begins = \"1m\", ends = \"PT1H\" }\n\
         [[request]]\noperation_told = { end_late = \"5m\" }\nwhen = { percent = 10, seed = 7 }\n\
         [[request]]\noperation_told = { fail = \"X\" }\nwhen = { after = \"first\" }\n\
         [[request]]\ndrop_headers = [\"location\"]\n\
         [[request]]\nstale = true\n\
         [[request]]\npass = true\n\
         [[request]]\ndisk_full = true\n\
         [[throttling]]\nname = \"few\"\nreads = { size = 5, refill_per_second = 1 }\n\
         [[request]]\nconnection = { cut_after_bytes = 5 }\n\
         [[job]]\njob = \"Restore\"\ninstance_contains = \"one\"\nfault = \"stick\"\n\
         [[job]]\nfault = { end_late = \"1h\" }\n\
         [[job]]\nfault = { leave_out_file = \"roles\" }\n\
         [[job]]\nfault = { cut_file = { name_contains = \"database_\", bytes = 5 } }\n\
         [[job]]\nfault = { zero_file = { at_byte = 5 } }\n\
         [[job]]\nfault = \"older_recovery_point\"\n\
         [[connection]]\nfault = { crash_after_bytes = 5 }\n\
         [[connection]]\nfault = { end_sessions_after_bytes = 5 }\n\
         [[connection]]\nfault = \"too_many_clients\"\n\
         [[connection]]\nfault = \"read_only\"\n",
    )
    .unwrap();
    let mut machine = machine();
    file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap();
    insta::assert_snapshot!(machine.faults().describe().join("\n"));
}

#[test]
fn codes_are_words_and_waiting_has_an_end() {
    for (text, line, column, says) in [
        (
            "[[request]]\nanswer = { status = 503, code = \"\" }\n",
            2,
            33,
            "expected a code of 1 to 128 printable letters",
        ),
        (
            "[[request]]\nanswer = { status = 503, code = \"a\\r\\nb\" }\n",
            2,
            33,
            "expected a code of 1 to 128 printable letters",
        ),
        (
            "[[request]]\nanswer = { status = 503, code = \"x\", retry_after_seconds = 86401 }\n",
            2,
            60,
            "expected up to 86400 seconds",
        ),
        (
            "[[job]]\njob = \"Backup\"\nfault = \"older_recovery_point\"\n",
            2,
            7,
            "a backup writes none",
        ),
        (
            "[[connection]]\nfault = { stall_seconds = 99999999 }\n",
            2,
            9,
            "expected up to 86400 seconds",
        ),
    ] {
        refused_at(text, line, column, says);
    }
}

#[test]
fn what_never_struck_says_which_servers_there_are() {
    let file: FaultFile = toml::from_str(
        "[[connection]]\nserver = \"dril\"\nfault = \"refuse\"\n\
         [[request]]\noptional = true\nlose_answer = { status = 500 }\n",
    )
    .unwrap();
    let mut machine = machine();
    file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap();
    let told = unstruck(&machine);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("no server `dril` was running at the end"),
        "{told:?}"
    );
    assert_eq!(file.waits_for(&["drill".to_owned()]), ["dril"]);
}

/// What is doubtful about a file, each with its line.
fn doubts(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.toml");
    std::fs::write(&path, text).unwrap();
    let machine = machine();
    let file = FaultFile::read(&path, machine.rules()).unwrap();
    let doubts = file.doubts_about(&path, machine.rules());
    let told = doubts.iter().map(|doubt| {
        let help = doubt.help().map(|help| help.to_string()).unwrap_or_default();
        format!("{doubt} ({help})").replace(&folder.path().display().to_string(), "")
    });
    told.collect()
}

fn is_doubted(text: &str, line: usize, says: &str) {
    let told = doubts(text);
    assert_eq!(told.len(), 1, "{text}{told:?}");
    assert!(
        told[0].contains(&format!("faults.toml, line {line}, column ")),
        "{told:?}"
    );
    assert!(told[0].contains(says), "{says}: {told:?}");
}

#[test]
fn what_can_never_strike_is_told_with_its_place() {
    const LOST: &str = "lose_answer = { status = 500 }\n";
    for (text, line, says) in [
        (
            format!("[[request]]\n{LOST}"),
            1,
            "about every request of everybody",
        ),
        (
            format!("[[request]]\noperation = \"DatabaseConnection\"\n{LOST}"),
            2,
            "`[[connection]]` is about those",
        ),
        (
            format!("[[request]]\npath_contains = \"/backupJobs?api-version\"\n{LOST}"),
            2,
            "neither the host in it nor the query",
        ),
        (
            format!("[[request]]\npath_contains = \"/providers/Microsoft.Storag3/\"\n{LOST}"),
            2,
            "did you mean `Microsoft.Storage`?",
        ),
        (
            format!(
                "[[request]]\noperation = \"BackupJobs_Get\"\npath_contains = \"Microsoft.Storage\"\n{LOST}"
            ),
            3,
            "BackupJobs_Get has no such path",
        ),
        (
            "[[request]]\noperation = \"BackupInstances_TriggerRestore\"\nstale = true\n".to_owned(),
            3,
            "is a POST",
        ),
        (
            "[[request]]\noperation = \"BackupJobs_Get\"\noperation_told = \"stick\"\n".to_owned(),
            3,
            "begins no operation",
        ),
    ] {
        is_doubted(&text, line, says);
    }
}

#[test]
fn what_another_fault_leaves_nothing_to_strike_is_told_with_its_place() {
    const LOST: &str = "lose_answer = { status = 500 }\n";
    for (text, line, says) in [
        (
            format!(
                "[[request]]\noperation = \"BackupJobs_Get\"\ntimes = 100000\n{LOST}\n[[request]]\noperation = \
                 \"BackupJobs_Get\"\nprincipal = \"x\"\n{LOST}"
            ),
            6,
            "number 1 of the list is about the same",
        ),
        (
            format!(
                "[[job]]\nname = \"a\"\nfault = \"stick\"\nwhen = {{ begins = \"1h\" }}\n[[request]]\noperation = \
                 \"BackupJobs_Get\"\nwhen = {{ after = \"a\", ends = \"1h\" }}\n{LOST}"
            ),
            7,
            "its window has ended before that of `a` begins",
        ),
        (
            "[[throttling]]\n[[throttling]]\n".to_owned(),
            1,
            "the last that is put in place holds",
        ),
        (
            "[[region]]\ndown = \"uksouth\"\n[[region]]\nup = \"uksouth\"\n".to_owned(),
            1,
            "answers again in the same moment",
        ),
    ] {
        is_doubted(&text, line, says);
    }
}

#[test]
fn what_may_well_strike_is_not_doubted() {
    for text in [
        "[[request]]\noperation = \"BackupJobs_Get\"\nstale = true\ntimes = 100000\n[[request]]\noperation = \
         \"BackupJobs_Get\"\nlose_answer = { status = 500 }\n",
        "[[request]]\noperation = \"ResourceGraph_Query\"\nstale = true\n",
        "[[request]]\noperation = \"RoleAssignments_Create\"\npath_contains = \"Microsoft.Storage\"\ndisk_full = true\n",
        "[[request]]\npath_contains = \"/restored/\"\ndisk_full = true\n",
        "[[request]]\nby = \"client\"\npass = true\n",
        "[[request]]\noperation = \"BackupJobs_Get\"\ntimes = 3\ndisk_full = true\n[[request]]\noperation = \
         \"BackupJobs_Get\"\ndisk_full = true\n",
        "[[job]]\nname = \"a\"\nfault = \"stick\"\n[[request]]\nby = \"client\"\nwhen = { after = \"a\", ends = \"1h\" }\npass = \
         true\n",
        "[[throttling]]\n",
        "[[region]]\nup = \"uksouth\"\n[[region]]\ndown = \"uksouth\"\n",
    ] {
        assert_eq!(doubts(text), Vec::<String>::new(), "{text}");
    }
}

/// What is part of the program can strike.
#[test]
fn no_incident_is_doubtful() {
    let machine = machine();
    for incident in crate::chaos::incidents() {
        let file = incident.plan().file(machine.rules()).unwrap();
        let doubts: Vec<String> = file
            .doubts(machine.rules())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(doubts.is_empty(), "{}: {doubts:?}", incident.name);
    }
}

#[test]
fn limits_that_nobody_could_go_on_with_are_refused() {
    for (text, column) in [
        ("reads = { size = 0, refill_per_second = 1 }", 18),
        ("deletes = { size = 1, refill_per_second = 0 }", 41),
    ] {
        refused_at(
            &format!("[[throttling]]\n{text}\n"),
            2,
            column,
            "a bucket holds 1 to 1000000",
        );
    }
}
