//! What is in the archive comes back into vault storage for a while: how a request asks for it, and how it is done.

use serde_json::Value;

use super::datasource::Datasource;
use super::operations::{self, Addresses, First};
use super::recovery_point::{ARCHIVE_STORE, RecoveryPoint, Rehydration};
use super::recovery_points::require_instance;
use super::{refused, retention, vault};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, Timestamp};
use crate::rules::{ArchiveFacts, PolicyFacts, rule, unplayed};
use crate::services::{Context, json_body};
use crate::state::{OperationOutcome, field};

/// The request for a restore that rehydrates first.
pub(super) const WITH_REHYDRATION: &str = "AzureBackupRestoreWithRehydrationRequest";

/// A rehydration as it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Azure's word for how urgent it is.
    pub(super) priority: String,
    /// How long it takes on Azure: a phase of `lifecycle.toml`.
    phase: String,
    /// For how long the copy stays, a duration of ISO 8601.
    stays: String,
}

fn needed(context: &Context<'_>, why: String) -> Refusal {
    refused::by(context, rule::SS_RD_10).because(why)
}

/// Reads how a rehydration is to go: its priority and for how long the copy stays.
fn read(context: &Context<'_>, sent: &Value, facts: &ArchiveFacts) -> Result<Asked, Refusal> {
    let priority = field(sent, "rehydrationPriority").as_str();
    let priority = priority.unwrap_or(&facts.usual_priority);
    let Some((priority, phase)) = facts.priorities.get_key_value(priority) else {
        let known: Vec<&str> = facts.priorities.keys().map(String::as_str).collect();
        let why = format!(
            "rehydrationPriority is `{priority}`, which is none of {}",
            known.join(", ")
        );
        return Err(needed(context, why));
    };
    let stays = field(sent, "rehydrationRetentionDuration")
        .as_str()
        .unwrap_or_default();
    retention::check_duration(
        stays,
        context.now,
        Some(&facts.rehydrated_shortest),
        &facts.rehydrated_longest,
    )
    .map_err(|why| needed(context, format!("rehydrationRetentionDuration: {why}")))?;
    Ok(Asked {
        priority: priority.clone(),
        phase: phase.clone(),
        stays: stays.to_owned(),
    })
}

/// The rehydration that a request for a restore asks for, if it is one from the archive.
///
/// # Errors
///
/// A request from the archive that does not say how it is rehydrated, one that rehydrates what is in another store,
/// and one of a restore in another region, which is not played.
pub(super) fn asked(
    context: &Context<'_>,
    sent: &Value,
    policy: &PolicyFacts,
    across: bool,
) -> Result<Option<Asked>, Refusal> {
    let kind = field(sent, "objectType").as_str().unwrap_or_default();
    let store = field(sent, "sourceDataStoreType").as_str().unwrap_or_default();
    let rehydrates = kind == WITH_REHYDRATION;
    let archived = store.eq_ignore_ascii_case(ARCHIVE_STORE);
    if !rehydrates && !archived {
        return Ok(None);
    }
    let Some(facts) = &policy.archive else {
        let why = "these backups have no archive: there is nothing to rehydrate, and no ArchiveStore";
        return Err(refused::by(context, rule::DPP_RESTORE_REQUEST)
            .because(why)
            .by([rule::FX_B_16]));
    };
    if across {
        return Err(Refusal::not_played(unplayed::ArchiveTierAcrossRegions, &[]));
    }
    if !archived {
        let why = format!("objectType is {WITH_REHYDRATION}, and sourceDataStoreType is `{store}`");
        return Err(needed(context, why));
    }
    if !rehydrates {
        let why = format!("sourceDataStoreType is {ARCHIVE_STORE}, and objectType is `{kind}`");
        return Err(needed(context, why));
    }
    read(context, sent, facts).map(Some)
}

