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
    for (option, says) in [("--until", "it has "), ("--explain", "1 exchange (")] {
        let (code, said, told) = played(&["replay", &journal, option, "99999"]);
        assert_eq!(code, Some(2), "{said}{told}");
        assert!(told.contains("ends before that") && told.contains(says), "{told}");
        let (code, _, told) = played(&["replay", &journal, option, "0"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("0 is not in 1.."), "{told}");
    }
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

/// Whoever sends what a terminal acts on, in a URL or a header, or writes it into a journal: it is shown, and does
/// nothing.
#[test]
fn what_clients_and_strangers_wrote_does_nothing_to_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (journal, changed) = (path("drill.journal"), path("changed.journal"));
    let url =
        "https://management.azure.com/subscriptions/%1b%5b2J%1b%5d0;owned%07%c2%9b31m?api-version=%1b%5b2J";
    let command = format!(
        "curl -s -g -o /dev/null -H 'x-ms-client-request-id: \u{9b}2J' -H 'user-agent: \u{9b}2J' '{url}'; \
         curl -s -g -o /dev/null -X PUT https://x.blob.core.windows.net/%1b%5b2J/%e2%80%ae; true"
    );
    let harmless = |text: &str| {
        let acts = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!text.contains(acts), "{text:?}");
    };
    let (code, _, told) = played(&[
        "run",
        "--verbose",
        "--journal",
        &journal,
        "--",
        "sh",
        "-c",
        &command,
    ]);
    assert_eq!(code, Some(0), "{told}");
    harmless(&told);
    for options in [&["--until", "2"][..], &["--explain", "1"]] {
        let (code, said, told) = played(&[&["replay", &journal][..], options].concat());
        assert_eq!(code, Some(0), "{said}{told}");
        harmless(&said);
        harmless(&told);
    }
    let text = fs::read_to_string(&journal).expect("it can be read");
    let strange = text.replacen("\"headers\":[[\"", "\"headers\":[[\"\\u001b[2J", 1);
    assert_ne!(text, strange);
    fs::write(&changed, strange).expect("written");
    let (code, said, told) = played(&["replay", &changed]);
    assert_eq!(code, Some(2), "{said}{told}");
    harmless(&told);
    says(&told, &["␛[2J"]);
}

#[test]
fn what_is_no_journal_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    fs::write(path("main.tf"), "resource").expect("written");
    fs::write(path("old"), "{\"azdrill_journal\":1}\n").expect("written");
    let made = std::process::Command::new("mkfifo").arg(path("pipe")).status();
    assert!(made.expect("mkfifo").success());
    for (name, why) in [
        ("main.tf", "no journal"),
        ("pipe", "nobody reads it"),
        ("", "directory"),
    ] {
        let (code, _, told) = played(&["run", "-q", "--journal", &path(name), "--", "true"]);
        assert_eq!(code, Some(2), "{told}");
        says(&told, &["cannot write", why]);
    }
    assert_eq!(
        fs::read_to_string(path("main.tf")).expect("it is there"),
        "resource"
    );
    // What cannot begin takes nothing's place.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("it has one").port().to_string();
    for arguments in [
        &[
            "run",
            "-q",
            "--world",
            "no-such-world",
            "--journal",
            &path("old"),
            "--",
            "true",
        ][..],
        &[
            "serve",
            "--world",
            "no-such-world",
            "--journal",
            &path("old"),
            "--state",
            &path("state"),
        ],
        &[
            "serve",
            "--port",
            &port,
            "--journal",
            &path("old"),
            "--state",
            &path("state"),
        ],
        &["scenario", "no-such-scenario", "--journal", &path("old")],
    ] {
        let (code, _, told) = played(arguments);
        assert_eq!(code, Some(2), "{told}");
        let old = fs::read_to_string(path("old")).expect("it is there");
        assert_eq!(old, "{\"azdrill_journal\":1}\n", "{arguments:?}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 4, "{left:?}");
}
