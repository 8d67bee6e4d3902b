//! A report as a text that is the same every time: what a snapshot keeps.

use std::fmt::Write;

use azdrill_emulator::log::{CallOrigin, Exchange};

use super::{Report, StepReport};

/// Of how many lines of one kind a step is told whole, and how many at both ends are told of more.
const LINES_MAX: usize = 300;
const LINES_FIRST: usize = 60;
const LINES_LAST: usize = 20;

/// The transcript. Ids, times and order are deterministic; sizes of dumps are left out, since they
/// differ between versions of PostgreSQL.
pub fn transcript(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "claim: {}", report.claim);
    for step in &report.steps {
        write_step(&mut text, step);
    }
    let _ = writeln!(text, "\nvirtual time: {:#}", report.virtual_time);
    text
}

fn write_step(text: &mut String, step: &StepReport) {
    let outcome = &step.outcome;
    let _ = writeln!(
        text,
        "\n== {} ({}): {}",
        step.title,
        step.kind.as_str(),
        outcome.brief()
    );
    let notes = step.notes.iter();
    let notes: Vec<String> = notes
        .map(|note| format!("  note {}: {}", note.about, shorten(&note.text)))
        .collect();
    write_lines(text, &exchanged(&step.exchanges));
    write_lines(text, &notes);
    if !outcome.code.is_empty() {
        let _ = writeln!(text, "  code {}: {}", outcome.code, outcome.message);
        let decided = [
            ("gate", outcome.gate.clone()),
            ("rules", outcome.rules.join(", ")),
            ("mark", outcome.mark.clone()),
        ];
        // What nobody told is left out, rather than told as nothing.
        let told = decided.iter().filter(|(_, value)| !value.is_empty());
        let told: Vec<String> = told.map(|(name, value)| format!("{name} {value}")).collect();
        if !told.is_empty() {
            let _ = writeln!(text, "  {}", told.join(" "));
        }
    }
    if !outcome.inner_code.is_empty() {
        let _ = writeln!(
            text,
            "  inner {}: {}",
            outcome.inner_code,
            shorten(&outcome.inner_message)
        );
    }
    for blob in &outcome.blobs {
        let _ = writeln!(text, "  blob {blob}");
    }
    if let (Some(tables), Some(rows), Some(equal)) = (outcome.tables, outcome.rows, outcome.rows_equal) {
        let _ = writeln!(
            text,
            "  {tables} tables, {rows} rows, equal to the source: {equal}"
        );
    }
    for miss in &step.misses {
        let _ = writeln!(text, "  MISSED {miss}");
    }
}

/// Writes the lines; of more than anybody reads, those at both ends.
fn write_lines(text: &mut String, lines: &[String]) {
    let (first, last) = match lines.len() {
        0..=LINES_MAX => (lines.len(), 0),
        _ => (LINES_FIRST, LINES_LAST),
    };
    for line in &lines[..first] {
        let _ = writeln!(text, "{line}");
    }
    let left_out = lines.len() - first - last;
    if left_out > 0 {
        let _ = writeln!(text, "       ({left_out} lines more)");
    }
    for line in &lines[lines.len() - last..] {
        let _ = writeln!(text, "{line}");
    }
}

/// The calls of a step; the same one again is counted.
fn exchanged(exchanges: &[Exchange]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = String::new();
    let mut repeated = 0;
    for exchange in exchanges {
        let line = exchange_line(exchange);
        if line == last {
            repeated += 1;
            continue;
        }
        flush(&mut lines, &mut repeated);
        lines.push(line.clone());
        if let Some(refused) = &exchange.refused {
            let rules: Vec<&str> = refused.rules.iter().map(|id| id.as_str()).collect();
            lines.push(format!(
                "       {} at {}: {} [{}]",
                refused.code,
                refused.gate.as_str(),
                shorten(&refused.reason),
                rules.join(", ")
            ));
        }
        last = line;
    }
    flush(&mut lines, &mut repeated);
    lines
}

fn flush(lines: &mut Vec<String>, repeated: &mut u32) {
    if *repeated > 0 {
        lines.push(format!("       ({repeated} more)"));
        *repeated = 0;
    }
}

