//! A process that is killed at any moment leaves a journal that is cut off at any byte: whoever comes back has the
//! machine of the lines that are whole, and goes on from there as if nothing had been.

use std::collections::BTreeMap;

use super::lines::{Lines, alike, lines};
use super::world::{Step, World};
use crate::journal::{Replay, Unsealed, seal, unseal};

/// As many moments as are looked at.
const KILLS: usize = 10_000;

/// What is read of a file that was cut off: its whole lines, and whether something is left.
fn read(mut text: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut whole = Vec::new();
    loop {
        match unseal(text) {
            Unsealed::Line { line, rest } => {
                whole.push(line);
                text = rest;
            }
            Unsealed::End => return (whole, false),
            Unsealed::Torn => return (whole, true),
            Unsealed::Damaged => panic!("what is cut off is torn, and not damaged"),
        }
    }
}

/// A world that lives, the machine it was after so many lines, and the file they are in.
struct Lived {
    world: World,
    /// By how many lines there were when nothing was under way.
    machines: BTreeMap<usize, String>,
    file: Vec<u8>,
    /// Where each line ends in it.
    ends: Vec<usize>,
}

fn live() -> Lived {
    let mut world = World::new();
    let mut machines = BTreeMap::new();
    // And once more, in the world that has taken the place of the first.
    for _ in 0..2 {
        world.live_noting(|world| {
            machines.insert(lines(&world.journal()).count(), world.machine.whole());
        });
    }
    let (mut file, mut ends) = (Vec::new(), Vec::new());
    for line in lines(&world.journal()) {
        seal(line, &mut file);
        ends.push(file.len());
    }
    Lived {
        world,
        machines,
        file,
        ends,
    }
}

#[test]
fn whoever_was_killed_comes_back_with_all_that_was_whole_and_goes_on() {
    let lived = live();
    let journal = lived.world.journal();
    let all: Vec<&[u8]> = lines(&journal).collect();
    assert!(all.len() > 100, "{} lines", all.len());
    // Every byte of some lines, and moments all over the file.
    let step = lived.file.len() / KILLS + 1;
    let dense = lived.ends[20]..lived.ends[24];
    let mut moments: Vec<usize> = (0..=lived.file.len()).step_by(step).chain(dense).collect();
    moments.extend(lived.ends.iter().flat_map(|end| [end - 1, *end, end + 1]));
    moments.retain(|moment| *moment <= lived.file.len());
    assert!(moments.len() >= KILLS, "{} moments", moments.len());
    let mut seen = vec![false; all.len() + 1];
    for moment in moments {
        let (whole, torn) = read(&lived.file[..moment]);
        let count = lived.ends.iter().filter(|end| **end <= moment).count();
        assert!(whole == all[..count], "cut off at byte {moment}");
        let at_an_end = moment == 0 || lived.ends.contains(&moment);
        assert_eq!(torn, !at_an_end, "cut off at byte {moment}");
        // The same lines make the same machine: it is enough to make it once.
        if count > 0 && !std::mem::replace(&mut seen[count], true) {
            comes_back(&lived, &all, count);
        }
    }
    assert!(
        seen[1..].iter().all(|seen| *seen),
        "a line was never the last one"
    );
}

/// Comes back to so many lines, then sees what the one that was not killed saw.
fn comes_back(lived: &Lived, all: &[&[u8]], count: usize) {
    let written = Lines::default();
    let mut replay = Replay::into(all[0], Some(Box::new(written.clone()))).expect("it is a first line");
    let play = |replay: &mut Replay, line: &[u8]| {
        let played = replay.play(line).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(played.difference, None, "after {count} lines: {}", played.what);
    };
    for line in &all[1..count] {
        play(&mut replay, line);
    }
    if let Some(machine) = lived.machines.get(&count) {
        assert!(
            *machine == replay.machine().whole(),
            "another machine after {count} lines"
        );
    }
    assert!(
        written.bytes() == all[..count].concat(),
        "another journal after {count} lines"
    );
    // Every tenth: it takes as long as the whole life.
    if count.is_multiple_of(10) {
        for line in &all[count..] {
            play(&mut replay, line);
        }
        alike(replay.machine(), &lived.world.machine);
    }
}

/// Work that was under way is known to whoever comes back, and what has ended is not.
#[test]
fn work_under_way_is_left_to_do() {
    let mut world = World::new();
    for step in [
        Step::Call(0),
        Step::Call(1),
        Step::Call(2),
        Step::Call(3),
        Step::Tick,
    ] {
        world.take(&step);
    }
    let left = |world: &World| {
        let journal = world.journal();
        let mut lines = lines(&journal);
        let mut replay = Replay::begin(lines.next().expect("a first line")).expect("it is one");
        for line in lines {
            replay.play(line).expect("it was written");
        }
        let (_, mut aftermath) = replay.go_on();
        let under_way = aftermath.take_under_way();
        under_way.iter().map(|work| work.effect.id).collect::<Vec<_>>()
    };
    let mut asked = world.under_way();
    let mut waited = 0;
    while asked.is_empty() {
        world.take(&Step::Wait(5));
        asked = world.under_way();
        waited += 1;
        assert!(waited < 50, "nothing is ever asked for");
    }
    assert_eq!(left(&world), asked);
    world.take(&Step::End(true));
    assert_eq!(left(&world), world.under_way());
    world.take(&Step::BeginAgain);
    assert!(left(&world).is_empty(), "it was another world's");
}
