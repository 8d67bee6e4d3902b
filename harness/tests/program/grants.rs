//! `azdrill grants` as a person calls it.

use std::process::Output;

use crate::start::azdrill;

fn grants(arguments: &[&str]) -> Output {
    let all = [&["grants"], arguments].concat();
    azdrill(&all).output().expect("it starts")
}

#[test]
fn what_can_be_granted_is_printed() {
    let output = grants(&["it's", "--database", "a b", "--for-role", "x", "--for-role", "y"]);
    assert_eq!(output.status.code(), Some(0));
    let sql = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["'it''s'", "<> 'a b'", "ARRAY[NULL, 'x', 'y']"] {
        assert!(sql.contains(part), "{part} in {sql}");
    }
    let output = grants(&["it's", "--restore"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("ALTER ROLE \"it's\" CREATEDB;"));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    for (arguments, expected) in [
        (&["public"][..], "`public` is no user"),
        (&[""], "an empty name"),
        (
            &["backup", "--for-role", "none", "--database", "d"],
            "`none` is no user",
        ),
        (&["backup", "--restore", "--database", "d"], "cannot be used with"),
        (&[], "<USER>"),
    ] {
        let output = grants(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}
