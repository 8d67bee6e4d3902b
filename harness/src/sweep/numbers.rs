//! Numbers, as a replay line writes them: `0.3-5.9`.

use std::collections::BTreeSet;

/// No number at all.
const NONE: &str = "none";

/// Writes them.
pub(super) fn written(numbers: &BTreeSet<usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let texts = ranges.into_iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    let text = texts.collect::<Vec<_>>().join(".");
    if text.is_empty() { NONE.to_owned() } else { text }
}

/// Reads them; `None` for what was not written so, or is `below` or above it.
pub(super) fn read(text: &str, below: usize) -> Option<BTreeSet<usize>> {
    let mut numbers = BTreeSet::new();
    for range in text.split('.').filter(|_| text != NONE) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last >= below {
            return None;
        }
        numbers.extend(first..=last);
    }
    (written(&numbers) == text).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for numbers in [vec![], vec![0], vec![0, 1, 2, 5, 7, 8], vec![3, 9]] {
            let numbers: BTreeSet<usize> = numbers.into_iter().collect();
            assert_eq!(read(&written(&numbers), 10), Some(numbers));
        }
        for wrong in ["", "1-", "5-3", "0.1", "10", "x", "0-99999999999999999999"] {
            assert_eq!(read(wrong, 10), None, "{wrong}");
        }
    }
}