/// Who asked what, and what was answered. A client's call stands further left than a service's;
/// `?` marks a service that asked whether it might.
pub(super) fn exchange_line(exchange: &Exchange) -> String {
    let indent = match exchange.asked {
        CallOrigin::ByClient => "  ",
        CallOrigin::ByService => "    > ",
        CallOrigin::OnlyWhether => "    ? ",
    };
    let place = match exchange.host.strip_suffix(".blob.core.windows.net") {
        Some(account) if account.starts_with("azbkp") => {
            format!("blob:<vault storage>{}", mask_first(&exchange.path))
        }
        Some(account) => format!("blob:{account}{}", exchange.path),
        None if exchange.method == "CONNECT" => exchange.host.clone(),
        None if exchange.host.ends_with(".vault.azure.net") => format!(
            "{}{}",
            exchange.host.trim_end_matches(".vault.azure.net"),
            shorten(&exchange.path)
        ),
        None => shorten(&exchange.path),
    };
    let who = if exchange.asked == CallOrigin::ByClient || exchange.caller.is_empty() {
        String::new()
    } else {
        format!(" as {}", exchange.caller)
    };
    format!("{indent}{} {} {place}{who}", exchange.status, exchange.method)
}

/// Vault storage's containers are named after recovery points.
fn mask_first(path: &str) -> String {
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let _ = parts.next();
    match parts.next() {
        Some(rest) => format!("/<recovery point>/{}", rest.rsplit('/').next().unwrap_or(rest)),
        None => "/<recovery point>".to_owned(),
    }
}

/// Ids without the part every one begins with; what a person may have to look for stays as it is.
pub(crate) fn for_people(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let short = without_subscription(word, "the subscription");
        let segments = short.split('/').map(|segment| match long_token(segment) {
            Some(core) => segment.replace(core, &format!("{}…", core.get(..8).unwrap_or(core))),
            None => segment.to_owned(),
        });
        segments.collect::<Vec<_>>().join("/")
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Ids without the part every one begins with, and without what is another at every run.
pub(crate) fn shorten(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        // A large object has no name but a number, which is another on every server.
        let numbered = words.ends_with(&["large".to_owned(), "object".to_owned()]);
        let number = word.trim_end_matches([',', '.']);
        if numbered && number.parse::<u32>().is_ok() {
            words.push(word.replace(number, "<number>"));
        } else {
            words.push(shorten_word(word));
        }
    }
    words.join(" ")
}

fn shorten_word(word: &str) -> String {
    let short = without_subscription(word, "<subscription>");
    short.split('/').map(mask).collect::<Vec<_>>().join("/")
}

/// `alone` stands for a subscription's own id.
fn without_subscription(word: &str, alone: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if let Some(at) = lower.find("/subscriptions/") {
        let (before, id) = word.split_at(at);
        let segments: Vec<&str> = id.trim_start_matches('/').split('/').collect();
        let keep = match segments.get(2) {
            Some(group) if group.eq_ignore_ascii_case("resourceGroups") => 3,
            Some(_) => 2,
            None => return format!("{before}{alone}"),
        };
        return format!("{before}…/{}", segments[keep..].join("/"));
    }
    word.to_owned()
}

/// The part of a segment that is an operation's id (base64).
fn long_token(segment: &str) -> Option<&str> {
    let core = segment.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '=');
    let token = core
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "+=".contains(c));
    (core.len() > 60 && token).then_some(core)
}

/// Ids that say nothing: operations (base64), GUIDs, 32 hexadecimal digits.
fn mask(segment: &str) -> String {
    let core = segment.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '=');
    let hex = core.len() == 32 && core.chars().all(|c| c.is_ascii_hexdigit());
    let guid = core.len() == 36 && core.parse::<uuid::Uuid>().is_ok();
    if let Some(core) = long_token(segment) {
        return segment.replace(core, "<operation>");
    }
    if hex || guid {
        segment.replace(core, "<id>")
    } else {
        segment.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_the_ids_and_a_snapshot_is_not() {
        let guid = "b1f2a1f4-3c0e-4d76-9a3e-0a4a1a0f6c11";
        let text = format!("The role assignment '{guid}' is not found.");
        assert_eq!(for_people(&text), text);
        assert_eq!(shorten(&text), "The role assignment '<id>' is not found.");
        let path = format!(
            "at /subscriptions/{guid}/resourceGroups/g/operations/{}",
            "N".repeat(80)
        );
        assert_eq!(for_people(&path), "at …/g/operations/NNNNNNNN…");
        assert_eq!(shorten(&path), "at …/g/operations/<operation>");
        assert_eq!(
            for_people(&format!("of /subscriptions/{guid}")),
            "of the subscription"
        );
    }
}
