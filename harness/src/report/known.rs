//! What is known of documents and Azure, and what nobody knows, as the report has it.

use azdrill_emulator::rules::RuleId;
use serde::Serialize;

/// Where what is documented and what is the case part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceFinding {
    /// By which it is known.
    pub number: u32,
    /// What it is about, in a few words.
    pub topic: String,
    /// What the documents have.
    pub documented: String,
    /// What was seen, reported or inferred.
    pub actual: String,
    /// What it costs whoever automates.
    pub cost: String,
    /// How sure we are of what is the case.
    pub mark: String,
    /// Where both were read: keys with titles and versions.
    pub sources: Vec<String>,
    /// The rules it stands on.
    pub rules: Vec<RuleId>,
    /// How the documents changed.
    pub said: Vec<SaidFinding>,
    /// Whether it is shown.
    pub state: DifferenceState,
    /// Why it is not; empty where it is.
    pub why: String,
    /// The steps that show it.
    pub shown_at: Vec<ShownStep>,
}

/// What a document said for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SaidFinding {
    /// What it said.
    pub says: String,
    /// The month of the earliest version read that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The month of the last, where later ones say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Keys with titles and versions.
    pub sources: Vec<String>,
}

/// Whether a difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceState {
    /// Every step that is to show it does.
    Shown,
    /// A step that is to show it was not played.
    NotPlayed,
    /// A step that is to show it does not.
    Unproven,
    /// No scenario shows it, and one could.
    NotYet,
    /// No scenario can show it.
    Never,
}

/// A step that shows a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownStep {
    /// The scenario's name.
    pub scenario: String,
    /// The step, counted from 1.
    pub step: usize,
    /// Its heading; empty if it was not played.
    pub title: String,
    /// The rule that is seen there; without one, what the step expects is what shows it.
    pub rule: Option<RuleId>,
    /// What is seen there of it; nothing if it is not.
    pub how: Vec<HowShown>,
    /// What the documented machine did, in one line.
    pub documented: String,
    /// What the observed machine did, in one line.
    pub observed: String,
}

/// How a step shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HowShown {
    /// The rule decided a refusal.
    Decides,
    /// The rule applied to what was let through.
    Applies,
    /// The rule makes the difference between the machines.
    MakesTheDifference,
    /// What the step expects held.
    Expected,
}

/// What nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPointFinding {
    /// What is not known.
    pub question: String,
    /// What to do on a subscription, and what to look at.
    pub experiment: String,
    /// The rules it would settle, with the marks they have now.
    pub rules: Vec<MarkedRule>,
    /// The differences it would settle, by number.
    pub differences: Vec<u32>,
}

/// A rule, and how sure we are of what the observed machine takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkedRule {
    /// Its name.
    pub rule: RuleId,
    /// How sure we are.
    pub mark: String,
}
