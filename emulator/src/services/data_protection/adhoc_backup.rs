//! Asking for a backup now.

use serde_json::Value;

use super::backup::Trigger;
use super::operations::{self, Addresses, First};
use super::policy::{default_tag, rules_of};
use super::vault::{not_found_inside, vault_of};
use super::{backup, instance, jobs, refused, retention};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::{code, rule};
use crate::services::{Context, json_body};
use crate::state::field;

/// An on-demand backup.
pub(super) fn adhoc(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    let resource = context
        .state
        .resource(&id)
        .cloned()
        .ok_or_else(not_found_inside)?;
    if instance::protection_state(&resource) != "ProtectionConfigured" {
        return Err(Refusal::user_facing(code::SyntheticProtectionNotConfigured, &[])
            .because(format!(
                "the protection state is {}",
                instance::protection_state(&resource)
            ))
            .by([rule::FX_B_21]));
    }
    let sent = json_body(request)?;
    let options = field(&sent, "backupRuleOptions");
    let rule = field(options, "ruleName").as_str().unwrap_or_default();
    let policy =
        instance::policy_id(resource.at("/properties")).and_then(|id| context.state.resource(&id).cloned());
    let policy = policy.ok_or_else(not_found_inside)?;
    if !rules_of(&policy.body, "AzureBackupRule").any(|own| field(own, "name").as_str() == Some(rule)) {
        return Err(
            Refusal::user_facing(code::BMSUserErrorDPPAdhocBackupNotAllowedForBackupType, &[])
                .because(format!("`{rule}` is no backup rule of the policy"))
                .by([rule::FX_B_11]),
        );
    }
    if jobs::backup_is_running(context, &vault.id, &id) {
        return Err(
            Refusal::user_facing(code::UserErrorMaxConcurrentOperationLimitReached, &[]).by([rule::FX_B_10]),
        );
    }
    let tag = tag_of_request(context, &policy.body, options)?;
    let operation = operations::begin(context, &vault.id);
    let activity = request
        .header("x-ms-client-request-id")
        .unwrap_or_default()
        .to_owned();
    let trigger = Trigger::Request {
        operation: operation.clone(),
        activity,
    };
    backup::begin(context, &vault.id, &id, tag, trigger);
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Both,
        First::accepted("backup_trigger"),
    ))
}

/// The tag a request asks for. Without one, an on-demand backup carries the default tag, in lower
/// case.
fn tag_of_request(context: &Context<'_>, policy: &Value, options: &Value) -> Result<String, Refusal> {
    let named = field(field(options, "triggerOption"), "retentionTagOverride")
        .as_str()
        .filter(|tag| !tag.is_empty());
    let Some(tag) = named else {
        return Ok(default_tag(policy).to_lowercase());
    };
    if retention::rule_of(policy, tag).is_some() {
        return Ok(tag.to_owned());
    }
    let why = format!("the policy has no retention rule `{tag}` for the backup to be kept by");
    Err(refused::by(context, rule::DPP_TAG_OVERRIDE).because(why))
}
