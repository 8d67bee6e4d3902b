//! The backup job, whatever it backs up: the prerequisites of its stage are examined, vault storage is made ready,
//! the datasource's own mover moves the data, and what was written becomes a recovery point.

use super::datasource::Datasource;
use super::datasources::{self, Moved, Mover, Progress, Site};
use super::examination::{Examination, Examined, Verdict};
use super::job::JobKind;
use super::job_run::JobRun;
use super::jobs::{self, JobEnd};
use super::recovery_points;
use super::task::{self, Over, Step, Task};
use super::vault_store;
use super::violation::Violation;
use crate::fault::{JobFaultKind, JobPhase};
use crate::model::{PrincipalId, ResourceId, Response, Timestamp};
use crate::services::{Context, Input};
use crate::state::Resource;

/// What began a backup.
#[derive(Clone)]
pub(super) enum Trigger {
    /// A schedule, at this time.
    Schedule(Timestamp),
    /// Somebody's request.
    Request {
        /// Its operation.
        operation: String,
        /// What the client calls it; may be empty.
        activity: String,
    },
}

/// Begins a backup job.
pub(super) fn begin(
    context: &mut Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
    tag: String,
    trigger: Trigger,
) {
    let run = begin_run(context, vault, instance, &tag, trigger);
    task::start(
        context,
        Backup {
            run,
            instance: instance.clone(),
            of: context.state.resource(instance).map(|own| own.created),
            tag,
            examination: None,
            moving: None,
            fault: None,
        },
    );
}

/// Takes note of a scheduled backup that fails at once.
pub(super) fn begin_failed(
    context: &mut Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
    tag: &str,
    trigger: Trigger,
    violation: &Violation,
) -> Over {
    begin_run(context, vault, instance, tag, trigger).fail(context, violation)
}

/// Takes note of a job that begins now.
fn begin_run(
    context: &mut Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
    tag: &str,
    trigger: Trigger,
) -> JobRun {
    let (due, operation, activity) = match trigger {
        Trigger::Schedule(due) => (Some(due), None, String::new()),
        Trigger::Request { operation, activity } => (None, Some(operation), activity),
    };
    let activity = if activity.is_empty() {
        context.draw_uuid("activity").to_string()
    } else {
        activity
    };
    let job = jobs::begin_backup(context, vault, instance, tag, &activity, due);
    JobRun {
        vault: vault.clone(),
        job,
        kind: JobKind::Backup,
        operation,
        activity,
        started: context.now,
        about: "backup",
    }
}

#[derive(Clone)]
struct Backup {
    run: JobRun,
    instance: ResourceId,
    /// When the instance was made: one that has taken its name since is another.
    of: Option<Timestamp>,
    tag: String,
    examination: Option<Box<Examination>>,
    moving: Option<Box<Moving>>,
    /// What breaks it off once the dump has been asked for.
    fault: Option<JobFaultKind>,
}

/// What has been found out about where it works, and what works there.
#[derive(Clone)]
struct Moving {
    site: Site,
    mover: Box<dyn Mover>,
    moved: Option<Moved>,
}

impl Task for Backup {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase("backup_trigger"), Self::accept)
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::interrupted();
        self.fail(context, &violation)
    }
}

impl Backup {
    fn accept(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if let Some(fault) = self.run.accept(context) {
            return self.run.break_off(context, &fault).into();
        }
        let Some(resource) = self.own_instance(context) else {
            return self.without_instance(context).into();
        };
        match Examined::of_backup_job(context.rules, &self.run.vault, resource.at("/properties")) {
            Some(examined) => {
                self.examination = Some(Box::new(Examination::new(examined)));
                self.examine(context, Input::Woke)
            }
            None => self
                .fail_moving(context, "the instance names no datasource")
                .into(),
        }
    }

    /// Looks at everything afresh, at each run.
    fn examine(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        let Some(examination) = &mut self.examination else {
            return self.interrupted(context).into();
        };
        match examination.step(context, input) {
            Verdict::Pending(need) => Step::need(*need, Self::examine),
            Verdict::Violated(violation) => self.fail(context, &violation).into(),
            Verdict::Passed(principal) => self.make_ready(context, principal),
        }
    }

    fn make_ready(&mut self, context: &mut Context<'_>, principal: PrincipalId) -> Step<Self> {
        let sign_in = self.examination.take().and_then(|own| own.sign_in(context));
        let point = context.draw_uuid("recovery point").simple().to_string();
        let place = vault_store::place(context, &self.run.vault, &point);
        let vault = context.state.resource(&self.run.vault);
        let location = vault.map(|vault| vault.location().to_owned());
        let (Some(place), Some(location)) = (place, location) else {
            return self
                .fail_moving(context, "this world has no vault storage")
                .into();
        };
        let datasource = self.datasource(context);
        let mover = datasource.as_ref().and_then(datasources::mover);
        let (Some(datasource), Some(mover)) = (datasource, mover) else {
            return self.without_instance(context).into();
        };
        let call = vault_store::put_account(context, &place, &location);
        let site = Site {
            vault: self.run.vault.clone(),
            datasource,
            principal,
            point,
            place,
            signature: String::new(),
            sign_in,
        };
        self.moving = Some(Box::new(Moving {
            site,
            mover,
            moved: None,
        }));
        Step::call(call, Self::account_made)
    }

