//! Secrets of what is reached over a socket: nobody can know them beforehand, and nobody else can
//! read the files they are in.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::start::{GIVE_UP_AFTER, azdrill};

/// Files in which there is no secret, and which others may have to read.
const OPEN: [&str; 4] = ["ca.pem", "ca-bundle.pem", "hosts", "ca.lock"];

fn played(arguments: &[&str]) -> String {
    let output = azdrill(arguments).output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command finds in its environment.
fn environment(arguments: &[&str]) -> BTreeMap<String, String> {
    let all: Vec<&str> = [&["run", "-q"], arguments, &["--", "env"]].concat();
    let text = played(&all);
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn secrets_are_others_at_every_start_unless_a_seed_is_said() {
    let world = [
        "--world",
        "single_server_ready",
        "--start",
        "2025-02-03T06:00:00Z",
    ];
    let (one, other) = (environment(&world), environment(&world));
    for name in ["AZURE_CLIENT_SECRET", "AZDRILL_SERVER_PASSWORD"] {
        assert_ne!(one[name], other[name], "{name}");
        assert!(one[name].len() >= 32, "{name}");
    }
    assert_eq!(one["ARM_CLIENT_SECRET"], one["AZURE_CLIENT_SECRET"]);
    let seeded: Vec<&str> = [&world[..], &["--seed", "7"]].concat();
    let (one, other) = (environment(&seeded), environment(&seeded));
    for name in [
        "AZURE_CLIENT_SECRET",
        "AZDRILL_SERVER_PASSWORD",
        "AZURE_SUBSCRIPTION_ID",
    ] {
        assert_eq!(one[name], other[name], "{name}");
    }
    assert!(one["AZDRILL_STORAGE_ACCOUNT_ID"].ends_with(&one["AZDRILL_STORAGE_ACCOUNT"]));
    assert!(one["AZDRILL_INSTANCE_ID"].ends_with(&one["AZDRILL_INSTANCE"]));
}

#[test]
fn a_world_may_say_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let worlds = folder.path().join("scenarios/_worlds");
    std::fs::create_dir_all(&worlds).expect("made");
    let text = "seed = 3\n[world.server]\npassword = \"Said-in-a-file-1\"\n";
    std::fs::write(worlds.join("own.toml"), text).expect("written");
    let scenarios = folder.path().join("scenarios");
    let scenarios = scenarios.to_str().expect("UTF-8");
    let world = ["--scenarios", scenarios, "--world", "own"];
    let (one, other) = (environment(&world), environment(&world));
    assert_eq!(one["AZDRILL_SERVER_PASSWORD"], "Said-in-a-file-1");
    assert_eq!(one["AZURE_CLIENT_SECRET"], other["AZURE_CLIENT_SECRET"]);

    std::fs::write(worlds.join("own.toml"), "[world.server]\npassword = \"\"\n").expect("written");
    let output = azdrill(&["run", "--scenarios", scenarios, "--world", "own", "--", "true"])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("a password cannot be empty"), "{told}");
}

/// What others may do in a folder, and below it.
fn open_to_others(folder: &Path, found: &mut Vec<String>) {
    let mode = |path: &Path| path.symlink_metadata().expect("there").permissions().mode() & 0o777;
    if mode(folder) & 0o077 != 0 {
        found.push(format!("{} {:o}", folder.display(), mode(folder)));
    }
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            open_to_others(&path, found);
        } else if mode(&path) & 0o077 != 0 && !OPEN.iter().any(|name| path.ends_with(name)) {
            found.push(format!("{} {:o}", path.display(), mode(&path)));
        }
    }
}

#[test]
fn files_with_secrets_are_their_users_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("record.json");
    let state = folder.path().join("deep/state");
    let show = r#"umask 000; find "$(dirname "$AZURE_CONFIG_DIR")" -printf '%m %f\n'"#;
    let text = played(&[
        "run",
        "-q",
        "--record",
        record.to_str().expect("UTF-8"),
        "--",
        "sh",
        "-c",
        show,
    ]);
    for line in text.lines() {
        let (mode, name) = line.split_once(' ').expect("a mode");
        assert!(mode.ends_with("00") || OPEN.contains(&name), "{line}");
    }
    for name in ["service_principal_entries.json", "ca.key", "trust.jks", "lock"] {
        assert!(text.contains(&format!("600 {name}")), "{name} in {text}");
    }
    let mode = std::fs::metadata(&record).expect("recorded").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let mut serving = azdrill(&["serve", "--port", "0", "--state"])
        .arg(&state)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let deadline = Instant::now() + GIVE_UP_AFTER;
    while !state.join("running.json").exists() {
        assert!(Instant::now() < deadline, "it never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut found = Vec::new();
    open_to_others(&state, &mut found);
    let environment = azdrill(&["env", "--state"])
        .arg(&state)
        .output()
        .expect("it starts");
    let killed = Command::new("kill").arg(serving.id().to_string()).status();
    assert!(killed.expect("kill").success());
    serving.wait().expect("it ends");
    assert_eq!(found, Vec::<String>::new());
    let environment = String::from_utf8_lossy(&environment.stdout).into_owned();
    let az = state.join("az");
    assert!(environment.contains(&format!("AZURE_CONFIG_DIR='{}'", az.display())));
    assert!(az.join("azureProfile.json").is_file());
}
