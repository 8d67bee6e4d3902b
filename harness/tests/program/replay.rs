//! Journals: what `run`, `scenario` and `serve` keep, and what `replay` says of them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::start::{played, says};

#[test]
fn a_run_is_played_again_and_a_change_of_it_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (journal, changed) = (path("drill.journal"), path("changed.journal"));
    let command = "curl -s -o /dev/null https://management.azure.com/subscriptions?api-version=2022-12-01";
    let (code, _, told) = played(&["run", "-q", "--journal", &journal, "--", "sh", "-c", command]);
    assert_eq!(code, Some(0), "{told}");
    let mode = fs::metadata(&journal).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "there are secrets in it");
    let (code, said, told) = played(&["replay", &journal]);
    assert_eq!(code, Some(0), "{said}{told}");
    says(
        &said,
        &["answers are the same, byte for byte", "which is this one"],
    );
    let (code, said, told) = played(&["replay", &journal, "--explain", "1"]);
    assert_eq!(code, Some(0), "{said}{told}");
    says(&said, &["exchange 1", "401", "gate       authentication"]);
    let (code, said, told) = played(&["replay", &journal, "--until", "1"]);
    assert_eq!(code, Some(0), "{said}{told}");
    says(&said, &["after input 1", "the world began"]);
    let text = fs::read_to_string(&journal).expect("it can be read");
    fs::write(&changed, text.replace("\"status\":401", "\"status\":200")).expect("written");
    let (code, said, _) = played(&["replay", &changed]);
    assert_eq!(code, Some(1), "{said}");
    says(&said, &["1 answer is another", "then 200", "now 401"]);
    let (code, _, told) = played(&["replay", &path("none")]);
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["cannot read", "none"]);
}

#[test]
fn a_journal_that_cannot_be_written_is_told() {
    let (code, _, told) = played(&["run", "-q", "--journal", "/no/such/folder/j", "--", "true"]);
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["cannot write /no/such/folder/j"]);
    let (code, _, told) = played(&["run", "-q", "--journal", "/dev/full", "--", "true"]);
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["the journal is not whole", "No space left"]);
    let (code, _, told) = played(&[
        "scenario",
        "happy-path",
        "server-stopped",
        "--journal",
        "/dev/null",
    ]);
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["--journal takes one scenario"]);
}
