//! What a command did to Azure, for people.

use std::fmt::Write as _;

use super::record::{Call, Record, Refused};
use super::tally::{Folded, fold, waits};
use crate::run::shorten;

/// The most lines of a timeline that are shown, half of them from its beginning.
const LINES_MAX: usize = 160;
/// The most waits that are shown.
const WAITS_MAX: usize = 8;

/// The summary of a run. `misses` are the expectations that did not hold; `None` if there were none
/// to hold.
pub fn print(record: &Record, misses: Option<&[String]>, colour: bool) -> String {
    let paint = Paint(colour);
    let mut text = String::new();
    let world = match &record.world {
        Some(world) => format!("world {world}, "),
        None => String::new(),
    };
    let _ = writeln!(
        text,
        "\n{} {}",
        paint.bold(&format!("What `{}` did to Azure", record.command)),
        paint.dim(&format!("({world}profile {})", record.profile))
    );
    timeline(&mut text, &paint, record);
    refusals(&mut text, &paint, record);
    outcomes(&mut text, &paint, record);
    waiting(&mut text, &paint, record);
    unknown(&mut text, &paint, record);
    totals(&mut text, &paint, record);
    match misses {
        None => {}
        Some([]) => {
            let _ = writeln!(text, "{}", paint.good("held: every expectation"));
        }
        Some(misses) => {
            for miss in misses {
                let _ = writeln!(text, "{}", paint.bad(&format!("missed: {miss}")));
            }
        }
    }
    text
}

/// Colours, used on a terminal only.
struct Paint(bool);

impl Paint {
    fn wrap(&self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
    fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }
    fn good(&self, text: &str) -> String {
        self.wrap("32", text)
    }
    fn bad(&self, text: &str) -> String {
        self.wrap("31", text)
    }
    fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }
}

/// The calls of the command, and those of services that were refused.
fn timeline(text: &mut String, paint: &Paint, record: &Record) {
    let shown: Vec<Call> = record
        .calls
        .iter()
        .filter(|call| (!call.by_service || call.refused.is_some()) && !call.is_housekeeping())
        .cloned()
        .collect();
    let folded = fold(&shown);
    if folded.is_empty() {
        let _ = writeln!(text, "\n  It called nothing.");
        return;
    }
    let head = format!(
        "{:>9}  {:<20} {:<6} {:<7} call",
        "real", "virtual", "answer", "method"
    );
    let _ = writeln!(text, "\n{}", paint.bold(&head));
    let left_out = folded.len().saturating_sub(LINES_MAX);
    for (index, line) in folded.iter().enumerate() {
        if left_out > 0 && index == LINES_MAX / 2 {
            let note = format!("({left_out} lines left out; `--record FILE` keeps them all)");
            let _ = writeln!(text, "{:>9}  {}", "", paint.dim(&note));
        }
        if left_out > 0 && (LINES_MAX / 2..LINES_MAX / 2 + left_out).contains(&index) {
            continue;
        }
        timeline_line(text, paint, line);
    }
}

fn timeline_line(text: &mut String, paint: &Paint, line: &Folded<'_>) {
    let call = line.first;
    let repeated = if line.count > 1 {
        let seconds = line.last.seconds - call.seconds;
        format!("  ×{} in {seconds:.1} s", line.count)
    } else {
        String::new()
    };
    let who = if call.by_service && !call.caller.is_empty() {
        format!("  as {}", call.caller)
    } else {
        String::new()
    };
    let code = match &call.refused {
        Some(refused) if !refused.code.is_empty() => format!("  {}", paint.bad(&refused.code)),
        _ => String::new(),
    };
    let status = format!("{:<6}", call.status);
    let status = if call.status < 400 {
        status
    } else {
        paint.bad(&status)
    };
    let _ = writeln!(
        text,
        "{:>8.2}s  {} {status} {:<7} {}{}{code}{}",
        call.seconds,
        paint.dim(&format!("{:<20}", virtual_time(call))),
        call.method,
        place(call),
        paint.dim(&who),
        paint.dim(&repeated)
    );
}

