//! What was meant by a word that names nothing there is.

/// Longer than any name there is: nothing is like it, and comparing takes the product of two lengths.
const LONGEST: usize = 120;

/// As much of a word as a sentence shows.
const SHOWN: usize = 80;

/// The name that differs least from a word, if it is near enough to have been meant: by no more than a third
/// of its letters.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let apart = |name: &'a str| (strsim::osa_distance(&word, &name.to_lowercase()), name);
    let (distance, name) = names.map(apart).min_by_key(|(distance, _)| *distance)?;
    let letters = word.chars().count().min(name.chars().count());
    (distance <= letters / 3).then_some(name)
}

/// A word as a sentence shows it: not all of one without end.
pub(crate) fn shown(word: &str) -> String {
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", word.get(..end).unwrap_or_default()),
        None => word.to_owned(),
    }
}

/// Words as a parser lists them.
pub(super) fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["Blob_PutBlock", "Workspaces_Update", "network", "get"];

    #[test]
    fn only_what_is_near_was_meant() {
        let meant = |word: &str| nearest(word, NAMES.into_iter());
        assert_eq!(meant("Blob_PutBlok"), Some("Blob_PutBlock"));
        assert_eq!(meant("netwrok"), Some("network"));
        assert_eq!(meant("GET"), Some("get"));
        for word in ["Nope_Op", "", "xyz", "Spaces"] {
            assert_eq!(meant(word), None, "{word}");
        }
    }

    #[test]
    fn what_is_endless_costs_nothing_and_is_not_shown_whole() {
        let long = "Blob_".repeat(1_000_000);
        let began = std::time::Instant::now();
        assert_eq!(nearest(&long, NAMES.into_iter()), None);
        assert!(began.elapsed() < std::time::Duration::from_millis(100));
        assert_eq!(shown(&long).chars().count(), SHOWN + 1);
        assert_eq!(shown("ä"), "ä");
    }
}
