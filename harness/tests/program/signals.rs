//! What a signal leaves: nothing, whenever it comes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::start::{GIVE_UP_AFTER, azdrill, end, send};

/// How long the watchdog of a killed process may take.
const GRACE: Duration = Duration::from_secs(15);

/// A folder for temporary files of its own: short, for the sockets of servers, and open enough that
/// the user they run as gets through.
fn temporary() -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix("azs")
        .tempdir_in("/tmp")
        .expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("made open");
    folder
}

fn start(arguments: &[&str], temporary: &Path, postgres: &str) -> Child {
    azdrill(arguments)
        .env("AZDRILL_POSTGRES", postgres)
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn left(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// The way to have a server here, so that its making is broken off as well.
fn postgres() -> &'static str {
    let has = Command::new("sh")
        .args(["-c", "command -v initdb || ls -d /usr/lib/postgresql/*/bin"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if has.is_ok_and(|status| status.success()) {
        "local"
    } else {
        "none"
    }
}

#[test]
fn to_end_at_any_moment_leaves_nothing() {
    let state = tempfile::tempdir().expect("a folder");
    let state = state.path().to_str().expect("UTF-8");
    let world = "flexible_server_ready";
    let commands: [&[&str]; 3] = [
        &["run", "--world", world, "--", "sleep", "30"],
        &["serve", "--port", "0", "--state", state, "--world", world],
        &["scenario", "private-endpoint-restore"],
    ];
    let postgres = postgres();
    for (index, command) in commands.into_iter().enumerate() {
        for moment in 0..8 {
            let folder = temporary();
            let mut child = start(command, folder.path(), postgres);
            // Denser at the beginning, where one thing after the other is made.
            let after = 4 * moment * moment * moment + 7 * u64::try_from(index).expect("small");
            std::thread::sleep(Duration::from_millis(after));
            send(if moment % 2 == 0 { "INT" } else { "TERM" }, &child);
            let status = end(&mut child);
            assert_eq!(
                left(folder.path()),
                Vec::<String>::new(),
                "{command:?} after {after} ms: {status}"
            );
            assert!(!Path::new(state).join("running.json").exists(), "{command:?}");
        }
    }
}

/// Containers of a process, running or not.
fn containers_of(process: u32) -> Vec<String> {
    let found = Command::new("docker")
        .args(["ps", "-aq", "--filter", &format!("label=azdrill={process}")])
        .output();
    let found = found.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&found)
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn to_end_while_a_container_is_made_leaves_none() {
    let images = Command::new("docker").args(["images", "-q", "postgres"]).output();
    if !images.is_ok_and(|images| images.status.success() && !images.stdout.is_empty()) {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: no images of PostgreSQL here");
        return;
    }
    let command = ["run", "--world", "flexible_server_ready", "--", "sleep", "30"];
    for after in [150, 300, 450, 600, 900, 1300] {
        let folder = temporary();
        let mut child = start(&command, folder.path(), "container");
        std::thread::sleep(Duration::from_millis(after));
        send("TERM", &child);
        end(&mut child);
        assert_eq!(
            containers_of(child.id()),
            Vec::<String>::new(),
            "after {after} ms"
        );
        assert_eq!(left(folder.path()), Vec::<String>::new(), "after {after} ms");
    }
}

#[test]
fn what_a_killed_process_left_is_swept_by_the_next() {
    let world = "flexible_server_ready";
    let postgres = postgres();
    for command in [
        &["run", "--world", world, "--", "sleep", "30"][..],
        &["scenario", "private-endpoint-restore"][..],
    ] {
        let folder = temporary();
        for after in [5, 30, 100, 400, 1500] {
            let mut child = start(command, folder.path(), postgres);
            std::thread::sleep(Duration::from_millis(after));
            send("KILL", &child);
            end(&mut child);
        }
        let living = start(&["run", "--", "sleep", "30"], folder.path(), "none");
        let deadline = Instant::now() + GIVE_UP_AFTER;
        let is_of_run = |name: &String| name.starts_with("azdrill-run-");
        while !left(folder.path()).iter().any(is_of_run) {
            assert!(Instant::now() < deadline, "it never began");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Whatever it is that starts next.
        let state = tempfile::tempdir().expect("a folder");
        let state = state.path().to_str().expect("UTF-8");
        let mut next = start(&["serve", "--port", "0", "--state", state], folder.path(), "none");
        let running = Path::new(state).join("running.json");
        while !running.exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        send("TERM", &next);
        end(&mut next);
        let deadline = Instant::now() + GRACE;
        while left(folder.path()).len() > 1 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        let rest = left(folder.path());
        assert_eq!(rest.len(), 1, "all but the living one's of {command:?}: {rest:?}");
        let mut living = living;
        assert!(living.try_wait().expect("a status").is_none());
        send("TERM", &living);
        end(&mut living);
        assert_eq!(left(folder.path()), Vec::<String>::new());
    }
}

/// A broken-off command ends with the code a shell gives to what a signal ended.
#[test]
fn the_exit_code_tells_the_signal() {
    let folder = temporary();
    let mut child = start(&["scenario", "--all"], folder.path(), "none");
    let deadline = Instant::now() + GIVE_UP_AFTER;
    while left(folder.path()).is_empty() {
        assert!(Instant::now() < deadline, "it never began");
        std::thread::sleep(Duration::from_millis(2));
        if child.try_wait().expect("a status").is_some() {
            // Without servers the first scenario may end before anything is seen of it.
            return;
        }
    }
    send("TERM", &child);
    let code = end(&mut child).code();
    assert!(matches!(code, Some(143 | 2)), "{code:?}");
}
