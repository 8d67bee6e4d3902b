//! Two machines play a scenario: one by the documents, one by what was observed. What each did, in what
//! they differ, and which rule makes the difference: as data, from which text and JSON are made.

mod cause;
mod choice;
mod done;
mod print;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use azdrill_emulator::rules::Profile;
use serde::Serialize;
use tokio::task::JoinSet;

pub use cause::{Because, FoundBy, Unfinished};
pub use choice::{RuleChoice, Taken};
pub use done::{Aspect, Done};
pub use print::print_both;

use cause::{Difference, Finder, Played};
use choice::Choices;

use super::{Machine, Outside, Report, RuleNote, RunError, play_into};
use crate::journal_file::JournalFile;
use crate::scenario::Scenario;

/// What came of a scenario on both machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The scenario's name.
    pub name: String,
    /// Its topic.
    pub topic: String,
    /// Its claim.
    pub claim: String,
    /// Whether every expectation held, on both machines.
    pub held: bool,
    /// Whether they differ in anything.
    pub differs: bool,
    /// The machine that goes by the documents.
    pub documented: MachineRun,
    /// The machine that goes by what was observed.
    pub observed: MachineRun,
    /// Step by step.
    pub steps: Vec<ComparedStep>,
    /// The rules that make the differences.
    pub differing_rules: Vec<RuleChoice>,
    /// Plays of the search for them that came to no end: what these rules change is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Unfinished>,
    /// The rules it is about, as the observed machine takes them.
    pub about: Vec<RuleNote>,
}

/// How a machine played a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineRun {
    /// Whether rows were moved, or servers only said to run.
    pub rows: Made,
    /// Whether every expectation of it held.
    pub held: bool,
    /// Real time, in seconds.
    pub real_seconds: f64,
    /// Virtual time, in seconds.
    pub virtual_seconds: f64,
    /// The major version of the source server, if there was one.
    pub postgres_major: Option<u32>,
}

/// How what a machine shows was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Made {
    /// Real servers, and real dumps of what is in them: a job has ended well, or something was compared.
    Moved,
    /// Real servers; no job came to move anything.
    Still,
    /// No row was moved: servers only were said to run.
    Simulated,
    /// There was no server with rows.
    None,
}

/// A step on both machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparedStep {
    /// Counted from 1.
    pub number: usize,
    /// Its heading.
    pub title: String,
    /// What was done.
    pub r#do: &'static str,
    /// Whether the scenario says what it expects.
    pub expects: bool,
    /// In what the machines differ; empty where they do not.
    pub differs: Vec<Aspect>,
    /// The rules that make the difference. Empty where there is one and none was found.
    pub because: Vec<Because>,
    /// What differs and is explained by no rule that was found.
    pub unexplained: Vec<Aspect>,
    /// What the documented machine did.
    pub documented: Done,
    /// What the observed machine did.
    pub observed: Done,
}

/// Both reports, and what they come to.
#[derive(Debug)]
pub struct Both {
    /// The documented machine's report.
    pub documented: Report,
    /// The observed machine's report.
    pub observed: Report,
    /// What they come to.
    pub comparison: Comparison,
}

/// Plays a scenario on both machines, side by side, and looks for what makes the differences. Journals are of the
/// documented and of the observed machine.
///
/// # Errors
///
/// If one of them could not play it to its end.
pub async fn play_both(
    scenario: &Scenario,
    outside: &Outside,
    journals: [Option<&JournalFile>; 2],
) -> Result<Both, RunError> {
    let outside = &outside.for_world_of(scenario);
    let [documented, observed] = Profile::ALL.map(|profile| Machine::of(profile, outside.clone()));
    let [by_documents, by_observation] = journals;
    // Beside this one, on another processor: dropped, it ends as this does.
    let mut beside = JoinSet::new();
    let (own, journal) = (scenario.clone(), by_documents.cloned());
    beside.spawn(async move { Box::pin(play_into(&own, &documented, journal.as_ref())).await });
    let observed = Box::pin(play_into(scenario, &observed, by_observation)).await;
    let documented = match beside.join_next().await {
        Some(Ok(played)) => played?,
        Some(Err(_)) => return Err(RunError::Emulator("it broke off".to_owned())),
        None => {
            return Err(RunError::Emulator(
                "the documented machine was not played".to_owned(),
            ));
        }
    };
    let observed = observed?;
    let mut steps = compared(&documented, &observed);
    let differences: Vec<Difference> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !step.differs.is_empty())
        .map(|(index, step)| (index, step.differs.clone()))
        .collect();
    let (mut differing_rules, mut unfinished) = (Vec::new(), Vec::new());
    if !differences.is_empty() {
        let choices = Arc::new(Choices::of(scenario)?);
        let majors = majors(outside).await?;
        let own = Arc::new(scenario.clone());
        let mut finder = Finder::new(own, Arc::clone(&choices), outside.clone(), majors);
        let real = [Played::of(&documented), Played::of(&observed)];
        let causes = Box::pin(finder.explain(&real, &differences)).await;
        for ((index, aspects), causes) in differences.into_iter().zip(causes) {
            let explained = |aspect: &Aspect| causes.iter().any(|cause| cause.aspects.contains(aspect));
            let step = &mut steps[index];
            step.unexplained = aspects.into_iter().filter(|own| !explained(own)).collect();
            step.because = causes;
        }
        differing_rules = choices.named(&steps);
        unfinished = finder.into_unfinished();
    }
    let comparison = Comparison {
        name: scenario.name.clone(),
        topic: scenario.topic.clone(),
        claim: scenario.claim.clone(),
        held: documented.held() && observed.held(),
        differs: steps.iter().any(|step| !step.differs.is_empty()),
        documented: run_of(&documented),
        observed: run_of(&observed),
        steps,
        differing_rules,
        unfinished,
        about: observed.about.clone(),
    };
    Ok(Both {
        documented,
        observed,
        comparison,
    })
}

/// The versions simulated servers have: those of the real ones.
async fn majors(outside: &Outside) -> Result<Vec<u32>, RunError> {
    Ok(match outside {
        Outside::Real(Some(postgres)) => postgres.available_majors().await?,
        Outside::Real(None) => Vec::new(),
        Outside::Simulated(majors) => majors.clone(),
    })
}

fn run_of(report: &Report) -> MachineRun {
    MachineRun {
        rows: match (report.simulated, report.postgres_major) {
            (true, _) => Made::Simulated,
            (false, Some(_)) if report.moved_rows() => Made::Moved,
            (false, Some(_)) => Made::Still,
            (false, None) => Made::None,
        },
        held: report.held(),
        real_seconds: report.real_time.as_secs_f64(),
        virtual_seconds: report.virtual_time.as_secs_f64(),
        postgres_major: report.postgres_major,
    }
}

fn compared(documented: &Report, observed: &Report) -> Vec<ComparedStep> {
    let both = documented.steps.iter().zip(&observed.steps);
    both.enumerate()
        .map(|(index, (by_documents, by_observation))| {
            let documented = Done::of(by_documents, &by_documents.documented);
            let observed = Done::of(by_observation, &by_observation.observed);
            ComparedStep {
                number: index + 1,
                title: by_documents.title.clone(),
                r#do: by_documents.kind.as_str(),
                expects: by_documents.expects,
                differs: documented.differs(&observed),
                because: Vec::new(),
                unexplained: Vec::new(),
                documented,
                observed,
            }
        })
        .collect()
}
