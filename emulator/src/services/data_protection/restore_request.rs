//! What a restore request asks for.

use serde_json::Value;

use super::examination::{Examined, Target};
use super::{instance, not_found_inside};
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::{RuleId, Stage};
use crate::services::Context;
use crate::state::field;

/// A restore as files, understood.
#[derive(Clone, Debug)]
pub(super) struct RestoreRequest {
    /// The recovery point.
    pub(super) point: String,
    /// `identityDetails`.
    pub(super) identity: Value,
    /// Where to.
    pub(super) target: Target,
    /// The container's address, as written.
    pub(super) url: String,
    /// The datasource of the instance. It need not exist any more.
    server: Option<ResourceId>,
}

impl RestoreRequest {
    /// What is to be examined before it.
    pub(super) fn examined(&self, vault: &ResourceId) -> Examined {
        Examined {
            stage: Stage::ValidateRestore,
            vault: vault.clone(),
            identity: self.identity.clone(),
            server: self.server.clone(),
            target: Some(self.target.clone()),
        }
    }
}

/// Reads a request about an instance.
///
/// # Errors
///
/// The Backup service's 404 if there is no such instance, its 400s if the request makes no sense or
/// names no recovery point of the instance.
pub(super) fn parse(context: &Context<'_>, id: &ResourceId, sent: &Value) -> Result<RestoreRequest, Refusal> {
    let resource = context
        .state
        .resource(id)
        .ok_or_else(|| not_found_inside(context))?;
    let invalid =
        |why: &str| Refusal::user_facing(context.rules.error("BMSUserErrorInvalidInput"), &[]).because(why);
    let point = field(sent, "recoveryPointId")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let target_info = field(sent, "restoreTargetInfo");
    if field(target_info, "objectType").as_str() != Some("RestoreFilesTargetInfo") {
        return Err(invalid(
            "a flexible server is restored as files only: restoreTargetInfo must be a RestoreFilesTargetInfo",
        ));
    }
    let details = field(target_info, "targetDetails");
    if field(details, "restoreTargetLocationType").as_str() != Some("AzureBlobs") {
        return Err(invalid("restoreTargetLocationType must be AzureBlobs"));
    }
    let prefix = field(details, "filePrefix").as_str().unwrap_or_default();
    let url = field(details, "url").as_str().unwrap_or_default();
    let (host, container) = url
        .strip_prefix("https://")
        .and_then(|rest| rest.trim_end_matches('/').split_once('/'))
        .filter(|(host, container)| {
            host.ends_with(".blob.core.windows.net") && !container.is_empty() && !container.contains('/')
        })
        .ok_or_else(|| {
            invalid(
                "url must be the address of a container, https://{account}.blob.core.windows.net/{container}",
            )
        })?;
    if prefix.is_empty() {
        return Err(invalid("filePrefix is empty"));
    }
    let points = context.own.data_protection.recovery_points(id);
    if !points.iter().any(|own| own.id.eq_ignore_ascii_case(&point)) {
        return Err(
            Refusal::user_facing(context.rules.error("UserErrorRestorePointNotFound"), &[])
                .because(format!("the instance has no recovery point `{point}`")),
        );
    }
    let host = host.to_ascii_lowercase();
    let account = host
        .split('.')
        .next()
        .and_then(|name| context.state.storage_accounts.get(name))
        .cloned();
    Ok(RestoreRequest {
        point,
        identity: field(sent, "identityDetails").clone(),
        target: Target {
            account,
            container: container.to_owned(),
            prefix: prefix.to_owned(),
            host,
        },
        url: url.to_owned(),
        server: instance::datasource_id(resource.at("/properties")),
    })
}

/// The rule a blob refusal during the copy comes from.
pub(super) fn rule_of_blob_error(code: &str) -> (&'static str, RuleId) {
    match code {
        "AuthorizationFailure" => ("UserErrorMSIMissingPermissions", RuleId::new("FX-RF-03")),
        "AuthorizationPermissionMismatch" => ("UserErrorMSIMissingPermissions", RuleId::new("FX-RF-01")),
        "ContainerNotFound" | "ResourceNotFound" => ("SyntheticContainerNotFound", RuleId::new("FX-RF-09")),
        "BlobAlreadyExists" => ("SyntheticFilePrefixInUse", RuleId::new("FX-RF-09-PREFIX")),
        _ => ("SyntheticDataMovementFailed", RuleId::new("FX-RF-08")),
    }
}
