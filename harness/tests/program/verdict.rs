//! How a run or a scenario is judged: what counts as missed, as refused, as not to be had.

use crate::run_command::script;
use crate::start::{played, says};

#[test]
fn a_fault_that_never_struck_is_a_missed_expectation() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("faults.toml");
    let faults = file.to_str().expect("UTF-8");
    let run = |text: &str| {
        std::fs::write(&file, text).expect("written");
        played(&["run", "-q", "--faults", faults, "--", "true"])
    };
    let fault = "[[connection]]\nserver = \"drill\"\nfault = \"refuse\"\n";
    let (code, _, told) = run(fault);
    assert_eq!(code, Some(1), "{told}");
    says(
        &told,
        &[
            "missed: this fault never struck",
            "`drill` was running at the end: there is none at all",
        ],
    );
    let (code, _, told) = run(&format!("{fault}optional = true\n"));
    assert_eq!((code, told.as_str()), (Some(0), ""), "held, and quiet about it");
    let (code, _, told) = run("[[request]]\nnth = 0\nlose_answer = { status = 500 }\n");
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["faults.toml, line 2, column 7", "1 or more"]);
}

#[test]
fn expectations_that_contradict_one_another_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("expect.toml");
    let expect = file.to_str().expect("UTF-8");
    for (text, says_so) in [
        (
            "called = [\"Blob_Put\"]\nnot_called = [\"Blob_Put\"]\n",
            "Blob_Put is both in `called` and in",
        ),
        (
            "no_refusals = true\n[[refused]]\ngate = \"network\"\n",
            "`no_refusals` and a `[[refused]]` cannot both",
        ),
        (
            "[[refused]]\noperation = \"Blob_Put\"\nstage = \"restore\"\n",
            "of an `operation` or at a",
        ),
        ("[[job]]\nstatus = \"Completed\"\ncode = \"X\"\n", "no `code`"),
        ("[[refused]]\nstage = \"restor\"\n", "did you mean `restore`?"),
        ("[[refused]]\nrule = \"FX-RF-3\"\n", "did you mean `FX-RF-03`?"),
    ] {
        std::fs::write(&file, text).expect("written");
        let (code, _, told) = played(&["run", "--expect", expect, "--", "true"]);
        assert_eq!(code, Some(2), "{told}");
        says(&told, &["expect.toml", says_so]);
    }
}

/// What a client asked only to know whether it is there is no refusal, nor is where to get a token.
#[test]
fn asking_whether_something_is_there_is_no_refusal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("expect.toml");
    std::fs::write(&file, "no_refusals = true\n").expect("written");
    let text = script(
        r#"g="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/g?api-version=2022-09-01"
        ask "$g"; ask "$g" -I
        ask "$g" -X PUT -H 'content-type: application/json' -d '{"location":"uksouth"}'"#,
    );
    let expect = file.to_str().expect("UTF-8");
    let (code, out, told) = played(&["run", "--expect", expect, "--", "sh", "-c", &text]);
    assert_eq!(out.lines().collect::<Vec<_>>(), ["404", "404", "201"]);
    assert_eq!(code, Some(0), "{told}");
    says(&told, &["nothing failed", "held: every expectation"]);
}

/// A host of the internet is never dialled, and said to be what it is, to the client as well.
#[test]
fn look_ups_on_the_internet_are_named() {
    let text = "curl -sv https://aka.ms/azure-cli-extension-index-v1 2>&1 | grep -i 'HTTP/1.1 403'";
    let (code, out, told) = played(&["run", "--", "sh", "-c", text]);
    assert_eq!(code, Some(0), "{told}");
    let named = "the index of az's extensions: run `az extension add` before";
    says(&out, &[named]);
    says(&told, &["aka.ms, once", "the index of az's extensions"]);
}

/// A version that is not at hand stands in nobody's way: it is said, and the others are played.
#[test]
fn scenarios_that_need_rows_are_skipped_without_a_postgresql() {
    let (code, _, told) = played(&["scenario", "happy-path"]);
    assert_eq!(code, Some(2), "asked for by name: {told}");
    says(
        &told,
        &["happy-path: it needs rows", "AZDRILL_POSTGRES=container"],
    );
    let (code, out, told) = played(&["scenario", "--all"]);
    assert_eq!(code, Some(0), "{told}");
    says(&told, &["happy-path is skipped: it needs rows"]);
    says(&out, &["missing-reader-on-rg", " scenarios held, ", " skipped"]);
}
