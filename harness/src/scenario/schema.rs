//! What a scenario's file may say, as JSON Schema for editors: made of the types that read it, and kept in
//! `scenarios/schema.json`. `scenarios/README.md` has a table for everything in it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::Scenario;
use super::step::{OfEveryStep, Step};
use crate::run::{Action, Resource};

/// A table `[resource.NAME]`.
pub(super) struct NamedResource;

/// One of several tables, told apart by the word behind a key.
fn one_of(key: &str, kinds: Vec<(&str, Schema)>, shared: &Schema, required: bool) -> Schema {
    let shared = shared.get("properties").and_then(Value::as_object).cloned();
    let kinds = kinds.into_iter().map(|(word, own)| {
        let mut properties = Map::new();
        properties.insert(
            key.to_owned(),
            json!({"const": word, "description": own.get("description")}),
        );
        for (name, value) in shared.iter().flatten().filter(|(name, _)| *name != key) {
            properties.insert(name.clone(), value.clone());
        }
        let words = own.get("properties").and_then(Value::as_object).cloned();
        // It follows from the kind.
        properties.extend(words.into_iter().flatten().filter(|(name, _)| name != "flavour"));
        let mut needed: Vec<Value> = own
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if required {
            needed.insert(0, json!(key));
        } else {
            needed.clear();
        }
        json!({
            "type": "object",
            "title": word,
            "description": own.get("description"),
            "properties": properties,
            "required": needed,
            "additionalProperties": false,
        })
    });
    let kinds: Vec<Value> = kinds.collect();
    let key = if required { "oneOf" } else { "anyOf" };
    Schema::try_from(json!({ key: kinds })).expect("an object is a schema")
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let shared = OfEveryStep::json_schema(generator);
        one_of("do", Action::schemas(generator), &shared, true)
    }
}

impl JsonSchema for NamedResource {
    fn schema_name() -> Cow<'static, str> {
        "NamedResource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        // A file that extends another may say no kind.
        one_of("kind", Resource::schemas(generator), &Schema::default(), false)
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios")
        .join(name)
}

fn schema() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<Scenario>();
    schema.insert("title".to_owned(), json!("A scenario of azdrill"));
    schema.to_value()
}

/// The names of an object's properties.
fn keys(schema: &Value) -> BTreeSet<String> {
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

/// The first words of the rows of the table below a heading.
fn documented(readme: &str, heading: &str) -> BTreeSet<String> {
    let below = readme.split(&format!("\n{heading}\n")).nth(1);
    let below = below.unwrap_or_else(|| panic!("scenarios/README.md has no heading {heading}"));
    let section = below.split("\n#").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_schema_that_is_kept_is_that_of_the_types() {
    let path = file("schema.json");
    let made = format!("{:#}\n", schema());
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept == made {
        return;
    }
    if std::env::var_os("AZDRILL_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    panic!("scenarios/schema.json is stale: run this test once with AZDRILL_WRITE_SCHEMA=1");
}

#[test]
fn every_file_there_is_keeps_to_the_schema_in_what_it_says() {
    let schema = schema();
    let top = keys(&schema);
    let library = super::Library::find(Some(&file("")), Path::new("/")).unwrap();
    for path in library
        .files()
        .unwrap()
        .into_iter()
        .chain(library.worlds().unwrap())
    {
        let text = std::fs::read_to_string(&path).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        for key in table.keys() {
            assert!(top.contains(key), "{}: {key}", path.display());
        }
    }
}

#[test]
fn the_readme_has_every_word_and_no_other() {
    let schema = schema();
    let readme = std::fs::read_to_string(file("README.md")).unwrap();
    let of = |name: &str| keys(&schema["$defs"][name]);
    for (heading, words) in [
        ("### A file", keys(&schema)),
        ("### `[world]`", of("World")),
        ("### `[world.server]`", of("ServerWorld")),
        ("### `[world.vault]`", of("VaultWorld")),
        ("### `[[world.vault.tags]]`", of("TagWorld")),
        ("### `[world.storage]`", of("StorageWorld")),
        ("### `[world.key_vault]`", of("KeyVaultWorld")),
        ("### `[world.user]`", of("UserWorld")),
        ("### `[world.target]`", of("TargetWorld")),
        ("### `[world.grants.NAME]`", of("GrantWorld")),
        ("### `[world.personas.NAME]`", of("PersonaWorld")),
        ("### `expect`", of("ProfiledExpect")),
    ] {
        assert_eq!(documented(&readme, heading), words, "{heading}");
    }
    let steps = schema["$defs"]["Step"]["oneOf"].as_array().unwrap();
    let shared: BTreeSet<String> = [
        "do",
        "title",
        "as",
        "during",
        "expect",
        "server",
        "vault",
        "storage",
        "key_vault",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(documented(&readme, "### What every step may say"), shared);
    in_rows(&readme, "### Steps", "do", steps, &shared);
    let kinds = schema["$defs"]["NamedResource"]["anyOf"].as_array().unwrap();
    let none = BTreeSet::new();
    in_rows(&readme, "### Kinds", "kind", kinds, &none);
}

/// Whether the table below a heading has a row for each of these, with the words each has of its own in its last
/// column, and no other words.
#[track_caller]
fn in_rows(readme: &str, heading: &str, key: &str, all: &[Value], shared: &BTreeSet<String>) {
    let below = readme.split(&format!("\n{heading}\n")).nth(1).unwrap();
    let section = below.split("\n#").next().unwrap();
    let head = format!("| `{key}` |");
    let is_row = |line: &&str| line.starts_with("| `") && !line.starts_with(&head);
    let rows: Vec<&str> = section.lines().filter(is_row).collect();
    assert_eq!(rows.len(), all.len(), "{heading}");
    for schema in all {
        let word = schema["properties"][key]["const"].as_str().unwrap();
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{word}` |")));
        let row = row.unwrap_or_else(|| panic!("{heading} has no row for {word}"));
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        if last.starts_with("as ") {
            continue;
        }
        let told: BTreeSet<String> = last.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let mut words = keys(schema);
        words.remove(key);
        let words: BTreeSet<String> = words.difference(shared).cloned().collect();
        assert_eq!(told, words, "{heading}: {word}");
    }
}
