//! `azdrill chaos`, and `azdrill replay` of a line of it.

use std::process::Output;

use crate::start::{self, says};

fn azdrill(arguments: &[&str]) -> Output {
    start::azdrill(arguments).output().expect("it starts")
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = azdrill(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    text
}

/// A thousand seeds in fresh processes, with another number of runs at a time: the same bytes, and with them the digest
/// of all that was answered and logged.
#[test]
fn the_same_seeds_are_the_same_in_every_process() {
    let all = |side_by_side| azdrill(&["chaos", "--seeds", "1000", "--side-by-side", side_by_side]);
    let (one, other) = (all("1"), all("3"));
    let text = String::from_utf8_lossy(&one.stdout);
    assert_eq!(one.status.code(), Some(0), "{text}");
    says(&text, &["every invariant held", "all transcripts: "]);
    assert_eq!(text, String::from_utf8_lossy(&other.stdout));
}

#[test]
fn shards_come_to_what_the_whole_comes_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let whole = azdrill(&[
        "chaos",
        "--seeds",
        "30",
        "--from",
        "100",
        "--json",
        &file("whole"),
    ]);
    assert_eq!(whole.status.code(), Some(0));
    for (shard, name) in [("1/2", "a"), ("2/2", "b")] {
        let own = azdrill(&[
            "chaos",
            "--seeds",
            "30",
            "--from",
            "100",
            "--shard",
            shard,
            "--json",
            &file(name),
        ]);
        assert_eq!(own.status.code(), Some(0));
    }
    let merged = azdrill(&[
        "chaos",
        "--merge",
        &file("b"),
        &file("a"),
        "--json",
        &file("merged"),
    ]);
    assert_eq!(
        merged.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&merged.stderr)
    );
    let read = |name: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(file(name)).expect("it was written");
        serde_json::from_str(&text).expect("it is JSON")
    };
    let (whole, merged) = (read("whole"), read("merged"));
    for member in ["digest", "covered", "runs", "broken", "seeds"] {
        assert_eq!(whole[member], merged[member], "{member}");
    }
    says(
        &refused(&["chaos", "--merge", &file("a")]),
        &["shard 2/2 is missing"],
    );
    std::fs::write(file("c"), "{}").expect("it can be");
    says(
        &refused(&["chaos", "--merge", &file("c")]),
        &["is not what `azdrill chaos --json` writes"],
    );
}

#[test]
fn bad_input_is_refused() {
    for (wrong, shown) in [
        (["--shard", "0/3"], "say which of how many"),
        (["--shard", "4/3"], "say which of how many"),
        (["--shard", "x"], "say which of how many"),
        (["--side-by-side", "0"], "0"),
        (["--from", "18446744073709551615"], "beyond the last seed"),
    ] {
        let text = refused(&["chaos", "--seeds", "2", wrong[0], wrong[1]]);
        says(&text, &[shown]);
    }
    says(&refused(&["chaos", "--seeds", "0"]), &["--seeds"]);
    says(&refused(&["chaos"]), &["--seeds"]);
    says(&refused(&["replay", "sweep/1/x"]), &["not as a sweep printed it"]);
}
