//! The language, over a small table.

use serde_json::{Value, json};

use super::means::{Means, Row};
use super::parser::parse;
use super::problem::Problem;
use super::steps::Table;
use crate::model::Timestamp;
use crate::services::budget::{Bounds, Budget};

const VAULT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v1";

fn table() -> Table {
    let row = |name: &str, kind: &str, properties: Value| -> Row {
        let row = json!({
            "id": format!("{VAULT}/backupInstances/{name}"), "name": name, "type": kind,
            "location": if name == "three" { Value::Null } else { json!("westeurope") }, "properties": properties,
        });
        row.as_object().expect("an object").clone()
    };
    let rows = vec![
        row(
            "one",
            "a.b/first",
            json!({"state": "Protected", "size": 10, "user": true, "time": "2026-03-01T00:00:00Z", "list": ["x", "y"]}),
        ),
        row(
            "Two",
            "a.b/first",
            json!({"state": "Stopped", "size": 20, "user": false, "time": "2026-03-03T00:00:00Z", "odd-name": 1}),
        ),
        row("three", "a.b/second", json!({"state": "protected thing"})),
    ];
    Table {
        columns: ["id", "name", "type", "location", "properties"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    }
}

fn means() -> Means {
    Means {
        now: now(),
        budget: Budget::new(Bounds {
            depth: 96,
            steps: 1_000_000,
            bytes: 64 << 20,
        }),
    }
}

fn now() -> Timestamp {
    "2026-03-04T00:00:00Z".parse().expect("a time")
}

fn run(query: &str) -> Result<Table, Problem> {
    let query = parse(query)?;
    let means = means();
    query
        .steps
        .iter()
        .try_fold(table(), |table, step| table.step(step, &means))
}

/// The names of the rows found.
fn names(query: &str) -> Vec<String> {
    let found = run(query).unwrap_or_else(|problem| panic!("{query}: {problem:?}"));
    let name = |row: &Row| row["name"].as_str().unwrap_or_default().to_owned();
    found.rows.iter().map(name).collect()
}

/// The rows found, as JSON.
fn rows(query: &str) -> Value {
    let found = run(query).unwrap_or_else(|problem| panic!("{query}: {problem:?}"));
    found.rows.into_iter().map(Value::Object).collect()
}

#[test]
fn conditions_choose_rows() {
    let cases: [(&str, &[&str]); 27] = [
        ("name == 'one'", &["one"]),
        ("name == 'two'", &[]),
        ("name =~ 'two'", &["Two"]),
        ("name != 'one'", &["Two", "three"]),
        ("name !~ 'TWO'", &["one", "three"]),
        ("name in ('one', 'two')", &["one"]),
        ("name in~ ('one', 'two')", &["one", "Two"]),
        ("name !in~ ('one', 'two')", &["three"]),
        ("properties.state contains 'PROT'", &["one", "three"]),
        ("properties.state contains_cs 'PROT'", &[]),
        ("properties.state !contains 'prot'", &["Two"]),
        ("properties.state startswith 'stop'", &["Two"]),
        ("properties.state endswith 'ed'", &["one", "Two"]),
        ("properties.state has 'thing'", &["three"]),
        ("properties.state has 'thin'", &[]),
        ("properties.size > 10", &["Two"]),
        ("properties.size >= 10 and properties.size < 20", &["one"]),
        (
            "name == 'one' or (type endswith 'second' and not(name == 'x'))",
            &["one", "three"],
        ),
        ("properties.user == 'true'", &["one"]),
        ("properties.user", &["one"]),
        ("isnull(location)", &["three"]),
        ("isempty(properties.none)", &["one", "Two", "three"]),
        ("properties.none == 'x'", &[]),
        ("properties.none != 'x'", &["one", "Two", "three"]),
        ("properties.time > datetime(2026-03-02T00:00:00Z)", &["Two"]),
        ("properties.time > ago(2d)", &["Two"]),
        ("properties['odd-name'] == 1", &["Two"]),
    ];
    for (condition, expected) in cases {
        assert_eq!(names(&format!("T | where {condition}")), expected, "{condition}");
    }
}

#[test]
fn a_query_may_begin_without_a_table_and_have_comments() {
    assert_eq!(parse("project id").expect("a query").table, "Resources");
    assert_eq!(
        names("recoveryservicesresources // all of them\n| where name == 'one' // one\n"),
        ["one"]
    );
}

#[test]
fn columns_are_made_renamed_and_left_out() {
    assert_eq!(
        rows("T | where name == 'one' | project name, Size = properties.size, properties.state"),
        json!([{"name": "one", "Size": 10, "properties_state": "Protected"}])
    );
    assert_eq!(
        rows("T | take 1 | project-away prop*, id, location | project-rename kind = type"),
        json!([{"name": "one", "kind": "a.b/first"}])
    );
    assert_eq!(
        rows("T | where name =~ 'TWO' | extend half = properties.size / 2 | project half, tolower(name)"),
        json!([{"half": 10, "Column2": "two"}])
    );
}

#[test]
fn rows_are_sorted_counted_and_grouped() {
    assert_eq!(
        names("T | order by name asc"),
        ["Two", "one", "three"],
        "capital letters come first"
    );
    assert_eq!(names("T | sort by properties.size"), ["Two", "one", "three"]);
    assert_eq!(names("T | sort by properties.size asc"), ["three", "one", "Two"]);
    assert_eq!(names("T | top 1 by properties.size asc nulls last"), ["one"]);
    assert_eq!(names("T | limit 2"), ["one", "Two"]);
    assert_eq!(rows("T | where name == 'no' | count"), json!([{"Count": 0}]));
    assert_eq!(
        rows("T | summarize count() by type | order by type asc"),
        json!([{"type": "a.b/first", "count_": 2}, {"type": "a.b/second", "count_": 1}])
    );
    assert_eq!(
        rows(
            "T | summarize n = count(), total = sum(properties.size), min(properties.time), s = make_set(type)"
        ),
        json!([{"n": 3, "total": 30, "min_properties_time": "2026-03-01T00:00:00Z", "s": ["a.b/first", "a.b/second"]}])
    );
    assert_eq!(rows("T | distinct type | count"), json!([{"Count": 2}]));
    assert_eq!(
        rows("T | where name == 'x' | summarize count()"),
        json!([{"count_": 0}])
    );
    assert_eq!(
        rows("T | where name == 'x' | summarize count() by type"),
        json!([])
    );
}

/// What the CLI's extension sends.
#[test]
fn the_expressions_of_the_backup_extension_are_understood() {
    let vault = "split(split(id, '/Microsoft.DataProtection/backupVaults/')[1],'/')[0]";
    assert_eq!(
        rows(&format!(
            "T | take 1 | extend vaultName = {vault} | project vaultName"
        )),
        json!([{"vaultName": "v1"}])
    );
    let operation = "case( tolower(properties.state) startswith 'prot' and properties.user == 'true', strcat('OnDemand',properties.state), tolower(properties.state) startswith 'stop' and properties.user == 'false', strcat('Scheduled', properties.state), type =~ 'A.B/second', properties.state, 'Invalid')";
    assert_eq!(
        rows(&format!("T | extend operation = {operation} | project operation")),
        json!([{"operation": "OnDemandProtected"}, {"operation": "ScheduledStopped"}, {"operation": "protected thing"}])
    );
}

#[test]
fn what_is_not_played_is_named() {
    for (query, what) in [
        ("T | join kind=inner (T) on id", "the operator `join`"),
        ("T | mv-expand properties.list", "the operator `mv-expand`"),
        ("T | project-keep id", "the operator `project-keep`"),
        ("union T, T", "the operator `union`"),
        ("let x = 1; T", "the operator `let`"),
        ("T | where name matches regex 'x'", "`matches`"),
        ("T | where name between (1 .. 2)", "`between`"),
        ("T | project bin(properties.size, 5)", "the function `bin`"),
    ] {
        match run(query) {
            Err(Problem::NotPlayed { what: named, instead }) => {
                assert_eq!(named, what, "{query}");
                assert!(instead.contains(", "), "{instead}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn mistakes_are_told_apart() {
    assert_eq!(
        run("T | project nothing"),
        Err(Problem::Column("nothing".to_owned()))
    );
    assert_eq!(
        run("T | where nothere(name)"),
        Err(Problem::Function("nothere".to_owned()))
    );
    // Though there is no row left to try it on.
    assert_eq!(
        run("T | where name == 'x' | where nothere(name)"),
        Err(Problem::Function("nothere".to_owned()))
    );
    assert_eq!(
        run("T | summarize cout()"),
        Err(Problem::Function("cout".to_owned()))
    );
    assert!(matches!(run("T | where case(true)"), Err(Problem::Misused(_))));
    for (query, line, character, token) in [
        ("where where", 1, 6, "where"),
        ("T |", 1, 3, "<EOF>"),
        ("T\n| where name = 'x'", 2, 13, "="),
        ("T | where name == 'x", 1, 18, "<EOF>"),
        ("T | nonsense", 1, 4, "nonsense"),
        ("T | take 'x'", 1, 9, "'x'"),
        ("", 1, 0, "<EOF>"),
        ("T | where name == #", 1, 18, "#"),
        ("T project id", 1, 2, "project"),
        ("T | where name in 'x'", 1, 18, "'x'"),
    ] {
        match run(query) {
            Err(Problem::Syntax { at, found, .. }) => {
                assert_eq!(
                    (at.line, at.character, found.as_str()),
                    (line, character, token),
                    "{query}"
                );
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

/// A query may be as long as a request: it must not be deeper than the stack.
#[test]
fn deep_queries_are_refused() {
    let many = 50_000;
    for query in [
        format!("T | where {}", "(".repeat(many)),
        format!("T | where {}name", "not(".repeat(many)),
        format!("T | where {}1", "-".repeat(many)),
        format!("T | where 1{}", "+1".repeat(many)),
        format!("T | where 1{}", "*1".repeat(many)),
        format!("T | where name{}", ".a".repeat(many)),
        format!("T | where name{}", "[0]".repeat(many)),
        format!("T | where {}", "f(".repeat(many)),
    ] {
        assert!(
            matches!(parse(&query), Err(Problem::Syntax { .. })),
            "{}",
            &query[..40]
        );
    }
    // Long ones are not deep.
    let long = format!("T | where name == 'x'{}", " or name == 'y'".repeat(many));
    assert!(parse(&long).is_ok());
}

/// Whatever bytes come, reading them ends in a tree or a problem.
#[test]
fn no_text_makes_reading_panic() {
    use proptest::prelude::*;
    let words = prop::sample::select(vec![
        "T",
        "|",
        "where",
        "project",
        "extend",
        "summarize",
        "by",
        "name",
        "properties",
        ".",
        "[",
        "]",
        "(",
        ")",
        "'",
        "\"",
        "'x'",
        ",",
        "==",
        "=",
        "in",
        "in~",
        "!in",
        "-",
        "+",
        "1",
        "1d",
        "1.5",
        "datetime(",
        "ago",
        "@'",
        "é",
        "\n",
        "//",
        ";",
        "count",
        "take",
        "order",
        "asc",
        "*",
        "..",
        "not",
        "case",
        "{",
        "!",
    ]);
    proptest!(|(parts in prop::collection::vec(words, 0..24), glued: bool)| {
        let text = parts.join(if glued { "" } else { " " });
        let _ = run(&text);
    });
}

#[test]
fn a_query_that_writes_too_much_is_refused() {
    let doubled = "| extend name = strcat(name, name) ".repeat(40);
    let Err(Problem::Misused(text)) = run(&format!("resources {doubled}")) else {
        panic!("refused");
    };
    assert!(text.contains("azdrill's limit"), "{text}");
    let Err(Problem::Misused(text)) = run(
        "resources | extend a = strcat(name, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') | extend a = replace_string(a, 'a', a) | extend a = replace_string(a, 'a', a) | extend a = replace_string(a, 'a', a)",
    ) else {
        panic!("refused");
    };
    assert!(text.contains("bytes"), "{text}");
}
