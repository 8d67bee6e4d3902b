//! Findings that are known and accepted, with a reason and an end.

use std::path::Path;

use azdrill_emulator::model::Timestamp;
use serde::Deserialize;

use super::finding::{Finding, Report, Sort};
use crate::scenario::{Misstated, ScenarioError, read_checked};

/// Why a baseline cannot be read.
pub type BaselineError = ScenarioError;

/// A file of findings that are accepted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    #[serde(default)]
    accepted: Vec<Accepted>,
}

/// One that is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// Its sort.
    finding: String,
    /// The end of the id of the resource it is about.
    resource: String,
    /// What else tells it from others of its sort about the same; any if left out.
    about: Option<String>,
    /// Why it is accepted.
    reason: String,
    /// The last day it is.
    until: String,
}

impl Accepted {
    /// The first moment at which it is not accepted any more.
    fn end(&self) -> Option<Timestamp> {
        let day: jiff::civil::Date = self.until.parse().ok()?;
        let next = day.tomorrow().ok()?;
        Some(next.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    }

    fn is_of(&self, finding: &Finding) -> bool {
        let (id, end) = (
            finding.resource.to_ascii_lowercase(),
            self.resource.to_ascii_lowercase(),
        );
        let whole = id == end || id.ends_with(&format!("/{}", end.trim_start_matches('/')));
        let about = self
            .about
            .as_ref()
            .is_none_or(|own| own.eq_ignore_ascii_case(&finding.about));
        finding.sort.as_str() == self.finding && whole && about
    }
}

impl Baseline {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not what it should be, with line and column; if two of its entries are about the same.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let shown_in = "docs/check.md shows what a baseline may say";
        read_checked(path, shown_in, Self::check)
    }

    fn check(&self) -> Result<(), Misstated> {
        for (number, own) in self.accepted.iter().enumerate() {
            let at = |wrong: Misstated| wrong.in_entry("accepted", number);
            if !Sort::ALL.iter().any(|sort| sort.as_str() == own.finding) {
                let all: Vec<&str> = Sort::ALL.iter().map(|sort| sort.as_str()).collect();
                let what = format!(
                    "there is no finding `{}`: there are {}",
                    own.finding,
                    all.join(", ")
                );
                return Err(at(Misstated::new(what).at("finding")));
            }
            if own.resource.trim_matches('/').is_empty() {
                return Err(at(
                    Misstated::new("the end of a resource's id was expected").at("resource")
                ));
            }
            if own.reason.trim().is_empty() {
                return Err(at(Misstated::new("a reason was expected").at("reason")));
            }
            if own.end().is_none() {
                let what = format!(
                    "`{}` is no day: 2027-03-31 was expected, the last day it is accepted",
                    own.until
                );
                return Err(at(Misstated::new(what).at("until")));
            }
            let same = |other: &&Accepted| {
                other.finding == own.finding
                    && other.resource.eq_ignore_ascii_case(&own.resource)
                    && other.about == own.about
            };
            if self.accepted[..number].iter().any(|other| same(&other)) {
                let what = "this finding is accepted above already: which of the two counts cannot be told";
                return Err(at(Misstated::new(what).at("resource")));
            }
        }
        Ok(())
    }

    /// Marks what it accepts on a day of the machine's, and says what it has that was not found or has ended.
    pub fn accept(&self, report: &mut Report, today: Timestamp) {
        for own in &self.accepted {
            let ended = own.end().is_none_or(|end| today >= end);
            let mut met = false;
            for finding in report.findings.iter_mut().filter(|finding| own.is_of(finding)) {
                met = true;
                if !ended {
                    finding.accepted = Some(format!("{} (until {})", own.reason, own.until));
                }
            }
            let which = format!("{} of {}", own.finding, own.resource);
            match (met, ended) {
                (false, _) => report.notes.push(format!(
                    "the baseline accepts {which}, which was not found: take it out."
                )),
                (true, true) => report
                    .notes
                    .push(format!("the baseline accepted {which} until {} only.", own.until)),
                (true, false) => {}
            }
        }
    }
}
