//! Stopping, suspending, resuming and deleting protection; soft-deleted instances.

use http::StatusCode;
use serde_json::{Value, json};

use super::deleted_instance::DeletedInstance;
use super::operations::{self, Addresses, First};
use super::recovery_point::RecoveryPoint;
use super::task::{self, Over, Step, Task};
use super::vault::{not_found_inside, vault_of};
use super::{instance, recovery_points, refused, resource_guard, schedule, vault_store};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, Timestamp};
use crate::rules::{CriticalOperation, code, rule};
use crate::services::{Context, Outbound};
use crate::state::Resource;

/// What a change of protection ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// No backups any more; recovery points stay until somebody deletes them.
    Stop,
    /// No backups for the time being.
    Suspend,
    /// Backups again.
    Resume,
}

impl Change {
    fn ends_in(self) -> &'static str {
        match self {
            Self::Stop => "ProtectionStopped",
            // What the service says; no client library lists it.
            Self::Suspend => "BackupsSuspended",
            Self::Resume => "ProtectionConfigured",
        }
    }

    /// What a Resource Guard has against it.
    fn critical(self) -> Option<CriticalOperation> {
        match self {
            Self::Stop => Some(CriticalOperation::StopProtection),
            Self::Suspend => Some(CriticalOperation::SuspendBackups),
            Self::Resume => None,
        }
    }
}

/// Nothing to do is answered with 200, no body and no operation.
pub(super) fn change(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    change: Change,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    let named = resource_guard::named(context, permit, request)?;
    let resource = context
        .state
        .resource(&id)
        .cloned()
        .ok_or_else(not_found_inside)?;
    require_idle(context, &resource)?;
    if instance::protection_state(&resource) == change.ends_in() {
        return Ok(Response::new(StatusCode::OK));
    }
    if let Some(critical) = change.critical() {
        resource_guard::require(context, &vault.id, critical, &named)?;
    }
    require_free(context, &id, &resource)?;
    let operation = operations::begin(context, &vault.id);
    let changed_by = operation.clone();
    let changing = &mut context.own.data_protection.changing;
    changing.insert(id.clone(), operation.clone());
    operations::after(context, &operation, "stop_protection", move |context| {
        // One that has been deleted meanwhile is nobody's to change, nor is another of its name, nor one that came back.
        let changing = &mut context.own.data_protection.changing;
        if changing.get(&id) != Some(&changed_by) {
            return operations::ended_well();
        }
        changing.remove(&id);
        instance::set_protection_state(context, &id, change.ends_in());
        if change == Change::Resume {
            schedule::begin(context, &id);
        }
        operations::ended_well()
    });
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Both,
        First::accepted("stop_protection"),
    ))
}

/// An instance whose protection is being configured or changed is left alone, unless it is to go.
pub(super) fn require_idle(context: &Context<'_>, resource: &Resource) -> Result<(), Refusal> {
    let busy = ["ConfiguringProtection", "UpdatingProtection"];
    let changing = context.own.data_protection.changing.contains_key(&resource.id);
    if !changing && !busy.contains(&instance::protection_state(resource)) {
        return Ok(());
    }
    Err(Refusal::user_facing(code::SyntheticInstanceBusy, &[]).by([rule::FX_B_21]))
}

/// Another vault may have taken the datasource in the meantime: neither resumed nor suspended is this one its own again.
fn require_free(context: &Context<'_>, id: &ResourceId, resource: &Resource) -> Result<(), Refusal> {
    let Some(datasource) = instance::datasource_id(resource.at("/properties")) else {
        return Ok(());
    };
    match instance::holder(context, &datasource, id) {
        None => Ok(()),
        Some(holder) => Err(holder.refuses()),
    }
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    if context.state.resource(&id).is_none() {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    let immutability = vault.text("/properties/securitySettings/immutabilitySettings/state");
    let has_points = !context.own.data_protection.recovery_points(&id).is_empty();
    let keeps = &context.rules.vaults.immutability.keeps;
    if keeps.iter().any(|state| state == immutability) && has_points {
        return Err(refused::by(context, rule::VLT_05));
    }
    // Last: what is refused otherwise uses no unlocking up.
    resource_guard::require_unlocked(context, &vault.id, CriticalOperation::DeleteInstance, &id)?;
    if let Some(permanent) = request.query_value("permanent") {
        let text = format!("permanent={permanent} has no effect here: nobody has recorded what it does");
        context
            .log
            .applied(context.now, "delete", text, rule::DPP_PERMANENT);
    }
    let operation = operations::begin(context, &vault.id);
    let activity = operations::activity(context, request);
    let deleting = &mut context.own.data_protection.deleting;
    deleting.entry(id.clone()).or_default().insert(operation.clone());
    let delete = Delete {
        id,
        operation: operation.clone(),
        activity,
    };
    task::start(context, delete);
    let accepted = operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Both,
        First::accepted("instance_delete"),
    );
    // Sent by clients of vaults whose soft delete is always on, where nothing can be deleted for good.
    Ok(match request.query_value("permanent") {
        Some(_) => accepted.with_header("x-azdrill-ignored", "permanent"),
        None => accepted,
    })
}