/// Refuses a recovery point that is not where a request looks for it.
pub(super) fn require_there(
    context: &Context<'_>,
    point: &RecoveryPoint,
    asked: Option<&Asked>,
) -> Result<(), Refusal> {
    match asked {
        Some(_) => require_archived_alone(context, point),
        None if point.is_in_vault(context.now) => Ok(()),
        None => {
            let why = format!("recovery point `{}` is in the {ARCHIVE_STORE} alone", point.id);
            Err(needed(context, why))
        }
    }
}

/// Refuses to rehydrate what does not need it.
fn require_archived_alone(context: &Context<'_>, point: &RecoveryPoint) -> Result<(), Refusal> {
    let coming = point
        .archive
        .as_ref()
        .and_then(|own| own.rehydration)
        .filter(|own| context.now < own.ready);
    let why = match coming {
        Some(rehydration) => format!("is being rehydrated already, until {}", rehydration.ready),
        None if point.is_in_vault(context.now) => "is in the VaultStore".to_owned(),
        None => return Ok(()),
    };
    Err(refused::by(context, rule::DPP_REHYDRATE).because(format!("recovery point `{}` {why}", point.id)))
}

/// Begins to bring a recovery point back, and answers when it is there: at once if it is there. `None` if it is gone.
pub(super) fn begin(
    context: &mut Context<'_>,
    instance: &ResourceId,
    point: &str,
    asked: &Asked,
) -> Option<Timestamp> {
    let now = context.now;
    let ready = now + context.phase(&asked.phase);
    let until = retention::end(ready, &asked.stays)?;
    let points = context.own.data_protection.recovery_points.get_mut(instance)?;
    let point = points.iter_mut().find(|own| own.id == point)?;
    if point.is_in_vault(now) {
        return Some(now);
    }
    let archive = point.archive.as_mut()?;
    if let Some(coming) = archive.rehydration.filter(|own| now < own.ready) {
        return Some(coming.ready);
    }
    // The copy does not outlive what it is a copy of.
    let until = until.min(archive.plan.leaves);
    archive.rehydration = Some(Rehydration { ready, until });
    let text = format!(
        "recovery point {} of {} comes back from the {ARCHIVE_STORE} by the priority {}: it is in vault storage from {ready} until {until}",
        point.id,
        instance.name(),
        asked.priority
    );
    context.log.applied(now, "restore", text, rule::SS_RD_10_BACK);
    Some(ready)
}

/// Rehydrates without restoring. Its operation is over when the recovery point is back, which is inferred.
pub(super) fn rehydrate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    require_instance(context, &id)?;
    let own_vault = vault::vault_of(context, &id)?.clone();
    let sent = json_body(request)?;
    let wanted = field(&sent, "recoveryPointId").as_str().unwrap_or_default();
    let Some(point) = context.own.data_protection.recovery_point(&id, wanted) else {
        let why = format!("the instance has no recovery point `{wanted}`");
        return Err(refused::by(context, rule::DPP_POINT).because(why));
    };
    require_archived_alone(context, point)?;
    let name = point.id.clone();
    let policy = context
        .state
        .resource(&id)
        .and_then(|own| Datasource::of(context.rules, own.at("/properties")))
        .and_then(|source| source.played(context.rules).policy.archive.as_ref());
    let Some(facts) = policy else {
        return Err(refused::by(context, rule::DPP_REHYDRATE).because("these backups have no archive"));
    };
    let asked = read(context, &sent, facts)?;
    if begin(context, &id, &name, &asked).is_none() {
        let why = format!("recovery point `{name}` does not come back before time ends");
        return Err(refused::by(context, rule::DPP_REHYDRATE).because(why));
    }
    let operation = operations::begin(context, &own_vault.id);
    operations::after(context, &operation, &asked.phase, |_| {
        OperationOutcome::Succeeded(Value::Null)
    });
    Ok(operations::accepted(
        context,
        request,
        &own_vault,
        &operation,
        Addresses::Both,
        First::accepted("restore"),
    ))
}
