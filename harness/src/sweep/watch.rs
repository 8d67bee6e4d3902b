//! What is seen of a world, step after step, and what of it must hold.

use std::collections::BTreeMap;

use azdrill_emulator::rules::RuleKind;
use azdrill_emulator::services::data_protection::JobKind;

use super::coverage::Coverage;
use super::grants::Grants;
use super::invariant::{Broken, Invariant};
use super::known::Known;
use super::mistake::Mistake;
use super::seen::Seen;
use super::target::Blobs;
use super::transcript::Transcript;
use super::{explained, grants, points, restores};
use crate::sequence::world::World;

/// What has been seen so far.
pub(super) struct Watch {
    exchanges: u64,
    notes: usize,
    /// The status of each job.
    jobs: BTreeMap<String, String>,
    pub(super) known: Known,
    grants: Grants,
    /// What is in the target account.
    blobs: Blobs,
    pub(super) coverage: Coverage,
}

impl Watch {
    /// Of a world in which nothing has been done.
    pub(super) fn new(world: &World, mistake: Option<Mistake>) -> Self {
        Self {
            exchanges: 0,
            notes: 0,
            jobs: BTreeMap::new(),
            known: Known {
                mistake,
                ..Known::default()
            },
            grants: match mistake {
                Some(Mistake::UngivenRole) => Grants::ignoring_all(world),
                _ => Grants::default(),
            },
            blobs: Blobs::of(world),
            coverage: Coverage::default(),
        }
    }

    /// The blobs of the target account, as they were seen last.
    pub(super) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Looks at everything that has happened since the last time, tells it, and holds it against what must hold.
    pub(super) fn look(&mut self, world: &World, told: &mut Transcript) -> Result<(), Broken> {
        self.grants.note(world);
        self.look_at_log(world, told)?;
        self.look_at_jobs(world, told)?;
        points::look(&mut self.known, world)?;
        self.blobs = Blobs::of(world);
        self.note_protection(world);
        Ok(())
    }

    fn look_at_log(&mut self, world: &World, told: &mut Transcript) -> Result<(), Broken> {
        let log = world.azure().log();
        let rules = &world.azure().rules().stated;
        let is_rule = |id| {
            rules
                .get(&id)
                .is_some_and(|rule: &azdrill_emulator::rules::Rule| rule.kind != RuleKind::Error)
        };
        let mut exchanges = Vec::new();
        for exchange in log.since(self.exchanges) {
            told.exchange(exchange);
            Coverage::count(&mut self.coverage.operations, &exchange.operation, 1);
            for rule in exchange.rules.iter().filter(|id| is_rule(**id)) {
                Coverage::count(&mut self.coverage.rules, rule.as_str(), 1);
            }
            exchanges.push(exchange);
        }
        self.coverage.operations.remove("");
        for note in &log.notes()[self.notes..] {
            told.note(note);
            for rule in note.rules.iter().filter(|id| is_rule(**id)) {
                Coverage::count(&mut self.coverage.rules, rule.as_str(), 1);
            }
        }
        self.exchanges = log.count();
        self.notes = log.notes().len();
        for exchange in exchanges {
            explained::check(exchange, self.known.mistake)?;
            grants::check(&self.grants, world, exchange)?;
        }
        Ok(())
    }

    fn look_at_jobs(&mut self, world: &World, told: &mut Transcript) -> Result<(), Broken> {
        let own = &world.azure().services().data_protection;
        let changed: Vec<Seen> = own
            .all_jobs()
            .filter(|job| self.jobs.get(job.id).is_none_or(|status| status != job.status))
            .map(|job| Seen::of(&job))
            .collect();
        for job in changed {
            told.job(&job);
            let phase = format!("{} {}", job.kind.as_str(), job.status);
            Coverage::count(&mut self.coverage.phases, &phase, 1);
            if !self.jobs.contains_key(&job.id) && job.status != "InProgress" {
                let begun = format!("{} InProgress", job.kind.as_str());
                Coverage::count(&mut self.coverage.phases, &begun, 1);
            }
            self.jobs.insert(job.id.clone(), job.status.clone());
            match (job.kind, job.status.as_str()) {
                (JobKind::Restore, "Completed") => restores::check_completed(&self.known, world, &job)?,
                (JobKind::Restore, "Failed") => restores::check_failed(&self.known, world, &job)?,
                (JobKind::Backup, "Completed") => points::check_made(world, &job)?,
                _ => {}
            }
            if job.status == "Failed" && job.code.is_empty() {
                let why = format!("the job {} has failed and does not say why", job.id);
                return Err(Broken::new(Invariant::RefusalIsExplained, why));
            }
        }
        Ok(())
    }

    /// The jobs that are there and have not been seen.
    pub(super) fn new_jobs(&self, world: &World) -> Vec<Seen> {
        let own = &world.azure().services().data_protection;
        let unseen = own.all_jobs().filter(|job| !self.jobs.contains_key(job.id));
        unseen.map(|job| Seen::of(&job)).collect()
    }

    fn note_protection(&mut self, world: &World) {
        let instance = world.azure().state().resource(&world.instance());
        if let Some(instance) = instance {
            let state = instance.text("/properties/currentProtectionState");
            Coverage::count(&mut self.coverage.phases, state, 1);
        }
    }
}
