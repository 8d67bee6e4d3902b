//! A run that is being played.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::fault::{JobFault, JobFaultKind, Moment};
use azdrill_emulator::model::{ResourceId, Response};
use azdrill_emulator::world;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use super::coverage::Coverage;
use super::drawn::{Doing, Drawn};
use super::invariant::{Broken, Invariant};
use super::mistake::Mistake;
use super::target::Asked;
use super::transcript::Transcript;
use super::watch::Watch;
use super::wrong::Wrong;
use crate::sequence::step::{Act, Person, Role, Step};
use crate::sequence::world::World;

/// A run that is being played.
pub(super) struct Run<'a> {
    pub(super) world: World,
    pub(super) watch: Watch,
    pub(super) told: &'a mut Transcript,
    mistake: Option<Mistake>,
}

impl<'a> Run<'a> {
    pub(super) fn begin(drawn: &Drawn, mistake: Option<Mistake>, told: &'a mut Transcript) -> Self {
        let mut world = World::with_contents(drawn.beginning);
        world
            .secrets
            .insert(world.founded.world.person.client_secret.clone());
        world.secrets.insert("simulated-1A".to_owned());
        if let (Some(Mistake::Movement(copied)), Some(contents)) = (mistake, &mut world.contents) {
            contents.mistake = Some(copied);
        }
        plant(&mut world, mistake);
        let watch = Watch::new(&world, mistake);
        told.line(&format!("{:?}", drawn.beginning));
        Self {
            world,
            watch,
            told,
            mistake,
        }
    }

    fn azure(&mut self) -> &mut Azure {
        &mut self.world.founded.world.azure
    }

    pub(super) fn put(&mut self, wrong: &Wrong) {
        self.told.line(&format!("! {wrong:?}"));
        let now = self.world.time();
        match wrong.clone() {
            Wrong::Request(fault) => self.azure().faults_mut().push(now, fault),
            Wrong::Job(fault) => self.azure().faults_mut().push_job(now, fault),
            Wrong::Region(fault) => {
                if fault.down {
                    Coverage::count(&mut self.watch.coverage.faults, wrong.word(), 1);
                }
                self.azure().faults_mut().set_region(&fault);
            }
        }
    }

    /// Takes a step, and looks at what came of it.
    pub(super) fn take(&mut self, doing: &Doing) -> Result<(), Broken> {
        match doing {
            Doing::RowsChange => {
                let now = self.world.time();
                if let Some(contents) = &mut self.world.contents {
                    contents.change(now);
                }
                Ok(())
            }
            Doing::Reads => {
                let instance = self.world.instance();
                for below in ["", "/recoveryPoints"] {
                    let target = format!("{instance}{below}?api-version=2024-04-01");
                    let answer = self.world.send(Person::Operator, Method::GET, &target, None);
                    self.told.answer(&answer);
                }
                self.look()
            }
            Doing::Act(Step {
                act: Act::Wait(seconds),
                ..
            }) => {
                self.world.pass(*seconds);
                self.look()
            }
            Doing::Act(step) => self.ask(*step).map(|_| ()),
            Doing::Twice(step) => {
                let before = self.world.everything(false);
                self.ask(*step)?;
                let between = self.world.everything(false);
                let answer = self.world.again();
                if self.mistake == Some(Mistake::TwiceIsTwice) {
                    self.change_something();
                }
                if let Some(answer) = answer {
                    self.told.answer(&answer);
                }
                self.look()?;
                let after = self.world.everything(false);
                if !between.is_the_same_but_for_work(&before) && !after.is_the_same_but_for_work(&between) {
                    let why = format!("{step:?} was sent twice, and changed something each time");
                    return Err(Broken::new(Invariant::TwiceIsOnce, why));
                }
                Ok(())
            }
        }
    }

