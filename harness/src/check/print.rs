//! What was found, for people: set out as a compiler does, what, where, why, and what to change.

use super::explained::Explained;
use super::finding::{Cited, Finding, Fix, Level, Report};
use crate::estate::wording::Worded;
use crate::page::{Ink, Page};

/// How many ways to mend something are shown.
const FIXES_MAX: usize = 3;
/// How wide a plain text is.
const PLAIN_WIDTH: usize = 100;

/// The tools in whose words changes are written.
#[derive(Clone, Debug)]
pub struct Written(pub Vec<&'static str>);

impl Written {
    /// All there are.
    pub fn all() -> Self {
        Self(vec!["azurerm", "bicep", "az"])
    }
}

/// All of it.
pub fn print(page: &Page, report: &Report, written: &Written, verbose: bool) -> String {
    let mut text = String::new();
    for finding in report.findings.iter().filter(|own| own.accepted.is_none()) {
        if finding.level != Level::Note || verbose {
            text += &one(page, finding, written);
            text.push('\n');
        }
    }
    text += &accepted(page, report);
    text += &drills(page, report, verbose);
    for (what, times) in &report.not_known {
        let told = format!("azdrill does not have {what}: it was asked for {times} times and is in no drill");
        text += &page.paragraph(&page.ink(Ink::Note, "unknown "), 8, Ink::Plain, &told);
    }
    if verbose {
        for note in &report.notes {
            text += &page.paragraph(&page.ink(Ink::Dim, "note    "), 8, Ink::Plain, note);
        }
    }
    text + &verdict(page, report, verbose)
}

/// Whether one thing works, and why.
pub fn print_explained(page: &Page, all: &[Explained]) -> String {
    let mut text = String::new();
    for own in all {
        match &own.finding {
            Some(finding) => text += &one(page, finding, &Written::all()),
            None => text += &page.paragraph(&page.ink(Ink::Good, "works: "), 2, Ink::Bold, &own.what),
        }
        for rule in &own.rules {
            text += &page.paragraph(&page.ink(Ink::Dim, "  | "), 4, Ink::Plain, &cited(rule));
        }
    }
    text
}

fn cited(rule: &Cited) -> String {
    let keys: Vec<&str> = rule
        .sources
        .iter()
        .filter_map(|own| own.split(':').next())
        .collect();
    format!(
        "rule {} [{}; {}]: {}",
        rule.id,
        rule.mark,
        keys.join(", "),
        rule.statement
    )
}

/// A finding without colours, for formats that have none.
pub(super) fn plain(finding: &Finding) -> String {
    one(&Page::plain(PLAIN_WIDTH), finding, &Written::all())
}

fn one(page: &Page, own: &Finding, written: &Written) -> String {
    let ink = match own.level {
        Level::Error => Ink::Bad,
        Level::Warning => Ink::Note,
        Level::Note => Ink::Dim,
    };
    let head = format!("{}[{}]: ", own.level.as_str(), own.sort.as_str());
    let mut text = page.paragraph(&page.ink(ink, &head), 2, Ink::Bold, &own.title);
    let mut line = |sign: &str, told: &str| {
        text += &page.paragraph(&page.ink(Ink::Dim, sign), 4, Ink::Plain, told);
    };
    match own.address.as_str() {
        "" => line("--> ", &own.resource),
        address => {
            line("--> ", address);
            line("    ", &own.resource);
        }
    }
    for detail in &own.details {
        line("  | ", detail);
    }
    if let Some(how) = &own.how {
        let at = if how.stage.is_empty() {
            String::new()
        } else {
            format!(" at {}", how.stage)
        };
        // Its statement stands with the rule.
        let here = how
            .reason
            .split_once("Here: ")
            .map_or(how.reason.as_str(), |(_, here)| here);
        line("  | ", &format!("{}{at}, gate {}: {here}", how.code, how.gate));
        for rule in &how.rules {
            line("  | ", &cited(rule));
        }
        line("  = ", &format!("sure: {}", how.sure()));
    }
    for near in &own.near_misses {
        line("  = ", &format!("nearly: {near}"));
    }
    if let Some(otherwise) = &own.otherwise {
        line("  = ", &format!("where the other profile is right: {otherwise}"));
    }
    text + &fixes(page, own, written)
}

/// How a fix was proved, and what it costs.
pub(super) fn proof(fix: &Fix) -> String {
    let by = if fix.by_both {
        ", whichever profile is right"
    } else {
        ""
    };
    let wide = if fix.opens_to_all {
        "; it lets the whole internet in"
    } else {
        ""
    };
    let unseen = fix.rests_on.as_ref();
    let unseen = unseen.map(|rule| format!("; by {rule}, which nobody has seen to hold"));
    format!(
        "played in a copy: it works{by}{wide}{}",
        unseen.unwrap_or_default()
    )
}

fn fixes(page: &Page, own: &Finding, written: &Written) -> String {
    let mut text = String::new();
    for (number, fix) in own.fixes.iter().take(FIXES_MAX).enumerate() {
        let which = if number == 0 { "change" } else { "or" };
        let head = format!("{which} ({}):", proof(fix));
        text += &page.paragraph(&page.ink(Ink::Dim, "  = "), 4, Ink::Good, &head);
        for (nth, change) in fix.changes.iter().enumerate() {
            text += &page.paragraph(&format!("    {}. ", nth + 1), 7, Ink::Plain, &change.text);
            // How it is written is shown of what is best.
            if number == 0 {
                text += &as_written(page, change, written);
            }
        }
    }
    let more = own.fixes.len().saturating_sub(FIXES_MAX);
    if more > 0 {
        let told = format!("and {more} more ways: --format json has them");
        text += &page.paragraph(&page.ink(Ink::Dim, "  = "), 4, Ink::Dim, &told);
    }
    text
}

fn as_written(page: &Page, change: &Worded, written: &Written) -> String {
    let mut text = String::new();
    let all = [
        ("azurerm", &change.azurerm),
        ("bicep", &change.bicep),
        ("az", &change.az),
    ];
    for (tool, told) in all.into_iter().filter(|(tool, _)| written.0.contains(tool)) {
        let label = page.ink(Ink::Dim, &format!("       {tool:<8}"));
        let told = if told.is_empty() { "cannot" } else { told };
        text += &page.paragraph(&label, 15, Ink::Plain, told);
    }
    if let Some(since) = &change.since {
        text += &page.paragraph("       ", 7, Ink::Dim, since);
    }
    text
}

fn accepted(page: &Page, report: &Report) -> String {
    let all = report
        .findings
        .iter()
        .filter_map(|own| Some((own, own.accepted.as_ref()?)));
    all.map(|(own, why)| {
        let told = format!("{}: {} ({why})", own.sort.as_str(), own.title);
        page.paragraph(&page.ink(Ink::Dim, "accepted "), 9, Ink::Plain, &told)
    })
    .collect()
}

fn drills(page: &Page, report: &Report, verbose: bool) -> String {
    let failing = report.drills.iter().filter(|own| verbose || !own.works);
    let mut text = String::new();
    for drill in failing {
        let (ink, sign) = if drill.works {
            (Ink::Good, "✓ ")
        } else {
            (Ink::Bad, "✗ ")
        };
        let how = if drill.how.is_empty() {
            String::new()
        } else {
            format!(": {}", drill.how)
        };
        text += &page.paragraph(
            &page.ink(ink, sign),
            4,
            Ink::Plain,
            &format!("{}{how}", drill.what),
        );
    }
    text
}

fn verdict(page: &Page, report: &Report, verbose: bool) -> String {
    let count = |level: Level| report.open().filter(|own| own.level == level).count();
    let works = report.drills.iter().filter(|own| own.works).count();
    let summary = &report.summary;
    let what = format!(
        "{} of {} drills work, by what was {}. {} errors, {} warnings, {} notes. No row was moved.",
        works,
        report.drills.len(),
        if report.profile == "documented" {
            "documented"
        } else {
            "observed"
        },
        count(Level::Error),
        count(Level::Warning),
        count(Level::Note),
    );
    let there = format!(
        "There are {} Backup vaults, {} instances, {} things to back up, {} storage accounts, {} key vaults, and {} \
         resources that no drill is about.",
        summary.vaults,
        summary.instances,
        summary.datasources,
        summary.storage_accounts,
        summary.key_vaults,
        summary.others
    );
    let more = if verbose {
        ""
    } else {
        " --verbose shows the notes, and what works."
    };
    let ink = if report.fails() { Ink::Bad } else { Ink::Good };
    page.paragraph("", 2, ink, &what) + &page.paragraph("", 2, Ink::Plain, &format!("{there}{more}"))
}
