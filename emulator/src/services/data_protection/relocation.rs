//! Moving a vault to another resource group or subscription: everything in it goes along, and all of it is called
//! otherwise from then on.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::deleted_instance::DeletedInstance;
use super::vault::VAULT;
use super::{instance, lifecycle, recovery_points, refused, schedule};
use crate::gateway::Refusal;
use crate::model::{ResourceId, wire_hundred_nanoseconds};
use crate::rules::{rule, unplayed};
use crate::services::moving::{Broken, Movable, Progress, Stage};
use crate::services::{Context, identity};
use crate::state::{IdentityKind, OperationOutcome, Resource};

/// How vaults are moved.
pub(in crate::services) const MOVABLE: Movable = Movable {
    kind: VAULT,
    require_played,
    check,
    note,
    carry_out,
    broken_by,
    busy,
};

/// How the last move of a vault stands, as the vault shows it.
#[derive(Clone, Debug)]
pub(super) struct MoveShown {
    state: &'static str,
    details: Value,
}

impl MoveShown {
    /// Adds it to what the vault shows.
    pub(super) fn add_to(&self, properties: &mut Value) {
        properties["resourceMoveState"] = json!(self.state);
        properties["resourceMoveDetails"] = self.details.clone();
    }
}

/// Work that is under way knows what it works on by its name.
fn require_played(context: &Context<'_>, vault: &ResourceId) -> Result<(), Refusal> {
    let mut locks = context.state.locks.iter();
    if locks.any(|lock| vault.contains(&lock.scope)) {
        return Err(Refusal::not_played(unplayed::MovesOfLockedVaults, &[]));
    }
    if is_at_work(context, vault) {
        return Err(Refusal::not_played(unplayed::MovesOfBusyVaults, &[]));
    }
    Ok(())
}

fn is_at_work(context: &Context<'_>, vault: &ResourceId) -> bool {
    let own = &context.own.data_protection;
    let mut jobs = own.jobs.get(vault).into_iter().flatten();
    let mut instances = context.state.resources_below(vault, instance::INSTANCE);
    let guid = own.vault_guids.get(vault).map(ToString::to_string);
    let is_its = |id: &str| {
        let spelled = STANDARD.decode(id).ok();
        let spelled = spelled.and_then(|bytes| String::from_utf8(bytes).ok());
        guid.as_deref()
            .zip(spelled)
            .is_some_and(|(guid, id)| id.starts_with(guid))
    };
    let mut operations = context.state.operations.all();
    jobs.any(|job| job.ended.is_none())
        || instances.any(|own| lifecycle::require_idle(context, own).is_err())
        || operations.any(|(id, own)| own.outcome == OperationOutcome::Running && is_its(id))
}

fn check(context: &Context<'_>, vaults: &[ResourceId]) -> Result<(), Refusal> {
    if vaults.len() > 1 {
        return Err(refused::by(context, rule::VLT_09_ONE));
    }
    for vault in vaults.iter().filter_map(|id| context.state.resource(id)) {
        if vault.text("/properties/provisioningState") != "Succeeded" {
            return Err(refused::by(context, rule::VLT_09_PROVISIONED));
        }
        if vault.text("/properties/securitySettings/encryptionSettings/state") == "Enabled" {
            return Err(refused::by(context, rule::VLT_09_KEY));
        }
        let principal = identity::own_principal(&vault.body);
        let principal = principal.and_then(|id| context.state.directory.get(id));
        if principal.is_some_and(|own| Some(own.tenant) != context.state.tenant_of(&vault.id)) {
            return Err(refused::by(context, rule::VLT_09_TENANT));
        }
    }
    Ok(())
}

fn busy(context: &Context<'_>) -> Refusal {
    refused::by(context, rule::VLT_09_BUSY)
}

/// How a move ends that is made to end with one of the documents' codes.
fn broken_by(context: &Context<'_>, code: &str) -> Option<Broken> {
    let ends = [
        (rule::VLT_09_REGION, None),
        (rule::VLT_09_PARTIAL, Some(true)),
        (rule::VLT_09_CRITICAL, Some(false)),
    ];
    let mut refusals = ends
        .into_iter()
        .map(|(by, moved)| (refused::by(context, by), moved));
    let (refusal, moved) = refusals.find(|(refusal, _)| refusal.code == code)?;
    Some(match moved {
        None => Broken::Refused(refusal),
        Some(moved) => Broken::Halfway {
            refusal,
            moved,
            after_hours: context.rules.vaults.moved.resolved_after_hours,
        },
    })
}

fn note(context: &mut Context<'_>, stage: &Stage<'_>) {
    let (state, at) = match stage.progress {
        Progress::Begun => ("InProgress", stage.from),
        Progress::Succeeded => ("MoveSucceeded", stage.to),
        Progress::BrokenBehind => ("PartialSuccess", stage.to),
        Progress::BrokenBefore => ("CriticalFailure", stage.from),
    };
    let now = wire_hundred_nanoseconds(context.now);
    let own = &mut context.own.data_protection;
    let began = own
        .moved
        .get(at)
        .filter(|own| own.details["operationId"] == stage.operation);
    let mut details = json!({
        "operationId": stage.operation,
        "startTimeUtc": began.map_or_else(|| json!(now), |own| own.details["startTimeUtc"].clone()),
    });
    if stage.progress != Progress::Begun {
        details["completionTimeUtc"] = json!(now);
    }
    details["sourceResourcePath"] = json!(stage.from);
    details["targetResourcePath"] = json!(stage.to);
    own.moved.insert(at.clone(), MoveShown { state, details });
    let text = format!("resourceMoveState of {} is {state}", at.name());
    context.log.applied(context.now, "move", text, rule::VLT_09_STATE);
}

