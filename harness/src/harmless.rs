//! What others wrote, made harmless before it is shown: a URL, a header, a journal from somebody else may hold what
//! moves a terminal's cursor, empties its screen, renames its window or turns the order of letters round. It is
//! shown as what it is, and does nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text without anything that a terminal acts on but for ends of lines.
pub fn harmless(text: &str) -> Cow<'_, str> {
    shown(text, |_| 0)
}

/// A text without the characters XML has no way to write: those that do something are shown.
pub fn legal_in_xml(text: &str) -> String {
    let text = harmless(text);
    text.chars()
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

/// The same of text that has been painted: colours stay.
pub fn harmless_painted(text: &str) -> Cow<'_, str> {
    shown(text, colour)
}

/// `stays` says how many bytes at the beginning of a text stay as they are, if that is a control sequence.
fn shown(text: &str, stays: impl Fn(&str) -> usize) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match stays(rest) {
            0 => letter.len_utf8(),
            length => length,
        };
        let (this, after) = rest.split_at(length);
        if length == letter.len_utf8() && acts(letter) {
            show(&mut out, letter);
        } else {
            out.push_str(this);
        }
        rest = after;
    }
    Cow::Owned(out)
}

/// Whether a terminal does something at a letter, instead of showing it.
fn acts(letter: char) -> bool {
    (letter.is_control() && letter != '\n') || turns(letter)
}

/// Whether a letter changes where others stand: a direction, or a line's or paragraph's end.
fn turns(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// A letter that acts, as one that shows: by its picture, or else by its number.
fn show(out: &mut String, letter: char) {
    const PICTURES: u32 = 0x2400;
    match letter {
        '\t' => out.push(' '),
        '\u{7f}' => out.push('\u{2421}'),
        ..=' ' => out.push(char::from_u32(PICTURES + u32::from(letter)).unwrap_or('\u{fffd}')),
        // Writing into a text does not fail.
        _ => _ = write!(out, "<U+{:04X}>", u32::from(letter)),
    }
}

/// How long the sequence is that changes the colour at the beginning of a text; 0 where there is none.
fn colour(text: &str) -> usize {
    let Some(numbers) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let end = numbers.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
    match end {
        Some(end) if numbers[end..].starts_with('m') => text.len() - numbers.len() + end + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What empties a screen, renames a window, and turns letters round; the last is an 8-bit escape.
    const HOSTILE: &str = "a\u{1b}[2Jb\u{1b}]0;owned\u{7}c\u{202e}d\re\u{9b}31mf\tg\u{7f}";

    #[test]
    fn nothing_acts_on_a_terminal_and_nothing_is_lost() {
        let shown = harmless(HOSTILE);
        assert_eq!(shown, "a␛[2Jb␛]0;owned␇c<U+202E>d␍e<U+009B>31mf g␡");
        assert!(matches!(harmless("备份 ü\nline"), Cow::Borrowed("备份 ü\nline")));
    }

    #[test]
    fn of_what_is_painted_the_colours_stay() {
        let painted = "\u{1b}[31mbad\u{1b}[0m \u{1b}[38;2;1;2;3mx";
        assert_eq!(harmless_painted(painted), painted);
        assert_eq!(harmless(painted), "␛[31mbad␛[0m ␛[38;2;1;2;3mx");
        assert_eq!(harmless_painted(HOSTILE), harmless(HOSTILE));
        assert_eq!(harmless_painted("\u{1b}[31"), "␛[31");
        assert_eq!(harmless_painted("\u{1b}"), "␛");
    }
}
