//! What a comparison came to, for people: figures first, then every difference.

use std::fmt::Write as _;

use serde_json::Value;

use super::figures::{ExchangeReport, Figures, FileReport, NamedDifference, PlayStatus, Report};

/// How many columns the figures take beside the name.
const FIGURES: usize = 51;

/// Writes a report, in lines of at most `width` columns.
pub fn paint(report: &Report, width: usize, only_unnamed: bool) -> String {
    let mut out = String::new();
    for file in &report.files {
        differences(&mut out, file, width, only_unnamed);
    }
    for entry in &report.unused {
        let text = format!(
            "names no difference any more: entry {}, {}",
            entry.place, entry.about
        );
        wrapped(&mut out, &text, width, 0, 2);
    }
    if !report.unused.is_empty() {
        out.push('\n');
    }
    let name_width = width.saturating_sub(FIGURES).max(12);
    let title = "recording";
    let _ = writeln!(
        out,
        "{title:<name_width$}{:>9}{:>11}{:>8}{:>8}{:>7}{:>8}",
        "requests", "status", "fields", "values", "named", "not"
    );
    for file in &report.files {
        line(
            &mut out,
            &file.name,
            name_width,
            &file.figures,
            &file.figures,
            file.figures.requests,
        );
    }
    let total = report.total();
    if report.files.len() > 1 {
        line(&mut out, "all", name_width, &total, &total, total.requests);
    }
    if total.not_played > 0 {
        line(
            &mut out,
            "all that is played",
            name_width,
            &total,
            &total,
            total.played(),
        );
    }
    out.push('\n');
    wrapped(&mut out, &verdict(report, &total), width, 0, 0);
    for file in &report.left_out {
        wrapped(
            &mut out,
            &format!("left out, no recording: {}", file.display()),
            width,
            0,
            2,
        );
    }
    out
}

fn line(
    out: &mut String,
    name: &str,
    width: usize,
    requests_alone: &Figures,
    fields: &Figures,
    requests: usize,
) {
    let name = shortened(name, width - 1);
    let _ = writeln!(
        out,
        "{name:<width$}{requests:>9}{:>11}{:>8}{:>8}{:>7}{:>8}",
        percent(requests_alone.status_equal, requests),
        percent(fields.fields_equal, fields.fields),
        percent(fields.values_equal, fields.fields_equal),
        requests_alone.named,
        requests_alone.unnamed,
    );
}

/// Rounded down: what is not all is not 100.
fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let tenths = part * 1000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn verdict(report: &Report, total: &Figures) -> String {
    let mut text = format!("{} requests", total.requests);
    if total.not_played > 0 {
        text += &format!(", {} not played here", total.not_played);
    }
    if total.left_out > 0 {
        text += &format!(", {} left out (signing in, other hosts)", total.left_out);
    }
    text += &match (total.named, total.unnamed) {
        (0, 0) => ": no difference".to_owned(),
        (named, 0) => format!(": {named} differences, all of them named"),
        (named, unnamed) => format!(": {named} differences are named, {unnamed} are not"),
    };
    match report.unused.len() {
        0 => {}
        1 => text += "; one entry names nothing",
        more => text += &format!("; {more} entries name nothing"),
    }
    text + "."
}

fn differences(out: &mut String, file: &FileReport, width: usize, only_unnamed: bool) {
    let shown = |difference: &&NamedDifference| !(only_unnamed && difference.reason.is_some());
    let mut titled = false;
    for exchange in &file.exchanges {
        let differences: Vec<_> = exchange.differences.iter().filter(shown).collect();
        if differences.is_empty() {
            continue;
        }
        if !titled {
            let _ = writeln!(out, "{}", shortened(&file.name, width));
            titled = true;
        }
        head(out, exchange, width);
        for difference in differences {
            one(out, difference, width);
        }
    }
    if titled {
        out.push('\n');
    }
}

fn head(out: &mut String, exchange: &ExchangeReport, width: usize) {
    let begin = format!("  {:>3} {} ", exchange.number, exchange.method);
    let end = match exchange.outcome {
        PlayStatus::NotPlayed => "  not played",
        _ => "",
    };
    let room = width.saturating_sub(begin.chars().count() + end.len());
    // What comes last tells most.
    let path = tail(&exchange.path, room);
    let _ = writeln!(out, "{begin}{path}{end}");
}

fn one(out: &mut String, named: &NamedDifference, width: usize) {
    let difference = &named.difference;
    let mark = if named.reason.is_some() { ' ' } else { '✗' };
    let text = format!("{mark} {}: {}", difference.kind.as_str(), difference.path);
    wrapped(out, &text, width, 6, 10);
    let room = width.saturating_sub(19);
    let mut value = |word: &str, value: &Value| {
        let _ = writeln!(out, "          {word:<8} {}", shortened(&value.to_string(), room));
    };
    if difference.kind.as_str() != "extra" {
        value("expected", &difference.expected);
    }
    if difference.kind.as_str() != "missing" {
        value("got", &difference.got);
    }
    if let Some(reason) = &named.reason {
        wrapped(out, &format!("because  {reason}"), width, 10, 19);
    }
}

/// Words in lines; the first is set in by `first` columns, the others by `rest`.
fn wrapped(out: &mut String, text: &str, width: usize, first: usize, rest: usize) {
    let mut line = " ".repeat(first);
    let mut empty = true;
    for word in text.split(' ') {
        let length = line.chars().count() + 1 + word.chars().count();
        if !empty && length > width {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(rest);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += &shortened(word, width.saturating_sub(rest));
        empty = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// A text that fits, its end left out if it does not.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept + "…"
}

/// A text that fits, its beginning left out if it does not.
fn tail(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length - room.saturating_sub(1)).collect();
    format!("…{kept}")
}
