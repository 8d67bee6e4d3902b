//! Where what Azure documents and what Azure does part, and what nobody knows: data for a report. Nothing is decided
//! by it, so that it is read when somebody asks, and not with every machine.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::{SourceCheck, is_month};
use super::{Mark, RuleId, RuleKind, Rules};

/// The file of differences.
const DIFFERENCES: &str = "differences.toml";
/// The file of open points.
const OPEN_POINTS: &str = "open_points.toml";

/// Where what is documented and what is the case part.
#[derive(Clone, Debug)]
pub struct Difference {
    /// By which it is known, from 1 on.
    pub number: u32,
    /// What it is about, in a few words.
    pub topic: String,
    /// What the documents have.
    pub documented: String,
    /// What was seen, reported or inferred, or in what the documents contradict themselves.
    pub actual: String,
    /// What it costs whoever automates.
    pub cost: String,
    /// How sure we are of what is the case.
    pub mark: Mark,
    /// Keys of [`Rules::sources`].
    pub sources: Vec<String>,
    /// The rules it stands on.
    pub rules: Vec<RuleId>,
    /// How the documents changed.
    pub said: Vec<Said>,
    /// How it is shown.
    pub showing: Showing,
}

/// What a document said for a while.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// What it said.
    pub says: String,
    /// The month of the earliest version read that says so, as `YYYY-MM`, where that is known.
    pub from: Option<String>,
    /// The month of the last, where later ones say otherwise.
    pub until: Option<String>,
    /// Keys of [`Rules::sources`].
    pub sources: Vec<String>,
}

/// How a difference is shown.
#[derive(Clone, Debug)]
pub enum Showing {
    /// By steps of scenarios.
    By(Vec<ShownAt>),
    /// A scenario could, and none does: why.
    NotYet(String),
    /// No scenario can: why.
    Never(String),
}

/// A step of a scenario that shows a difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownAt {
    /// The scenario's name.
    pub scenario: String,
    /// The step, counted from 1, those of what it extends first.
    pub step: usize,
    /// The rule that is seen there to decide, to apply or to make the difference; without one, what the step expects
    /// is what shows it.
    pub rule: Option<RuleId>,
}

/// What nobody knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenPoint {
    /// What is not known.
    pub question: String,
    /// What to do on a subscription, and what to look at.
    pub experiment: String,
    /// The rules it would settle.
    #[serde(default)]
    pub rules: Vec<RuleId>,
    /// The rules that show as a code of ours, and whose own it would tell.
    #[serde(default)]
    pub codes: Vec<RuleId>,
    /// The differences it would settle, by number.
    #[serde(default)]
    pub differences: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferencesFile {
    difference: Vec<DifferenceRow>,
}

/// A row as it stands in its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceRow {
    number: u32,
    topic: String,
    documented: String,
    actual: String,
    cost: String,
    mark: Mark,
    sources: Vec<String>,
    rules: Vec<RuleId>,
    #[serde(default)]
    said: Vec<Said>,
    shown: Option<Vec<ShownAt>>,
    not_yet: Option<String>,
    never: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenPointsFile {
    open_point: Vec<OpenPoint>,
}

impl Rules {
    /// Where what is documented and what is the case part, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// If a row of `differences.toml` is wrong.
    pub fn differences(&self) -> Result<Vec<Difference>, RulesError> {
        differences(include_str!("../../rules/differences.toml"), self)
    }

    /// What nobody knows.
    ///
    /// # Errors
    ///
    /// If a row of `open_points.toml` is wrong, or a rule is unverified, or shows as a code of ours, that none of them
    /// is about.
    pub fn open_points(&self) -> Result<Vec<OpenPoint>, RulesError> {
        let differences = self.differences()?;
        let points = open_points(include_str!("../../rules/open_points.toml"), &differences)?;
        let unasked = self.unasked(&points).map(|id| (id, "it is unverified"));
        let nameless = self.unasked_code(&points).map(|id| (id, "its code is ours"));
        match unasked.or(nameless) {
            Some((id, why)) => {
                let why = format!("{why}, and no row asks about it");
                Err(row_error(OPEN_POINTS, id.as_str(), &why))
            }
            None => Ok(points),
        }
    }

