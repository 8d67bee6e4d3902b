//! What is to go wrong.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError, StepReport};
use crate::scenario::{Misstated, World};
use crate::serve::{FaultFile, unstruck};

/// Has something go wrong with requests, connections and jobs to come, counted from here, in the words of a file for
/// `--faults`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Fault(FaultFile);

impl Play<'_> {
    /// A fault that never struck is a drill that was none.
    pub(in crate::run) fn tell_unstruck(&self, steps: &mut [StepReport]) {
        let never = self.client.look(|core| unstruck(core));
        if let Some(step) = steps.iter_mut().rfind(|step| step.kind.as_str() == "fault") {
            step.misses.extend(never);
        }
    }
}

impl Take for Fault {
    const DURING: bool = true;

    fn check(&self, _world: &World, rules: &Rules) -> Result<(), Misstated> {
        self.0.check_without_connections(rules)
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let now = play.client.now();
        let applied = play.client.look(|core| self.0.apply(core, now));
        applied.map_err(RunError::Scenario)?;
        Ok(Outcome::done())
    }
}
