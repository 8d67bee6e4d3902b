//! Laying out what a person reads: as wide as the terminal is, in colours where it has them, and with
//! nothing broken in the middle of a word.

use std::io::IsTerminal;
use std::os::fd::AsFd;

use textwrap::core::{Word, display_width};
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::harmless::{harmless, harmless_painted};

/// The width where nobody says one: in a pipe, in a file.
const WIDTH_UNSAID: usize = 100;
/// Narrower than this, words alone do not fit.
const WIDTH_MIN: usize = 40;
/// Wider lines are hard to read.
const WIDTH_MAX: usize = 120;
/// Between the columns of a table.
const GAP: usize = 2;
/// What is longer is no number and no sign that the lines of a cell could hang behind.
const HANG_MAX: usize = 6;
/// A table whose rows are higher is harder to read than a list.
const ROW_LINES_MAX: usize = 3;

/// How wide a page is, and whether it has colours.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    width: usize,
    colour: bool,
}

/// What a text is painted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// As it is.
    Plain,
    /// A heading.
    Bold,
    /// What went well.
    Good,
    /// What did not.
    Bad,
    /// What matters less.
    Dim,
    /// What is worth a look.
    Note,
}

impl Page {
    /// What is written to this stream.
    pub fn of(stream: &(impl IsTerminal + AsFd)) -> Self {
        let terminal = stream.is_terminal();
        let measured = terminal.then(|| rustix::termios::tcgetwinsize(stream).ok());
        let measured = measured.flatten().map(|size| usize::from(size.ws_col));
        let said = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = measured.filter(|width| *width > 0).or_else(said);
        Self {
            width: width.unwrap_or(WIDTH_UNSAID).clamp(WIDTH_MIN, WIDTH_MAX),
            colour: has_colours(stream),
        }
    }

    /// A page of this width without colours.
    pub fn plain(width: usize) -> Self {
        Self { width, colour: false }
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A text in that ink; whatever it is, it does nothing to a terminal.
    pub fn ink(&self, ink: Ink, text: &str) -> String {
        let text = &harmless(text);
        let code = match ink {
            Ink::Bold => "1",
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Dim => "2",
            Ink::Note => "33",
            Ink::Plain => return text.clone().into_owned(),
        };
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.clone().into_owned()
        }
    }

    /// Lines of text: the first begins with `first`, which may be painted, the others that many columns
    /// further right. Whatever the text is, it does nothing to a terminal.
    pub fn paragraph(&self, first: &str, indent: usize, ink: Ink, text: &str) -> String {
        let (first, text) = (&harmless_painted(first), &harmless(text));
        let blank = " ".repeat(indent);
        let taken = " ".repeat(display_width(first));
        let mut out = String::new();
        for (number, line) in text.lines().enumerate() {
            let begins: &str = if number == 0 { &taken } else { &blank };
            let options = Options::new(self.width)
                .initial_indent(begins)
                .subsequent_indent(&blank);
            for (part, wrapped) in wrap(line, options).into_iter().enumerate() {
                let begin: &str = if (number, part) == (0, 0) { first } else { &blank };
                let line = format!("{begin}{}", self.ink(ink, wrapped.trim()));
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        if out.is_empty() {
            out = format!("{}\n", first.trim_end());
        }
        out
    }

    /// A table. Where its columns do not fit beside one another without breaking words, or only as towers
    /// of words, each row is a list: the first cell, and below it the others with their heads, those that
    /// say the same together.
    pub fn table<const N: usize>(&self, indent: usize, head: [&str; N], rows: &[[String; N]]) -> String {
        let rows: Vec<[String; N]> = rows.iter().map(harmless_row).collect();
        let rows = rows.as_slice();
        let room = self.width.saturating_sub(indent + GAP * N.saturating_sub(1));
        let widths = widths(room, head, rows);
        let readable = |widths: &[usize; N]| rows.iter().all(|row| height(row, widths) <= ROW_LINES_MAX);
        let Some(widths) = widths.filter(readable) else {
            return self.list(indent, head, rows);
        };
        let mut out = self.row(indent, widths, &head.map(str::to_owned), Ink::Bold);
        for row in rows {
            out += &self.row(indent, widths, row, Ink::Plain);
        }
        out
    }

    fn row<const N: usize>(&self, indent: usize, widths: [usize; N], row: &[String; N], ink: Ink) -> String {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| cell_lines(cell, width))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        let mut out = String::new();
        for line in 0..height {
            let mut text = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let part = cell.get(line).map_or("", |part| part.trim_end());
                let rest = width.saturating_sub(display_width(part)) + GAP;
                text += &format!("{part}{}", " ".repeat(rest));
            }
            out += &format!("{}{}\n", " ".repeat(indent), self.ink(ink, text.trim_end()));
        }
        out
    }

