//! `azdrill run --chaos`, and `azdrill incidents`.

use std::path::Path;
use std::process::Stdio;

use crate::leaks::runs;
use crate::run_command::script;
use crate::start::{azdrill, ended, played, says, send, wait_until};

const BUSY: &str =
    "[[request]]\noperation = \"Subscriptions_List\"\nanswer = { status = 503, code = \"ServerBusy\" }\n";
const LIST: &str = "ask '/subscriptions?api-version=2022-12-01'";

/// Runs a script under faults; `$FAULTS` among the arguments stands for a file of these.
fn under(faults: &str, arguments: &[&str], text: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("busy.toml");
    std::fs::write(&file, faults).expect("written");
    let file = file.to_str().expect("UTF-8");
    let mut all = vec!["run"];
    all.extend(
        arguments
            .iter()
            .map(|own| if *own == "$FAULTS" { file } else { own }),
    );
    let text = script(text);
    all.extend(["--", "sh", "-c", &text]);
    played(&all)
}

#[test]
fn who_gives_up_without_a_word_is_found_out_and_its_least_plan_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (kept, report) = (folder.path().join("kept"), folder.path().join("report.xml"));
    let paths = [&kept, &report].map(|path: &std::path::PathBuf| path.to_str().expect("UTF-8"));
    let two = format!(
        "{BUSY}times = 3\n[[request]]\noperation = \"Subscriptions_List\"\npass = true\noptional = true\n"
    );
    let arguments = ["--chaos", "$FAULTS", "--keep", paths[0], "--junit", paths[1]];
    let silent = format!("test $({LIST}) = 200");
    let (code, out, told) = under(&two, &arguments, &silent);
    assert_eq!(code, Some(1), "{out}{told}");
    says(
        &out,
        &[
            "(missed: told)",
            "it gave up without a word",
            "requests for Subscriptions_List, number 1: answered with 503 ServerBusy",
            "azdrill run --chaos",
            "0 of 1 held; 0 not met",
        ],
    );
    let kept: Vec<_> = std::fs::read_dir(kept).expect("it is there").collect();
    assert_eq!(kept.len(), 1);
    let least = std::fs::read_to_string(kept[0].as_ref().expect("a file").path()).expect("it can be read");
    assert!(!least.contains("pass") && !least.contains("times"), "{least}");
    let (code, out, _) = under(&least, &["--chaos", "$FAULTS"], &silent);
    assert_eq!(code, Some(1), "the least plan does the same: {out}");
    let report = std::fs::read_to_string(report).expect("it is there");
    assert!(
        report.contains("failures=\"1\"") && report.contains("it gave up without a word"),
        "{report}"
    );
}

#[test]
fn who_asks_again_or_says_why_not_misses_nothing() {
    let again =
        format!("for wait in 0 0.3 0.6; do sleep $wait; test $({LIST}) = 200 && exit 0; done; exit 1");
    let says_why =
        format!("code=$({LIST}); test $code = 200 || {{ echo \"Azure answered $code\" >&2; exit 1; }}");
    for text in [again, says_why] {
        let (code, out, told) = under(BUSY, &["--chaos", "$FAULTS"], &text);
        assert_eq!(code, Some(0), "{out}{told}");
        assert!(out.contains("1 of 1 held"), "{out}");
    }
}

#[test]
fn who_does_not_end_is_ended_with_all_it_has_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let started = folder.path().join("started");
    let text = format!(
        "sleep 300 & own=$!; echo $own > {}; until test $({LIST}) = 200; do sleep 0.2; done; kill $own",
        started.display()
    );
    let for_good = BUSY.replace("answer", "times = 100000\nanswer");
    let (code, out, told) = under(&for_good, &["--chaos", "$FAULTS", "--bound", "4"], &text);
    assert_eq!(code, Some(1), "{out}{told}");
    says(&out, &["(missed: ended", "it had not ended after 4 s"]);
    let started = std::fs::read_to_string(started).expect("it was written");
    let process = Path::new("/proc").join(started.trim());
    let command = std::fs::read_to_string(process.join("cmdline")).unwrap_or_default();
    assert!(!command.contains("sleep"), "what it started is gone: {command}");
}

#[test]
fn plans_under_a_seed_are_aimed_at_what_is_called() {
    let (code, out, told) = under("", &["--chaos", "7", "--runs", "3"], LIST);
    assert!(matches!(code, Some(0 | 1)), "{out}{told}");
    says(&out, &["7.1: ", "7.2: ", "7.3: ", "of 3 held; 0 not met"]);
    let aimed = ["Subscriptions_List number 1", "Token number 1"];
    assert!(aimed.iter().any(|operation| out.contains(operation)), "{out}");
}

