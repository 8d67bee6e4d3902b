//! Bad input on the command line: said plainly, with what to do, and exit code 2.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use crate::start::{self, says};

fn azdrill(arguments: &[&str], folder: &Path) -> Output {
    let mut command = start::azdrill(arguments);
    command.current_dir(folder).output().expect("it starts")
}

/// What it says, when it could not run.
#[track_caller]
fn refused(arguments: &[&str], folder: &Path) -> String {
    let output = azdrill(arguments, folder);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(!text.contains('\u{1b}'), "colour without a terminal: {text}");
    text
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("scenarios/_worlds")).expect("made");
    for (name, text) in files {
        let path = folder.path().join("scenarios").join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    folder
}

#[test]
fn an_unknown_scenario_gets_a_suggestion() {
    let folder = folder(&[("topic/private-endpoint-restore.toml", "claim = \"c\"\n")]);
    let text = refused(&["scenario", "private-endpont-restore"], folder.path());
    says(
        &text,
        &[
            "no scenario `private-endpont-restore`",
            "Did you mean private-endpoint-restore?",
        ],
    );
    let text = refused(&["scenario", "zzz"], folder.path());
    says(&text, &["`azdrill list` names them all"]);
}

#[test]
fn a_broken_file_is_shown_where_it_breaks() {
    let broken = "claim = \"c\"\n[world]\nlocatoin = \"x\"\n";
    let unclosed = "claim = \"c\n";
    let folder = folder(&[("topic/broken.toml", broken), ("topic/unclosed.toml", unclosed)]);
    let text = refused(&["scenario", "broken"], folder.path());
    says(
        &text,
        &[
            "broken.toml",
            "line 3, column 1",
            "locatoin = \"x\"",
            "here",
            "did you mean `location`?",
        ],
    );
    let text = refused(&["scenario", "unclosed"], folder.path());
    says(&text, &["unclosed.toml", "line 1, column", "scenarios/README.md"]);
    refused(&["list"], folder.path());
}

#[test]
fn a_scenario_that_cannot_fail_is_refused() {
    let folder = folder(&[("topic/idle.toml", "claim = \"c\"\n[[step]]\ndo = \"backup\"\n")]);
    let text = refused(&["scenario", "idle"], folder.path());
    says(
        &text,
        &["idle.toml, line 2, column 1", "no step says what it expects"],
    );
}

#[test]
fn a_folder_without_scenarios_has_the_built_in_ones_and_an_unknown_topic_is_told() {
    let empty = tempfile::tempdir().expect("a folder");
    let own = azdrill(&["list"], empty.path());
    says(
        &String::from_utf8_lossy(&own.stdout),
        &["private-endpoint-restore"],
    );
    says(
        &refused(&["list", "--scenarios", "nowhere"], empty.path()),
        &["there is no folder nowhere"],
    );
    let step = "[[step]]\ndo = \"backup\"\nexpect = { status = \"Completed\" }\n";
    let folder = folder(&[("topic/a.toml", &format!("claim = \"c\"\n{step}"))]);
    says(
        &refused(&["list", "--topic", "tpoic"], folder.path()),
        &["no topic `tpoic`; there are topic"],
    );
}

#[test]
fn rules_are_listed_with_what_shows_them() {
    let step = "[[step]]\ndo = \"backup\"\nexpect = { status = \"Failed\", rules = [\"FX-B-04\"] }\n";
    let folder = folder(&[(
        "topic/own.toml",
        &format!("claim = \"c\"\nabout = [\"VLT-04\"]\n{step}"),
    )]);
    let listed = azdrill(&["list", "--rules", "--format", "json"], folder.path());
    let rules: Vec<serde_json::Value> = serde_json::from_slice(&listed.stdout).expect("a list");
    let of = |id: &str| {
        rules
            .iter()
            .find(|rule| rule["rule"] == id)
            .expect("it is listed")
    };
    assert_eq!(of("FX-B-04")["scenarios"], serde_json::json!(["own"]));
    assert_eq!(of("FX-B-04")["kind"], "failure");
    assert_eq!(of("VLT-04")["scenarios"], serde_json::json!(["own"]));
    assert_eq!(of("VLT-01")["scenarios"], serde_json::json!([]));
    assert!(
        rules
            .iter()
            .all(|rule| rule["kind"] != "error" && rule["observed"]["mark"].is_string())
    );
    let text = azdrill(&["list", "--rules", "--topic", "immutability"], folder.path());
    says(
        &String::from_utf8_lossy(&text.stdout),
        &[
            "shown by own",
            "expected by tests, and by no scenario",
            "1 shown by scenarios",
        ],
    );
    says(
        &refused(&["list", "--rules", "--topic", "tpoic"], folder.path()),
        &["no rule is of the topic `tpoic`; there are archive, "],
    );
}

