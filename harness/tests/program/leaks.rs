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
pub(crate) fn runs(process: u32) -> bool {
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

/// The processes whose command line has all of these in it.
fn processes_of(parts: &[&str]) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("a folder").flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_one = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        runs(*process) && parts.iter().all(|part| line.contains(part))
    };
    numbers.filter(is_one).collect()
}

/// Not even the small shell that waits for its end is left: the next start sweeps, and leaves what is kept.
#[test]
fn servers_of_a_killed_serve_are_swept_by_the_next_start_and_their_data_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let has = Command::new("sh")
        .args(["-c", "command -v initdb || ls -d /usr/lib/postgresql/*/bin"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !has.is_ok_and(|status| status.success()) {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: no PostgreSQL is installed here");
        return;
    }
    let folder = tempfile::Builder::new()
        .prefix("azl")
        .tempdir_in("/tmp")
        .expect("a folder");
    let path = std::fs::canonicalize(folder.path()).expect("a folder");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o711)).expect("made open");
    let state = path.join("state");
    let state = state.to_str().expect("UTF-8");
    let start = |arguments: &[&str], postgres: &str| {
        azdrill(arguments)
            .env("AZDRILL_POSTGRES", postgres)
            .env("TMPDIR", &path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    };
    let world = [
        "serve",
        "--port",
        "0",
        "--state",
        state,
        "--world",
        "flexible_server_ready",
    ];
    let mut child = start(&world, "local");
    wait_until("it is ready", || path.join("state/running.json").exists());
    let servers = || processes_of(&["postgres", "-D", state]);
    assert!(!servers().is_empty());
    let shells = processes_of(&["azdrill-watchdog", path.to_str().expect("UTF-8")]);
    assert_eq!(shells.len(), 1);
    let kill = |process: u32| {
        let killed = Command::new("kill")
            .args(["-KILL", &process.to_string()])
            .status();
        assert!(killed.expect("kill").success());
    };
    kill(shells[0]);
    send("KILL", &child);
    end(&mut child);
    assert!(!servers().is_empty(), "nobody was left to end them");
    let swept = end(&mut start(&["run", "-q", "--", "true"], "none"));
    assert!(swept.success());
    wait_until("they are swept", || servers().is_empty());
    let left: Vec<_> = std::fs::read_dir(&path).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    std::fs::remove_file(path.join("state/running.json")).expect("it told of itself");
    let mut again = start(&world, "local");
    wait_until("it is ready again", || path.join("state/running.json").exists());
    send("TERM", &again);
    assert!(end(&mut again).success());
}
