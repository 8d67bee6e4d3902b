//! Where everything was read.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::Findings;
use super::words::{MARKS, anchor, counted, source_parts};

/// What the marks mean, and every source that is cited.
pub(super) fn sources(findings: &Findings) -> Markup {
    let rules = findings.rules.iter().flat_map(|rule| {
        let others = rule.alternatives.iter().map(|alternative| &alternative.taken);
        let taken = [&rule.documented, &rule.observed].into_iter().chain(others);
        taken.flat_map(|taken| &taken.sources)
    });
    let differences = findings.differences.iter().flat_map(|row| {
        let said = row.said.iter().flat_map(|said| &said.sources);
        row.sources.iter().chain(said)
    });
    let parts = rules.chain(differences).map(|source| source_parts(source));
    let cited: BTreeMap<&str, (&str, &str)> = parts.map(|(key, title, date)| (key, (title, date))).collect();
    html! {
        section #sources aria-labelledby="sources-heading" {
            h2 #sources-heading { "How sure, and where it was read" }
            (marks())
            details.topic {
                summary { h3 { "Sources" } span.count { (counted(cited.len(), "source", "sources")) } }
                ul.sources {
                    @for (key, (title, date)) in &cited {
                        li id=(anchor("source", key)) {
                            span.id { (key) } " " (title)
                            @if !date.is_empty() { ", " (date) }
                        }
                    }
                }
            }
        }
    }
}

fn marks() -> Markup {
    html! {
        dl.facts {
            @for (mark, meaning) in MARKS {
                div { dt { span class="tag mark" { (mark) } } dd { (meaning) } }
            }
        }
    }
}
