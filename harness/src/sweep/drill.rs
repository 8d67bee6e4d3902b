//! A scenario's steps, or steps that are drawn for real rows, under faults that are drawn. What the scenario itself
//! expects need not hold then; the invariants must that can be told by what was answered and logged.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::entropy::Entropy;
use azdrill_emulator::fault::OperationFault;
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Profile, Rule, RuleKind, Rules};
use jiff::SignedDuration;
use rand::RngExt as _;

use super::coverage::Coverage;
use super::explained;
use super::invariant::{Broken, Invariant};
use super::play::{Kept, Played};
use super::transcript::Transcript;
use super::wrong::{Wrong, WrongKinds};
use crate::postgres::RealPostgres;
use crate::run::{Action, Machine, Onlooker, Outside, Report, StepReport, play_watched};
use crate::scenario::Scenario;

/// The versions of servers that only are said to run.
const SIMULATED: [u32; 5] = [13, 14, 15, 16, 17];
/// The most faults of a drill.
const FAULTS_MAX: usize = 3;
/// No operation and no job takes longer, told late by a fault or not.
const BOUND: SignedDuration = SignedDuration::from_hours(6);

/// A scenario with faults.
#[derive(Clone, Debug)]
pub struct Drill {
    /// What the faults were drawn from.
    pub seed: u64,
    /// Whose word is taken.
    pub profile: Profile,
    /// The steps.
    pub scenario: Scenario,
    /// What goes wrong, each with the step it is put in place before.
    pub faults: Vec<(usize, Wrong)>,
}

impl Drill {
    /// The drill of a scenario and a seed. Faults come once the world stands that it extends.
    pub fn of(scenario: Scenario, seed: u64) -> Self {
        let entropy = Entropy::from_seed(seed).fork("drill").fork(&scenario.name);
        let mut rng = entropy.rng();
        let profile = if rng.random_bool(0.5) {
            Profile::Observed
        } else {
            Profile::Documented
        };
        let kinds = WrongKinds::some(&mut rng);
        let wanted = rng.random_range(1..=FAULTS_MAX);
        let steps = scenario.steps.len().max(1);
        let mut faults: Vec<(usize, Wrong)> = (0..wanted)
            .map(|_| (rng.random_range(0..steps), kinds.draw(&mut rng)))
            .collect();
        faults.sort_by_key(|(before, _)| *before);
        Self {
            seed,
            profile,
            scenario,
            faults,
        }
    }

    /// Everything of it, in lines.
    pub fn told(&self) -> String {
        format!("{:?}\n{:?}\n{:?}", self.profile, self.scenario.steps, self.faults)
    }

    /// What is kept of it, for a person.
    pub fn plan(&self, kept: &Kept) -> Vec<String> {
        let mut lines = vec![format!(
            "{} by what is {}",
            self.scenario.name,
            self.profile.as_str()
        )];
        for (number, step) in self.scenario.steps.iter().enumerate() {
            let own = self.faults.iter().enumerate();
            let own = own.filter(|(fault, (before, _))| *before == number && kept.faults.contains(fault));
            lines.extend(own.map(|(_, (_, wrong))| format!("fault: {wrong:?}")));
            if kept.steps.contains(&number) {
                let title = step.title.clone().unwrap_or_default();
                lines.push(format!("{} {title}", step.action.word()).trim_end().to_owned());
            }
        }
        lines
    }
}

/// How drills are played.
#[derive(Clone)]
pub struct Stage {
    /// Real servers; those that only are said to run, if there are none.
    pub postgres: Option<Arc<dyn RealPostgres>>,
}

/// What is put in place before which of the steps that are kept, and what is seen at the end.
struct Watching {
    faults: Vec<(usize, Wrong)>,
    /// The numbers of the steps that are kept.
    steps: Vec<usize>,
    coverage: Coverage,
    broken: Option<Broken>,
}

impl Onlooker for Watching {
    fn before(&mut self, number: usize, machine: &mut Journalled, now: Timestamp) {
        let number = self.steps.get(number).copied().unwrap_or(usize::MAX);
        while self.faults.first().is_some_and(|(before, _)| *before <= number) {
            match self.faults.remove(0).1 {
                Wrong::Request(fault) => machine.put_fault(now, fault),
                Wrong::Job(fault) => machine.put_job_fault(now, fault),
                Wrong::Region(fault) => {
                    machine.put_region_fault(now, &fault);
                    Coverage::count(&mut self.coverage.faults, super::wrong::REGION_DOWN, 1);
                }
            }
        }
    }

    fn patience(&self) -> SignedDuration {
        BOUND
    }

    fn ended(&mut self, azure: &Azure, now: Timestamp) {
        for (word, times) in azure.faults().strikes().filter(|(_, times)| *times > 0) {
            Coverage::count(&mut self.coverage.faults, word, times);
        }
        self.broken = goes_on(azure, now.saturating_sub(BOUND).unwrap_or(Timestamp::MIN));
    }
}

/// What began by then and goes on, and is not stuck by a fault.
fn goes_on(azure: &Azure, begun: Timestamp) -> Option<Broken> {
    let strikes = azure.faults().strikes();
    let stuck: u64 = strikes
        .filter(|(word, _)| *word == "job: stick")
        .map(|(_, times)| times)
        .sum();
    let jobs = azure.services().data_protection.all_jobs();
    let running = jobs
        .filter(|job| job.ended.is_none() && job.started <= begun)
        .count() as u64;
    if running > stuck {
        let why = format!("{running} jobs go on, and faults have made {stuck} stuck");
        return Some(Broken::new(Invariant::Ends, why));
    }
    let mut operations = azure.state().operations.unended();
    let found =
        operations.find(|(_, started, struck)| *started <= begun && *struck != Some(&OperationFault::Stick));
    let (id, started, _) = found.filter(|_| stuck == 0)?;
    let why = format!("the operation {id} begun {started} goes on, and no fault has made it stuck");
    Some(Broken::new(Invariant::Ends, why))
}

