//! What a build is named by: a change of a test is no other build, and a change of anything else is.

use std::fs;
use std::path::Path;

#[allow(
    dead_code,
    clippy::print_stdout,
    reason = "what tells the compiler is the build script's"
)]
#[path = "../../emulator/build_name.rs"]
mod build_name;

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn tests_are_no_part_of_the_name_however_they_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let inline = "fn work() {}\n\n#[cfg(test)]\nmod tests {\n    // one\n}\n";
    let declared =
        "#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[path = \"job_tests.rs\"]\nmod job;\nmod contests;\n";
    for (file, text) in [
        ("rules/one.toml", "a = 1\n"),
        ("src/lib.rs", declared),
        ("src/tests.rs", "mod world;\n"),
        ("src/tests/world.rs", ""),
        ("src/job_tests.rs", ""),
        ("src/contests.rs", inline),
        ("src/server/mod.rs", ""),
    ] {
        write(folder, file, text);
    }
    let name = || build_name::name_of(folder).unwrap();
    let before = name();
    for (file, text) in [
        ("src/tests.rs", "mod world; // changed\n"),
        ("src/tests/world.rs", "fn more() {}\n"),
        ("src/job_tests.rs", "fn more() {}\n"),
        ("src/contests.rs", &inline.replace("one", "two")),
        ("src/server/mod.rs", "fn more() {}\n"),
    ] {
        write(folder, file, text);
        assert_eq!(name(), before, "{file} is no part of the core");
    }
    for (file, text) in [
        ("rules/one.toml", "a = 2\n"),
        ("src/contests.rs", &inline.replace("work", "other")),
        ("src/contests/tests_of_strength.rs", "fn more() {}\n"),
    ] {
        let before = name();
        write(folder, file, text);
        assert_ne!(name(), before, "{file} is a part of the core");
    }
}
