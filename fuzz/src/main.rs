//! Feeds one reader of the emulator by coverage: `AZDRILL_FUZZ=<target>` says which. See `run`.

#![no_main]

use std::sync::LazyLock;

use azdrill_emulator::fuzzing::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("AZDRILL_FUZZ").unwrap_or_default();
    let found = TARGETS.iter().find(|(own, _)| *own == name);
    found.map(|(_, target)| *target).unwrap_or_else(|| {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        panic!("AZDRILL_FUZZ must be one of {}", known.join(", "))
    })
});

fuzz_target!(|data: &[u8]| CHOSEN(data));
