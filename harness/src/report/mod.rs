//! Documented against actual: what both machines do in every scenario, and which scenario shows which rule. Made
//! by playing and from the rules' own rows, and by nothing else; data, from which the other forms are made.

mod differences;
mod earlier;
mod excerpt;
mod gather;
#[cfg(test)]
mod gathered;
mod html;
mod junit;
mod known;
mod markdown;
mod names;
mod timeline;

use azdrill_emulator::rules::{RuleId, RuleKind};
use serde::Serialize;

pub use earlier::{BEGINS, is_report};
pub use gather::gather;
pub use html::html;
pub use junit::junit;
pub use known::{
    DifferenceFinding, DifferenceState, HowShown, MarkedRule, OpenPointFinding, SaidFinding, ShownStep,
};
pub use markdown::markdown;
pub use timeline::{CallTime, JobTime, RefusedCall, StepTimes, Timeline};

use crate::run::{Aspect, Because, Made, Taken};
use crate::strategy::matrix::Matrix;

/// The kind of rule that is an error's row and nothing more.
const ERROR: &str = RuleKind::Error.as_str();

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// The version of azdrill that found it.
    pub version: &'static str,
    /// Where what is documented and what is the case part, by number.
    pub differences: Vec<DifferenceFinding>,
    /// Every rule, in order of topic and name.
    pub rules: Vec<RuleFinding>,
    /// What was played.
    pub scenarios: Vec<ScenarioFinding>,
    /// What was not, and why.
    pub not_played: Vec<NotPlayed>,
    /// Who gets through, for every combination of what it depends on.
    pub matrices: Vec<Matrix>,
    /// What nobody knows.
    pub open_points: Vec<OpenPointFinding>,
}

/// A rule, and where it shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleFinding {
    /// Its name.
    pub rule: RuleId,
    /// `prerequisite`, `refusal`, `failure`, `behaviour`, `network`.
    pub kind: &'static str,
    /// A word to group by.
    pub topic: String,
    /// What it says, in our words.
    pub statement: String,
    /// Where it is found out, in the order things happen.
    pub stages: Vec<&'static str>,
    /// The error code it shows as; empty if there is none of its own.
    pub code: String,
    /// What the documented machine takes.
    pub documented: Taken,
    /// What the observed machine takes.
    pub observed: Taken,
    /// Whether they take different things.
    pub differs: bool,
    /// What may be the case, and what documents once said.
    pub alternatives: Vec<AlternativeFinding>,
    /// What a team should do; empty if nothing is known.
    pub fix: String,
    /// Where it shows.
    pub shown_by: Vec<ShownBy>,
}

/// An alternative of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlternativeFinding {
    /// With mark and sources.
    #[serde(flatten)]
    pub taken: Taken,
    /// The first month a document said so, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said_from: Option<String>,
    /// The last month a document said so, where it says otherwise now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said_until: Option<String>,
}

/// A scenario that shows a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownBy {
    /// Its name.
    pub scenario: String,
    /// Whether the scenario says that it is about the rule.
    pub about: bool,
    /// The steps at which the rule decided, on the machine named.
    pub decides: Vec<AtStep>,
    /// The steps at which it applied to what was let through.
    pub applies: Vec<AtStep>,
    /// The steps at which it makes the difference between the machines.
    pub makes_the_difference: Vec<usize>,
}

/// A step at which a rule decided, or applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtStep {
    /// The step, counted from 1.
    pub step: usize,
    /// On the documented machine.
    pub documented: bool,
    /// On the observed machine.
    pub observed: bool,
}

/// A scenario, played on both machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioFinding {
    /// Its name.
    pub name: String,
    /// Its topic.
    pub topic: String,
    /// Its claim.
    pub claim: String,
    /// Whether every expectation held, on both machines.
    pub held: bool,
    /// Whether the machines differ in anything.
    pub differs: bool,
    /// Whether rows were moved, or servers only said to run.
    pub rows: Made,
    /// Whether a server that was only said to run was asked what only a real one knows, and said that all is well.
    pub guessed: bool,
    /// Virtual time on the documented and on the observed machine, in seconds.
    pub virtual_seconds: [f64; 2],
    /// Step by step.
    pub steps: Vec<StepFinding>,
    /// When things happened on the documented and on the observed machine.
    pub timelines: [Timeline; 2],
}

/// A step on both machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepFinding {
    /// Counted from 1.
    pub number: usize,
    /// Its heading.
    pub title: String,
    /// What was done.
    pub r#do: &'static str,
    /// What the documented machine did.
    pub documented: DidFinding,
    /// What the observed machine did.
    pub observed: DidFinding,
    /// Whether it was done, on both machines. Steps of rows are passed over where none are moved.
    pub played: bool,
    /// Whether the scenario says what it expects of it.
    pub expects: bool,
    /// Whether what it expects held, on both machines.
    pub held: bool,
    /// In what they differ.
    pub differs: Vec<Aspect>,
    /// The rules that make the difference.
    pub because: Vec<Because>,
    /// What no rule was found to make.
    pub unexplained: Vec<Aspect>,
}

/// What a machine did in a step, without what is another at every run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DidFinding {
    /// In one line.
    pub brief: String,
    /// The first thing in which the two differ, as it is here; empty where they do not.
    pub differs_in: String,
    /// The gate that said no.
    pub gate: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// The rules that applied to what was asked and let through, or that a note tells of.
    pub applied: Vec<String>,
    /// How sure we are that Azure answers like this.
    pub mark: String,
    /// Files a restore wrote.
    pub files: Option<u64>,
    /// Whether what was restored equals the source.
    pub rows_equal: Option<bool>,
    /// Virtual time waited for, in seconds.
    pub virtual_seconds: f64,
    /// What was expected of it, in one line; empty if nothing was.
    pub expected: String,
    /// Expectations that did not hold.
    pub missed: Vec<String>,
}

/// A scenario that was not played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotPlayed {
    /// Its name.
    pub name: String,
    /// Its topic.
    pub topic: String,
    /// Why not.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::Library;

    #[tokio::test(flavor = "multi_thread")]
    async fn findings_are_the_same_each_time_and_say_where_a_rule_shows() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let library = Library::find(None, &root).expect("the scenarios");
        let names = ["missing-ltr-role", "secret-version-pinned"];
        let scenarios = names.map(|name| library.get(name).expect("read"));
        let findings = gather(&scenarios, None, |_| {}).await.expect("gathered");
        let again = gather(&scenarios, None, |_| {}).await.expect("gathered");
        assert_eq!(findings, again);
        let rule = findings
            .rules
            .iter()
            .find(|own| own.rule.as_str() == "FX-B-02")
            .expect("the rule");
        let shown = &rule.shown_by[0];
        assert_eq!((shown.scenario.as_str(), shown.about), ("missing-ltr-role", true));
        assert_eq!(shown.makes_the_difference, [1, 2]);
        // A password fits or does not: only a server knows.
        assert_eq!(findings.not_played[0].name, "secret-version-pinned");
        let text = markdown(&findings);
        for told in [
            "| `missing-ltr-role` | 1. validate backup | the vault's identity does not hold",
            "#### FX-B-02\n\n",
            "- shown by `missing-ltr-role`: step 1: both Failed: UserErrorMissingRequiredPermissions",
            "| `secret-version-pinned` | not played: it needs rows",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
    }
}
