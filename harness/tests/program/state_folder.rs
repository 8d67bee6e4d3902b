//! The folder `serve` keeps its state in: one process's at a time, and nobody else's.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::start::{azdrill, end, ended, says, send, wait_until};

fn serve(state: &str, within: &Path) -> Child {
    azdrill(&["serve", "--port", "0", "--state", state])
        .current_dir(within)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Waits for its end, which must come by itself.
fn ends(mut child: Child) -> (Option<i32>, String, String) {
    end(&mut child);
    ended(&child.wait_with_output().expect("it ended"))
}

/// One that runs; where a test fails, it does not go on, holding what whoever started the tests has locked.
pub(crate) struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn end_by(&mut self, signal: &str) {
        send(signal, &self.0);
        end(&mut self.0);
    }
}

/// Starts it on a folder and waits until it can be asked for its environment.
fn serving(state: &str, within: &Path) -> Serving {
    begun(serve(state, within), state, within)
}

/// Waits until one that was started on a folder can be asked for its environment.
pub(crate) fn begun(child: Child, state: &str, within: &Path) -> Serving {
    let mut serving = Serving(child);
    let child = &mut serving.0;
    let running = within.join(state).join("running.json");
    wait_until("it runs", || {
        assert!(child.try_wait().expect("a status").is_none(), "it ended");
        // One that was killed may have left its own.
        let told = std::fs::read_to_string(&running).unwrap_or_default();
        told.contains(&format!("\"process\": {},", child.id()))
    });
    serving
}

#[test]
fn a_second_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = serving("state", folder.path());
    let environment = || {
        let mut env = azdrill(&["env", "--state", "state"]);
        ended(&env.current_dir(folder.path()).output().expect("it starts"))
    };
    let before = environment();
    assert_eq!(before.0, Some(0), "{}", before.2);
    let (code, _, told) = ends(serve("state", folder.path()));
    assert_eq!(code, Some(2), "{told}");
    says(
        &told,
        &[
            "another `azdrill serve`",
            &first.0.id().to_string(),
            "--state",
            "--port",
        ],
    );
    assert_eq!(environment(), before);

    // Killed, it has the folder no longer, and what it told of itself is no longer true.
    first.end_by("KILL");
    let mut next = serving("state", folder.path());
    says(
        &std::fs::read_to_string(folder.path().join("state/running.json")).expect("JSON"),
        &[&next.0.id().to_string()],
    );
    next.end_by("TERM");
    assert!(!folder.path().join("state/running.json").exists());
}

#[test]
fn what_it_prints_of_a_relative_folder_holds_elsewhere_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = serving("state", folder.path());
    let mut env = azdrill(&["env", "--state", "state"]);
    let (_, again, _) = ended(&env.current_dir(folder.path()).output().expect("it starts"));
    child.end_by("TERM");
    let mut printed = String::new();
    let mut from = child.0.stdout.take().expect("a pipe");
    std::io::Read::read_to_string(&mut from, &mut printed).expect("text");
    let here = std::fs::canonicalize(folder.path()).expect("a folder");
    for text in [printed, again] {
        let bundle = format!("SSL_CERT_FILE='{}/state/ca-bundle.pem'", here.display());
        let az = format!("AZURE_CONFIG_DIR='{}/state/az'", here.display());
        says(&text, &[&bundle, &az]);
        assert!(!text.contains("='state/"), "{text}");
    }
}

/// A state folder in which something stands that is not ours.
#[track_caller]
fn refused(name: &str, place: impl FnOnce(&Path), says_so: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    std::fs::create_dir(&state).expect("made");
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700)).expect("closed");
    place(&state.join(name));
    let (code, _, told) = ends(serve("state", folder.path()));
    assert_eq!(code, Some(2), "{name}: {told}");
    says(&told, &[name, says_so]);
    let running = std::fs::symlink_metadata(state.join("running.json"));
    assert!(!running.is_ok_and(|found| found.is_file()));
}

#[test]
fn what_leads_elsewhere_or_is_anothers_is_not_used() {
    let strange = "neither a plain file nor a folder";
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = folder.path().join("elsewhere");
    std::fs::write(&elsewhere, "kept").expect("written");
    for name in ["ca.lock", "serve.lock", "hosts", "running.json", "ca.pem", "az"] {
        let link = |path: &Path| std::os::unix::fs::symlink(&elsewhere, path).expect("linked");
        refused(name, link, strange);
    }
    assert_eq!(std::fs::read_to_string(&elsewhere).expect("there"), "kept");
    let pipe = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo").success());
    };
    refused("ca.lock", pipe, strange);
    refused("serve.lock", pipe, strange);
    let give_away = |path: &Path| std::os::unix::fs::chown(path, Some(12345), None);
    // Only root can give a folder away.
    if give_away(folder.path()).is_ok() {
        let make = |path: &Path| {
            std::fs::create_dir(path).expect("made");
            give_away(path).expect("given away");
        };
        refused("az", make, "uid 12345");
    }
}