/// Deletes an instance: softly if the vault says so, its recovery points kept; else for good.
#[derive(Clone)]
struct Delete {
    id: ResourceId,
    operation: String,
    activity: String,
}

impl Delete {
    /// Answers with the recovery points nobody keeps any more.
    fn remove(&mut self, context: &mut Context<'_>) -> Vec<RecoveryPoint> {
        // What another deletion has removed meanwhile is gone: one of its name that was made since is not meant, and
        // neither is one that came back.
        let deleting = &mut context.own.data_protection.deleting;
        let own = deleting.get(&self.id);
        if !own.is_some_and(|all| all.contains(&self.operation)) {
            return Vec::new();
        }
        deleting.remove(&self.id);
        let vault = context.state.resource(&self.id.parent()).cloned();
        let Some(instance) = context.state.resources.remove(&self.id) else {
            return Vec::new();
        };
        let own = &mut context.own.data_protection;
        own.changing.remove(&self.id);
        let points = own.recovery_points.remove(&self.id).unwrap_or_default();
        let settings = "/properties/securitySettings/softDeleteSettings";
        let soft = vault
            .as_ref()
            .is_some_and(|vault| vault.text(&format!("{settings}/state")) != "Off");
        if !soft || points.is_empty() {
            return points;
        }
        let days = vault
            .and_then(|vault| vault.at(&format!("{settings}/retentionDurationInDays")).as_f64())
            .unwrap_or(context.rules.vaults.soft_delete.retention_days);
        let key = self.id.parent().child(["deletedBackupInstances", self.id.name()]);
        let deleted = context.now;
        let kept = DeletedInstance {
            instance,
            points,
            deleted,
            purged: deleted + jiff::SignedDuration::from_secs_f64(days * 86_400.0),
            activity: std::mem::take(&mut self.activity),
        };
        let purged = kept.purged;
        context.own.data_protection.deleted.insert(key.clone(), kept);
        task::start(context, Purge { key, at: purged });
        Vec::new()
    }
}

impl Task for Delete {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase("instance_delete"), |own, context| {
            own.interrupted(context).into()
        })
    }

    /// Whatever wakes it, the instance goes.
    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let points = self.remove(context);
        Over::operation(context, &self.operation, operations::ended_well()).then(clear(context, &points))
    }
}

/// The calls that remove what recovery points have in vault storage.
fn clear(context: &Context<'_>, points: &[RecoveryPoint]) -> Vec<Outbound> {
    let places = points.iter().map(|point| &point.place);
    places
        .map(|place| vault_store::delete_container(context, place))
        .collect()
}

/// Brings soft-deleted instances back to their vault, which has come back itself.
pub(super) fn put_back(context: &mut Context<'_>, instances: Vec<DeletedInstance>) {
    for own in instances {
        let key = own.vault().child(["deletedBackupInstances", own.name()]);
        let at = own.purged;
        context.own.data_protection.deleted.insert(key.clone(), own);
        task::start(context, Purge { key, at });
    }
}

/// Removes a soft-deleted instance for good when its time has come, unless it came back.
#[derive(Clone)]
struct Purge {
    key: ResourceId,
    at: Timestamp,
}

impl Task for Purge {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(self.at.duration_since(context.now), |own, context| {
            own.interrupted(context).into()
        })
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let now = context.now;
        let deleted = &mut context.own.data_protection.deleted;
        let due = deleted.get(&self.key).is_some_and(|own| own.purged <= now);
        let points = due.then(|| deleted.remove(&self.key)).flatten();
        let points = points.map(|deleted| deleted.points).unwrap_or_default();
        Over::unheard().then(clear(context, &points))
    }
}

pub(super) fn list_deleted(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, &permit.scope)?.id.clone();
    let found: Vec<Value> = context
        .own
        .data_protection
        .deleted
        .values()
        .filter(|deleted| deleted.vault() == vault)
        .map(DeletedInstance::describe)
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

pub(super) fn get_deleted(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    match context.own.data_protection.deleted.get(&permit.scope) {
        Some(deleted) => Ok(Response::json(StatusCode::OK, &deleted.describe())),
        None => Err(not_found_inside()),
    }
}

/// Brings an instance back; it is not protected until protection is resumed.
pub(super) fn undelete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    let deleted = context
        .own
        .data_protection
        .deleted
        .remove(&permit.scope)
        .ok_or_else(not_found_inside)?;
    let id = deleted.instance.id.clone();
    instance::keep(context, deleted.instance);
    recovery_points::bring_back(context, &id, deleted.points);
    instance::set_protection_state(context, &id, "ProtectionStopped");
    Ok(Response::new(StatusCode::OK))
}
