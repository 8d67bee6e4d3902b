//! Configuring protection after a backup instance was written.
//!
//! The operation of the PUT ends first, with `provisioningState: Succeeded`; protection is still
//! being configured then, and may yet fail.

use serde_json::{Value, json};

use super::examination::{Examination, Examined, Verdict};
use super::task::{self, Over, Step, Task};
use super::violation::Violation;
use super::{instance, schedule};
use crate::model::ResourceId;
use crate::services::{Context, Input};
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
    let protect = Protect {
        vault: vault.clone(),
        instance: instance.clone(),
        operation,
        number,
        wanted,
        examination: None,
    };
    task::start(context, protect);
}

fn counter(instance: &ResourceId) -> String {
    format!("configuration {}", instance.key())
}

#[derive(Clone)]
struct Protect {
    vault: ResourceId,
    instance: ResourceId,
    operation: String,
    /// An instance may be deleted and made anew in the meantime: the last configuration counts.
    number: u64,
    wanted: Option<Value>,
    examination: Option<Box<Examination>>,
}

impl Task for Protect {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase("instance_put"), Self::end_operation)
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        context.end(&self.operation, OperationOutcome::Succeeded(Value::Null));
        let violation = Violation::interrupted();
        self.fail(context, &violation)
    }
}

impl Protect {
    /// That a later configuration, or nobody any more, has the instance.
    fn superseded(&self, context: &mut Context<'_>) -> Option<Over> {
        let current = context.draws.get(&counter(&self.instance)) == Some(&self.number)
            && context.state.resources.contains_key(&self.instance);
        let ended = OperationOutcome::Succeeded(Value::Null);
        (!current).then(|| Over::operation(context, &self.operation, ended))
    }

    fn end_operation(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if let Some(over) = self.superseded(context) {
            return over.into();
        }
        self.provision(context);
        context.end(&self.operation, OperationOutcome::Succeeded(Value::Null));
        Step::sleep(context.phase("configure_protection"), Self::configure)
    }

    fn configure(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if let Some(over) = self.superseded(context) {
            return over.into();
        }
        let properties = context
            .state
            .resource(&self.instance)
            .map(|own| own.at("/properties"));
        let examined = properties.and_then(|own| Examined::of_protection(context.rules, &self.vault, own));
        match examined {
            Some(examined) => {
                self.examination = Some(Box::new(Examination::new(examined)));
                self.examine(context, Input::Woke)
            }
            None => {
                let violation = Violation::moving("the instance names no datasource");
                self.fail(context, &violation).into()
            }
        }
    }

    fn examine(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        if let Some(over) = self.superseded(context) {
            return over.into();
        }
        let Some(examination) = &mut self.examination else {
            return self.interrupted(context).into();
        };
        match examination.step(context, input) {
            Verdict::Pending(need) => Step::need(*need, Self::examine),
            Verdict::Violated(violation) => self.fail(context, &violation).into(),
            Verdict::Passed(_) => {
                let over = Over::protection(context, &self.instance, None);
                schedule::begin(context, &self.instance);
                over.into()
            }
        }
    }

    fn fail(&self, context: &mut Context<'_>, violation: &Violation) -> Over {
        violation.note(context, "protect");
        let error = violation.info("");
        Over::protection(context, &self.instance, Some(error))
    }

    /// Writes what was wanted, still being updated, and ends the operation.
    fn provision(&mut self, context: &mut Context<'_>) {
        let wanted = self.wanted.take();
        if let Some(resource) = context.state.resources.get_mut(&self.instance)
            && let Some(wanted) = wanted
        {
            let before = instance::policy_id(resource.at("/properties"));
            resource.body = wanted.into();
            if before != instance::policy_id(resource.at("/properties")) {
                let since = &mut context.own.data_protection.policy_since;
                since.insert(self.instance.clone(), context.now);
            }
            instance::set_protection_state(context, &self.instance, "UpdatingProtection");
        }
        instance::note_datasource(context, &self.instance);
        if let Some(resource) = context.state.resources.get_mut(&self.instance) {
            resource.set_property(&["provisioningState"], json!("Succeeded"));
        }
    }
}
