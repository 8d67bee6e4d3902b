//! `azdrill matrix`: the questions, their tables, and where the machines differ.

use serde_json::Value;

use crate::start::{played, says};

/// As wide as a page is where nobody says how wide.
const WIDTH: usize = 100;

fn text(arguments: &[&str]) -> String {
    let (code, text, told) = played(arguments);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    text
}

fn data(arguments: &[&str]) -> Value {
    let (code, text, told) = played(arguments);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn without_a_question_it_lists_them_with_their_cells() {
    says(
        &text(&["matrix"]),
        &["read-secret", "77,760", "Is a secret of a key vault answered?"],
    );
    let list = data(&["matrix", "--format", "json"]);
    let named = |name: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .any(|own| own["name"] == name && own["cells"].as_u64() > Some(0))
    };
    assert!(named("restore-as-files") && named("validate-backup"), "{list:#}");
}

#[test]
fn an_unknown_question_is_refused_with_those_there_are() {
    let (code, text, told) = played(&["matrix", "--question", "read-secrets"]);
    assert_eq!((code, text.as_str()), (Some(2), ""));
    says(
        &told,
        &["no question `read-secrets`", "restore-as-files, read-secret, "],
    );
}

#[test]
fn a_question_is_answered_by_both_machines() {
    let told = text(&["matrix", "--question", "read-secret"]);
    says(
        &told,
        &[
            "public access: SecuredByPerimeter",
            "a  no: network, ForbiddenByFirewall",
        ],
    );
    let data = data(&["matrix", "--question", "read-secret", "--format", "json"]);
    let row = &data["matrices"][0]["rows"][0];
    assert_eq!(row["words"][0], "Enabled | unset");
    assert_eq!(row["cells"][0]["documented"], "passes");
    assert_eq!(row["cells"][0]["observed"], "passes");
}

#[test]
fn where_the_machines_differ_the_rules_are_named_that_make_it() {
    let told = text(&["matrix", "--question", "validate-backup", "--diff"]);
    says(
        &told,
        &[
            "of 1,600 cells: server by identity by ",
            "by FX-B-02",
            "by FX-B-03",
            "to back up: Contributor on the server",
        ],
    );
    let data = data(&[
        "matrix",
        "--question",
        "validate-backup",
        "--diff",
        "--format",
        "json",
    ]);
    let found = data["differences"].as_array().unwrap();
    assert!(
        found.iter().all(|own| own["documented"] != own["observed"]),
        "{data:#}"
    );
    assert!(
        found
            .iter()
            .all(|own| own["rules"].as_array().is_some_and(|rules| !rules.is_empty())),
        "{data:#}"
    );
}

/// Without a question there is nothing to differ in.
#[test]
fn differences_are_those_of_a_question() {
    let (code, _, told) = played(&["matrix", "--diff"]);
    assert_eq!(code, Some(2));
    says(&told, &["--question"]);
}
