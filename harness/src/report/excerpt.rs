//! What is shown of a long text.

/// A text, or as much of it as is shown at most, from shortly before where it differs from another.
pub(super) fn where_it_differs(text: &str, other: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let same = text.chars().zip(other.chars());
    let same = same.take_while(|(one, other)| one == other).count();
    // A third of it is what is the same.
    let from = same.saturating_sub(most / 3);
    let mut rest = text.chars().skip(from);
    let part: String = rest.by_ref().take(most).collect();
    let sign = |cut: bool| if cut { "…" } else { "" };
    format!("{}{part}{}", sign(from > 0), sign(rest.next().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shown_where_it_differs() {
        assert_eq!(where_it_differs("short", "other", 60), "short");
        let same = "x".repeat(200);
        let told = |most| where_it_differs(&format!("{same}null{same}"), &format!("{same}2026"), most);
        assert_eq!(told(60), format!("…{}null{}…", "x".repeat(20), "x".repeat(36)));
        assert_eq!(told(404), format!("{same}null{same}"));
    }
}
