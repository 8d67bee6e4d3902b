//! Operations and jobs end.

use azdrill_emulator::fault::OperationFault;
use jiff::SignedDuration;

use super::invariant::{Broken, Invariant};
use super::mistake::Mistake;
use super::run::Run;

/// No operation and no job takes longer, told late by a fault or not.
const BOUND: SignedDuration = SignedDuration::from_hours(6);

/// Lets as much time pass as anything may take, and looks what has not ended. A fault that sticks excepts as many jobs
/// as it has struck, and the operations it has struck.
pub(super) fn check(run: &mut Run<'_>) -> Result<(), Broken> {
    let bound = BOUND.as_secs();
    run.told.line("# everything is to end");
    let begun = run.world.time();
    run.world.pass(bound);
    run.look()?;
    let azure = run.world.azure();
    let strikes = azure.faults().strikes();
    let stuck: u64 = strikes
        .filter(|(word, _)| *word == "job: stick")
        .map(|(_, times)| times)
        .sum();
    let excepted = if run.watch.known.mistake == Some(Mistake::Stuck) {
        0
    } else {
        stuck
    };
    let jobs = azure.services().data_protection.all_jobs();
    let running: Vec<String> = jobs
        .filter(|job| job.ended.is_none() && job.started <= begun)
        .map(|job| format!("the {} job {} begun {}", job.kind.as_str(), job.id, job.started))
        .collect();
    if running.len() as u64 > excepted {
        let why = format!(
            "{} goes on {BOUND:#} later, and no fault has made it stuck",
            running.join(", ")
        );
        return Err(Broken::new(Invariant::Ends, why));
    }
    let sticks = |fault: Option<&OperationFault>| fault == Some(&OperationFault::Stick);
    let mut operations = azure.state().operations.unended();
    let running = operations.find(|(_, started, struck)| *started <= begun && !sticks(*struck));
    match running {
        // The operation of a job that is stuck goes on with it.
        Some((id, started, _)) if excepted == 0 => {
            let why = format!("the operation {id} begun {started} goes on, and no fault has made it stuck");
            Err(Broken::new(Invariant::Ends, why))
        }
        _ => Ok(()),
    }
}
