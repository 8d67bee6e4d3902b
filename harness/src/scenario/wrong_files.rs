//! What a person is told of scenario files that cannot be, and what the published schema says of them.

use std::fmt::Write as _;
use std::path::Path;

use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use miette::Diagnostic as _;

use super::schema::Published;
use super::{Library, ScenarioError};

/// The files, each below a line with its name.
const FILES: &str = include_str!("wrong_files.txt");
/// What some of them extend.
const BASE: &str = "[world.grants.reader]\nrole = \"Reader\"\non = \"server\"\n";
/// What is added, so that something is expected.
const STEP: &str = "[[step]]\ndo = \"advance\"\nby = \"1h\"\nexpect = { status = \"Succeeded\" }\n";

/// A file that cannot be.
struct Wrong {
    name: &'static str,
    /// Whether the schema refuses it too.
    schema_refuses: bool,
    text: String,
}

fn all() -> Vec<Wrong> {
    let sections = FILES.split("\n=== ").skip(1);
    sections.map(read).collect()
}

fn read(section: &'static str) -> Wrong {
    let (head, text) = section.split_once('\n').unwrap();
    let (name, schema) = head.rsplit_once(": ").unwrap();
    assert!(["refuses", "cannot tell"].contains(&schema), "{head}");
    let mut whole = String::new();
    if !text.contains("claim =") {
        whole += "claim = \"c\"\n";
    }
    whole += text.trim_end();
    whole.push('\n');
    if name != "nothing is expected" && !text.starts_with("[step]") {
        whole += STEP;
    }
    Wrong {
        name,
        schema_refuses: schema == "refuses",
        text: whole,
    }
}

/// What is told of a text, with what to do.
fn told(rules: &Rules, text: &str) -> Option<(ScenarioError, String)> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["topic", "_worlds"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("topic/own.toml"), text).unwrap();
    std::fs::write(folder.path().join("_worlds/base.toml"), BASE).unwrap();
    let library = Library::find(Some(folder.path()), Path::new("/")).unwrap();
    let checked = library.get("own").and_then(|scenario| scenario.check(rules));
    let error = checked.err()?;
    let told = error
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "");
    Some((error, told))
}

#[test]
fn what_cannot_be_is_told_with_its_place_and_what_to_do() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let mut text = String::new();
    for wrong in all() {
        let Some((error, told)) = told(&rules, &wrong.text) else {
            panic!("{}: nothing is wrong", wrong.name);
        };
        let help = error.help().map(|help| help.to_string()).unwrap_or_default();
        assert!(
            told.contains(".toml, line ") && told.contains(", column "),
            "{}: {told}",
            wrong.name
        );
        assert!(
            error.labels().is_some() || told.contains("is missing"),
            "{}: nothing is shown",
            wrong.name
        );
        assert!(!help.is_empty(), "{}: nothing says what to do", wrong.name);
        assert!(!told.contains("\"weak\""), "a password is in no error");
        let _ = writeln!(text, "{}\n    {told}\n    {help}", wrong.name);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_schema_refuses_what_has_no_such_key_type_or_word() {
    let published = Published::new();
    let mut otherwise = Vec::new();
    for wrong in all() {
        let Ok(table) = toml::from_str::<toml::Table>(&wrong.text) else {
            continue;
        };
        let refused = published.refuses(&table);
        if refused.is_some() != wrong.schema_refuses {
            otherwise.push((wrong.name, refused));
        }
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}