/// A value in which what was called one way is called another.
fn renamed(value: &Value, from: &ResourceId, to: &ResourceId) -> Value {
    match value {
        Value::String(text) => {
            let id = text.parse::<ResourceId>().ok();
            id.and_then(|id| id.moved(from, to))
                .map_or_else(|| value.clone(), |id| json!(id))
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, from, to)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), renamed(value, from, to)))
            .collect(),
        other => other.clone(),
    }
}

fn renamed_resource(resource: &Resource, from: &ResourceId, to: &ResourceId) -> Resource {
    let id = resource.id.moved(from, to).unwrap_or_else(|| resource.id.clone());
    Resource::new(id, renamed(&resource.body, from, to), resource.created)
}

/// A map whose keys are called otherwise.
fn rekeyed<T>(map: &mut BTreeMap<ResourceId, T>, from: &ResourceId, to: &ResourceId) {
    let all = std::mem::take(map).into_iter();
    map.extend(all.map(|(key, value)| (key.moved(from, to).unwrap_or(key), value)));
}

fn carry_out(context: &mut Context<'_>, from: &ResourceId, to: &ResourceId) {
    let resources = &mut context.state.resources;
    let inside: Vec<ResourceId> = resources.keys().filter(|id| from.contains(id)).cloned().collect();
    let taken: Vec<Resource> = inside.iter().filter_map(|id| resources.remove(id)).collect();
    let (instances, others): (Vec<Resource>, Vec<Resource>) = taken
        .iter()
        .map(|own| renamed_resource(own, from, to))
        .partition(|own| own.is_type(instance::INSTANCE));
    resources.extend(others.into_iter().map(|own| (own.id.clone(), own)));
    keep_identity(context, from, to);
    rename(context, from, to);
    let own = &mut context.own.data_protection;
    let points: Vec<ResourceId> = own
        .recovery_points
        .keys()
        .filter(|id| to.contains(id))
        .cloned()
        .collect();
    let deleted: Vec<ResourceId> = own.deleted.keys().filter(|id| to.contains(id)).cloned().collect();
    let deleted: Vec<DeletedInstance> = deleted.iter().filter_map(|id| own.deleted.remove(id)).collect();
    // What waits for its time waits under the new name; what waited under the old one finds nothing.
    for instance in instances {
        let id = instance.id.clone();
        let follows = instance::protection_state(&instance) == "ProtectionConfigured";
        instance::keep(context, instance);
        if follows {
            schedule::begin(context, &id);
        }
    }
    for id in points {
        let kept = context
            .own
            .data_protection
            .recovery_points
            .remove(&id)
            .unwrap_or_default();
        recovery_points::bring_back(context, &id, kept);
    }
    lifecycle::put_back(context, deleted);
    let text = format!("{} is {to} from now on, with all that is in it", from.name());
    context.log.applied(context.now, "move", text, rule::VLT_09);
    let mut assigned = context.state.access.assignments();
    if assigned.any(|assignment| from.contains(&assignment.scope)) {
        let text = format!("roles that were assigned at {} stay at its old id", from.name());
        context.log.applied(context.now, "move", text, rule::MOVE_ROLES);
    }
}

/// What becomes of the principal the vault has of its own.
fn keep_identity(context: &mut Context<'_>, from: &ResourceId, to: &ResourceId) {
    let vault = context.state.resource(to);
    let Some(principal) = vault.and_then(|vault| identity::own_principal(&vault.body)) else {
        return;
    };
    let kind = IdentityKind::SystemAssigned(to.clone());
    if context.rules.takes(rule::VLT_09_IDENTITY, "same_principal") {
        let text = format!("{} is still the identity of {}", principal, to.name());
        context
            .log
            .applied(context.now, "move", text, rule::VLT_09_IDENTITY);
        if let Some(mut own) = context.state.directory.get(principal).cloned() {
            own.identity = kind;
            context.state.directory.insert(own);
        }
        return;
    }
    let Some(tenant) = context.state.tenant_of(to) else {
        return;
    };
    context.state.directory.remove(principal);
    let new = context.create_identity(from.name(), tenant, kind);
    if let Some(vault) = context.state.resources.get_mut(to) {
        vault.body["identity"]["principalId"] = json!(new);
    }
    let text = format!("{} has a new identity, {new}", to.name());
    context
        .log
        .applied(context.now, "move", text, rule::VLT_09_IDENTITY);
}

/// Everything that is known of a vault is known of what it is called from now on.
fn rename(context: &mut Context<'_>, from: &ResourceId, to: &ResourceId) {
    let own = &mut context.own.data_protection;
    rekeyed(&mut own.vault_guids, from, to);
    rekeyed(&mut own.jobs, from, to);
    rekeyed(&mut own.recovery_points, from, to);
    rekeyed(&mut own.deleted, from, to);
    rekeyed(&mut own.copied_since, from, to);
    rekeyed(&mut own.policy_since, from, to);
    rekeyed(&mut own.unlocked, from, to);
    rekeyed(&mut own.moved, from, to);
    for job in own.jobs.get_mut(to).into_iter().flatten() {
        job.instance = job
            .instance
            .moved(from, to)
            .unwrap_or_else(|| job.instance.clone());
        job.properties = renamed(&job.properties, from, to);
    }
    for deleted in own.deleted.values_mut() {
        if from.contains(&deleted.instance.id) {
            deleted.instance = renamed_resource(&deleted.instance, from, to);
        }
    }
}
