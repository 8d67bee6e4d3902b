//! The workflow of a single server's backup: what the coordinator of the backup extension does on
//! Azure. It looks at everything afresh at each run, the secret included, makes vault storage
//! ready, and lets [`super::plugin`] move the data.

use super::backup_run::{BackupRun, Written};
use super::examination::{Examination, Examined, Verdict};
use super::recovery_points::VaultFile;
use super::vault_store::{self, Place};
use super::violation::Violation;
use super::{instance, plugin};
use crate::jobs::{EffectResult, SignIn};
use crate::model::Response;
use crate::rules::Stage;
use crate::services::{Context, Input, Next, Workflow};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Trigger,
    Examine,
    Account,
    Container,
    Keys,
    Dump,
    Finish,
    CleanUp,
}

/// A backup of one database.
#[derive(Clone)]
pub(super) struct Coordinator {
    run: BackupRun,
    step: Step,
    examination: Option<Box<Examination>>,
    /// The recovery point to be, and where it goes.
    target: Option<(String, Place)>,
    /// Held from the examination until the dump begins.
    sign_in: Option<SignIn>,
    dumped: Option<(u64, u64)>,
}

impl Coordinator {
    pub(super) fn new(run: BackupRun) -> Self {
        Self {
            run,
            step: Step::Trigger,
            examination: None,
            target: None,
            sign_in: None,
            dumped: None,
        }
    }

    fn begin(&mut self, context: &mut Context<'_>) -> Next {
        self.run.accept(context);
        let Some(resource) = context.state.resource(&self.run.instance) else {
            return Next::Done;
        };
        let examined = Examined::of_instance(&self.run.vault, resource.at("/properties"));
        match examined {
            Some(examined) => {
                self.step = Step::Examine;
                self.examination = Some(Box::new(Examination::new(Examined {
                    stage: Stage::BackupJob,
                    configured: true,
                    ..examined
                })));
                self.examine(context, Input::Woke)
            }
            None => self.fail(
                context,
                &Violation::moving(context, "the instance names no datasource"),
            ),
        }
    }

    fn examine(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        let Some(mut examination) = self.examination.take() else {
            return Next::Done;
        };
        match examination.step(context, input) {
            Verdict::Pending(next) => {
                self.examination = Some(examination);
                *next
            }
            Verdict::Violated(violation) => self.fail(context, &violation),
            Verdict::Passed(_) => {
                self.sign_in = examination.sign_in(context);
                self.make_ready(context)
            }
        }
    }

    fn make_ready(&mut self, context: &mut Context<'_>) -> Next {
        let point = context.draw_uuid("recovery point").simple().to_string();
        let place = vault_store::place(context, &self.run.vault, &point);
        let location = context
            .state
            .resource(&self.run.vault)
            .map(|vault| vault.location().to_owned());
        let (Some(place), Some(location)) = (place, location) else {
            let violation = Violation::moving(context, "this world has no vault storage");
            return self.fail(context, &violation);
        };
        let next = vault_store::put_account(context, &place, &location);
        self.target = Some((point, place));
        self.step = Step::Account;
        next
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &Response) -> Next {
        let Some((point, place)) = self.target.clone() else {
            return Next::Done;
        };
        if !answer.status.is_success() {
            let violation = Violation::moving(context, &format!("vault storage answered {}", answer.status));
            return self.fail(context, &violation);
        }
        match self.step {
            Step::Account => {
                self.step = Step::Container;
                vault_store::put_container(context, &place)
            }
            Step::Container => {
                self.step = Step::Keys;
                vault_store::list_keys(context, &place)
            }
            Step::Keys => {
                let signature = vault_store::signature(context, &place, answer, "rcw");
                let (Some(signature), Some(sign_in)) = (signature, self.sign_in.take()) else {
                    let violation = Violation::moving(context, "vault storage gave no key");
                    return self.fail(context, &violation);
                };
                self.step = Step::Dump;
                plugin::dump(sign_in, &place, &point, &signature)
            }
            _ => Next::Done,
        }
    }

    fn dumped(&mut self, context: &mut Context<'_>, result: EffectResult) -> Next {
        match result {
            EffectResult::Dumped {
                files,
                datasource_size_bytes,
            } => {
                let bytes = files.iter().map(|file| file.length).sum();
                self.dumped = Some((bytes, datasource_size_bytes));
                self.step = Step::Finish;
                Next::Sleep(self.run.rest(context, "single_server_backup_job"))
            }
            EffectResult::Failed(failure) => {
                let violation = plugin::failed(context, Stage::BackupJob, ("", ""), failure);
                self.fail(context, &violation)
            }
            _ => {
                let violation = Violation::moving(context, "the dump ended without a result");
                self.fail(context, &violation)
            }
        }
    }

    /// Ends the job as failed, and removes what it may have put into vault storage.
    fn fail(&mut self, context: &mut Context<'_>, violation: &Violation) -> Next {
        self.run.fail(context, violation);
        self.step = Step::CleanUp;
        match &self.target {
            Some((_, place)) => vault_store::delete_container(context, place),
            None => Next::Done,
        }
    }

    fn finish(&mut self, context: &mut Context<'_>) -> Next {
        let (Some((point, place)), Some((transferred, source))) = (self.target.take(), self.dumped) else {
            return Next::Done;
        };
        let database = context
            .state
            .resource(&self.run.instance)
            .and_then(|own| instance::datasource_id(own.at("/properties")))
            .map(|id| id.name().to_owned());
        self.run.complete(
            context,
            Written {
                files: vec![VaultFile {
                    blob: plugin::blob(&point),
                    kind: "database".to_owned(),
                    database,
                }],
                point,
                place,
                transferred_bytes: Some(transferred),
                source_bytes: Some(source),
            },
        );
        Next::Done
    }
}

impl Workflow for Coordinator {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match (self.step, input) {
            (Step::Trigger, _) => {
                self.step = Step::Examine;
                Next::Sleep(context.phase("backup_trigger"))
            }
            (Step::Examine, Input::Woke) if self.examination.is_none() => self.begin(context),
            (Step::Examine, input) => self.examine(context, input),
            (Step::Account | Step::Container | Step::Keys, Input::Answered(answer)) => {
                self.answered(context, &answer)
            }
            (Step::Dump, Input::Worked(result)) => self.dumped(context, result),
            (Step::Finish, _) => self.finish(context),
            (Step::Account | Step::Container | Step::Keys | Step::Dump | Step::CleanUp, _) => Next::Done,
        }
    }
}
