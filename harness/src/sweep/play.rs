//! A run is played: step after step, with what must hold looked at after each.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use super::coverage::Coverage;
use super::drawn::Drawn;
use super::invariant::{Broken, Invariant};
use super::mistake::Mistake;
use super::run::Run;
use super::transcript::Transcript;
use super::{ends, probe};

/// What of a drawn run is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The steps, by their numbers from 0.
    pub steps: BTreeSet<usize>,
    /// The faults, by theirs.
    pub faults: BTreeSet<usize>,
}

impl Kept {
    /// All of it.
    pub fn all(drawn: &Drawn) -> Self {
        Self {
            steps: (0..drawn.doings.len()).collect(),
            faults: (0..drawn.faults.len()).collect(),
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// What did not hold, if something did not: the run has ended there.
    pub broken: Option<Broken>,
    /// The digest of its transcript.
    pub digest: [u8; 32],
    /// Its transcript.
    pub transcript: String,
    /// What it has come to.
    pub coverage: Coverage,
}

/// Plays what is kept of a drawn run, in a world of its own. `mistake` is planted in it.
pub fn play(drawn: &Drawn, kept: &Kept, mistake: Option<Mistake>) -> Played {
    let mut told = Transcript::default();
    let mut coverage = Coverage::default();
    let playing = AssertUnwindSafe(|| {
        let mut run = Run::begin(drawn, mistake, &mut told);
        let broken = play_kept(&mut run, drawn, kept).err();
        run.count_faults();
        coverage = std::mem::take(&mut run.watch.coverage);
        broken
    });
    let broken = std::panic::catch_unwind(playing).unwrap_or_else(|payload| {
        let why = payload.downcast_ref::<String>().cloned();
        let why = why.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let why = why.unwrap_or_else(|| "azdrill itself failed".to_owned());
        Some(Broken::new(Invariant::GoesOn, why))
    });
    if let Some(broken) = &broken {
        told.line(&format!("broken {}: {}", broken.invariant.name(), broken.why));
    }
    Played {
        broken,
        digest: told.digest(),
        transcript: told.text().to_owned(),
        coverage,
    }
}

fn play_kept(run: &mut Run<'_>, drawn: &Drawn, kept: &Kept) -> Result<(), Broken> {
    let mut faults = drawn.faults.iter().enumerate().peekable();
    for (number, doing) in drawn.doings.iter().enumerate() {
        while let Some((fault, (before, wrong))) = faults.peek()
            && *before <= number
        {
            if kept.faults.contains(fault) {
                run.put(wrong);
            }
            faults.next();
        }
        if kept.steps.contains(&number) {
            run.told
                .line(&format!("# {number} {} {doing:?}", run.world.time()));
            run.take(doing)?;
        }
    }
    ends::check(run)?;
    run.count_faults();
    probe::check(run)?;
    run.told.state(&run.world);
    run.check_secrets()
}
