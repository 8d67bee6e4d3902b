//! Output that is closed or full: said, never lost in silence, never a panic.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::start::{azdrill, wait_until};

/// 128 and the number of SIGPIPE.
const NOBODY_READS: i32 = 141;

fn full() -> Stdio {
    let full = OpenOptions::new().write(true).open("/dev/full");
    full.expect("/dev/full").into()
}

/// A pipe that nobody reads any more.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[track_caller]
fn plain_commands_tell(state: &Path) {
    let state = state.to_str().expect("UTF-8");
    for arguments in [
        &["list"][..],
        &["list", "--format", "json"],
        &["grants", "backup"],
        &["grants", "backup", "--restore"],
        &["scenario", "happy-path"],
        &["scenario", "happy-path", "--format", "json"],
        &["env", "--state", state],
        &["env", "--state", state, "--form", "dotenv"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let output = azdrill(arguments).stdout(full()).output().expect("it starts");
        let text = said(&output);
        // A scenario that cannot be played here says so first.
        if arguments[0] == "scenario" && !text.contains("standard output") {
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
            continue;
        }
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(
            text.contains("cannot write to standard output") && text.contains("No space left"),
            "{arguments:?}: {text}"
        );
        let output = azdrill(arguments).stdout(closed()).output().expect("it starts");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(NOBODY_READS), "{arguments:?}: {text}");
        assert_eq!(text, "", "{arguments:?}");
        // Nobody is told, but it is done.
        let output = azdrill(arguments)
            .stdout(Stdio::null())
            .stderr(full())
            .output()
            .expect("it starts");
        assert_ne!(output.status.code(), Some(101), "{arguments:?}");
    }
}

fn serve(state: &Path, stdout: Stdio) -> Child {
    azdrill(&["serve", "--port", "0", "--state"])
        .arg(state)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

fn end(child: Child) -> Output {
    let killed = Command::new("kill").arg(child.id().to_string()).status();
    assert!(killed.expect("kill").success());
    child.wait_with_output().expect("it ends")
}

fn wait_for(state: &Path) {
    wait_until("it runs", || state.join("running.json").exists());
}

#[test]
fn every_command_tells_that_its_output_was_not_written() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let state = tempfile::tempdir().expect("a folder");
    // It goes on where nobody reads: its environment can be had again.
    let serving = serve(state.path(), closed());
    wait_for(state.path());
    plain_commands_tell(state.path());
    let output = end(serving);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("nobody reads standard output"), "{text}");
    assert!(!state.path().join("running.json").exists());

    let output = serve(state.path(), full()).wait_with_output().expect("it ends");
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("cannot write to standard output"), "{text}");
    assert!(!state.path().join("running.json").exists());
}

#[test]
fn a_run_whose_summary_nobody_can_read_ends_as_its_command_does() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for stderr in [full as fn() -> Stdio, closed] {
        let output = azdrill(&["run", "--", "sh", "-c", "exit 7"])
            .stderr(stderr())
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(7));
    }
    // A success of which nobody has seen the summary is none; whoever has stopped reading has seen enough.
    for (stderr, code) in [(full as fn() -> Stdio, 2), (closed, 0)] {
        let mut run = azdrill(&["run", "--", "true"]);
        let output = run.stderr(stderr()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(code));
    }
    let mut quiet = azdrill(&["run", "--quiet", "--", "true"]);
    let output = quiet.stderr(full()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "nothing was to be said");
    let output = azdrill(&["run", "--record", "/dev/full", "--", "true"])
        .output()
        .expect("it starts");
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("cannot write /dev/full"), "{text}");
    assert!(
        Path::new("/dev/full")
            .metadata()
            .is_ok_and(|full| !full.is_file())
    );
}

/// A record that cannot be written is found out before the command has done anything.
#[test]
fn a_record_that_cannot_be_written_is_found_out_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = folder.path().join("done");
    let record = folder.path().join("no/such/folder/record.json");
    let output = azdrill(&["run", "--record"])
        .arg(&record)
        .args(["--", "touch"])
        .arg(&done)
        .output()
        .expect("it starts");
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(!done.exists(), "the command has run");
    assert!(
        text.contains("record.json") && text.contains("No such file"),
        "{text}"
    );
}

/// A closed descriptor is the null device: nothing that is opened later becomes it, and nothing is lost that
/// was to be kept.
#[test]
fn a_closed_descriptor_is_the_null_device() {
    let program = env!("CARGO_BIN_EXE_azdrill");
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("record.json");
    let script = r#""$1" run --record "$2" -- true <&- >&- 2>&-"#;
    let status = Command::new("sh")
        .args(["-c", script, "sh", program])
        .arg(&record)
        .env("AZDRILL_POSTGRES", "none")
        .status()
        .expect("it starts");
    assert_eq!(status.code(), Some(0));
    let text = std::fs::read_to_string(&record).expect("a record");
    assert!(text.starts_with('{') && text.ends_with("}\n"), "{text}");
    let status = Command::new("sh")
        .args(["-c", r#""$1" grants backup >&-"#, "sh", program])
        .status()
        .expect("it starts");
    assert_eq!(status.code(), Some(0));
}
