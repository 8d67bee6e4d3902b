//! Configuring protection after a backup instance was written.
//!
//! The operation of the PUT ends first, with `provisioningState: Succeeded`; protection is still
//! being configured then, and may yet fail.

use serde_json::{Value, json};

use super::examination::{Examination, Examined, Verdict};
use super::{instance, schedule};
use crate::model::ResourceId;
use crate::rules::Stage;
use crate::services::{Context, Input, Next, Workflow};
use crate::state::OperationOutcome;

/// Begins to configure protection after a PUT. `wanted` is what an instance that is there is to
/// become; it is written when the operation has ended.
pub(super) fn begin(
    context: &mut Context<'_>,
    vault: &ResourceId,
    instance: &ResourceId,
    operation: String,
    wanted: Option<Value>,
) {
    let number = context.draws.entry(counter(instance)).or_default();
    *number += 1;
    let number = *number;
    context.start(Configure {
        vault: vault.clone(),
        instance: instance.clone(),
        operation,
        number,
        wanted,
        step: Step::Provision,
    });
}

fn counter(instance: &ResourceId) -> String {
    format!("configuration {}", instance.key())
}

#[derive(Clone)]
struct Configure {
    vault: ResourceId,
    instance: ResourceId,
    operation: String,
    /// An instance may be deleted and made anew in the meantime: the last configuration counts.
    number: u64,
    wanted: Option<Value>,
    step: Step,
}

#[derive(Clone)]
enum Step {
    Provision,
    EndOperation,
    Begin,
    Examine(Box<Examination>),
}

impl Configure {
    fn is_current(&self, context: &Context<'_>) -> bool {
        context.draws.get(&counter(&self.instance)) == Some(&self.number)
    }

    /// Writes what was wanted, still being updated, and ends the operation.
    fn provision(&mut self, context: &mut Context<'_>) {
        let wanted = self.wanted.take();
        let mut policy_changed = false;
        if let Some(resource) = context.state.resources.get_mut(&self.instance)
            && let Some(wanted) = wanted
        {
            let before = instance::policy_id(resource.at("/properties"));
            resource.body = wanted.into();
            policy_changed = before != instance::policy_id(resource.at("/properties"));
            instance::set_protection_state(context, &self.instance, "UpdatingProtection");
        }
        instance::note_datasource(context, &self.instance);
        if policy_changed {
            let now = context.now;
            let since = &mut context.own.data_protection.policy_since;
            since.insert(self.instance.clone(), now);
        }
        if let Some(resource) = context.state.resources.get_mut(&self.instance) {
            resource.set_property(&["provisioningState"], json!("Succeeded"));
        }
    }

    fn examination(&self, context: &Context<'_>) -> Option<Examination> {
        let properties = context.state.resource(&self.instance)?.at("/properties");
        let examined = Examined::of_instance(&self.vault, properties)?;
        Some(Examination::new(Examined {
            stage: Stage::Protect,
            ..examined
        }))
    }

    fn finish(&self, context: &mut Context<'_>, error: Option<Value>) -> Next {
        let state = if error.is_none() {
            "ProtectionConfigured"
        } else {
            "ProtectionError"
        };
        instance::set_protection_state(context, &self.instance, state);
        if let (Some(error), Some(resource)) = (&error, context.state.resources.get_mut(&self.instance)) {
            resource.set_property(&["protectionErrorDetails"], error.clone());
            resource.set_property(&["protectionStatus", "errorDetails"], error.clone());
        }
        if error.is_none() {
            schedule::begin(context, &self.instance);
        }
        Next::Done
    }
}

impl Workflow for Configure {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if !self.is_current(context) {
            context.end(&self.operation, OperationOutcome::Succeeded(Value::Null));
            return Next::Done;
        }
        match std::mem::replace(&mut self.step, Step::Begin) {
            Step::Provision => {
                self.step = Step::EndOperation;
                Next::Sleep(context.phase("instance_put"))
            }
            Step::EndOperation => {
                self.provision(context);
                context.end(&self.operation, OperationOutcome::Succeeded(Value::Null));
                Next::Sleep(context.phase("configure_protection"))
            }
            Step::Begin => match self.examination(context) {
                Some(examination) => {
                    self.step = Step::Examine(Box::new(examination));
                    self.step(context, Input::Woke)
                }
                None => Next::Done,
            },
            Step::Examine(mut examination) => match examination.step(context, input) {
                Verdict::Pending(next) => {
                    self.step = Step::Examine(examination);
                    *next
                }
                Verdict::Passed(_) => self.finish(context, None),
                Verdict::Violated(violation) => {
                    violation.note(context, "protect");
                    let error = violation.info("");
                    self.finish(context, Some(error))
                }
            },
        }
    }
}
