//! Matrices as tables of signs.

use maud::{Markup, html};

use super::super::Findings;
use super::words::{anchor, counted, frame, rule_link, separated};
use crate::strategy::fold::{ANY, Row};
use crate::strategy::matrix::{Matrix, Pair, Verdict};

/// Letters for columns.
const LETTERS: std::ops::RangeInclusive<char> = 'A'..='Z';

/// All of them.
pub(super) fn matrices(findings: &Findings) -> Markup {
    html! {
        section #matrices aria-labelledby="matrices-heading" {
            h2 #matrices-heading { "Who gets through" }
            p.about {
                "Asked of both machines, cell by cell. Settings that make no difference are folded into one row."
            }
            (legend())
            @for matrix in &findings.matrices { (of_matrix(findings, matrix)) }
        }
    }
}

fn legend() -> Markup {
    let both = |class: &'static str, sign: &'static str, told: &'static str| {
        html! { li { span class={ "cell " (class) } aria-hidden="true" { (sign) } " " (told) } }
    };
    html! {
        ul.legend aria-label="Signs of the matrices" {
            (both("passes", "✓", "passes"))
            (both("network", "N", "no: the network"))
            (both("authorization", "R", "no: roles or policies"))
            (both("service", "S", "no: the service itself"))
            (both("service", "P", "no: a password"))
            (both("service", "✗", "no: there is nothing of that name"))
            (both("differs", "R›✓", "documented › observed, where they differ"))
        }
    }
}

fn of_matrix(findings: &Findings, matrix: &Matrix) -> Markup {
    let id = anchor("matrix", &matrix.name);
    let (telling, idle) = headings(matrix);
    let differing = matrix
        .rows
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| differs(cell))
        .count();
    html! {
        details.topic id=(id) {
            summary {
                h3 { (matrix.title) }
                span.count {
                    (counted(matrix.rows.len(), "row", "rows"))
                    @if differing > 0 { ", " (counted(differing, "cell differs", "cells differ")) }
                }
            }
            div.body {
                p { (matrix.question) }
                @if let [one] = idle.as_slice() {
                    p { strong { (one) } " makes no difference." }
                } @else if !idle.is_empty() {
                    p { (separated(idle.iter().map(|name| html! { strong { (name) } }), ", ")) " make no difference." }
                }
                (frame(matrix.title, &table(matrix, &telling)))
                (columns(matrix))
                (because(findings, matrix))
            }
        }
    }
}

/// The columns of settings that tell rows apart, and the names of those that do not.
fn headings(matrix: &Matrix) -> (Vec<usize>, Vec<&'static str>) {
    let idle = |index: &usize| {
        matrix
            .rows
            .iter()
            .all(|row| row.words.get(*index).is_some_and(|word| word == ANY))
    };
    let (idle, telling): (Vec<usize>, Vec<usize>) = (0..matrix.row_headings.len()).partition(idle);
    (
        telling,
        idle.into_iter().map(|index| matrix.row_headings[index]).collect(),
    )
}

fn table(matrix: &Matrix, telling: &[usize]) -> Markup {
    html! {
        table.matrix {
            caption { "Columns: " (matrix.columns_are) }
            thead {
                tr {
                    @for index in telling { th scope="col" { (matrix.row_headings[*index]) } }
                    @for (letter, column) in LETTERS.zip(&matrix.columns) {
                        th.letter scope="col" { abbr title=(column) { (letter) } span.hidden { ": " (column) } }
                    }
                }
            }
            tbody { @for row in &matrix.rows { (of_row(row, telling)) } }
        }
    }
}

fn of_row(row: &Row<Pair>, telling: &[usize]) -> Markup {
    html! {
        tr {
            @for (place, index) in telling.iter().enumerate() {
                @if place == 0 { th scope="row" { (row.words[*index]) } } @else { td.setting { (row.words[*index]) } }
            }
            @for cell in &row.cells { (of_cell(cell)) }
        }
    }
}

fn of_cell(cell: &Pair) -> Markup {
    let (documented, observed) = (class(&cell.documented), class(&cell.observed));
    html! {
        @if differs(cell) {
            td class="cell differs" {
                span aria-hidden="true" {
                    span class=(documented) { (sign(&cell.documented)) } "›" span class=(observed) { (sign(&cell.observed)) }
                }
                span.hidden { "documented " (told(&cell.documented)) ", observed " (told(&cell.observed)) }
            }
        } @else {
            td class={ "cell " (observed) } {
                span aria-hidden="true" { (sign(&cell.observed)) }
                span.hidden { (told(&cell.observed)) }
            }
        }
    }
}

/// Whether the machines let through otherwise. Who says no, both having said it, is no difference of this picture.
fn differs(cell: &Pair) -> bool {
    class(&cell.documented) != class(&cell.observed)
}

fn class(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Passes => "passes",
        Verdict::Refused { gate, .. } if gate == "network" || gate == "authorization" => gate,
        Verdict::Refused { .. } => "service",
        Verdict::Odd(_) => "odd",
    }
}

fn sign(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passes => "✓",
        Verdict::Refused { gate, .. } => match gate.as_str() {
            "network" => "N",
            "authorization" => "R",
            "service" => "S",
            "authentication" => "P",
            _ => "✗",
        },
        Verdict::Odd(_) => "?",
    }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passes => "passes".to_owned(),
        Verdict::Refused { gate, because } => format!("no, {gate}, {because}"),
        Verdict::Odd(text) => format!("no answer: {text}"),
    }
}

fn columns(matrix: &Matrix) -> Markup {
    html! {
        ol.columns aria-label="Columns" {
            @for (letter, column) in LETTERS.zip(&matrix.columns) { li { strong { (letter) } " " (column) } }
        }
    }
}

/// The rules or codes that refusals of a matrix come with.
fn because(findings: &Findings, matrix: &Matrix) -> Markup {
    let cells = matrix.rows.iter().flat_map(|row| &row.cells);
    let verdicts = cells.flat_map(|cell| [&cell.documented, &cell.observed]);
    let is_rule = |name: &str| findings.rules.iter().any(|rule| rule.rule.as_str() == name);
    let refusals: std::collections::BTreeSet<(&str, &str)> = verdicts
        .filter_map(|verdict| match verdict {
            Verdict::Refused { gate, because } => Some((gate.as_str(), because.as_str())),
            _ => None,
        })
        .collect();
    html! {
        p.small {
            "Refused as: "
            @for (index, (gate, because)) in refusals.iter().enumerate() {
                @if index > 0 { ", " }
                (gate) " "
                @if is_rule(because) { (rule_link(because)) } @else { code { (because) } }
            }
            "."
        }
    }
}