    /// A rule that shows as a code of ours, and whose own none of these would tell.
    fn unasked_code(&self, points: &[OpenPoint]) -> Option<RuleId> {
        let asked: BTreeSet<RuleId> = points.iter().flat_map(|point| &point.codes).copied().collect();
        let stated = self.stated.values().filter(|rule| rule.kind != RuleKind::Error);
        stated
            .filter(|rule| rule.shows_as_ours())
            .map(|rule| rule.id)
            .find(|id| !asked.contains(id))
    }

    /// A rule that is unverified in something, and that none of these is about. Errors are told by their codes.
    fn unasked(&self, points: &[OpenPoint]) -> Option<RuleId> {
        let asked: BTreeSet<RuleId> = points.iter().flat_map(|point| &point.rules).copied().collect();
        let stated = self.stated.values().filter(|rule| rule.kind != RuleKind::Error);
        stated
            .filter(|rule| rule.alternatives.values().any(|one| one.mark == Mark::Unverified))
            .map(|rule| rule.id)
            .find(|id| !asked.contains(id))
    }
}

/// Reads the differences. Each has its number and one way to be shown.
fn differences(text: &str, rules: &Rules) -> Result<Vec<Difference>, RulesError> {
    let file: DifferencesFile = parse(DIFFERENCES, text)?;
    let known = SourceCheck::new(&rules.sources);
    let mut found = Vec::new();
    for (number, row) in (1..).zip(file.difference) {
        let name = row.number.to_string();
        let wrong = |what: &str| row_error(DIFFERENCES, &name, what);
        if row.number != number {
            return Err(wrong(&format!("it stands where {number} should")));
        }
        known.check(DIFFERENCES, &name, &row.sources)?;
        for said in &row.said {
            known.check(DIFFERENCES, &name, &said.sources)?;
            let mut months = said.from.iter().chain(&said.until);
            if let Some(month) = months.find(|month| !is_month(month)) {
                return Err(wrong(&format!("`{month}` is no month, as 2025-03 is one")));
            }
        }
        let showing = match (row.shown, row.not_yet, row.never) {
            (Some(shown), None, None) if !shown.is_empty() => Showing::By(shown),
            (None, Some(why), None) => Showing::NotYet(why),
            (None, None, Some(why)) => Showing::Never(why),
            _ => {
                return Err(wrong(
                    "it has one of `shown`, `not_yet` and `never`, and only one",
                ));
            }
        };
        if let Showing::By(shown) = &showing
            && let Some(other) = shown
                .iter()
                .filter_map(|at| at.rule)
                .find(|rule| !row.rules.contains(rule))
        {
            return Err(wrong(&format!(
                "it is shown by {other}, which is not among its rules"
            )));
        }
        found.push(Difference {
            number,
            topic: row.topic,
            documented: row.documented,
            actual: row.actual,
            cost: row.cost,
            mark: row.mark,
            sources: row.sources,
            rules: row.rules,
            said: row.said,
            showing,
        });
    }
    Ok(found)
}

