//! The direction of things, as the source states it.

use crate::source::{Source, root, rust_files};

/// The first module below the crate that a path names.
fn top(path: &str) -> Option<&str> {
    path.strip_prefix("crate::")?.split("::").next()
}

/// What breaks a rule: `file names path`.
fn breaches(sources: &[Source], forbidden: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for path in source.paths() {
            if forbidden(source, &path) {
                found.push(format!("{} names {path}", source.path));
            }
        }
    }
    found
}

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A module of the emulator names only these modules of it.
fn names_only(module: &str, allowed: &[&str]) {
    let sources = rust_files(&format!("emulator/src/{module}"));
    assert_none(&breaches(&sources, |_, path| {
        top(path).is_some_and(|top| top != module && !allowed.contains(&top))
    }));
}

#[test]
fn the_vocabulary_names_nothing() {
    names_only("model", &[]);
}

#[test]
fn rules_name_the_vocabulary() {
    names_only("rules", &["model"]);
}

#[test]
fn access_names_vocabulary_and_rules() {
    names_only("authz", &["model", "rules"]);
}

#[test]
fn the_network_names_vocabulary_rules_and_state() {
    names_only("network", &["model", "rules", "state"]);
}

/// So that no job, operation or protection is left hanging.
#[test]
fn work_of_the_backup_service_ends_only_by_saying_how() {
    let sources = rust_files("emulator/src/services/data_protection");
    assert_none(&breaches(&sources, |source, path| {
        let free = ["crate::services::Next", "crate::services::Workflow"].contains(&path);
        free && !source.path.ends_with("/task.rs")
    }));
}

#[test]
fn the_gateway_knows_nothing_behind_it() {
    let behind = ["services", "jobs", "server", "azure"];
    assert_none(&breaches(&rust_files("emulator/src/gateway"), |_, path| {
        top(path).is_some_and(|top| behind.contains(&top))
    }));
}

/// The core is a machine that a shell may drive: it knows of none. Only what feeds the fuzzer knows both, and it is no
/// part of the product.
#[test]
fn the_core_knows_no_shell() {
    let core = rust_files("emulator/src").into_iter().filter(|source| {
        let inside = source.path.trim_start_matches("emulator/src/");
        !inside.starts_with("server/") && inside != "fuzzing/mod.rs" && inside != "lib.rs"
    });
    assert_none(&breaches(&core.collect::<Vec<_>>(), |_, path| {
        top(path) == Some("server")
    }));
}

/// What is run or served is its journal: it changes by inputs, and by nothing a journal could not hold.
#[test]
fn what_is_played_changes_by_inputs_alone() {
    let folders = [
        "harness/src/run",
        "harness/src/serve",
        "harness/src/cli",
        "harness/src/replay",
    ];
    let mut found = Vec::new();
    for source in folders.iter().flat_map(|folder| rust_files(folder)) {
        let code = source.code();
        for word in [
            "Azure::new",
            "&mut Azure",
            "state_mut",
            "settings_mut",
            "faults_mut",
            "with_context",
        ] {
            if code.contains(word) {
                found.push(format!("{} says {word}", source.path));
            }
        }
    }
    assert_none(&found);
}

/// Services meet through the front door. What they share stands in files, not in folders.
#[test]
fn no_service_names_another() {
    let folders: Vec<String> = std::fs::read_dir(root().join("emulator/src/services"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    for own in &folders {
        let sources = rust_files(&format!("emulator/src/services/{own}"));
        assert_none(&breaches(&sources, |_, path| {
            let other = path.strip_prefix("crate::services::");
            let other = other.and_then(|rest| rest.split("::").next());
            other.is_some_and(|other| other != own && folders.iter().any(|folder| folder == other))
        }));
    }
}

/// The core is a machine: nothing in it waits.
#[test]
fn only_the_shell_is_asynchronous() {
    let mut found = Vec::new();
    for source in rust_files("emulator/src") {
        if source.path.starts_with("emulator/src/server/") {
            continue;
        }
        let code = source.code();
        for word in ["async fn", "async move", "async {", ".await"] {
            if code.contains(word) {
                found.push(format!("{} says {word}", source.path));
            }
        }
    }
    assert_none(&found);
}

/// What depends on whose word is taken is a row. Only those who choose a profile name one; tests
/// choose one for themselves.
#[test]
fn profiles_are_named_by_those_who_choose_them() {
    let allowed = [
        "emulator/src/fuzzing/",
        "emulator/src/rules/",
        "harness/src/cli/",
        "harness/src/compare/",
        "harness/src/oracle/",
        "harness/src/report/",
        "harness/src/run/",
        "harness/src/scenario/",
        "harness/src/serve/",
        "harness/src/strategy/",
        "harness/src/sweep/",
    ];
    let mut found = Vec::new();
    for source in rust_files("emulator/src")
        .into_iter()
        .chain(rust_files("harness/src"))
    {
        let chooses = allowed.iter().any(|folder| source.path.starts_with(folder));
        let is_test = source.path.ends_with("tests.rs") || source.path.contains("/tests/");
        if !chooses && !is_test && source.code().contains("Profile::") {
            found.push(source.path);
        }
    }
    assert_none(&found);
}

/// The oracle is worth something only as long as it shares nothing with the engine: it knows
/// sketches, and sketches know nothing.
#[test]
fn the_oracle_shares_nothing_with_the_engine() {
    let oracle = rust_files("harness/src/oracle");
    let sketch = rust_files("harness/src/sketch");
    assert_none(&breaches(&oracle, |_, path| {
        let own = ["std::", "crate::sketch", "crate::oracle"];
        !own.iter().any(|own| path.starts_with(own))
    }));
    assert_none(&breaches(&sketch, |_, path| {
        let own = ["std::", "crate::sketch", "product::"];
        !own.iter().any(|own| path.starts_with(own))
    }));
    for source in oracle.iter().chain(&sketch) {
        let code = source.code();
        for word in [
            "azdrill_emulator",
            "include_str",
            "include!",
            "std::fs",
            "serde",
            "toml",
        ] {
            assert!(!code.contains(word), "{} says {word}", source.path);
        }
    }
    for source in &oracle {
        assert!(
            source.text.lines().count() < 200,
            "{} is to be read whole",
            source.path
        );
    }
}

/// And so is the model of what a vault becomes: it may ask the oracle, and nobody else.
#[test]
fn the_model_of_sequences_shares_nothing_with_the_engine() {
    let model = rust_files("tests/sequences/model");
    assert!(!model.is_empty());
    for source in &model {
        let code = source.code();
        for word in [
            "azdrill_emulator",
            "azdrill::strategy",
            "crate::world",
            "include_str",
            "std::fs",
            "toml",
        ] {
            assert!(!code.contains(word), "{} says {word}", source.path);
        }
    }
}

/// The check itself notices.
#[test]
fn a_breach_is_noticed() {
    let breach = Source {
        path: "emulator/src/services/storage/mod.rs".to_owned(),
        text: "use super::super::services::postgres::PostgresState;\nuse super::data_protection;".to_owned(),
    };
    let found = breaches(&[breach], |_, path| path.starts_with("crate::services::"));
    assert_eq!(
        found,
        [
            "emulator/src/services/storage/mod.rs names crate::services::postgres::PostgresState",
            "emulator/src/services/storage/mod.rs names crate::services::data_protection",
            "emulator/src/services/storage/mod.rs names crate::services::postgres::PostgresState",
            "emulator/src/services/storage/mod.rs names crate::services::data_protection",
        ]
    );
}
