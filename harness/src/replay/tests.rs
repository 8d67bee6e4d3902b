//! What is told of a journal that is played again.

use std::path::{Path, PathBuf};

use azdrill_emulator::journal::{Beginning, Given, Journalled};
use azdrill_emulator::machine::Core as _;
use azdrill_emulator::model::{NetworkPath, Request, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile};
use azdrill_emulator::services::Settings;
use http::Method;
use serde_json::{Value, json};

use super::{Until, explained, found, replay, state};
use crate::journal_file::JournalFile;
use crate::page::Page;

const SECRET: &str = "azdrill~not-to-be-told";

/// A journal in which an account is made that nobody reaches, and somebody tries to.
fn journal(folder: &Path) -> PathBuf {
    let file = folder.join("drill.journal");
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
    let journal = JournalFile::at(&file).unwrap();
    journal.begin().unwrap();
    let sink = journal.sink();
    let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 1, Settings::default());
    let mut machine = Journalled::with_journal(beginning, "a test", sink).unwrap();
    let operator = machine.found(now, None);
    let role = Given::Role {
        to: operator.object_id,
        role: "Storage Blob Data Owner".to_owned(),
        at: format!("/subscriptions/{}", operator.subscription)
            .parse()
            .unwrap(),
        after: jiff::SignedDuration::ZERO,
    };
    machine.give(now, &role).unwrap();
    let principal = machine.state().directory.get(operator.object_id).unwrap();
    let token = |audience| machine.tokens().issue(now, principal, audience).0;
    let (arm, blob) = (
        token("https://management.azure.com"),
        token("https://storage.azure.com"),
    );
    let group = format!("/subscriptions/{}/resourceGroups/g", operator.subscription);
    let account =
        format!("{group}/providers/Microsoft.Storage/storageAccounts/shopdumps?api-version=2023-01-01");
    let closed = json!({"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"publicNetworkAccess": "Disabled"}, "tags": {"password": SECRET}});
    let mut send = |host: &str, method, target: &str, token: &str, body: Option<Value>| {
        let request = Request::new(method, host, target)
            .with_header("authorization", &format!("Bearer {token}"))
            .with_header("x-ms-version", "2023-11-03");
        let request = match body {
            Some(body) => request.with_json(&body),
            None => request,
        };
        machine.call(now, &NetworkPath::internet(), request)
    };
    let place = json!({"location": "uksouth"});
    send(
        "management.azure.com",
        Method::PUT,
        &format!("{group}?api-version=2021-04-01"),
        &arm,
        Some(place),
    );
    let made = send("management.azure.com", Method::PUT, &account, &arm, Some(closed));
    assert!(made.status.is_success(), "{}", made.json_body());
    let read = send(
        "shopdumps.blob.core.windows.net",
        Method::GET,
        "/box/dump",
        &blob,
        None,
    );
    assert_eq!(read.status, 403);
    file
}

fn page() -> Page {
    Page::plain(100)
}

fn fits(text: &str) {
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(!text.contains("azdrill~") && !text.contains("Bearer"), "{text}");
}

#[test]
fn a_journal_that_was_not_touched_is_told_to_be_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let replayed = replay(&file, Until::End).unwrap();
    assert!(replayed.is_the_same());
    assert_eq!(replayed.inputs(), 5);
    let text = found(&page(), "drill.journal", &replayed);
    for part in [
        "a test",
        "which is this one",
        "profile observed, seed 1",
        "5 were played",
        "byte for byte",
    ] {
        assert!(text.contains(part), "{text}");
    }
    fits(&text);
}

#[test]
fn it_stops_where_it_is_asked_to_and_shows_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let replayed = replay(&file, Until::Input(4)).unwrap();
    let text = state(&page(), &replayed);
    for part in [
        "after input 4",
        "Microsoft.Storage/storageAccounts: 1 (shopdumps)",
        "the log's end",
    ] {
        assert!(text.contains(part), "{text}");
    }
    fits(&text);
    let replayed = replay(&file, Until::Exchange(3)).unwrap();
    let text = explained(&page(), &replayed, 3).unwrap();
    for part in [
        "exchange 3",
        "(input 5)",
        "who        operator",
        "from       the internet",
        "blob:shopdumps/box/dump",
        "answered   403 AuthorizationFailure",
        "gate       network",
        "reason ",
        "rule ",
        "sources",
    ] {
        assert!(text.contains(part), "{text}");
    }
    fits(&text);
    assert_eq!(explained(&page(), &replayed, 0), None);
    for until in [
        Until::Input(6),
        Until::Input(u64::MAX),
        Until::Exchange(4),
        Until::Exchange(u64::MAX),
    ] {
        let error = replay(&file, until).err().unwrap().to_string();
        let says =
            "ends before that: it has 5 inputs (`--until` counts these) and 3 exchanges (`--explain` counts";
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn what_was_sent_and_answered_is_shown_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let replayed = replay(&file, Until::Exchange(2)).unwrap();
    let text = explained(&page(), &replayed, 2).unwrap();
    for part in [
        "  sent       content-type: application/json\n",
        "\"publicNetworkAccess\": \"Disabled\"",
        "\"password\": \"(hidden)\"",
        "  came back  content-type: ",
        "             retry-after: ",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 200), "{text}");
    assert!(!text.contains(SECRET), "{text}");
    let replayed = replay(&file, Until::Exchange(1)).unwrap();
    let text = explained(&page(), &replayed, 1).unwrap();
    assert!(
        text.contains("               \"provisioningState\": \"Succeeded\""),
        "{text}"
    );
    // What is not to be shown is not kept.
    let replayed = replay(&file, Until::Input(4)).unwrap();
    assert!(
        replayed
            .azure()
            .log()
            .since(0)
            .all(|exchange| exchange.bodies.is_none())
    );
}

