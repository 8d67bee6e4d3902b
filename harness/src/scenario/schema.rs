//! What a scenario's file may say, as JSON Schema for editors: made of the types that read it, and kept in
//! `scenarios/schema.json`. `scenarios/README.md` has a table for everything in it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::Scenario;
use super::resource::NamedResource;
use super::step::{OfEveryStep, Step};
use crate::run::{Action, Resource};

/// A type's own schema, where all there is leads to it.
fn itself(generator: &SchemaGenerator, schema: Schema) -> Schema {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|path| path.rsplit('/').next()).map(str::to_owned);
    let found = name.and_then(|name| generator.definitions().get(&name).cloned());
    found.map_or(schema, |found| {
        Schema::try_from(found).expect("a definition is a schema")
    })
}

fn members(schema: &Schema, key: &str) -> Map<String, Value> {
    let members = schema.get(key).and_then(Value::as_object);
    members.cloned().unwrap_or_default()
}

/// Tables that are told apart by the word behind a key.
fn told_apart(key: &str, kinds: Vec<(&str, Schema)>, shared: &Schema) -> Vec<Value> {
    let shared = members(shared, "properties");
    let kinds = kinds.into_iter().map(|(word, own)| {
        let mut properties = Map::new();
        properties.insert(
            key.to_owned(),
            json!({"const": word, "description": own.get("description")}),
        );
        let besides = shared.clone().into_iter().filter(|(name, _)| name != key);
        properties.extend(besides);
        // Its flavour follows from a server's kind.
        let words = members(&own, "properties").into_iter();
        properties.extend(words.filter(|(name, _)| name != "flavour"));
        let needed = own.get("required").and_then(Value::as_array);
        let needed: Vec<Value> = [json!(key)]
            .into_iter()
            .chain(needed.cloned().unwrap_or_default())
            .collect();
        json!({
            "type": "object",
            "title": word,
            "description": own.get("description"),
            "properties": properties,
            "required": needed,
            "additionalProperties": false,
        })
    });
    kinds.collect()
}

fn one_of(kinds: Vec<Value>) -> Schema {
    Schema::try_from(json!({ "oneOf": kinds })).expect("an object is a schema")
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let shared = OfEveryStep::json_schema(generator);
        let kinds = Action::schemas(generator).into_iter();
        let kinds = kinds.map(|(word, schema)| (word, itself(generator, schema)));
        one_of(told_apart("do", kinds.collect(), &shared))
    }
}

impl JsonSchema for NamedResource {
    fn schema_name() -> Cow<'static, str> {
        "NamedResource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kinds = Resource::schemas(generator).into_iter();
        let kinds = kinds.map(|(word, schema)| (word, itself(generator, schema)));
        let mut kinds = told_apart("kind", kinds.collect(), &Schema::default());
        // A file that extends another may say no kind, and change whatever any has.
        let words = kinds.iter().flat_map(|kind| kind["properties"].as_object());
        let words: Map<String, Value> = words
            .flatten()
            .map(|(word, _)| (word.clone(), json!(true)))
            .collect();
        kinds.push(json!({
            "type": "object",
            "title": "a change of what the extended file says",
            "properties": words,
            "not": {"required": ["kind"]},
            "additionalProperties": false,
        }));
        one_of(kinds)
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

/// The schema as it is kept, to hold files against.
pub(super) struct Published {
    schemas: boon::Schemas,
    whole: boon::SchemaIndex,
}

impl Published {
    pub(super) fn new() -> Self {
        const HERE: &str = "urn:azdrill:scenario";
        let kept = std::fs::read_to_string(file("schema.json")).unwrap();
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler
            .add_resource(HERE, serde_json::from_str(&kept).unwrap())
            .unwrap();
        let whole = compiler.compile(HERE, &mut schemas).unwrap();
        Self { schemas, whole }
    }

    /// Why it refuses a file, if it does.
    pub(super) fn refuses(&self, table: &toml::Table) -> Option<String> {
        let value = as_json(&toml::Value::Table(table.clone()));
        let checked = self.schemas.validate(&value, self.whole);
        checked.err().map(|error| error.to_string())
    }
}

/// What an editor holds against the schema: a time is a text.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            let members = table.iter().map(|(key, value)| (key.clone(), as_json(value)));
            Value::Object(members.collect())
        }
        plain => serde_json::to_value(plain).unwrap(),
    }
}

#[test]
fn every_file_there_is_keeps_to_the_schema() {
    let published = Published::new();
    let library = super::Library::find(Some(&file("")), Path::new("/")).unwrap();
    let files = library
        .files()
        .unwrap()
        .into_iter()
        .chain(library.worlds().unwrap());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let refused = published.refuses(&toml::from_str(&text).unwrap());
        assert_eq!(refused, None, "{}", path.display());
    }
}

#[test]
fn the_readme_has_every_word_and_no_other() {
    let schema = schema();
    let readme = std::fs::read_to_string(file("README.md")).unwrap();
    let of = |name: &str| keys(&schema["$defs"][name]);
    for (heading, words) in [
        ("### A file", keys(&schema)),
        ("### `[subscription.NAME]`", of("SubscriptionWorld")),
        ("### `[world]`", of("World")),
        ("### `[world.lags]`", of("LagsWorld")),
        ("### `[world.throttling]`", of("Limits")),
        ("### `[world.server]`", of("ServerWorld")),
        ("### `[world.vault]`", of("VaultWorld")),
        ("### `[world.vault.archive]`", of("ArchiveWorld")),
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
    for state in super::expect::STATES {
        assert!(readme.contains(&format!("`{state}`")), "{state}");
    }
    let steps = schema["$defs"]["Step"]["oneOf"].as_array().unwrap();
    let shared = keys(&OfEveryStep::json_schema(&mut SchemaGenerator::default()).to_value());
    assert_eq!(documented(&readme, "### What every step may say"), shared);
    in_rows(&readme, "### Steps", "do", steps, &shared);
    let kinds = schema["$defs"]["NamedResource"]["oneOf"].as_array().unwrap();
    let (_, kinds) = kinds.split_last().unwrap();
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
