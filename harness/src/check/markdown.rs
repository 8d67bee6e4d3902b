//! What was found, as Markdown: for the summary of a step on GitHub, for a wiki.

use std::fmt::Write as _;

use super::finding::{Finding, Level, Report};
use super::print::proof;

/// All of it.
pub fn markdown(report: &Report) -> String {
    let mut text = String::from("# Would it survive?\n\n");
    let works = report.drills.iter().filter(|own| own.works).count();
    let count = |level: Level| report.open().filter(|own| own.level == level).count();
    let _ = writeln!(
        text,
        "{works} of {} drills work; {} errors, {} warnings, {} notes. No row was moved.\n",
        report.drills.len(),
        count(Level::Error),
        count(Level::Warning),
        count(Level::Note)
    );
    for finding in &report.findings {
        one(&mut text, finding);
    }
    text.push_str("## Drills\n\n| | |\n|---|---|\n");
    for drill in &report.drills {
        let sign = if drill.works { "works" } else { "fails" };
        let how = if drill.how.is_empty() {
            String::new()
        } else {
            format!(": {}", escaped(&drill.how))
        };
        let _ = writeln!(text, "| {} | {sign}{how} |", escaped(&drill.what));
    }
    if !report.notes.is_empty() {
        text.push_str("\n## Notes\n\n");
        for note in &report.notes {
            let _ = writeln!(text, "- {}", escaped(note));
        }
    }
    text
}

/// A text that means nothing to Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in crate::harmless::harmless(text).chars() {
        if "\\`*_{}[]<>|#".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn one(text: &mut String, own: &Finding) {
    let _ = writeln!(text, "## {}: {}\n", own.level.as_str(), escaped(&own.title));
    if let Some(why) = &own.accepted {
        let _ = writeln!(text, "*Accepted: {}*\n", escaped(why));
    }
    if !own.address.is_empty() {
        let _ = writeln!(text, "`{}`\n", own.address.replace('`', ""));
    }
    let _ = writeln!(text, "`{}`\n", own.resource.replace('`', ""));
    for detail in &own.details {
        let _ = writeln!(text, "{}\n", escaped(detail));
    }
    if let Some(how) = &own.how {
        let _ = writeln!(
            text,
            "**{}** (gate {}): {}\n",
            escaped(&how.code),
            how.gate,
            escaped(&how.reason)
        );
        for rule in &how.rules {
            let _ = writeln!(
                text,
                "- {} ({}): {}",
                rule.id,
                rule.mark,
                escaped(&rule.statement)
            );
        }
        let _ = writeln!(text, "\n*Sure:* {}\n", escaped(&how.sure()));
    }
    for near in &own.near_misses {
        let _ = writeln!(text, "- *nearly:* {}", escaped(near));
    }
    if let Some(otherwise) = &own.otherwise {
        let _ = writeln!(
            text,
            "\n*Where the other profile is right:* {}\n",
            escaped(otherwise)
        );
    }
    for (number, fix) in own.fixes.iter().enumerate() {
        let which = if number == 0 { "Change" } else { "Or" };
        let _ = writeln!(text, "\n**{which}** ({}):\n", proof(fix));
        for change in &fix.changes {
            let _ = writeln!(text, "1. {}", escaped(&change.text));
            for (tool, written) in [
                ("azurerm", &change.azurerm),
                ("bicep", &change.bicep),
                ("az", &change.az),
            ] {
                if !written.is_empty() {
                    let _ = writeln!(text, "   - {tool}: `{}`", written.replace('`', ""));
                }
            }
        }
    }
    text.push('\n');
}
