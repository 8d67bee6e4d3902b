//! Pieces of Markdown.

use crate::harmless::harmless;
use textwrap::{Options, WordSeparator, WordSplitter, fill};

/// How wide lines of prose are.
const WIDTH: usize = 120;

/// How much of a text a cell shows.
pub(super) const CELL_MAX: usize = 60;

fn options() -> Options<'static> {
    Options::new(WIDTH)
        .break_words(false)
        // A link is not to be torn.
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// A text in which `<` begins no element of HTML, and nothing does anything to a terminal; code is as it is.
fn plain(text: &str) -> String {
    let text = harmless(text);
    let parts = text.split('`').enumerate();
    let parts: Vec<String> = parts
        .map(|(number, part)| match number % 2 {
            0 => part.replace('<', "\\<"),
            _ => part.to_owned(),
        })
        .collect();
    parts.join("`")
}

/// A paragraph.
pub(super) fn paragraph(text: &str) -> String {
    fill(&plain(text), options()) + "\n\n"
}

/// An item of a list.
pub(super) fn item(text: &str) -> String {
    fill(
        &plain(text),
        options().initial_indent("- ").subsequent_indent("  "),
    ) + "\n"
}

/// An item below an item.
pub(super) fn item_below(text: &str) -> String {
    fill(
        &plain(text),
        options().initial_indent("  - ").subsequent_indent("    "),
    ) + "\n"
}

/// A cell of a table.
pub(super) fn cell(text: &str) -> String {
    plain(text).replace('|', "\\|").replace('\n', " ")
}

/// A name as it is written in files.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", harmless(text).replace('`', "'"))
}

/// A rule's name, which leads to what is told of it.
pub(super) fn link(rule: &str) -> String {
    format!("[{rule}](#{})", rule.to_lowercase())
}

/// Several, each a link.
pub(super) fn links<'a>(rules: impl IntoIterator<Item = &'a str>) -> String {
    let links: Vec<String> = rules.into_iter().map(link).collect();
    links.join(", ")
}

/// The keys of sources.
pub(super) fn keys(sources: &[String]) -> String {
    let keys = sources.iter();
    let keys: Vec<&str> = keys
        .map(|source| source.split_once(": ").map_or(source.as_str(), |(key, _)| key))
        .collect();
    keys.join(", ")
}

/// The words of a name that is written as one.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_shown_and_does_nothing() {
        assert_eq!(
            cell("<script> | `<id>`\u{1b}[31m\nb"),
            "\\<script> \\| `<id>`\u{241b}[31m b"
        );
        assert_eq!(code("a`b\u{7}"), "`a'b\u{2407}`");
    }

    #[test]
    fn a_link_stays_in_one_line() {
        let told = item(&links(std::iter::repeat_n("FX-RF-09-PREFIX", 20)));
        assert!(!told.contains("]\n"), "{told}");
        assert!(
            told.lines().count() > 1 && told.lines().all(|line| line.len() <= WIDTH),
            "{told}"
        );
    }

    #[test]
    fn a_rule_is_linked_to_its_heading() {
        assert_eq!(links(["FX-B-14", "RBAC"]), "[FX-B-14](#fx-b-14), [RBAC](#rbac)");
    }
}
