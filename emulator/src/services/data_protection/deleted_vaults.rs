//! Deleting vaults, and what is left of one that held soft-deleted instances: it can be looked at and
//! brought back until the last of them is purged.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use super::deleted_instance::{self, DeletedInstance};
use super::deleted_vault::DeletedVault;
use super::instance::INSTANCE;
use super::policy::POLICY;
use super::task::{self, Over, Step, Task};
use super::vault::{not_found_inside, vault_guid};
use super::{lifecycle, operations, refused, resource_guard, vault_store, vault_write};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, Request, ResourceId, Response, Timestamp, region_name};
use crate::rules::{rule, unplayed};
use crate::services::{Context, page};
use crate::state::{OperationOutcome, Resource};

const SOFT_DELETE: &str = "/properties/securitySettings/softDeleteSettings/state";

/// Policies go with their vault, and soft-deleted instances where soft delete is always on. What is
/// protected must be deleted first.
pub(super) fn require_deletable(context: &Context<'_>, vault: &Resource) -> Result<(), Refusal> {
    let refused = |why: &str| Err(refused::by(context, rule::VLT_06).because(why));
    if context
        .state
        .resources_below(&vault.id, INSTANCE)
        .next()
        .is_some()
    {
        return refused("the vault still holds backup instances");
    }
    if deleted_instance::held_by(context, &vault.id) && vault.text(SOFT_DELETE) != "AlwaysOn" {
        return refused(
            "the vault still holds soft-deleted backup instances, and its soft delete is not AlwaysOn",
        );
    }
    Ok(())
}

/// Removes a vault, its identity and what belongs to it. Keeps it as a deleted one if it holds
/// soft-deleted instances.
pub(super) fn remove(context: &mut Context<'_>, id: &ResourceId, activity: String) -> OperationOutcome {
    let guid = vault_guid(context, id);
    let policies = context.state.resources_below(id, POLICY);
    let proxies = context.state.resources_below(id, resource_guard::PROXY);
    let parts: Vec<Resource> = policies.chain(proxies).cloned().collect();
    for part in &parts {
        context.state.remove(&part.id);
    }
    let own = &mut context.own.data_protection;
    own.unlocked.retain(|unlocked, _| !id.contains(unlocked));
    own.vault_guids.remove(id);
    own.copied_since.remove(id);
    own.moved.remove(id);
    let jobs = own.jobs.remove(id).unwrap_or_default();
    let keys: Vec<ResourceId> = own
        .deleted
        .keys()
        .filter(|key| id.contains(key))
        .cloned()
        .collect();
    let instances: Vec<DeletedInstance> = keys.iter().filter_map(|key| own.deleted.remove(key)).collect();
    let Some(vault) = context.state.remove(id) else {
        return operations::ended_well();
    };
    if let Ok(principal) = vault.text("/identity/principalId").parse() {
        // The roles it was given elsewhere stay behind and point at nobody.
        context.state.directory.remove(PrincipalId(principal));
    }
    let margin = context.rules.vaults.deleted_vault.purged_after_instances_minutes;
    if let Some(last) = instances.iter().map(DeletedInstance::purged).max() {
        let name = context.draw_uuid("deleted vault");
        let purged = last + SignedDuration::from_mins(margin);
        let kept = DeletedVault {
            name,
            vault,
            guid,
            parts,
            instances,
            jobs,
            deleted: context.now,
            purged,
            activity,
        };
        context.own.data_protection.deleted_vaults.insert(name, kept);
        task::start(context, Purge { name, at: purged });
    }
    operations::ended_well()
}

/// Removes a deleted vault for good when its time has come, unless it came back.
#[derive(Clone)]
struct Purge {
    name: Uuid,
    at: Timestamp,
}

impl Task for Purge {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(self.at.duration_since(context.now), |own, context| {
            own.interrupted(context).into()
        })
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let gone = context.own.data_protection.deleted_vaults.remove(&self.name);
        let instances = gone.iter().flat_map(DeletedVault::instances);
        let points = instances.flat_map(DeletedInstance::points);
        let calls: Vec<_> = points
            .map(|point| vault_store::delete_container(context, &point.place))
            .collect();
        Over::unheard().then(calls)
    }
}

/// Those of a location, in order of their names.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let subscription = permit.params.get("subscription");
    let location = permit.params.get("location");
    let found: Vec<Value> = context
        .own
        .data_protection
        .deleted_vaults
        .values()
        .filter(|own| own.is_at(subscription, location))
        .map(DeletedVault::describe)
        .collect();
    page::list(request, &found)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let subscription = permit.params.get("subscription");
    let location = permit.params.get("location");
    let name: Option<Uuid> = permit.params.get("deleted").parse().ok();
    name.and_then(|name| context.own.data_protection.deleted_vaults.get(&name))
        .filter(|own| own.is_at(subscription, location))
        .map(|own| Response::json(StatusCode::OK, &own.describe()))
        .ok_or_else(not_found_inside)
}

/// Refuses what is sent with the id of a deleted vault besides its region: nobody has recorded what becomes of that.
fn check_sent(context: &Context<'_>, sent: &Value, region: &str) -> Result<(), Refusal> {
    for (name, value) in sent.as_object().into_iter().flatten() {
        if !name.eq_ignore_ascii_case("location") {
            return Err(Refusal::not_played(
                unplayed::VaultChangedAsItComesBack,
                &[("member", name)],
            ));
        }
        let location = value.as_str().unwrap_or_default();
        if region_name(location) != region_name(region) {
            let why = format!("the deleted vault was not in {location}");
            return Err(refused::by(context, rule::VLT_UNDELETE).because(why));
        }
    }
    Ok(())
}

/// Brings a vault back under its own name. It has no identity any more: what was allowed to the old
/// one is to be allowed again.
pub(super) fn undelete(
    context: &mut Context<'_>,
    request: &Request,
    id: &ResourceId,
    name: &str,
    sent: &Value,
) -> Result<Response, Refusal> {
    let found = name
        .parse()
        .ok()
        .and_then(|name: Uuid| context.own.data_protection.deleted_vaults.get(&name));
    let Some(found) = found else {
        return Err(not_found_inside());
    };
    let refused = |why: String| Err(refused::by(context, rule::VLT_UNDELETE).because(why));
    if found.vault.id != *id {
        return refused(format!("the deleted vault `{name}` was {}", found.vault.id));
    }
    if context.state.resource(id).is_some() {
        return refused("a vault of that name is there".to_owned());
    }
    check_sent(context, sent, found.vault.location())?;
    let name = found.name;
    let Some(back) = context.own.data_protection.deleted_vaults.remove(&name) else {
        return Err(not_found_inside());
    };
    let vault = back.restored();
    let own = &mut context.own.data_protection;
    own.vault_guids.insert(vault.id.clone(), back.guid);
    own.jobs.insert(vault.id.clone(), back.jobs);
    for part in back.parts {
        context.state.resources.insert(part.id.clone(), part);
    }
    lifecycle::put_back(context, back.instances);
    Ok(vault_write::begin(
        context,
        request,
        vault,
        None,
        StatusCode::CREATED,
    ))
}
