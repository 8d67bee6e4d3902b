//! What the fuzzer kept, and some of what it would try next.

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::TARGETS;

/// How many changes of the corpus each target is fed with besides.
const CHANGES: usize = 1_500;

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), std::fs::read(&path).expect("a file")))
        .collect();
    found.sort();
    found
}

/// One of the changes a fuzzer makes, drawn from a seed.
fn changed(draws: &mut ChaCha12Rng, all: &[(PathBuf, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = all[draws.random_range(0..all.len())].1.clone();
    for _ in 0..draws.random_range(1..4) {
        let other = &all[draws.random_range(0..all.len())].1;
        let at = draws.random_range(0..=bytes.len());
        let end = draws.random_range(at..=bytes.len().min(at + 64));
        match draws.random_range(0..5) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.insert(at, draws.random()),
            2 => {
                let piece = bytes[at..end].repeat(draws.random_range(1..200));
                bytes.splice(at..at, piece);
            }
            3 => {
                let from = draws.random_range(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let signs = b"'\"()[]{}.,:;=|<>&/\\ %\n0";
                bytes.insert(at, signs[draws.random_range(0..signs.len())]);
            }
        }
    }
    bytes
}

#[test]
fn what_was_kept_and_what_is_like_it_is_read_without_harm() {
    for (number, (name, target)) in TARGETS.iter().enumerate() {
        let all = corpus(name);
        assert!(!all.is_empty(), "{name} has no corpus");
        for (path, data) in &all {
            // The test's output says which one it was.
            println!("{}", path.display());
            target(data);
        }
        let mut draws = ChaCha12Rng::seed_from_u64(number as u64);
        for _ in 0..CHANGES {
            let data = changed(&mut draws, &all);
            println!("{name}: {:?}", String::from_utf8_lossy(&data));
            target(&data);
        }
    }
}
