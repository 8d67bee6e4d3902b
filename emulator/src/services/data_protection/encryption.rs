//! Encryption of a vault with a key of one's own: the key is looked at as the identity that is to use
//! it, from where the Backup service stands, before the write of the vault ends well.

use http::Method;
use serde_json::{Value, json};

use super::operations;
use super::task::{Over, Step, Task};
use super::validation::mark;
use super::vault::{self, service_path};
use super::violation::Violation;
use crate::gateway::Refusal;
use crate::model::{PrincipalId, Request, ResourceId, Response};
use crate::rules::{Code, Endpoint, cloud, code, rule};
use crate::services::{Context, Outbound};
use crate::state::{OperationOutcome, Resource};

const SETTINGS: &str = "/properties/securitySettings/encryptionSettings";

/// What is written of a vault's encryption.
#[derive(Clone)]
pub(super) struct KeyCheck {
    vault: ResourceId,
    operation: String,
    activity: String,
    /// The settings as they were sent; the vault may still show the old key.
    settings: Value,
    /// The key that is shown from the end of the write on, where it is exchanged.
    key: Option<Value>,
}

impl KeyCheck {
    /// For a vault that is written with a key of one's own; `None` for every other.
    pub(super) fn of(vault: &Resource, key: Option<&Value>, operation: &str, activity: &str) -> Option<Self> {
        let mut settings = vault.at(SETTINGS).clone();
        if settings["state"] != "Enabled" {
            return None;
        }
        if let Some(key) = key {
            settings["keyVaultProperties"] = key.clone();
        }
        Some(Self {
            vault: vault.id.clone(),
            operation: operation.to_owned(),
            activity: activity.to_owned(),
            settings,
            key: key.cloned(),
        })
    }

    /// The identity that is to use the key, if the vault has it.
    fn identity(&self, context: &Context<'_>, vault: &Resource) -> Option<PrincipalId> {
        let own = &self.settings["kekIdentity"];
        let principal = if own["identityType"] == "SystemAssigned" {
            vault.at("/identity/principalId").clone()
        } else {
            let id: ResourceId = own["identityId"].as_str()?.parse().ok()?;
            let assigned = vault.at("/identity/userAssignedIdentities").as_object()?;
            if !assigned
                .keys()
                .any(|own| own.parse().is_ok_and(|own: ResourceId| own == id))
            {
                return None;
            }
            context.state.resource(&id)?.at("/properties/principalId").clone()
        };
        principal.as_str()?.parse().ok().map(PrincipalId)
    }

    /// Host and path of the key.
    fn key_place(&self) -> Option<(String, String)> {
        let uri = self.settings["keyVaultProperties"]["keyUri"].as_str()?;
        let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
        path.starts_with("keys/")
            .then(|| (host.to_owned(), format!("/{}", path.trim_end_matches('/'))))
    }

    /// The call that looks at the key.
    fn call(&self, context: &Context<'_>, vault: &Resource) -> Result<Outbound, Box<Violation>> {
        let principal = self.identity(context, vault).ok_or_else(|| {
            refused(
                code::SyntheticEncryptionIdentityMissing,
                "the vault does not have the identity its encryption settings name",
            )
        })?;
        let (host, path) = self
            .key_place()
            .filter(|(host, _)| {
                let label = host.split('.').next().unwrap_or_default();
                context.state.key_vaults.contains_key(&label.to_ascii_lowercase())
            })
            .ok_or_else(|| missing("there is no such key vault"))?;
        let version = &context.rules.vaults.speaks.secrets;
        Ok(Outbound {
            principal: Some(principal),
            audience: cloud().audience(Endpoint::KeyVault).unwrap_or_default(),
            path: service_path(context, vault),
            request: Request::new(Method::GET, &host, &format!("{path}?api-version={version}")),
        })
    }

    /// What Key Vault's answer says of the key.
    fn judge(&self, context: &Context<'_>, answer: &Response) -> Result<(), Box<Violation>> {
        match answer.status.as_u16() {
            200 => {}
            404 => return Err(missing("the key vault has no such key")),
            status => {
                return Err(refused(
                    code::UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
                    &format!("Key Vault answered {status} to the identity"),
                ));
            }
        }
        let body = answer.json_body();
        let kind = body["key"]["kty"].as_str().unwrap_or_default();
        if !kind.starts_with("RSA") {
            let why = format!("the key is of the kind {kind}, and not RSA");
            return Err(refused(code::SyntheticEncryptionKeyKind, &why));
        }
        let (host, _) = self.key_place().unwrap_or_default();
        let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let key_vault = context.state.key_vaults.get(&label);
        let key_vault = key_vault.and_then(|id| context.state.resource(id));
        let has = |name: &str| key_vault.is_some_and(|own| own.at(&format!("/properties/{name}")) == true);
        if has("enablePurgeProtection") {
            Ok(())
        } else {
            let why = "purge protection of the key vault is off";
            Err(refused(
                code::UserErrorCMKPurgeProtectionNotEnabledOnKeyVault,
                why,
            ))
        }
    }

    fn end(&self, context: &mut Context<'_>, verdict: Result<(), Box<Violation>>) -> Over {
        let outcome = match verdict {
            Ok(()) => vault::settle(context, &self.vault, self.key.clone()),
            Err(violation) => {
                violation.note(context, "vault");
                mark(context, &self.operation, &violation);
                if let Some(vault) = context.state.resources.get_mut(&self.vault) {
                    vault.set_property(&["provisioningState"], json!("Failed"));
                }
                operations::refused(&violation.refusal, &violation.info(&self.activity))
            }
        };
        Over::operation(context, &self.operation, outcome)
    }

    fn ask(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let Some(vault) = context.state.resource(&self.vault) else {
            // The vault has gone meanwhile.
            let ended = OperationOutcome::Succeeded(Value::Null);
            return Over::operation(context, &self.operation, ended).into();
        };
        match self.call(context, vault) {
            Ok(call) => Step::call(call, |own, context, answer| {
                let verdict = own.judge(context, &answer);
                own.end(context, verdict).into()
            }),
            Err(violation) => self.end(context, Err(violation)).into(),
        }
    }
}

impl Task for KeyCheck {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase("vault_put"), Self::ask)
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::interrupted();
        self.end(context, Err(Box::new(violation)))
    }
}

fn missing(why: &str) -> Box<Violation> {
    refused(code::SyntheticEncryptionKeyMissing, why)
}

fn refused(code: Code, why: &str) -> Box<Violation> {
    let refusal = Refusal::user_facing(code, &[])
        .because(why)
        .by([rule::VLT_07_KEY]);
    Box::new(Violation::plain(refusal))
}