fn virtual_time(call: &Call) -> String {
    call.at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn place(call: &Call) -> String {
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

/// Every different refusal once, with its reason and its rules.
fn refusals(text: &mut String, paint: &Paint, record: &Record) {
    let mut shown: Vec<(String, &Refused)> = Vec::new();
    let of_calls = record.refused_calls().map(|found| {
        (
            format!("{} {}", found.call.method, place(found.call)),
            found.refused,
        )
    });
    let of_stages = record
        .told
        .iter()
        .filter_map(|told| Some((told.about.replace('_', " "), told.refused.as_ref()?)));
    for (what, refused) in of_calls.chain(of_stages) {
        if !shown.iter().any(|(own, other)| *own == what && *other == refused) {
            shown.push((what, refused));
        }
    }
    if shown.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n  {}", paint.bold("refused"));
    let mut cited: Vec<&str> = Vec::new();
    for (what, refused) in shown {
        let _ = writeln!(text, "  {} {what}", paint.bad("✗"));
        if !refused.code.is_empty() {
            let _ = writeln!(text, "      code    {}", refused.code);
        }
        if !refused.is_of_service() || !refused.rules.is_empty() {
            let _ = writeln!(text, "      gate    {}", refused.gate);
        }
        let _ = writeln!(text, "      reason  {}", shorten(&refused.reason));
        for id in &refused.rules {
            rule(
                text,
                paint,
                record,
                (id, &refused.reason),
                cited.contains(&id.as_str()),
            );
            cited.push(id);
        }
    }
}

/// A rule that decided: what it says, unless the reason says the same, and where it was read, unless
/// that was told already.
fn rule(text: &mut String, paint: &Paint, record: &Record, (id, reason): (&str, &str), cited: bool) {
    let Some(note) = record.rules.iter().find(|note| note.id == id) else {
        let _ = writeln!(text, "      rule    {id}");
        return;
    };
    let statement = if reason.contains(note.statement.as_str()) {
        ""
    } else {
        &note.statement
    };
    let line = format!("      rule    {id} [{}] {statement}", note.mark);
    let _ = writeln!(text, "{}", line.trim_end());
    for source in note.sources.iter().filter(|_| !cited) {
        let _ = writeln!(text, "              {}", paint.dim(source));
    }
}

/// Jobs, operations that failed, recovery points.
fn outcomes(text: &mut String, paint: &Paint, record: &Record) {
    if !record.jobs.is_empty() {
        let _ = writeln!(text, "\n  {}", paint.bold("jobs"));
    }
    for job in &record.jobs {
        let status = match job.status.as_str() {
            "Completed" => paint.good(&job.status),
            "Failed" => paint.bad(&job.status),
            other => other.to_owned(),
        };
        let error = if job.code.is_empty() {
            String::new()
        } else {
            format!("  {}: {}", job.code, shorten(&job.message))
        };
        let _ = writeln!(text, "  {} of {}  {status}{error}", job.operation, job.instance);
    }
    if !record.failed_operations.is_empty() {
        let _ = writeln!(text, "\n  {}", paint.bold("operations that failed"));
    }
    for failed in &record.failed_operations {
        let _ = writeln!(text, "  {}: {}", failed.code, shorten(&failed.message));
    }
    if record.new_recovery_points > 0 {
        let _ = writeln!(
            text,
            "\n  {} new, {} in all",
            paint.bold("recovery points"),
            record.recovery_points
        );
    }
}

fn waiting(text: &mut String, paint: &Paint, record: &Record) {
    let waits = waits(&record.calls);
    if waits.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n  {}", paint.bold("waited for"));
    for wait in waits.iter().take(WAITS_MAX) {
        let _ = writeln!(
            text,
            "  {:>7.1} s  {}  ({} polls)",
            wait.seconds,
            short_path(wait.what),
            wait.polls
        );
    }
    if waits.len() > WAITS_MAX {
        let _ = writeln!(text, "  and {} more", waits.len() - WAITS_MAX);
    }
}

fn unknown(text: &mut String, paint: &Paint, record: &Record) {
    let lists = [
        ("operations that azdrill does not have", &record.not_implemented),
        ("hosts that are not ours: never dialled", &record.unknown_hosts),
    ];
    for (title, list) in lists {
        if list.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n  {}", paint.bold(title));
        for (what, count) in list {
            let times = if *count == 1 {
                "once".to_owned()
            } else {
                format!("{count} times")
            };
            let _ = writeln!(text, "  {}  {}", shorten(what), paint.dim(&times));
        }
    }
}

fn totals(text: &mut String, paint: &Paint, record: &Record) {
    let own = record.calls.iter().filter(|call| !call.by_service).count();
    let refused = record.refused_calls().count();
    let moved = record.ended.duration_since(record.began).as_secs_f64() - record.seconds;
    let moved = if moved >= 1.0 {
        let moved = jiff::SignedDuration::from_secs(moved.round() as i64);
        format!("; its clock was moved forward by {moved:#}")
    } else {
        String::new()
    };
    let dropped = record.calls_made.saturating_sub(record.calls.len() as u64);
    let dropped = if dropped > 0 {
        format!("; the first {dropped} were not kept")
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "\nexit code {}  {}",
        record.exit_code,
        paint.dim(&format!(
            "{own} calls of its own, {} in all, {refused} refused, in {:.2} s{moved}{dropped}",
            record.calls_made, record.seconds
        ))
    );
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
