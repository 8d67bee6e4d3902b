//! A question's tables, as a person reads them.

use std::fmt::Write as _;

use super::differences::Difference;
use super::fold::ANY;
use super::matrix::{Matrix, Pair, Verdict};
use crate::page::{Ink, Page};

/// Between the signs of a row, so that no line ends there.
const TOGETHER: char = '\u{a0}';
/// What is shown as passing.
const PASSES: char = '✓';

/// The refusals of a table, each with the sign it is shown by.
#[derive(Default)]
struct Signs {
    known: Vec<Verdict>,
}

impl Signs {
    fn letter(number: usize) -> char {
        ('a'..='z').chain('α'..='ω').nth(number).unwrap_or('?')
    }

    fn of(&mut self, verdict: &Verdict) -> char {
        if *verdict == Verdict::Passes {
            return PASSES;
        }
        let known = self.known.iter().position(|known| known == verdict);
        let number = known.unwrap_or_else(|| {
            self.known.push(verdict.clone());
            self.known.len() - 1
        });
        Self::letter(number)
    }

    fn of_pair(&mut self, pair: &Pair) -> String {
        let documented = self.of(&pair.documented);
        if pair.documented == pair.observed {
            return documented.to_string();
        }
        format!("{documented}›{}", self.of(&pair.observed))
    }

    fn legend(&self, page: &Page, differs: bool) -> String {
        let mut text = page.paragraph(&format!("  {PASSES}  "), 5, Ink::Plain, "yes");
        for (number, verdict) in self.known.iter().enumerate() {
            let first = format!("  {}  ", Self::letter(number));
            text += &page.paragraph(&first, 5, Ink::Plain, &told(verdict));
        }
        if differs {
            let first = "  ›  ";
            text += &page.paragraph(
                first,
                5,
                Ink::Plain,
                "documented › observed, where the machines differ",
            );
        }
        text
    }
}

/// An answer in words.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passes => "yes".to_owned(),
        Verdict::Refused { gate, because } => format!("no: {gate}, {because}"),
        Verdict::Odd(text) => format!("no answer: {text}"),
    }
}

/// The settings of a row that make a difference, with their words.
fn conditions(headings: &[&str], words: &[String]) -> String {
    let telling = headings.iter().zip(words).filter(|(_, word)| *word != ANY);
    let told: Vec<String> = telling
        .map(|(heading, word)| format!("{heading}: {}", word.replace(" | ", " or ")))
        .collect();
    if told.is_empty() {
        return "whatever the settings".to_owned();
    }
    told.join("; ")
}

/// Columns that say the same in every row are one.
fn columns(matrix: &Matrix) -> Vec<(usize, Vec<&'static str>)> {
    let mut found: Vec<(usize, Vec<&'static str>)> = Vec::new();
    for (number, label) in matrix.columns.iter().enumerate() {
        let same = |other: usize| {
            matrix
                .rows
                .iter()
                .all(|row| row.cells[number] == row.cells[other])
        };
        match found.iter_mut().find(|(other, _)| same(*other)) {
            Some((_, labels)) => labels.push(label),
            None => found.push((number, vec![label])),
        }
    }
    found
}

/// A table: rows in words, columns as letters.
pub fn table(page: &Page, matrix: &Matrix) -> String {
    let mut text = page.paragraph("", 0, Ink::Bold, matrix.title);
    text.push('\n');
    let columns = columns(matrix);
    let mut signs = Signs::default();
    let cells: Vec<Vec<String>> = matrix
        .rows
        .iter()
        .map(|row| {
            columns
                .iter()
                .map(|(column, _)| signs.of_pair(&row.cells[*column]))
                .collect()
        })
        .collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            cells
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(1)
        })
        .collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$} ");
        }
        line.trim_end().replace(' ', &TOGETHER.to_string())
    };
    let letters: Vec<String> = ('A'..).take(columns.len()).map(String::from).collect();
    let rows: Vec<[String; 2]> = matrix
        .rows
        .iter()
        .zip(&cells)
        .map(|(row, cells)| [conditions(&matrix.row_headings, &row.words), line(cells)])
        .collect();
    text += &page
        .table(2, ["where", &line(&letters)], &rows)
        .replace(TOGETHER, " ");
    text += &page.paragraph("\n  Columns: ", 2, Ink::Plain, matrix.columns_are);
    for (letter, (_, labels)) in letters.iter().zip(&columns) {
        text += &page.paragraph(&format!("  {letter}  "), 5, Ink::Plain, &labels.join("; "));
    }
    text.push('\n');
    let differs = cells.iter().flatten().any(|cell| cell.contains('›'));
    text + &signs.legend(page, differs)
}

/// Where the machines differ, and by which rules: those differences together that come of the same.
pub fn differences(page: &Page, found: &[Difference]) -> String {
    let mut text = String::new();
    let mut told_of: Vec<&Difference> = Vec::new();
    let alike = |one: &Difference, other: &Difference| {
        one.rules == other.rules && one.documented == other.documented && one.observed == other.observed
    };
    for difference in found {
        if told_of.iter().any(|known| alike(known, difference)) {
            continue;
        }
        told_of.push(difference);
        let by = if difference.rules.is_empty() {
            "by no rule alone".to_owned()
        } else {
            format!("by {}", difference.rules.join(", then "))
        };
        text += &page.paragraph("\n", 0, Ink::Bold, &by);
        text += &page.paragraph("  documented  ", 14, Ink::Plain, &told(&difference.documented));
        text += &page.paragraph("  observed    ", 14, Ink::Plain, &told(&difference.observed));
        for (number, same) in found.iter().filter(|same| alike(same, difference)).enumerate() {
            let first = if number == 0 {
                "  where       "
            } else {
                "  or where    "
            };
            let headings: Vec<&str> = same.settings.iter().map(|(name, _)| *name).collect();
            let words: Vec<String> = same.settings.iter().map(|(_, word)| word.clone()).collect();
            text += &page.paragraph(first, 14, Ink::Plain, &conditions(&headings, &words));
        }
    }
    text
}
