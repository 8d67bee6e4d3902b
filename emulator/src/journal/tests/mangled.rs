//! Journals that are not as they were written.

use proptest::prelude::*;
use serde_json::Value;

use super::lines::{lines, played};
use super::world::World;
use crate::journal::{JournalError, Replay};

fn journal() -> Vec<u8> {
    let mut world = World::new();
    world.live();
    world.journal()
}

/// Plays as far as it goes.
fn attempt(journal: &[u8]) -> Result<u64, JournalError> {
    let mut lines = lines(journal);
    let mut replay = Replay::begin(lines.next().unwrap_or_default())?;
    for line in lines {
        replay.play(line)?;
    }
    Ok(replay.inputs())
}

fn said(journal: &[u8]) -> String {
    attempt(journal).expect_err("it cannot be played").to_string()
}

#[test]
fn a_changed_answer_is_found_at_its_line() {
    let journal = journal();
    let text = String::from_utf8(journal.clone()).expect("it is text");
    for wanted in [3_u64, 10, 40] {
        let changed: String = text
            .lines()
            .map(|line| {
                let mut value: Value = serde_json::from_str(line).expect("it is JSON");
                if value["n"] == wanted {
                    value["answer"]["said"] = "something else".into();
                }
                format!("{value}\n")
            })
            .collect();
        assert_eq!(played(changed.as_bytes()).2, Some(wanted));
    }
    assert_eq!(played(&journal).2, None);
}

#[test]
fn another_seed_gives_other_answers() {
    let text = String::from_utf8(journal()).expect("it is text");
    let other = text.replacen("\"seed\":7", "\"seed\":9", 1);
    let mut lines = lines(other.as_bytes());
    let mut replay = Replay::begin(lines.next().unwrap_or_default()).expect("it is a journal");
    // Who has another key refuses what was prepared: it need not come to its end.
    let mut played = lines.map_while(|line| replay.play(line).ok());
    assert!(played.any(|played| played.difference.is_some()));
}

#[test]
fn what_cannot_be_played_is_told_with_its_line_and_a_way_out() {
    let journal = journal();
    let all: Vec<&[u8]> = lines(&journal).collect();
    let with = |line: usize, text: &[u8]| {
        let mut changed = all.clone();
        changed[line - 1] = text;
        changed.concat()
    };
    let says = |journal: &[u8], wanted: &[&str]| {
        let said = said(journal);
        for part in wanted {
            assert!(said.contains(part), "{said}");
        }
    };
    says(b"", &["line 1", "no journal of azdrill", "--journal FILE"]);
    says(
        b"{\"azdrill_journal\":2}\n",
        &["line 1", "format 2", "reads format 1"],
    );
    says(
        b"{\"azdrill_journal\":1}\n",
        &["line 1", "not what a journal has"],
    );
    says(&with(4, b"{\"n\":3,\n"), &["line 4", "ends in the middle"]);
    says(&with(4, b"hello\n"), &["line 4", "no JSON"]);
    says(&with(4, b"{}\n"), &["line 4", "not what a journal has"]);
    says(
        &with(4, all[4]),
        &["line 4", "input 3 was expected and this is 4", "missing"],
    );
    let tick = |at: &str| format!("{{\"n\":3,\"at\":\"{at}\",\"input\":\"tick\",\"answer\":{{}}}}\n");
    says(
        &with(4, tick("9999-12-30T00:00:00Z").as_bytes()),
        &["line 4", "no time a world is played at"],
    );
}

/// What a line is wrong in is told without what is in it.
#[test]
fn no_secret_is_told() {
    let journal = String::from_utf8(journal()).expect("it is text");
    let secret = "Not-a-secret-1!";
    assert!(journal.contains(secret), "the journal has what was sent");
    let broken: String = journal
        .lines()
        .map(|line| {
            if line.contains(secret) {
                format!("{}\n", line.replace("\"method\":\"PUT\"", "\"method\":[]"))
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    assert!(!said(broken.as_bytes()).contains("secret"));
    let mut lines = lines(journal.as_bytes());
    let mut replay = Replay::begin(lines.next().unwrap_or_default()).expect("it is a journal");
    for line in lines {
        let played = replay.play(line).expect("it plays");
        let told = format!("{played:?}");
        for secret in [secret, "Bearer", "azdrill~", "sig="] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is in a file, whoever plays it is answered.
    #[test]
    fn nothing_in_a_file_breaks_the_player(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        swap in proptest::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        thread_local! {
            static JOURNAL: Vec<u8> = journal();
        }
        let mut journal = JOURNAL.with(Clone::clone);
        if let Some((one, other)) = swap {
            let mut all: Vec<Vec<u8>> = lines(&journal).map(<[u8]>::to_vec).collect();
            let (one, other) = (one.index(all.len()), other.index(all.len()));
            all.swap(one, other);
            journal = all.concat();
        }
        for (at, byte) in changes {
            let at = at.index(journal.len());
            journal[at] = byte;
        }
        if let Some(cut) = cut {
            journal.truncate(cut.index(journal.len()));
        }
        if let Err(error) = attempt(&journal) {
            prop_assert!(!error.what.contains("azdrill itself failed"), "{error}");
        }
    }
}