    fn list<const N: usize>(&self, indent: usize, head: [&str; N], rows: &[[String; N]]) -> String {
        let blank = " ".repeat(indent);
        let mut out = String::new();
        for row in rows {
            let mut cells = head.iter().zip(row);
            if let Some((_, cell)) = cells.next() {
                out += &self.paragraph(&blank, indent + GAP, Ink::Bold, cell);
            }
            let mut said: Vec<(String, &String)> = Vec::new();
            for (name, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
                match said.last_mut() {
                    Some((names, last)) if *last == cell => *names += &format!(", {name}"),
                    _ => said.push(((*name).to_owned(), cell)),
                }
            }
            for (names, cell) in said {
                let names = self.ink(Ink::Dim, &format!("{blank}  {names}: "));
                out += &self.paragraph(&names, indent + 2 * GAP, Ink::Plain, cell);
            }
        }
        out
    }
}

fn harmless_row<const N: usize>(row: &[String; N]) -> [String; N] {
    row.each_ref().map(|cell| harmless(cell).into_owned())
}

/// A cell's lines. Where it begins with a number or a sign, the others hang behind that.
fn cell_lines(cell: &str, width: usize) -> Vec<String> {
    let sign: String = cell
        .chars()
        .take_while(|letter| !letter.is_alphabetic())
        .collect();
    let hang = match display_width(&sign) {
        taken if sign.ends_with(' ') && taken <= HANG_MAX => " ".repeat(taken),
        _ => String::new(),
    };
    wrap(cell, Options::new(width).subsequent_indent(&hang))
}

/// How many lines a row takes.
fn height<const N: usize>(row: &[String; N], widths: &[usize; N]) -> usize {
    let cells = row.iter().zip(widths);
    let lines = cells.map(|(cell, width)| cell_lines(cell, *width).len());
    lines.max().unwrap_or_default()
}

/// Whether a stream takes colours: a terminal does, unless somebody said no.
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !unwanted && !is_dumb()
}

/// Whether the terminal knows nothing but text.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}

/// As wide as each column may be; `None` if some word does not fit.
fn widths<const N: usize>(room: usize, head: [&str; N], rows: &[[String; N]]) -> Option<[usize; N]> {
    let (mut widest, mut least) = ([0; N], [0; N]);
    let heads = head.map(str::to_owned);
    for row in rows.iter().chain([&heads]) {
        for (column, cell) in row.iter().enumerate() {
            widest[column] = widest[column].max(display_width(cell));
            let longest = separate(cell).map(|word| display_width(word.word)).max();
            least[column] = least[column].max(longest.unwrap_or_default());
        }
    }
    if least.iter().sum::<usize>() > room {
        return None;
    }
    while widest.iter().sum::<usize>() > room {
        let wide = (0..N).filter(|column| widest[*column] > least[*column]);
        let column = wide.max_by_key(|column| widest[*column])?;
        widest[column] -= 1;
    }
    Some(widest)
}