/// Reads the open points. Each is about something.
fn open_points(text: &str, differences: &[Difference]) -> Result<Vec<OpenPoint>, RulesError> {
    let file: OpenPointsFile = parse(OPEN_POINTS, text)?;
    for point in &file.open_point {
        if point.rules.is_empty() && point.codes.is_empty() {
            return Err(row_error(OPEN_POINTS, &point.question, "it names no rule"));
        }
        let unknown = |number: &&u32| !differences.iter().any(|one| one.number == **number);
        if let Some(number) = point.differences.iter().find(unknown) {
            let what = format!("there is no difference {number}");
            return Err(row_error(OPEN_POINTS, &point.question, &what));
        }
    }
    Ok(file.open_point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Profile};

    fn rules() -> Rules {
        Rules::load(Profile::Observed, &Assumptions::new()).unwrap()
    }

    #[test]
    fn differences_and_open_points_load() {
        let rules = rules();
        assert_eq!(rules.differences().unwrap().len(), 59);
        assert!(rules.open_points().unwrap().len() > 10);
    }

    #[test]
    fn a_rule_with_a_code_of_ours_is_asked_about_and_no_other() {
        let rules = rules();
        let mut points = rules.open_points().unwrap();
        assert_eq!(rules.unasked_code(&points), None);
        let asked = points.iter().flat_map(|point| &point.codes);
        for id in asked {
            assert!(rules.rule(*id).shows_as_ours(), "{id}: its code is Azure's");
        }
        points.retain(|point| !point.codes.iter().any(|rule| rule.as_str() == "FX-B-07"));
        assert_eq!(rules.unasked_code(&points).unwrap().as_str(), "FX-B-07");
    }

    #[test]
    fn a_rule_that_is_unverified_is_asked_about() {
        let rules = rules();
        let mut points = rules.open_points().unwrap();
        assert_eq!(rules.unasked(&points), None);
        points.retain(|point| !point.rules.iter().any(|rule| rule.as_str() == "NET-UAMI"));
        let unasked = rules.unasked(&points).unwrap();
        assert!(["NET-UAMI", "E2-UAMI"].contains(&unasked.as_str()), "{unasked}");
    }

    const ROW: &str = "[[difference]]\nnumber = 1\ntopic = \"t\"\ndocumented = \"d\"\nactual = \"a\"\ncost = \"c\"\n\
                       mark = \"doc\"\n";

    #[test]
    fn a_row_that_is_wrong_is_refused_where_it_stands() {
        let rules = rules();
        let good = "sources = [\"OWN\"]\nrules = [\"RBAC\"]\n";
        let shown = "shown = [{ scenario = \"s\", step = 1, rule = \"RBAC\" }]\n";
        assert!(differences(&format!("{ROW}{good}{shown}"), &rules).is_ok());
        for (wrong, told) in [
            (
                format!("{ROW}sources = [\"NONE\"]\nrules = []\n{shown}"),
                "differences.toml, row 1: sources.toml has no `NONE`",
            ),
            (
                format!("{ROW}sources = [\"OWN\"]\nrules = [\"NONE\"]\n{shown}"),
                "line 9, column ",
            ),
            (format!("{ROW}{good}"), "one of `shown`, `not_yet` and `never`"),
            (
                format!("{ROW}{good}{shown}never = \"w\"\n"),
                "one of `shown`, `not_yet` and `never`",
            ),
            (
                format!("{ROW}{good}shown = [{{ scenario = \"s\", step = 1, rule = \"LOCK\" }}]\n"),
                "shown by LOCK, which is not among its rules",
            ),
            (
                format!("{}{good}{shown}", ROW.replace("= 1", "= 2")),
                "row 2: it stands where 1 should",
            ),
            (
                format!(
                    "{ROW}{good}{shown}said = [{{ says = \"x\", from = \"2025-13\", sources = [\"OWN\"] }}]\n"
                ),
                "`2025-13` is no month",
            ),
        ] {
            let error = differences(&wrong, &rules).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn an_open_point_is_about_something_there_is() {
        let row = "[[open_point]]\nquestion = \"q\"\nexperiment = \"e\"\n";
        for (wrong, told) in [
            ("rules = []\n", "it names no rule"),
            ("rules = [\"NONE\"]\n", "line 4"),
            (
                "rules = [\"RBAC\"]\ndifferences = [1]\n",
                "there is no difference 1",
            ),
        ] {
            let error = open_points(&format!("{row}{wrong}"), &[])
                .unwrap_err()
                .to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
