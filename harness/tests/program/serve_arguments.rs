//! Bad arguments of `azdrill serve`: said plainly, exit code 2, and nothing is left running.

use std::path::Path;

use crate::start::azdrill;

#[track_caller]
fn refused(arguments: &[&str], says: &str) {
    let state = tempfile::tempdir().expect("a folder");
    let output = azdrill(&["serve", "--port", "0", "--state"])
        .arg(state.path())
        .args(arguments)
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(says), "`{says}` is not in:\n{text}");
    assert!(!state.path().join("running.json").exists());
}

#[test]
fn a_start_must_be_a_time() {
    for wrong in ["yesterday", "2025-02-03", "2025-02-30T00:00:00Z", ""] {
        refused(&["--start", wrong], "--start <TIME>");
    }
}

#[test]
fn a_certificate_must_be_one() {
    refused(&["--certificate", "/nonexistent.pem"], "/nonexistent.pem");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let here = here.to_str().expect("text");
    refused(&["--certificate", here], "no certificate in");
}