fn wrap(text: &str, options: Options<'_>) -> Vec<String> {
    let options = options
        .break_words(false)
        .word_separator(WordSeparator::Custom(|line| Box::new(separate(line))))
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    lines.into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// Words, and the segments of long paths: a line may end after either.
fn separate(line: &str) -> impl Iterator<Item = Word<'_>> {
    /// What is shorter is easier to read, and to take along, in one piece.
    const LONG_PATH: usize = 30;
    let words = line.split_inclusive(' ');
    let parts = words.flat_map(|word| {
        let is_long = display_width(word) > LONG_PATH;
        word.split_inclusive(move |letter| is_long && letter == '/')
    });
    parts.map(Word::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(text: &str) -> usize {
        text.lines().map(display_width).max().unwrap_or_default()
    }

    #[test]
    fn a_paragraph_hangs_and_breaks_between_words_and_segments() {
        let page = Page::plain(30);
        let text = page.paragraph("  why  ", 7, Ink::Bad, "the caller is not behind one of them");
        assert_eq!(text, "  why  the caller is not\n       behind one of them\n");
        let path = "…/resourceGroups/backup/providers/Microsoft.DataProtection/backupVaults/v";
        let text = page.paragraph("GET ", 6, Ink::Plain, path);
        for line in text.lines() {
            assert!(line.ends_with(['/', 'v']), "{text}");
        }
        let text = page.paragraph("", 0, Ink::Plain, "prints lines for a file: /etc/hosts");
        assert_eq!(text, "prints lines for a file:\n/etc/hosts\n");
        assert_eq!(page.paragraph("  rule  ", 8, Ink::Plain, ""), "  rule\n");
    }

    #[test]
    fn what_others_wrote_does_nothing_to_a_terminal() {
        let page = Page {
            width: 40,
            colour: true,
        };
        let hostile = "a\u{1b}[2J\u{1b}[31mb\u{9b}1m";
        let shown = "a␛[2J␛[31mb<U+009B>1m";
        let label = page.ink(Ink::Bold, hostile);
        assert_eq!(label, format!("\u{1b}[1m{shown}\u{1b}[0m"));
        let text = page.paragraph(&label, 0, Ink::Plain, &format!(" {hostile}\n{hostile}"));
        assert!(text.ends_with(&format!("\n{shown}\n")), "{text:?}");
        assert_eq!(text.matches('\u{1b}').count(), 2, "{text:?}");
        for (width, head) in [(100, ["x", "y"]), (40, ["x", "y"])] {
            let rows = [[hostile.to_owned(), format!("{hostile}{}", "z".repeat(30))]];
            let text = Page::plain(width).table(0, head, &rows);
            assert!(!text.contains(['\u{1b}', '\u{9b}']), "{text:?}");
            assert!(text.contains(shown), "{text:?}");
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let page = Page::plain(12);
        let text = page.paragraph("", 0, Ink::Plain, "備份 失敗 備份 失敗");
        assert_eq!(text, "備份 失敗\n備份 失敗\n");
        let rows = [
            ["備份".to_owned(), "x".to_owned()],
            ["a".to_owned(), "y".to_owned()],
        ];
        assert_eq!(page.table(0, ["n", "m"], &rows), "n     m\n備份  x\na     y\n");
    }

    #[test]
    fn the_lines_of_a_cell_hang_behind_its_number() {
        let long = "a very long title of a step that is played again".to_owned();
        let rows = [[format!("≠ 4. {long}"), "Completed".to_owned(), String::new()]];
        let head = ["step", "observed", "by rule"];
        let text = Page::plain(48).table(0, head, &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("≠ 4. a very"), "{text}");
        assert!(
            lines[2].starts_with("     ") && !lines[2].starts_with("      "),
            "{text}"
        );
        // In a list, what is not said has no line.
        let listed = Page::plain(40).table(0, head, &[["restore".to_owned(), "x".repeat(38), String::new()]]);
        assert_eq!(
            (listed.contains("observed:"), listed.contains("by rule")),
            (true, false),
            "{listed}"
        );
    }

    #[test]
    fn a_table_becomes_a_list_before_it_breaks_a_word() {
        let long = "Failed: UserErrorMSIMissingPermissions".to_owned();
        let rows = [["validate the restore".to_owned(), long.clone(), long]];
        let head = ["step", "documented", "actual"];
        for width in [60, 80, 100, 110] {
            let text = Page::plain(width).table(2, head, &rows);
            assert!(longest(&text) <= width, "{text}");
            let beside = width >= 80;
            assert_eq!(text.starts_with("  step"), beside, "{text}");
            let said = if beside { 2 } else { 1 };
            assert_eq!(
                text.matches("UserErrorMSIMissingPermissions").count(),
                said,
                "{text}"
            );
            assert_eq!(text.contains("documented, actual: Failed:"), !beside, "{text}");
        }
    }

    #[test]
    fn colours_take_no_room() {
        let page = Page {
            width: 20,
            colour: true,
        };
        let label = page.ink(Ink::Dim, "why ");
        let text = page.paragraph(&label, 4, Ink::Bad, "one two three four five");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text:?}");
        assert!(lines.iter().all(|line| line.ends_with("\u{1b}[0m")), "{text:?}");
        assert_eq!(lines.iter().map(|line| display_width(line)).max(), Some(17));
    }
}
