//! The same inputs give the same bytes: neither real time nor chance nor the order of an unordered map gets into what
//! decides, nor into the sweeps that depend on it.

use crate::source::{Source, rust_files};

/// What is another at each time of asking.
const CHANGES: [&str; 9] = [
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "rand::rng()",
    "thread_rng",
    "Uuid::new_v4",
    "thread::current",
    "env::var",
];
/// What is gone through in another order in each process.
const UNORDERED: [&str; 3] = ["HashMap", "HashSet", "RandomState"];
/// Where there is an unordered map that is only ever asked for one of its keys.
const ONLY_ASKED: [(&str, &str); 2] = [
    (
        "emulator/src/gateway/token.rs",
        "signatures that were verified before",
    ),
    (
        "emulator/src/rules/router.rs",
        "the operations of a method and a length of path",
    ),
];
/// What goes through a map.
const GOES_THROUGH: [&str; 6] = [
    ".iter()",
    ".keys()",
    ".values()",
    ".drain(",
    ".into_iter()",
    ".retain(",
];

/// What decides: the core without its shell, and what sweeps draw and tell.
fn deciding() -> Vec<Source> {
    let core = rust_files("emulator/src").into_iter().filter(|source| {
        let inside = source.path.trim_start_matches("emulator/src/");
        !inside.starts_with("server/") && !inside.starts_with("fuzzing/")
    });
    let swept = ["harness/src/sweep", "harness/src/sequence"];
    core.chain(swept.into_iter().flat_map(rust_files)).collect()
}

/// The code of a file without its tests, which may measure time.
fn untested(source: &Source) -> String {
    let code = source.code();
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..end].to_owned()
}

/// What of a file's code makes two runs differ.
fn breaches(path: &str, code: &str) -> Vec<String> {
    let is_test = path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/");
    if is_test {
        return Vec::new();
    }
    let only_asked = ONLY_ASKED.iter().any(|(file, _)| *file == path);
    let forbidden = CHANGES
        .into_iter()
        .chain(UNORDERED.into_iter().filter(|_| !only_asked));
    let found = forbidden.filter(|word| code.contains(word));
    found.map(|word| format!("{path} has {word}")).collect()
}

#[test]
fn nothing_that_decides_asks_for_time_or_chance_or_an_order_there_is_not() {
    let found: Vec<String> = deciding()
        .iter()
        .flat_map(|source| breaches(&source.path, &untested(source)))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_would_make_two_runs_differ_is_seen() {
    let path = "emulator/src/services/new.rs";
    for wrong in [
        "let now = std::time::Instant::now();",
        "let all: HashMap<u8, u8> = HashMap::new();",
        "let seen = std::collections::HashSet::new();",
        "jiff::Timestamp::now()",
        "let number: u8 = rand::rng().random();",
    ] {
        assert!(!breaches(path, wrong).is_empty(), "{wrong}");
    }
    assert!(breaches(path, "let all: BTreeMap<u8, u8> = BTreeMap::new();").is_empty());
    // One that may only be asked may still not ask for the time.
    let (excepted, _) = ONLY_ASKED[0];
    assert!(breaches(excepted, "HashMap::new()").is_empty());
    assert_eq!(breaches(excepted, "SystemTime::now()").len(), 1);
}

/// Each exception names fields that are maps, and nothing goes through one of them.
#[test]
fn unordered_maps_are_only_asked() {
    for (path, what) in ONLY_ASKED {
        let source = rust_files("emulator/src")
            .into_iter()
            .find(|own| own.path == path);
        let code = untested(&source.unwrap_or_else(|| panic!("{path} is not there: {what}")));
        let fields = code
            .lines()
            .filter(|line| line.contains(": HashMap<") || line.contains(": RefCell<HashMap<"));
        let names: Vec<&str> = fields
            .filter_map(|line| line.trim().trim_start_matches("let mut ").split(':').next())
            .collect();
        assert!(!names.is_empty(), "{path} has no unordered map any more: {what}");
        for name in names {
            for through in GOES_THROUGH {
                let wrong = [
                    format!("self.{name}{through}"),
                    format!("self.{name}.borrow(){through}"),
                ];
                assert!(
                    !wrong.iter().any(|wrong| code.contains(wrong)),
                    "{path} goes through {name}"
                );
            }
        }
    }
}
