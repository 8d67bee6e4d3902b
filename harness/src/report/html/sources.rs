//! Where everything was read.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::Findings;
use super::words::{anchor, counted, source_parts};

/// What the marks mean, and every source that is cited.
pub(super) fn sources(findings: &Findings) -> Markup {
    let mut cited: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for rule in &findings.rules {
        let others = rule.alternatives.iter().map(|alternative| &alternative.taken);
        for taken in [&rule.documented, &rule.observed].into_iter().chain(others) {
            for source in &taken.sources {
                let (key, title, date) = source_parts(source);
                cited.insert(key, (title, date));
            }
        }
    }
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
            @for (mark, meaning) in super::MARKS {
                div { dt { span class="tag mark" { (mark) } } dd { (meaning) } }
            }
        }
    }
}