/// What a stranger's journal does to a terminal: nothing.
#[test]
fn nothing_in_a_journal_reaches_the_terminal() {
    const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read_to_string(journal(folder.path())).unwrap();
    let mut hostile = String::new();
    for line in whole.lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if let Some(header) = value.get_mut("of") {
            *header = format!("a {HOSTILE} test\n{HOSTILE}").into();
            value["version"] = HOSTILE.into();
            value["build"] = HOSTILE.into();
        }
        if value["n"] == 5 {
            value["input"]["call"]["request"]["path"] = format!("/box/{HOSTILE}\nforged").into();
            value["input"]["call"]["request"]["query"] = format!("comp={HOSTILE}").into();
            value["answer"]["code"] = HOSTILE.into();
            value["answer"]["said"] = HOSTILE.into();
        }
        hostile += &format!("{value}\n");
    }
    let file = folder.path().join("hostile.journal");
    std::fs::write(&file, hostile).unwrap();
    let replayed = replay(&file, Until::End).unwrap();
    let mut text = found(&page(), HOSTILE, &replayed);
    text += &state(&page(), &replayed);
    let replayed = replay(&file, Until::Exchange(3)).unwrap();
    text += &explained(&page(), &replayed, 3).unwrap();
    assert!(text.contains("␛[2J␛]0;owned␇<U+009B>31m<U+202E>"), "{text}");
    for acts in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'] {
        assert!(!text.contains(acts), "{text:?}");
    }
    assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
}

#[test]
fn another_build_is_named_and_what_differs_under_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    let other = text.replacen("\"version\":\"", "\"version\":\"99.", 1);
    std::fs::write(&file, &other).unwrap();
    let replayed = replay(&file, Until::End).unwrap();
    assert!(replayed.is_the_same());
    let told = found(&page(), "drill.journal", &replayed);
    for part in [
        "written by azdrill 99.",
        "; this is 0.",
        "all 5 answers are the same",
    ] {
        assert!(told.contains(part), "{told}");
    }
    // As one would that has another idea of what is answered.
    let other = other.replacen("\"seed\":1,", "\"seed\":2,", 1);
    std::fs::write(&file, other).unwrap();
    let replayed = replay(&file, Until::End).unwrap();
    let told = found(&page(), "drill.journal", &replayed);
    for part in [
        "answers are another than in the journal",
        "line 4 (input 3)",
        "another build wrote it",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn one_is_told_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    for (lines, says) in [
        (1, "there was nothing to play"),
        (2, "1 was played"),
        (2, "its answer is the same"),
        (3, "all 2 answers are the same"),
    ] {
        let some: String = text.lines().take(lines).map(|line| format!("{line}\n")).collect();
        std::fs::write(&file, some).unwrap();
        let told = found(&page(), "drill.journal", &replay(&file, Until::End).unwrap());
        assert!(told.contains(says), "{told}");
        std::fs::write(&file, &text).unwrap();
    }
}

#[test]
fn another_answer_is_told_with_its_line_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"status\":403,", "\"status\":404,")
            .replace("\"build\":\"", "\"build\":\"x"),
    )
    .unwrap();
    let replayed = replay(&file, Until::End).unwrap();
    assert!(!replayed.is_the_same());
    let text = found(&page(), "drill.journal", &replayed);
    for part in [
        "1 answer is another",
        "line 6 (input 5)",
        "then 404",
        "now 403 AuthorizationFailure",
        "exchanges  3",
        "reason now",
        "another build wrote it",
    ] {
        assert!(text.contains(part), "{text}");
    }
    fits(&text);
}

#[test]
fn an_end_that_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = journal(folder.path());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 20]).unwrap();
    let replayed = replay(&file, Until::End).unwrap();
    assert!(replayed.is_the_same() && replayed.broken_off);
    assert_eq!(replayed.inputs(), 4);
    assert!(found(&page(), "drill.journal", &replayed).contains("ends in the middle"));
    // An editor may have taken the last end of a line away.
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(replay(&file, Until::End).unwrap().inputs(), 5);
}

#[test]
fn what_is_no_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    std::fs::write(&file, "a = 1\n").unwrap();
    let says = |path: &Path| replay(path, Until::End).err().unwrap().to_string();
    assert!(
        says(&file).contains("other.toml, line 1: this is no journal of azdrill"),
        "{}",
        says(&file)
    );
    assert!(says(folder.path()).contains("it is a folder"));
    assert!(says(Path::new("/dev/zero")).contains("no plain file"));
    assert!(says(&folder.path().join("none")).contains("cannot read"));
}