    /// The instance that is backed up, as long as it is there.
    fn own_instance<'a>(&self, context: &'a Context<'_>) -> Option<&'a Resource> {
        let instance = context.state.resource(&self.instance);
        instance.filter(|instance| Some(instance.created) == self.of)
    }

    fn datasource(&self, context: &Context<'_>) -> Option<Datasource> {
        let instance = self.own_instance(context)?;
        Datasource::of(context.rules, instance.at("/properties"))
    }

    fn account_made(&mut self, context: &mut Context<'_>, answer: Response) -> Step<Self> {
        match self.site_if_done(&answer) {
            Some(site) => Step::call(
                vault_store::put_container(context, &site.place),
                Self::container_made,
            ),
            None => self.fail_storage(context, &answer).into(),
        }
    }

    fn container_made(&mut self, context: &mut Context<'_>, answer: Response) -> Step<Self> {
        match self.site_if_done(&answer) {
            Some(site) => Step::call(vault_store::list_keys(context, &site.place), Self::keys_given),
            None => self.fail_storage(context, &answer).into(),
        }
    }

    fn keys_given(&mut self, context: &mut Context<'_>, answer: Response) -> Step<Self> {
        let Some(site) = self.site_if_done(&answer) else {
            return self.fail_storage(context, &answer).into();
        };
        match vault_store::signature(context, &site.place, &answer, "rcw") {
            Some(signature) => {
                site.signature = signature;
                self.fault = self.run.struck_at(context, JobPhase::Dumping);
                self.progress(context, |moving, context| {
                    moving.mover.begin(context, &mut moving.site)
                })
            }
            None => self.fail_moving(context, "vault storage gave no key").into(),
        }
    }

    /// Where it works, if vault storage has done as it was told.
    fn site_if_done(&mut self, answer: &Response) -> Option<&mut Site> {
        let moving = self.moving.as_mut().filter(|_| answer.status.is_success());
        moving.map(|moving| &mut moving.site)
    }

    fn go_on(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        self.progress(context, |moving, context| {
            moving.mover.go_on(context, &mut moving.site, input)
        })
    }

    fn progress(
        &mut self,
        context: &mut Context<'_>,
        step: impl FnOnce(&mut Moving, &mut Context<'_>) -> Progress,
    ) -> Step<Self> {
        let Some(moving) = &mut self.moving else {
            return self.interrupted(context).into();
        };
        match step(moving, context) {
            Progress::Needs(need) if !need.is_call() && self.fault.is_some() => {
                self.break_off(context).into()
            }
            Progress::Needs(need) => Step::need(*need, Self::go_on),
            Progress::Failed(violation) => self.fail(context, &violation).into(),
            Progress::Moved(moved) => {
                moving.moved = Some(moved);
                let phase = &moving.site.datasource.played(context.rules).backup_phase;
                Step::sleep(self.run.rest(context, phase), Self::finish)
            }
        }
    }

    /// What was written becomes a recovery point, if there still is an instance to have it.
    fn finish(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if self.own_instance(context).is_none() {
            return self.without_instance(context).into();
        }
        let Some(Moving {
            site,
            moved: Some(moved),
            ..
        }) = self.moving.take().map(|moving| *moving)
        else {
            return self.interrupted(context).into();
        };
        recovery_points::keep(context, &self.instance, &self.tag, &site, moved.files);
        let end = JobEnd::BackedUp {
            point: (site.point, context.now),
            transferred_bytes: moved.transferred_bytes,
            source_bytes: moved.source_bytes,
        };
        Over::job(context, &self.run.vault, &self.run.job, end).into()
    }

    fn without_instance(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::instance_gone();
        self.fail(context, &violation)
    }

    fn fail_storage(&mut self, context: &mut Context<'_>, answer: &Response) -> Over {
        self.fail_moving(context, &format!("vault storage answered {}", answer.status))
    }

    fn fail_moving(&mut self, context: &mut Context<'_>, reason: &str) -> Over {
        let violation = Violation::moving(reason);
        self.fail(context, &violation)
    }

    /// Breaks the job off once the dump has been asked for, as a fault has it. What fails removes what it may have put
    /// into vault storage; what stops leaves it there.
    fn break_off(&mut self, context: &mut Context<'_>) -> Over {
        match self.fault.take() {
            Some(JobFaultKind::Fail { code }) => self.fail(context, &Violation::injected(&code)),
            _ => Over::unheard(),
        }
    }

    /// Ends the job as failed, and removes what it may have put into vault storage.
    fn fail(&mut self, context: &mut Context<'_>, violation: &Violation) -> Over {
        let over = self.run.fail(context, violation);
        let written = self.moving.take();
        over.then(written.map(|own| vault_store::delete_container(context, &own.site.place)))
    }
}
