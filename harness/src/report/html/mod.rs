//! Findings as one page that stands alone: it asks for nothing, is readable without its script, and prints.

mod differences;
mod ended;
mod known;
mod matrix;
mod places;
mod rules;
mod scenarios;
mod sources;
mod strip;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::Findings;
use crate::harmless::harmless;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// All of it.
pub fn html(findings: &Findings) -> String {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { "Documented against actual: azdrill " (findings.version) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the findings" }
                (head(findings))
                main #main tabindex="-1" {
                    (verdict::verdict(findings))
                    (controls())
                    (known::differences(findings))
                    (differences::differences(findings))
                    (matrix::matrices(findings))
                    (rules::rules(findings))
                    (scenarios::scenarios(findings))
                    (known::open_points(findings))
                    (rules::unshown(findings))
                    (sources::sources(findings))
                }
                footer { p { "Made by azdrill " (findings.version) " by playing. The same each time." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    shown(&page.into_string()) + "\n"
}

/// A page in which everything that does something is shown instead: HTML has no way to write it. Style and script,
/// which a digest vouches for, have none of it.
fn shown(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for letter in page.chars() {
        match harmless(letter.encode_utf8(&mut [0; 4])) {
            Cow::Borrowed(same) => out.push_str(same),
            // It is no element.
            Cow::Owned(shown) => out.push_str(&shown.replace('<', "&lt;")),
        }
    }
    out
}

/// What a policy knows an inline text by.
fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn head(findings: &Findings) -> Markup {
    html! {
        header {
            p.kicker { "Restore drills for Azure Database for PostgreSQL" }
            h1 { "Documented against actual" }
            p.sub {
                "azdrill " (findings.version) " played " (findings.scenarios.len())
                " scenarios, each on a machine that goes by Microsoft’s documents and on one that goes by what was \
                 observed."
            }
            nav aria-label="Contents" {
                ul {
                    @for (id, name) in [
                        ("verdict", "In short"), ("known", "Documents and Azure"), ("differences", "Step by step"),
                        ("matrices", "Who gets through"), ("rules", "Rules"), ("scenarios", "Scenarios"),
                        ("open-points", "Open points"), ("coverage", "Not shown"),
                        ("sources", "Sources"),
                    ] { li { a href={ "#" (id) } { (name) } } }
                }
            }
        }
    }
}

/// Search and filters, which the script shows: without it they could do nothing.
fn controls() -> Markup {
    html! {
        search #controls hidden {
            form role="search" aria-label="Search and filter" {
                div.field.wide {
                    label for="query" { "Search" }
                    input #query type="search" autocomplete="off" spellcheck="false" aria-describedby="query-hint"
                        placeholder="rule, code, word";
                }
                div.field {
                    label for="mark" { "How sure" }
                    select #mark {
                        option value="" { "any" }
                        @for (mark, _) in words::MARKS { option value=(mark) { (mark) } }
                    }
                }
                div.field.check {
                    input #differing type="checkbox";
                    label for="differing" { "only what differs" }
                }
                div.field.buttons {
                    button #unfold type="button" { "Open all" }
                    button #fold type="button" { "Close all" }
                }
            }
            p #query-hint { kbd { "/" } " to search, " kbd { "Esc" } " to clear. " output #found for="query mark differing" {} }
        }
    }
}
