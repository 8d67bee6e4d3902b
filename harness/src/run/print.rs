//! A report for people, on a terminal or in a file.

use std::fmt::Write;

use super::report::StepReport;
use super::transcript::{exchange_line, shorten};
use super::{Outcome, Report};

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

/// The report. `verbose` shows every request, not only those that mattered.
pub fn print(report: &Report, colour: bool, verbose: bool) -> String {
    let paint = Paint(colour);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  {}",
        paint.bold(&report.name),
        paint.dim(&format!("profile {}", report.profile))
    );
    let _ = writeln!(text, "  {}\n", report.claim);
    for (index, step) in report.steps.iter().enumerate() {
        write_step(&mut text, &paint, index + 1, step, verbose);
    }
    write_table(&mut text, &paint, report);
    write_about(&mut text, &paint, report);
    let verdict = if report.held() {
        paint.good("held: every expectation")
    } else {
        paint.bad("missed: see above")
    };
    let major = report
        .postgres_major
        .map_or_else(String::new, |major| format!(", PostgreSQL {major}"));
    let _ = writeln!(
        text,
        "{verdict}  {}",
        paint.dim(&format!(
            "{:.2} s real, {:#} virtual{major}",
            report.real_time.as_secs_f64(),
            report.virtual_time
        ))
    );
    text
}

fn write_step(text: &mut String, paint: &Paint, number: usize, step: &StepReport, verbose: bool) {
    let outcome = &step.outcome;
    let mark = match (step.expects, step.misses.is_empty()) {
        (_, false) => paint.bad("✗"),
        (true, true) => paint.good("✓"),
        (false, true) => paint.dim("·"),
    };
    let _ = writeln!(
        text,
        "{mark} {number}. {}  {}",
        paint.bold(&step.title),
        outcome.brief()
    );
    for exchange in &step.exchanges {
        if verbose || exchange.refused.is_some() {
            let _ = writeln!(text, "    {}", paint.dim(&exchange_line(exchange)));
        }
    }
    if !outcome.code.is_empty() {
        write_refusal(text, paint, step, outcome);
    }
    for note in step.notes.iter().filter(|note| note.refused.is_none()) {
        let _ = writeln!(
            text,
            "    {}",
            paint.dim(&format!("{}: {}", note.about, shorten(&note.text)))
        );
    }
    if let Some(files) = outcome.files
        && files > 0
        && outcome.code.is_empty()
    {
        let word = if files == 1 { "file" } else { "files" };
        let _ = writeln!(text, "    {files} {word}: {}", outcome.blobs.join(", "));
    }
    if let (Some(tables), Some(rows), Some(equal)) = (outcome.tables, outcome.rows, outcome.rows_equal) {
        let word = if equal {
            paint.good("equal")
        } else {
            paint.bad("different")
        };
        let _ = writeln!(text, "    {tables} tables, {rows} rows: {word} to the source");
    }
    for miss in &step.misses {
        let _ = writeln!(text, "    {}", paint.bad(&format!("missed: {miss}")));
    }
}

fn write_refusal(text: &mut String, paint: &Paint, step: &StepReport, outcome: &Outcome) {
    let _ = writeln!(text, "    message  {}", outcome.message);
    if !outcome.inner_code.is_empty() {
        let _ = writeln!(
            text,
            "    inner    {}: {}",
            outcome.inner_code,
            shorten(&outcome.inner_message)
        );
    }
    let reason = step
        .notes
        .iter()
        .rev()
        .find_map(|note| note.refused.as_ref().map(|refused| refused.reason.clone()))
        .or_else(|| {
            step.exchanges
                .iter()
                .rev()
                .find_map(|exchange| Some(exchange.refused.as_ref()?.reason.clone()))
        })
        .unwrap_or_else(|| outcome.reason.clone());
    if !outcome.gate.is_empty() {
        let _ = writeln!(text, "    gate     {}", outcome.gate);
    }
    let _ = writeln!(text, "    reason   {}", shorten(&reason));
    for rule in &step.rules {
        let _ = writeln!(
            text,
            "    rule     {} [{}] {}",
            rule.id, rule.mark, rule.statement
        );
        for source in &rule.sources {
            let _ = writeln!(text, "             {}", paint.dim(source));
        }
    }
    if !outcome.mark.is_empty() {
        let _ = writeln!(text, "    certain? {}", certainty(&outcome.mark, &outcome.code));
    }
}

fn certainty(mark: &str, code: &str) -> String {
    if code.starts_with("Synthetic") {
        return format!("{mark}; the code is ours: Azure's own was never seen");
    }
    match mark {
        "inferred" => "inferred: the code is Azure's, that it is used here is our inference".to_owned(),
        "unverified" => "unverified: nobody we know of has seen Azure answer this".to_owned(),
        other => other.to_owned(),
    }
}

/// Documented, observed, actual: one row for each step that says what it expects.
fn write_table(text: &mut String, paint: &Paint, report: &Report) {
    let rows: Vec<[String; 4]> = report
        .steps
        .iter()
        .filter(|step| step.expects)
        .map(|step| {
            [
                step.title.clone(),
                step.documented.clone(),
                step.observed.clone(),
                step.outcome.brief(),
            ]
        })
        .collect();
    let head = ["step", "documented", "observed", "actual"].map(str::to_owned);
    let mut widths = [0; 4];
    for row in rows.iter().chain([&head]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 4]| {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let _ = writeln!(text, "\n  {}", paint.bold(&line(&head)));
    for row in &rows {
        let _ = writeln!(text, "  {}", line(row));
    }
}

fn write_about(text: &mut String, paint: &Paint, report: &Report) {
    if report.about.is_empty() {
        let _ = writeln!(text);
        return;
    }
    let _ = writeln!(text, "\n  {}", paint.bold("about"));
    for rule in &report.about {
        let _ = writeln!(text, "  {} [{}] {}", rule.id, rule.mark, rule.statement);
        for source in &rule.sources {
            let _ = writeln!(text, "    {}", paint.dim(source));
        }
    }
    let _ = writeln!(text);
}
