//! Judging a command by what it did about a plan of faults.

use std::collections::BTreeMap;

mod case;
mod judgement;
mod manners;
mod outcome;

use case::Case;

use super::Plan;

pub use case::Played;
pub use judgement::{Judgement, Mark};

/// What a command is found to have done about a plan.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The plan.
    pub plan: Plan,
    /// Whether any of its faults struck.
    pub met: bool,
    /// The command's exit code.
    pub code: u8,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it is judged by.
    pub marks: BTreeMap<Judgement, Mark>,
    /// What the command wrote.
    pub output: String,
    /// Faults that were to strike and did not, each in a sentence.
    pub unstruck: Vec<String>,
}

impl Judged {
    /// Whether nothing was missed.
    pub fn held(&self) -> bool {
        self.missed().next().is_none()
    }

    /// What was missed, and why.
    pub fn missed(&self) -> impl Iterator<Item = (Judgement, &str)> {
        self.marks.iter().filter_map(|(judgement, mark)| match mark {
            Mark::Missed(why) => Some((*judgement, why.as_str())),
            Mark::Held | Mark::NotAsked => None,
        })
    }
}

/// How much of what a command wrote is kept, in bytes: the end of it.
pub const KEPT_OUTPUT: usize = 16 * 1024;

fn end_of(output: &str) -> &str {
    let from = output.len().saturating_sub(KEPT_OUTPUT);
    &output[output.ceil_char_boundary(from)..]
}

/// Judges a run under a plan by one without faults.
pub fn judge(plan: &Plan, clean: &Played, run: &Played) -> Judged {
    let case = Case { plan, clean, run };
    // A fault that lets a thing pass strikes nothing.
    let met =
        case.struck().next().is_some() || run.record.faults_struck > 0 && case.is_not_of_requests_alone();
    let marks = Judgement::ALL.map(|judgement| {
        let mark = match judgement {
            _ if !met => Mark::NotAsked,
            Judgement::Ended => case.ended(),
            // Nothing more can be said of what was broken off than what it had done by then.
            Judgement::Retried | Judgement::Told | Judgement::True if run.killed => Mark::NotAsked,
            Judgement::Retried => case.retried(),
            Judgement::Stopped => case.stopped(),
            Judgement::Waited => case.waited(),
            Judgement::Calm => case.calm(),
            Judgement::Once => case.once(),
            Judgement::Told => case.told(),
            Judgement::True => case.is_true(),
            Judgement::Clean => case.is_clean(),
        };
        (judgement, mark)
    });
    Judged {
        plan: plan.clone(),
        met,
        code: run.code,
        seconds: run.record.seconds,
        marks: marks.into(),
        output: end_of(&run.output).to_owned(),
        unstruck: run.record.faults_unstruck.clone(),
    }
}
