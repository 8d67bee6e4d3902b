//! Encryption of a vault with a key of one's own: the key is looked at before the write of the vault ends well.

use serde_json::{Value, json};

use super::operations;
use super::task::{Over, Step, Task};
use super::validation::mark;
use super::vault;
use super::vault_key::{KeyLook, KeyVerdict, SETTINGS};
use super::violation::Violation;
use crate::model::ResourceId;
use crate::services::{Context, Input};
use crate::state::{OperationOutcome, Resource, ResourceBody, below};

/// What is written of a vault's encryption.
#[derive(Clone)]
pub(super) struct KeyCheck {
    vault: ResourceId,
    operation: String,
    activity: String,
    look: KeyLook,
    /// The vault as it was before the write; `None` if it is made by it.
    before: Option<ResourceBody>,
    /// The vault as the write left it.
    written: ResourceBody,
    /// The key that is shown from the end of the write on, where it is exchanged.
    key: Option<Value>,
}

impl KeyCheck {
    /// For a vault that is written with another key of one's own, or to be used as somebody else; `None` for every
    /// other: one that keeps what it has is not asked about it.
    pub(super) fn of(
        vault: &Resource,
        before: Option<&Resource>,
        key: Option<&Value>,
        operation: &str,
        activity: &str,
    ) -> Option<Self> {
        // The vault may still show the old key.
        let mut settings = vault.at(SETTINGS).clone();
        if let Some(key) = key {
            settings["keyVaultProperties"] = key.clone();
        }
        if before.is_some_and(|before| *before.at(SETTINGS) == settings) {
            return None;
        }
        Some(Self {
            before: before.map(|before| before.body.clone()),
            written: vault.body.clone(),
            vault: vault.id.clone(),
            operation: operation.to_owned(),
            activity: activity.to_owned(),
            look: KeyLook::of_settings(&vault.id, settings)?,
            key: key.cloned(),
        })
    }

    fn look(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        if context.state.resource(&self.vault).is_none() {
            // The vault has gone meanwhile.
            let ended = OperationOutcome::Succeeded(Value::Null);
            return Over::operation(context, &self.operation, ended).into();
        }
        match self.look.step(context, input) {
            KeyVerdict::Pending(need) => Step::need(*need, Self::look),
            KeyVerdict::Usable => {
                let outcome = vault::settle(context, &self.vault, self.key.clone());
                Over::operation(context, &self.operation, outcome).into()
            }
            KeyVerdict::Refused(violation) => self.fail(context, &violation).into(),
        }
    }

    fn fail(&self, context: &mut Context<'_>, violation: &Violation) -> Over {
        violation.note(context, "vault");
        mark(context, &self.operation, violation);
        if let Some(vault) = context.state.resources.get_mut(&self.vault) {
            // No key has been taken: the vault is not encrypted with it, now or for good, and nothing else of a
            // write that failed is kept, unless another one came behind it. What Azure keeps of it nobody has recorded.
            match &self.before {
                Some(before) if vault.body == self.written => vault.body = before.clone(),
                before => {
                    let settings = before.as_ref().map(|before| below(before, SETTINGS).clone());
                    let security = &mut vault.body["properties"]["securitySettings"];
                    match (settings.filter(|own| !own.is_null()), security.as_object_mut()) {
                        (Some(settings), _) => security["encryptionSettings"] = settings,
                        (None, Some(security)) => {
                            security.shift_remove("encryptionSettings");
                        }
                        (None, None) => {}
                    }
                }
            }
            vault.set_property(&["provisioningState"], json!("Failed"));
        }
        let outcome = operations::refused(&violation.refusal, &violation.info(&self.activity));
        Over::operation(context, &self.operation, outcome)
    }
}

impl Task for KeyCheck {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase("vault_put"), |own, context| {
            own.look(context, Input::Woke)
        })
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::interrupted();
        self.fail(context, &violation)
    }
}
