//! Names the build: a digest of the core's source and of its rules, so that a journal can say what wrote it.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The shell is no part of what a journal is played by, and neither are tests.
const NOT_OF_THE_CORE: [&str; 4] = ["src/server", "src/fuzzing", "tests", "tests.rs"];

/// Tells the compiler the build's name.
pub(crate) fn tell() -> io::Result<()> {
    let mut files = Vec::new();
    for folder in ["rules", "src"] {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files)?;
    }
    // A folder is read in any order.
    files.sort();
    let mut digest = FNV_BEGINNING;
    for file in &files {
        digest = fnv(digest, file.to_string_lossy().as_bytes());
        digest = fnv(digest, &fs::read(file)?);
    }
    println!("cargo::rustc-env=AZDRILL_BUILD={digest:016x}");
    Ok(())
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

/// FNV-1a: nobody is to be kept from making two builds of one name, only from mistaking one for the other.
const FNV_BEGINNING: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
