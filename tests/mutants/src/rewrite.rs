//! Puts changes into a file, each behind its number, and knows afterwards what stands where.

use std::cmp::Reverse;
use std::ops::Range;

use crate::mutant::{EditKind, Mutant, NUMBER};

/// A file with changes in it.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// The whole text.
    pub(crate) text: String,
    /// What was put in, by number, in the order of the text.
    inserted: Vec<(Range<usize>, u32)>,
}

/// A file with these changes in it, each with its number. They are in the order they were found: what is around others
/// before them.
pub(crate) fn rewrite<'a>(text: &str, mutants: impl IntoIterator<Item = (u32, &'a Mutant)>) -> Rewritten {
    let mut edits = Vec::new();
    for (number, mutant) in mutants {
        edits.extend(mutant.edits.iter().map(|edit| (edit, number)));
    }
    edits.sort_by_key(|(edit, number)| {
        let number = i64::from(*number);
        // What was found last is innermost, and ends first.
        let inner_last = if edit.kind == EditKind::Close {
            Reverse(number)
        } else {
            Reverse(-number)
        };
        (edit.at.start, edit.kind, inner_last)
    });
    let mut written = Rewritten {
        text: String::with_capacity(text.len() * 2),
        inserted: Vec::new(),
    };
    let mut done = 0;
    for (edit, number) in edits {
        written.text.push_str(&text[done..edit.at.start]);
        let start = written.text.len();
        written
            .text
            .push_str(&edit.text.replace(NUMBER, &number.to_string()));
        written.inserted.push((start..written.text.len(), number));
        done = edit.at.end;
    }
    written.text.push_str(&text[done..]);
    written
}

impl Rewritten {
    /// Which changes an error at this place of the text is about: those whose own text it is in, or else the innermost
    /// one around it.
    pub(crate) fn at(&self, place: &Range<usize>) -> Vec<u32> {
        let mut own: Vec<u32> = self
            .inserted
            .iter()
            .filter(|(range, _)| range.start < place.end && place.start < range.end)
            .map(|(_, number)| *number)
            .collect();
        own.sort_unstable();
        own.dedup();
        if !own.is_empty() {
            // Of changes within each other the inner ones have the higher numbers; the error is the innermost's.
            return own.split_off(own.len() - 1);
        }
        let around = |number: u32| {
            let mut of_it = self
                .inserted
                .iter()
                .filter(|(_, own)| *own == number)
                .map(|(range, _)| range);
            let first = of_it.next().map_or(0, |range| range.start);
            let last = of_it.next_back().map_or(first, |range| range.end);
            first <= place.start && place.end <= last
        };
        let numbers = self.inserted.iter().map(|(_, number)| *number);
        numbers
            .filter(|number| around(*number))
            .max()
            .into_iter()
            .collect()
    }
}
