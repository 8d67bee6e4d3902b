//! Starting the program, and waiting for what it does.

use std::process::{Child, Command, ExitStatus, Output};
use std::time::{Duration, Instant};

/// Longest wait for something that must happen.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// The program with these arguments, without PostgreSQL and with nothing of whoever runs the tests.
pub(crate) fn azdrill(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azdrill"));
    command
        .args(arguments)
        .env("AZDRILL_POSTGRES", "none")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["AZDRILL_LOG", "AZURE_EXTENSION_DIR", "COLUMNS", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// How it ended: its exit code, and what it wrote to standard output and to standard error.
pub(crate) fn ended(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = text(&output.stderr);
    assert!(!told.contains("panicked"), "{told}");
    (output.status.code(), text(&output.stdout), told)
}

/// Starts it and waits for its end.
pub(crate) fn played(arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(&azdrill(arguments).output().expect("it starts"))
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + GIVE_UP_AFTER;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came that {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for its end; one that does not come is a failure, and leaves nothing running.
pub(crate) fn end(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + GIVE_UP_AFTER;
    loop {
        if let Some(status) = child.try_wait().expect("a status") {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends it a signal by name.
pub(crate) fn send(signal: &str, child: &Child) {
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args([&format!("-{signal}"), &child.id().to_string()])
        .stderr(std::process::Stdio::null())
        .status();
}

/// Checks that all of these are in a text.
#[track_caller]
pub(crate) fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
