//! What a command starts does not outlive its run, however it detaches itself and however the run ends.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::start::{azdrill, end, ended, says, send, wait_until};

/// Starts a daemon in a session of its own, whose number it writes down.
const DAEMON: &str =
    "setsid sh -c 'echo $$ >daemon.new; mv daemon.new daemon; exec sleep 300' </dev/null >/dev/null 2>&1 &
until [ -e daemon ]; do sleep 0.01; done\n";

/// One that does not end when it is asked to.
const STUBBORN: &str = "setsid sh -c 'trap \"\" TERM INT HUP; echo $$ >daemon.new; mv daemon.new daemon; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &
until [ -e daemon ]; do sleep 0.01; done\n";

fn daemon(folder: &Path) -> u32 {
    let number = std::fs::read_to_string(folder.join("daemon")).expect("it was started");
    number.trim().parse().expect("a number")
}

/// Whether there is such a process; one that has ended and that nobody has waited for is none.
fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z')
}

fn script(folder: &Path, text: &str) -> Command {
    let mut command = azdrill(&["run", "-q", "--", "sh", "-c", text]);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

#[test]
fn what_detaches_itself_ends_with_the_command_and_is_named() {
    for (start, name) in [(DAEMON, "sleep"), (STUBBORN, "sh")] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!("{start}echo done; exit 3");
        let output = script(folder.path(), &text).output().expect("it starts");
        let (code, out, told) = ended(&output);
        assert_eq!((code, out.as_str()), (Some(3), "done\n"), "{told}");
        let process = daemon(folder.path());
        says(
            &told,
            &[&format!("`{name}` (process {process}) was left running")],
        );
        assert!(!runs(process), "{start}");
    }
}

#[test]
fn what_detaches_itself_ends_when_azdrill_is_killed() {
    for start in [DAEMON, STUBBORN] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!("{start}echo $$ >command; sleep 300");
        let mut command = script(folder.path(), &text);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let written = folder.path().join("command");
        wait_until("the command runs", || {
            std::fs::read_to_string(&written).is_ok_and(|text| text.ends_with('\n'))
        });
        let shell = std::fs::read_to_string(&written).expect("there");
        let processes = [daemon(folder.path()), shell.trim().parse().expect("a number")];
        send("KILL", &child);
        end(&mut child);
        wait_until("none of its processes is left", || {
            !processes.iter().any(|process| runs(*process))
        });
    }
}

#[test]
fn a_signal_still_comes_to_the_command_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "trap 'echo asked >>asked; exit 9' TERM; echo $$ >command; while :; do sleep 0.05; done";
    let mut command = script(folder.path(), text);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let child = child.expect("it starts");
    let written = folder.path().join("command");
    wait_until("the command runs", || written.exists());
    send("TERM", &child);
    let (code, _, told) = ended(&child.wait_with_output().expect("it ended"));
    assert_eq!(code, Some(9), "{told}");
    let asked = std::fs::read_to_string(folder.path().join("asked")).expect("it was asked");
    assert_eq!(asked, "asked\n");
}

#[test]
fn chaos_leaves_nothing_that_its_commands_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "setsid sh -c 'trap \"\" TERM; echo $$ >>daemons; sleep 300' </dev/null >/dev/null 2>&1 &
        sleep 0.3; exit 0";
    let mut command = azdrill(&["run", "--chaos", "3", "--runs", "2", "--", "sh", "-c", text]);
    let output = command.current_dir(folder.path()).stdin(Stdio::null()).output();
    ended(&output.expect("it starts"));
    let daemons = std::fs::read_to_string(folder.path().join("daemons")).expect("they were started");
    for process in daemons.lines() {
        let process = process.parse().expect("a number");
        assert!(!runs(process), "{process} of\n{daemons}");
    }
}
