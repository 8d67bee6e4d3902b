//! `azdrill time`, against a `serve` whose clock stands still and a `run` whose clock goes.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::start::{azdrill, ended, played, says};
use crate::state_folder::{Serving, begun};

/// A world whose clock stands still.
fn frozen(within: &Path) -> Serving {
    let arguments = [
        "serve", "--port", "0", "--state", "state", "--clock", "virtual", "--start",
    ];
    let child = azdrill(&arguments)
        .arg("2035-01-01T00:00:00Z")
        .current_dir(within)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    begun(child, "state", within)
}

fn time(within: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = azdrill(&["time", "--state", "state"]);
    command
        .args(arguments)
        .current_dir(within)
        .env_remove("AZDRILL_URL");
    ended(&command.output().expect("it starts"))
}

#[test]
fn a_clock_that_stands_still_is_moved_set_going_and_frozen() {
    let folder = tempfile::tempdir().expect("a folder");
    let within = folder.path();
    let _serving = frozen(within);
    let (code, said, _) = time(within, &[]);
    assert_eq!(code, Some(0));
    says(&said, &["2035-01-01T00:00:00Z", "stands still"]);
    let (_, said, _) = time(within, &["advance", "7d"]);
    says(&said, &["2035-01-08T00:00:00Z"]);
    let (_, said, _) = time(within, &["set", "2035-02-01T00:00:00+00:00", "--format", "json"]);
    let told: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(
        (&told["now"], &told["clock"]),
        (&"2035-02-01T00:00:00Z".into(), &"frozen".into()),
        "{said}"
    );
    let (code, said, _) = time(within, &["until-quiet", "--json"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        said.matches("2035-02-01T00:00:00Z").count(),
        1,
        "nothing is under way: {said}"
    );
    says(&time(within, &["go"]).1, &["the clock goes"]);
    says(&time(within, &["freeze"]).1, &["stands still"]);
    for (arguments, part) in [
        (&["set", "2034-12-31T00:00:00Z"][..], "time does not go back"),
        (&["advance", "-PT1S"], "time does not go back"),
        (&["advance", "3285000d"], "a hundred years"),
        (&["set", "9999-12-01T00:00:00Z"], "a hundred years"),
        (&["advance", "soon"], "`soon` is no duration"),
        (&["set", "tomorrow"], "`tomorrow` is no moment"),
        (&["until-quiet", "--within", "P1M"], "months or years"),
    ] {
        let (code, said, told) = time(within, arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}: {told}");
        says(&told, &[part]);
    }
}

#[test]
fn a_command_asks_the_world_it_runs_in() {
    let program = env!("CARGO_BIN_EXE_azdrill");
    let asked = format!("{program} time freeze && {program} time advance P1D --json");
    let (code, said, told) = played(&[
        "run",
        "--quiet",
        "--start",
        "2030-01-01T00:00:00Z",
        "--",
        "sh",
        "-c",
        &asked,
    ]);
    assert_eq!(code, Some(0), "{told}");
    says(&said, &["\"now\": \"2030-01-02T00:00:0", "\"clock\": \"frozen\""]);
}

#[test]
fn where_nothing_runs_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    says(&time(folder.path(), &[]).2, &["no `azdrill serve` is running"]);
    for (url, part) in [
        ("http://127.0.0.1:9", "nobody answers at 127.0.0.1:9"),
        ("http://management.azure.com", "is no address of this machine"),
    ] {
        let (code, _, told) = played(&["time", "--url", url]);
        assert_eq!(code, Some(2), "{told}");
        says(&told, &[part]);
    }
}