    /// Asks for what a step says; what is refused is to change nothing.
    fn ask(&mut self, step: Step) -> Result<Response, Broken> {
        let before = self.world.everything(true);
        let immutable = self.is_immutable();
        let points = self.watch.known.points.len();
        if step.act == Act::Delete {
            self.watch.known.deleted = true;
        }
        let response = self.world.ask(&step);
        self.told.answer(&response);
        let by_gate = response.header("x-azdrill-gate").unwrap_or_default();
        let refused = response.status.as_u16() >= 400 && by_gate != "fault";
        let kind = format!(
            "{}: {}",
            step.act.kind(),
            if refused { "refused" } else { "done" }
        );
        Coverage::count(&mut self.watch.coverage.steps, &kind, 1);
        if refused && self.mistake == Some(Mistake::RefusedIsDone) {
            self.change_something();
        }
        if let Act::Restore { .. } = step.act
            && let Some(asked) = Asked::of(&self.world, self.watch.blobs())
        {
            for job in self.watch.new_jobs(&self.world) {
                if job.kind.as_str() == "Restore" {
                    self.watch.known.asked.insert(job.id, asked.clone());
                }
            }
        }
        let deleted = response.status.is_success() || self.mistake == Some(Mistake::ImmutableDeleted);
        if step.act == Act::Delete && step.by == Person::Operator && immutable && points > 0 && deleted {
            let is_there = self
                .world
                .azure()
                .state()
                .resource(&self.world.instance())
                .is_some();
            if is_there {
                let why =
                    "the deletion of an instance with recovery points was accepted in an immutable vault";
                return Err(Broken::new(Invariant::ImmutableStays, why.to_owned()));
            }
        }
        // The first of two requests may have been let through.
        let one = step.act != Act::IdentityRecycled;
        if refused && one && self.world.everything(true) != before {
            let why = format!("{step:?} was refused by {by_gate}, and something is otherwise than before");
            return Err(Broken::new(Invariant::RefusedHasNoEffect, why));
        }
        if self.mistake == Some(Mistake::BreaksOff) && refused {
            panic!("a mistake, on purpose");
        }
        self.look()?;
        Ok(response)
    }

    fn is_immutable(&self) -> bool {
        let state = self
            .world
            .vault_text("/properties/securitySettings/immutabilitySettings/state");
        !state.is_empty() && state != "Disabled"
    }

    pub(super) fn look(&mut self) -> Result<(), Broken> {
        self.watch.look(&self.world, self.told)
    }

    /// Changes the target account behind the back of whoever looks.
    fn change_something(&mut self) {
        let tags = json!({"tags": {"restores": self.world.azure().log().count().to_string()}});
        let target = format!("{}?api-version=2024-01-01", self.world.founded.account);
        self.world
            .send(Person::Operator, Method::PATCH, &target, Some(&tags));
    }

    pub(super) fn check_secrets(&self) -> Result<(), Broken> {
        let text = self.told.text();
        let mut secrets = self.world.secrets.iter();
        let told = secrets.find_map(|secret| {
            let at = memchr::memmem::find(text.as_bytes(), secret.as_bytes())?;
            Some((secret, at))
        });
        match told {
            None => Ok(()),
            // It is not told again.
            Some((secret, at)) => {
                let line = text[..at].lines().count();
                let why = format!(
                    "a credential of {} letters is in line {line} of the transcript",
                    secret.len()
                );
                Err(Broken::new(Invariant::NoCredential, why))
            }
        }
    }

    /// Counts which faults struck, before they are taken away.
    pub(super) fn count_faults(&mut self) {
        let strikes: Vec<(&str, u64)> = self.world.azure().faults().strikes().collect();
        for (word, times) in strikes.into_iter().filter(|(_, times)| *times > 0) {
            Coverage::count(&mut self.watch.coverage.faults, word, times);
        }
    }

    /// Takes all faults away.
    pub(super) fn clear_faults(&mut self) {
        self.azure().faults_mut().clear();
    }
}

/// Plants what a mistake needs from the beginning.
fn plant(world: &mut World, mistake: Option<Mistake>) {
    let now = world.time();
    let give = |world: &mut World, to, role: &str, at: &ResourceId| {
        let azure = &mut world.founded.world.azure;
        azure.with_context(now, |context| {
            world::assign(context, to, role, at, SignedDuration::ZERO)
        });
    };
    match mistake {
        Some(Mistake::ReaderWrites) => {
            let group = world.founded.scope(Role::ReadsGroup);
            let auditor = world.founded.auditor;
            give(world, auditor, "Owner", &group);
        }
        Some(Mistake::UngivenRole) => {
            let (vault, account) = (world.founded.identities.system, world.founded.account.clone());
            give(world, vault, Role::WritesAccount.name(), &account);
        }
        Some(Mistake::PasswordShown) => {
            let tags = json!({"tags": {"password": "simulated-1A"}});
            let target = format!("{}?api-version=2024-01-01", world.founded.account);
            world.send(Person::Operator, Method::PATCH, &target, Some(&tags));
        }
        Some(Mistake::Stuck) => {
            let fault = JobFault {
                name: String::new(),
                job: String::new(),
                instance_contains: String::new(),
                moment: Moment::always(),
                optional: true,
                phase: None,
                kind: JobFaultKind::Stick,
            };
            world.founded.world.azure.faults_mut().push_job(now, fault);
        }
        _ => {}
    }
}
