//! Names the build: a digest of the core's source and of its rules, so that a journal can say what wrote it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The shell is no part of what a journal is played by.
const NOT_OF_THE_CORE: [&str; 2] = ["src/server", "src/fuzzing"];
/// What declares a module of tests.
const OF_TESTS: &str = "#[cfg(test)]";

/// Tells the compiler the build's name.
pub(crate) fn tell() -> io::Result<()> {
    for folder in ["rules", "src"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    println!("cargo::rustc-env=AZDRILL_BUILD={}", name_of(Path::new("."))?);
    Ok(())
}

/// The name of what stands in `rules` and `src` below a folder. Tests are no part of it, however they are kept: what a
/// file declares to be a module of tests, and such a module inside a file.
pub(crate) fn name_of(folder: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    for part in ["rules", "src"] {
        collect(&folder.join(part), &mut files)?;
    }
    // A folder is read in any order.
    files.sort();
    let mut texts = Vec::with_capacity(files.len());
    let mut tests = BTreeSet::new();
    for file in &files {
        let bytes = fs::read(file)?;
        if file.extension().is_some_and(|kind| kind == "rs") {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            tests.extend(modules_of_tests(file, &text));
            texts.push(without_tests(&text).as_bytes().to_vec());
        } else {
            texts.push(bytes);
        }
    }
    let mut digest = FNV_BEGINNING;
    for (file, text) in files.iter().zip(&texts) {
        if !tests.iter().any(|test| file.starts_with(test)) {
            let name = file.strip_prefix(folder).unwrap_or(file);
            digest = fnv(digest, name.to_string_lossy().as_bytes());
            digest = fnv(digest, text);
        }
    }
    Ok(format!("{digest:016x}"))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if NOT_OF_THE_CORE.iter().any(|not| path.ends_with(not)) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The files and folders of the modules a file declares to be tests.
fn modules_of_tests(file: &Path, text: &str) -> Vec<PathBuf> {
    let beside = file.parent().unwrap_or(Path::new(""));
    let stem = file.file_stem().unwrap_or_default();
    let below = match stem.to_str() {
        Some("mod" | "lib" | "main") => beside.to_owned(),
        _ => beside.join(stem),
    };
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != OF_TESTS {
            continue;
        }
        let mut declared = lines.next().unwrap_or_default();
        let elsewhere = declared
            .strip_prefix("#[path = \"")
            .and_then(|rest| rest.strip_suffix("\"]"));
        if elsewhere.is_some() {
            declared = lines.next().unwrap_or_default();
        }
        let name = declared
            .rsplit(' ')
            .next()
            .and_then(|last| last.strip_suffix(';'));
        let is_module = declared.split(' ').any(|word| word == "mod");
        match (elsewhere, name.filter(|_| is_module)) {
            (Some(path), Some(_)) => found.push(beside.join(path)),
            (None, Some(name)) => {
                found.push(below.join(name));
                found.push(below.join(format!("{name}.rs")));
            }
            (_, None) => {}
        }
    }
    found
}

/// A file up to the tests at its end.
fn without_tests(text: &str) -> &str {
    let end = text.find("\n#[cfg(test)]\nmod tests {");
    end.map_or(text, |end| &text[..end])
}

/// FNV-1a: nobody is to be kept from making two builds of one name, only from mistaking one for the other.
const FNV_BEGINNING: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
