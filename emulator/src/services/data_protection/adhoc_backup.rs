//! Asking for a backup now.

use super::operations::{self, Addresses, First};
use super::policies::{default_tag, rules_of};
use super::{backup_job, instance, job, vault_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::RuleId;
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
        .ok_or_else(|| super::not_found_inside(context))?;
    if instance::protection_state(&resource) != "ProtectionConfigured" {
        return Err(
            Refusal::user_facing(context.rules.error("SyntheticProtectionNotConfigured"), &[])
                .because(format!(
                    "the protection state is {}",
                    instance::protection_state(&resource)
                ))
                .by([RuleId::new("FX-B-21")]),
        );
    }
    let sent = json_body(request)?;
    let options = field(&sent, "backupRuleOptions");
    let rule = field(options, "ruleName").as_str().unwrap_or_default();
    let policy =
        instance::policy_id(resource.at("/properties")).and_then(|id| context.state.resource(&id).cloned());
    let policy = policy.ok_or_else(|| super::not_found_inside(context))?;
    if !rules_of(&policy.body, "AzureBackupRule").any(|own| field(own, "name").as_str() == Some(rule)) {
        let error = context
            .rules
            .error("BMSUserErrorDPPAdhocBackupNotAllowedForBackupType");
        return Err(Refusal::user_facing(error, &[])
            .because(format!("`{rule}` is no backup rule of the policy"))
            .by([RuleId::new("FX-B-11")]));
    }
    if job::backup_is_running(context, &vault.id, &id) {
        let error = context.rules.error("UserErrorMaxConcurrentOperationLimitReached");
        return Err(Refusal::user_facing(error, &[]).by([RuleId::new("FX-B-10")]));
    }
    // Without an override, an on-demand backup carries the default tag in lower case.
    let tag = match field(field(options, "triggerOption"), "retentionTagOverride").as_str() {
        Some(tag) if !tag.is_empty() => tag.to_owned(),
        _ => default_tag(&policy.body).to_lowercase(),
    };
    let operation = operations::begin(context, &vault.id);
    let activity = request
        .header("x-ms-client-request-id")
        .unwrap_or_default()
        .to_owned();
    backup_job::begin(context, &vault.id, &id, tag, Some(operation.clone()), activity);
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Both,
        First::accepted("backup_trigger"),
    ))
}
