//! A journal in memory, played again, and whether two machines are alike.

use std::sync::{Arc, Mutex, PoisonError};

use crate::journal::{Journalled, Replay, Sink};

/// A journal in memory.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Sink for Lines {
    fn take(&mut self, line: &[u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(line);
    }
}

impl Lines {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) fn lines(journal: &[u8]) -> impl Iterator<Item = &[u8]> {
    journal.split_inclusive(|byte| *byte == b'\n')
}

/// Plays a whole journal, and answers with the machine it came to, what it wrote of itself, and the first input
/// whose answer differs.
pub(super) fn played(journal: &[u8]) -> (Replay, Vec<u8>, Option<u64>) {
    let mut lines = lines(journal);
    let again = Lines::default();
    let first = lines.next().expect("a journal has a first line");
    let mut replay = Replay::into(first, Some(Box::new(again.clone()))).expect("it is one of a journal");
    let mut differs = None;
    for line in lines {
        let played = replay.play(line).unwrap_or_else(|error| panic!("{error}"));
        if let (Some(difference), None) = (played.difference, differs) {
            differs = Some(played.number);
            eprintln!("input {}: {}: {difference}", played.number, played.what);
        }
    }
    (replay, again.bytes(), differs)
}

/// Nothing of one machine is other than in the other.
pub(super) fn alike(one: &Journalled, other: &Journalled) {
    let (one, other) = (one.whole(), other.whole());
    let differs = one
        .lines()
        .zip(other.lines())
        .position(|(one, other)| one != other);
    if let Some(at) = differs {
        let about = |text: &str| {
            text.lines()
                .skip(at.saturating_sub(6))
                .take(12)
                .collect::<Vec<_>>()
                .join("\n")
        };
        panic!("another machine:\n{}\n---\n{}", about(&one), about(&other));
    }
    assert_eq!(
        one.len(),
        other.len(),
        "another machine: one has more than the other"
    );
}
