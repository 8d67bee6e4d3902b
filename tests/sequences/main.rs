//! Whatever is done to a vault, in whatever order: the emulator answers what a small model of it expects, and is
//! afterwards as the model has it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "all of it is tests, and they print what they came across"
)]

mod generate;
mod mistakes;
mod model;
mod play;
mod seen;

use azdrill::oracle::Profile;

use crate::model::Beginning;
use crate::play::{Size, Tally, play, take_tally};

/// Steps of a sequence.
const STEPS: usize = 500;
/// Sequences of each world, unless `AZDRILL_SEQUENCES` says how many.
const SEQUENCES: u32 = 40;
/// Where the random numbers begin, unless `AZDRILL_SEQUENCES_SEED` says where.
const SEED: u64 = 20_260_302;

/// A number that the environment may say otherwise.
fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is `{text}`, and no number")),
        Err(_) => otherwise,
    }
}

/// What nobody is refused but for lack of a role.
const NEVER_REFUSED: [&str; 1] = ["wait"];

fn check(tally: &Tally, size: Size, encrypted: bool) {
    assert_eq!(tally.steps, u64::from(size.sequences) * size.steps as u64);
    let least = tally.steps / 2000;
    let kinds = if encrypted { 24 } else { 22 };
    assert_eq!(tally.kinds.len(), kinds, "{tally:?}");
    for (kind, (done, refused)) in &tally.kinds {
        assert!(*done >= least, "{kind} was done {done} times");
        let may_be = !NEVER_REFUSED.contains(kind);
        assert!(
            !may_be || *refused >= (least / 10).max(1),
            "{kind} was refused {refused} times"
        );
    }
    for (what, (well, badly)) in [("operations", tally.ended), ("jobs", tally.jobs)] {
        assert!(
            well >= least && badly >= least,
            "{what}: {well} well, {badly} not"
        );
    }
    assert!(tally.expired >= least / 10, "{} points expired", tally.expired);
}

/// A number for each world.
fn worlds(profile: Profile, encrypted: bool, recorded: bool) -> u64 {
    let observed = profile == Profile::OBSERVED;
    u64::from(observed) + 2 * u64::from(encrypted) + 4 * u64::from(recorded)
}

fn walk(profile: Profile, encrypted: bool, recorded: bool) {
    let size = Size {
        sequences: u32::try_from(number("AZDRILL_SEQUENCES", u64::from(SEQUENCES))).unwrap(),
        steps: STEPS,
        // Each world has sequences of its own.
        seed: number("AZDRILL_SEQUENCES_SEED", SEED) + worlds(profile, encrypted, recorded),
    };
    let beginning = Beginning {
        profile,
        encrypted,
        recorded,
        mistake: None,
    };
    let begun = std::time::Instant::now();
    if let Err((why, steps)) = play(beginning, size) {
        panic!(
            "a sequence of {steps} steps, found from the seed {}: {why}",
            size.seed
        );
    }
    let tally = take_tally();
    println!("{:?} for {} steps: {tally:?}", begun.elapsed(), tally.steps);
    check(&tally, size, encrypted);
}

#[test]
fn as_observed_at_the_recorded_pace() {
    walk(Profile::OBSERVED, false, true);
}

#[test]
fn as_documented_at_the_recorded_pace() {
    walk(Profile::DOCUMENTED, false, true);
}

#[test]
fn encrypted_as_observed_at_the_recorded_pace() {
    walk(Profile::OBSERVED, true, true);
}

#[test]
fn encrypted_as_documented_at_the_fast_pace() {
    walk(Profile::DOCUMENTED, true, false);
}