/// Plays what is kept of a drill in a world of its own. An error says why it could not be played to its end, which
/// happens: whoever plays a scenario is not made for every fault.
///
/// # Errors
///
/// In words.
pub async fn play_drill(drill: &Drill, kept: &Kept, stage: &Stage, rules: &Rules) -> Result<Played, String> {
    let mut scenario = drill.scenario.clone();
    let mut number = 0;
    scenario.steps.retain(|_| {
        number += 1;
        kept.steps.contains(&(number - 1))
    });
    let faults = drill.faults.iter().enumerate();
    let faults = faults.filter(|(fault, _)| kept.faults.contains(fault));
    let mut watching = Watching {
        faults: faults.map(|(_, own)| own.clone()).collect(),
        steps: kept.steps.iter().copied().collect(),
        coverage: Coverage::default(),
        broken: None,
    };
    let outside = match &stage.postgres {
        Some(postgres) => Outside::Real(Some(Arc::clone(postgres))),
        None => Outside::Simulated(SIMULATED.to_vec()),
    };
    let machine = Machine::of(drill.profile, outside);
    let played = Box::pin(play_watched(&scenario, &machine, &mut watching)).await;
    let report = played.map_err(|error| error.to_string())?;
    let mut told = Transcript::default();
    let mut coverage = watching.coverage;
    let broken = watching
        .broken
        .or(judge(&scenario, &report, rules, &mut told, &mut coverage));
    if let Some(broken) = &broken {
        told.line(&format!("broken {}: {}", broken.invariant.name(), broken.why));
    }
    Ok(Played {
        broken,
        digest: told.digest(),
        transcript: told.text().to_owned(),
        coverage,
    })
}

/// Tells what was answered and logged, and holds it against the invariants.
fn judge(
    scenario: &Scenario,
    report: &Report,
    rules: &Rules,
    told: &mut Transcript,
    coverage: &mut Coverage,
) -> Option<Broken> {
    let mut broken = None;
    let (mut restored, mut backed_up) = (false, false);
    for (step, own) in report.steps.iter().zip(&scenario.steps) {
        let outcome = &step.outcome;
        told.line(&format!(
            "# {} {} {}",
            step.kind.as_str(),
            step.began,
            outcome_of(step)
        ));
        broken = broken.or(tell_exchanges(step, rules, told, coverage));
        for job in &step.jobs {
            Coverage::count(
                &mut coverage.phases,
                &format!("{} {}", job.operation, job.status),
                1,
            );
        }
        let done = if outcome.gate.is_empty() {
            "done"
        } else {
            "refused"
        };
        Coverage::count(&mut coverage.steps, &format!("{}: {done}", step.kind.as_str()), 1);
        match &own.action {
            Action::Backup(_) => backed_up = outcome.status == "Completed",
            Action::Restore(restore) => {
                restored = outcome.status == "Completed";
                if restored && !restore.to_database() && outcome.files == Some(0) {
                    let why = "a restore as files is completed, and wrote none".to_owned();
                    broken = broken.or(Some(Broken::new(Invariant::RestoreIsWhole, why)));
                }
            }
            // What is compared is what was in the source at the newest backup that was asked for.
            Action::Compare(_) if restored && backed_up && outcome.rows_equal == Some(false) => {
                let why = format!("what was restored is not what was backed up: {}", outcome.message);
                broken = broken.or(Some(Broken::new(Invariant::RestoreIsWhole, why)));
            }
            _ => {}
        }
    }
    coverage.operations.remove("");
    let phases = std::mem::take(&mut coverage.phases);
    let known = |phase: &String| super::coverage::PHASES.contains(&phase.as_str());
    coverage.phases = phases.into_iter().filter(|(phase, _)| known(phase)).collect();
    let mut passwords = scenario.world.passwords();
    if passwords.any(|password| password.len() > 6 && told.text().contains(password)) {
        let why = "a password of the world's is in what was told".to_owned();
        broken = broken.or(Some(Broken::new(Invariant::NoCredential, why)));
    }
    broken
}

/// Tells what was asked and answered in a step; answers with a refusal that is not explained.
fn tell_exchanges(
    step: &StepReport,
    rules: &Rules,
    told: &mut Transcript,
    coverage: &mut Coverage,
) -> Option<Broken> {
    let is_rule = |rule: &Rule| rule.kind != RuleKind::Error;
    let mut seen = BTreeSet::new();
    let mut broken = None;
    for exchange in &step.exchanges {
        told.exchange(exchange);
        Coverage::count(&mut coverage.operations, &exchange.operation, 1);
        seen.extend(exchange.rules.iter().copied());
        broken = broken.or(explained::check(exchange, None).err());
    }
    for note in &step.notes {
        told.note(note);
        seen.extend(note.rules.iter().copied());
    }
    for id in seen {
        if rules.stated.get(&id).is_some_and(is_rule) {
            Coverage::count(&mut coverage.rules, id.as_str(), 1);
        }
    }
    broken
}

fn outcome_of(step: &StepReport) -> String {
    let own = &step.outcome;
    let mut text = format!("{} {} {} {}", own.status, own.code, own.gate, own.message);
    let _ = write!(text, " {:?} {:?} {:?}", own.files, own.count, own.rows_equal);
    text
}