#[test]
fn tools_are_listed_with_what_they_can_configure() {
    let folder = tempfile::tempdir().expect("a folder");
    let listed = azdrill(&["list", "--tools", "--format", "json"], folder.path());
    let answers: Vec<serde_json::Value> = serde_json::from_slice(&listed.stdout).expect("a list");
    let of = |tool: &str, setting: &str| {
        answers
            .iter()
            .find(|row| row["tool"] == tool && row["setting"] == setting)
            .expect("it is listed")
    };
    let identity = of("azurerm", "instance_identity");
    assert_eq!(identity["answer"], "cannot");
    assert_eq!(
        identity["title"],
        "the identity a backup instance uses (identityDetails)"
    );
    assert_eq!(of("az-dataprotection", "instance_identity")["since"], "1.6.0");
    assert_eq!(of("azapi", "restore_as_files")["answer"], "only_by");
    let text = azdrill(&["list", "--tools", "--topic", "azapi"], folder.path());
    let text = String::from_utf8_lossy(&text.stdout);
    says(
        &text,
        &[
            "azapi_resource_action",
            "of 1 tool; what is not there nobody has looked up",
        ],
    );
    assert!(!text.contains("azurerm"), "{text}");
    says(
        &refused(&["list", "--tools", "--topic", "pulumi"], folder.path()),
        &["no tool `pulumi`; there are azurerm, azapi, "],
    );
}

#[test]
fn a_taken_port_names_the_other_choices() {
    let state = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = state.path().to_str().expect("a path");
    let text = refused(&["serve", "--port", &port, "--state", folder], state.path());
    says(&text, &[&format!("port {port}"), "--port 0"]);
    // Nothing is left that would make `env` believe it runs.
    let text = refused(&["env", "--state", folder, "--form", "dotenv"], state.path());
    says(&text, &["no `azdrill serve` is running"]);
}

/// `eval "$(azdrill env)"` does not see the exit code: what it carries out has to fail.
#[test]
fn what_a_shell_carries_out_fails_where_there_is_no_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("none");
    let state = state.to_str().expect("a path");
    for (form, printed) in [("sh", "false\n"), ("fish", "false\n"), ("powershell", "")] {
        let output = azdrill(&["env", "--state", state, "--form", form], folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{form}");
        says(
            &String::from_utf8_lossy(&output.stderr),
            &["no `azdrill serve` is running"],
        );
    }
    let hosts = azdrill(&["env", "--state", state, "--hosts"], folder.path());
    assert!(hosts.stdout.is_empty(), "lines of a hosts file are no shell's");
}

/// Before minutes are spent on playing.
#[test]
fn a_report_that_could_not_be_written_is_not_begun() {
    let folder = folder(&[]);
    let text = refused(&["report", "--output", "nowhere/page.html"], folder.path());
    says(
        &text,
        &["cannot write nowhere/page.html", "there is no folder nowhere"],
    );
    let text = refused(&["report", "--output", "scenarios"], folder.path());
    says(&text, &["cannot write scenarios", "name a file in it"]);
    let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status();
    assert!(made.expect("mkfifo").success());
    let text = refused(&["report", "--output", "pipe"], folder.path());
    says(&text, &["cannot write pipe", "nobody reads it"]);
    std::fs::write(folder.path().join("main.tf"), "resource {}").expect("written");
    std::os::unix::fs::symlink("main.tf", folder.path().join("link")).expect("a link");
    for name in ["main.tf", "link"] {
        let text = refused(&["report", "--output", name], folder.path());
        says(
            &text,
            &[&format!("cannot write {name}"), "no report of azdrill's"],
        );
    }
    let text = refused(&["report", "--format", "pdf"], folder.path());
    says(&text, &["md", "json", "junit", "html"]);
}

#[test]
fn a_report_is_written_where_it_is_asked_for() {
    let folder = folder(&[]);
    let page = folder.path().join("page.html");
    let asked = [
        "report",
        "--format",
        "html",
        "--postgres",
        "none",
        "--output",
        "page.html",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let root = root.to_str().expect("a path");
    let output = azdrill(
        &[&asked[..], &["--scenarios", root, "missing-reader-on-rg"]].concat(),
        folder.path(),
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty());
    let text = std::fs::read_to_string(page).expect("written");
    says(&text, &["<!DOCTYPE html>", "scenario-missing-reader-on-rg"]);
}

#[test]
fn a_log_level_that_is_none_is_told_of() {
    let folder = folder(&[]);
    let told = |level: &str| {
        let mut command = start::azdrill(&["list"]);
        command.current_dir(folder.path()).env("AZDRILL_LOG", level);
        let output = command.output().expect("it starts");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    says(&told("azdrill=loud"), &["AZDRILL_LOG", "warn,azdrill=debug"]);
    for fine in ["", "warn", "warn,azdrill=debug"] {
        assert!(!told(fine).contains("AZDRILL_LOG"), "{fine}");
    }
}