#[test]
fn what_cannot_be_judged_is_said() {
    for (arguments, text, said) in [
        (
            &["--chaos", "$FAULTS"][..],
            "exit 3",
            "without any fault the command ends with exit code 3",
        ),
        (&["--chaos", "$FAULTS"], "true", "no fault struck"),
        (
            &["--chaos", "arm-throttles-read"],
            LIST,
            "did you mean `arm-throttles-reads`?",
        ),
        (&["--chaos", "/nowhere/at-all.toml"], LIST, "/nowhere/at-all.toml"),
        (&["--chaos", "7", "--runs", "0"], LIST, "--runs"),
        (&["--runs", "3"], LIST, "--chaos"),
    ] {
        let (code, out, told) = under(BUSY, arguments, text);
        assert_eq!(code, Some(2), "{out}{told}");
        assert!(told.contains(said), "{said}: {told}");
    }
    let wrong = BUSY.replace("Subscriptions_List", "Subscriptions_Lst");
    let (code, _, told) = under(&wrong, &["--chaos", "$FAULTS"], LIST);
    assert_eq!(code, Some(2), "{told}");
    says(
        &told,
        &["busy.toml, line 2", "did you mean `Subscriptions_List`?"],
    );
}

#[test]
fn incidents_are_listed_with_what_to_do_about_them() {
    let (code, out, _) = played(&["incidents", "arm-throttles-reads"]);
    assert_eq!(code, Some(0));
    says(&out, &["arm-throttles-reads", "better", "1 incident\n"]);
    let (_, list, _) = played(&["incidents", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let list = list.as_array().expect("a list");
    assert!(list.len() >= 40, "{}", list.len());
    let folder = tempfile::tempdir().expect("a folder");
    let file: &Path = &folder.path().join("plan.toml");
    std::fs::write(file, list[0]["plan"].as_str().expect("a plan")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let (code, _, told) = played(&["run", "-q", "--faults", file, "--", "true"]);
    assert_eq!(code, Some(0), "a plan is a file of faults: {told}");
}

/// What a command writes is shown without the secrets it was given, and without tokens.
#[test]
fn what_is_shown_of_a_command_holds_no_secret() {
    let text = format!(
        "got=$({LIST}); echo \"secret $AZURE_CLIENT_SECRET\"; echo 'token eyJhbGciOiJ.eyJzdWIi.c2ln'; echo done; test $got = \
         200"
    );
    let (code, out, told) = under(BUSY, &["--chaos", "$FAULTS"], &text);
    assert_eq!(code, Some(1), "{out}{told}");
    says(&out, &["secret (hidden)", "token (hidden)", "it wrote"]);
}

/// Broken off, it shows what was judged until then, ends what runs, and says how far it came.
#[test]
fn what_was_judged_until_it_is_broken_off_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("busy.toml");
    // The third run, which is the second plan's, does not end by itself.
    let text = script(&format!(
        "echo $$ >>runs; {LIST} >code || true; test $(wc -l <runs) -lt 3 || {{ touch third; sleep 300; }}"
    ));
    std::fs::write(&file, BUSY).expect("written");
    let arguments = [
        "run",
        "--chaos",
        "7",
        "--runs",
        "4",
        "--side-by-side",
        "1",
        "--",
        "sh",
        "-c",
        &text,
    ];
    let mut command = azdrill(&arguments);
    command.current_dir(folder.path()).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("it starts");
    wait_until("the third run goes on", || folder.path().join("third").exists());
    send("INT", &child);
    let (code, out, told) = ended(&child.wait_with_output().expect("it ended"));
    assert_eq!(code, Some(2), "{out}{told}");
    says(&out, &["7.1: "]);
    assert!(!out.contains("7.2: "), "{out}");
    says(&told, &["broken off: 1 of 4 plans were judged"]);
    let processes = std::fs::read_to_string(folder.path().join("runs")).expect("there");
    wait_until("none of its processes is left", || {
        !processes.lines().any(|own| own.parse().is_ok_and(runs))
    });
}

#[test]
fn a_plan_that_can_never_strike_is_a_warning_or_refused() {
    let stale =
        format!("{BUSY}optional = true\n[[request]]\noperation = \"Token\"\nstale = true\noptional = true\n");
    let said = ["busy.toml, line 7, column 9", "it can never strike", "is a POST"];
    let (code, out, told) = under(&stale, &["--chaos", "$FAULTS"], &format!("{LIST}; true"));
    assert_eq!(code, Some(0), "{out}{told}");
    says(&told, &said);
    for how in [["--faults", "$FAULTS"], ["--chaos", "$FAULTS"]] {
        let arguments = [how[0], how[1], "--strict"];
        let (code, out, told) = under(&stale, &arguments, LIST);
        assert_eq!(code, Some(2), "{out}{told}");
        says(&told, &said);
    }
}

#[test]
fn operations_that_a_fault_may_name_are_listed() {
    let (code, out, _) = played(&["incidents", "--operations", "--format", "json"]);
    assert_eq!(code, Some(0));
    let list: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let list = list.as_array().expect("a list");
    let named = |name: &str| list.iter().find(|row| row["operation"] == name).cloned();
    let get = named("BackupJobs_Get").expect("it is there");
    assert_eq!(get["method"], "GET");
    let path = get["path"].as_str().expect("a path");
    assert!(path.ends_with("/backupVaults/{}/backupJobs/{}"), "{path}");
    let (code, out, _) = played(&["incidents", "--operations"]);
    assert_eq!(code, Some(0));
    let line = out.lines().find(|line| line.starts_with("BackupJobs_Get "));
    assert!(
        line.is_some_and(|line| line.contains("GET  ") && line.ends_with(path)),
        "{line:?}"
    );
}
