//! Configuring protection after a backup instance was written.
//!
//! The operation of the PUT ends first, with `provisioningState: Succeeded`; protection is still
//! being configured then, and may yet fail.

use serde_json::{Value, json};

use super::examination::{Examination, Examined, Verdict};
use super::{instance, schedule};
use crate::model::ResourceId;
use crate::services::{Context, Input, Next, Workflow};
use crate::state::OperationOutcome;

#[derive(Clone)]
pub(super) struct Configure {
    vault: ResourceId,
    instance: ResourceId,
    operation: String,
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
    pub(super) fn new(vault: &ResourceId, instance: &ResourceId, operation: String) -> Self {
        Self {
            vault: vault.clone(),
            instance: instance.clone(),
            operation,
            step: Step::Provision,
        }
    }

    fn examination(&self, context: &Context<'_>) -> Option<Examination> {
        let properties = context.state.resource(&self.instance)?.at("/properties");
        Examined::of_instance(&self.vault, properties).map(Examination::new)
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
        match std::mem::replace(&mut self.step, Step::Begin) {
            Step::Provision => {
                self.step = Step::EndOperation;
                Next::Sleep(context.phase("instance_put"))
            }
            Step::EndOperation => {
                if let Some(resource) = context.state.resources.get_mut(&self.instance) {
                    resource.set_property(&["provisioningState"], json!("Succeeded"));
                }
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
