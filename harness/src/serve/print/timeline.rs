//! A run's calls, one after the other, and what it waited for.

use super::{Call, Ink, Page, Record};
use crate::serve::tally::{Folded, Wait, fold, waits};

/// The most lines of a timeline that are shown unasked, half of them from its beginning.
const LINES_MAX: usize = 24;
/// The most waits that are shown.
const WAITS_MAX: usize = 8;
/// Where a call's place begins.
const PLACE: usize = 24;

/// The calls of the command, and those of services that were refused; all of them if `whole`.
pub(super) fn timeline(page: &Page, record: &Record, whole: bool) -> String {
    let shown: Vec<Call> = record
        .calls
        .iter()
        .filter(|call| (!call.by_service || call.refused.is_some()) && !call.is_housekeeping())
        .cloned()
        .collect();
    let folded = fold(&shown);
    if folded.is_empty() {
        return "\nIt called nothing.\n".to_owned();
    }
    let began = record.began.strftime("%Y-%m-%d %H:%M:%S");
    let head = format!("what it called, from {began} on (the world's clock)");
    let mut text = format!("\n{}\n", page.ink(Ink::Bold, &head));
    let most = if whole { usize::MAX } else { LINES_MAX };
    let left_out = folded.len().saturating_sub(most);
    let mut ahead = 0;
    for (index, line) in folded.iter().enumerate() {
        if left_out > 0 && index == LINES_MAX / 2 {
            let note = format!("({left_out} lines left out; `run --verbose` shows them all)");
            text += &page.paragraph("           ", 11, Ink::Dim, &note);
        }
        if left_out > 0 && (LINES_MAX / 2..LINES_MAX / 2 + left_out).contains(&index) {
            continue;
        }
        text += &clock_moved(page, record, line.first, &mut ahead);
        text += &timeline_line(page, line);
    }
    text
}

/// A line where the world's clock has gone further than the machine's since the line before.
fn clock_moved(page: &Page, record: &Record, call: &Call, ahead: &mut i64) -> String {
    let gone = call.at.duration_since(record.began).as_secs_f64();
    let now_ahead = (gone - call.seconds).round() as i64;
    if now_ahead - *ahead < 2 {
        return String::new();
    }
    *ahead = now_ahead;
    let at = call.at.strftime("%Y-%m-%d %H:%M:%S");
    page.paragraph(
        "           ",
        11,
        Ink::Dim,
        &format!("the world's clock stands at {at}"),
    )
}

fn timeline_line(page: &Page, line: &Folded<'_>) -> String {
    let call = line.first;
    let mut told = place(call);
    if call.by_service && !call.caller.is_empty() {
        told += &format!(" as {}", call.caller);
    }
    if let Some(refused) = call.refused.as_ref().filter(|refused| !refused.code.is_empty()) {
        told += &format!(" {}", refused.code);
    }
    if call.faulted {
        told += " (fault)";
    }
    if line.count > 1 {
        let seconds = line.last.seconds - call.seconds;
        told += &format!(" ×{} in {seconds:.1} s", line.count);
    }
    let ink = if call.status < 400 { Ink::Plain } else { Ink::Bad };
    let first = format!(
        "{:>8.2}s  {} {:<7} ",
        call.seconds,
        page.ink(ink, &format!("{:<4}", call.status)),
        call.method
    );
    page.paragraph(&first, PLACE, Ink::Plain, &told)
}

/// What it waited for, longest first, by the operation that was waited for.
pub(super) fn waiting(page: &Page, record: &Record) -> String {
    let waits = waits(&record.calls);
    if waits.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", page.ink(Ink::Bold, "waited for"));
    for wait in waits.iter().take(WAITS_MAX) {
        let first = format!("{:>8.1}s  ", wait.seconds);
        text += &page.paragraph(&first, 11, Ink::Plain, &waited_for(wait));
    }
    if waits.len() > WAITS_MAX {
        text += &format!("           and {} more\n", waits.len() - WAITS_MAX);
    }
    text
}

fn waited_for(wait: &Wait<'_>) -> String {
    let what = wait.what;
    let name = match what.operation.as_str() {
        "" => what.method.as_str(),
        operation => operation,
    };
    format!("{name} {} ({} polls)", place(what), wait.polls)
}

/// Where a call went, without what says nothing.
pub(crate) fn place(call: &Call) -> String {
    let path = short_path(&call.path);
    match call.host.as_str() {
        "management.azure.com" => path,
        host => match host.strip_suffix(".blob.core.windows.net") {
            Some(account) => format!("blob:{account}{path}"),
            None => format!("{host}{}", if call.method == "CONNECT" { "" } else { &path }),
        },
    }
}

/// A path without the part that every one in a subscription begins with, and with what says nothing
/// (operations' ids, GUIDs) cut short.
fn short_path(path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').collect();
    let below = segments
        .get(1)
        .is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"));
    let mut short = String::new();
    if below && segments.len() > 3 {
        segments.drain(..3);
        short.push('…');
    } else if segments.first() == Some(&"") {
        segments.remove(0);
    }
    for segment in segments {
        short.push('/');
        let long = segment.len() > 60 || (segment.len() == 36 && segment.parse::<uuid::Uuid>().is_ok());
        match segment.get(..8).filter(|_| long) {
            Some(begin) => {
                short.push_str(begin);
                short.push('…');
            }
            None => short.push_str(segment),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_what_says_nothing() {
        let subscription = "/subscriptions/2248f84e-e5fa-46ab-b251-6a8459f48f68";
        assert_eq!(
            short_path(&format!("{subscription}/resourceGroups/g")),
            "…/resourceGroups/g"
        );
        assert_eq!(short_path(subscription), "/subscriptions/2248f84e…");
        assert_eq!(short_path("/c/my file.sql"), "/c/my file.sql");
        let operation = "N".repeat(100);
        assert_eq!(
            short_path(&format!(
                "{subscription}/providers/Microsoft.DataProtection/locations/uksouth/operationResults/{operation}"
            )),
            "…/providers/Microsoft.DataProtection/locations/uksouth/operationResults/NNNNNNNN…"
        );
        let long = "ü".repeat(40);
        assert_eq!(short_path(&format!("/{long}")), format!("/{}…", "ü".repeat(4)));
        assert_eq!(
            short_path(&format!("/a{long}")),
            format!("/a{long}"),
            "no half letters"
        );
    }
}
