//! Restores in the region a vault's is paired with. They are asked for there, below the vault's resource group, and are
//! restores like any other: the same request, the same examination, the same job.

use http::StatusCode;
use serde_json::{Value, json};

use super::job::{Job, JobKind};
use super::replica::Replica;
use super::restore_request::{self, RestoreRequest};
use super::vault::{VAULT, not_found_inside, restores_across_regions};
use super::{
    caller_rights, jobs as vault_jobs, recovery_points as points, refused, resource_guard, restore,
    validation, versions,
};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, region_name};
use crate::rules::{CriticalOperation, Mark, rule};
use crate::services::{Context, json_body, page};
use crate::state::field;

/// The vault a request is about and what the other region has of it, if this is where it is asked about.
fn replica_asked(
    context: &Context<'_>,
    permit: &Permit,
    id: &ResourceId,
    source_region: &str,
) -> Result<(ResourceId, Replica), Refusal> {
    let elsewhere = |why: String| {
        let mut refusal = not_found_inside().by([rule::FX_CR_05]).because(why);
        refusal.mark = refusal.mark.max(Mark::Inferred);
        refusal
    };
    let group = permit.scope.resource_group_id();
    if id.resource_group_id() != group {
        return Err(elsewhere(format!(
            "it is asked below another resource group than the one of {id}"
        )));
    }
    let vault = context.state.resource(id).filter(|vault| vault.is_type(VAULT));
    let vault = vault.ok_or_else(not_found_inside)?;
    let own = vault.location();
    let Some(replica) = Replica::of(context, vault) else {
        return Err(match restores_across_regions(vault) {
            true => elsewhere(format!("{own} is paired with no region")),
            false => refused::by(context, rule::SS_CR_02)
                .because("cross-region restore is not switched on in the vault"),
        });
    };
    let asked = region_name(permit.params.get("location"));
    if asked != replica.region() {
        let region = replica.region();
        return Err(elsewhere(format!(
            "it is asked in {asked}, and the vault's region, {own}, is paired with {region}"
        )));
    }
    if region_name(source_region) != own {
        return Err(elsewhere(format!(
            "sourceRegion is `{source_region}`, and the vault is in {own}"
        )));
    }
    Ok((vault.id.clone(), replica))
}

/// The instance a request is about, and what the other region has of its vault.
fn instance_asked(
    context: &Context<'_>,
    permit: &Permit,
    details: &Value,
) -> Result<(ResourceId, Replica), Refusal> {
    let named = field(details, "sourceBackupInstanceId")
        .as_str()
        .unwrap_or_default();
    let id: ResourceId = named.parse().map_err(|_| not_found_inside())?;
    let region = field(details, "sourceRegion").as_str().unwrap_or_default();
    let (_, replica) = replica_asked(context, permit, &id.parent(), region)?;
    let instance = context.state.resource(&id).map(|own| own.id.clone());
    Ok((instance.ok_or_else(not_found_inside)?, replica))
}

/// The recovery points that are there, newest first.
pub(super) fn recovery_points(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (instance, replica) = instance_asked(context, permit, &*json_body(request)?)?;
    let (from, to) = points::bounds(&request.query_value("$filter").unwrap_or_default())?;
    let (there, awaited) = replica.points(context, &instance);
    let found: Vec<Value> = there
        .into_iter()
        .filter(|point| from.is_none_or(|from| from <= point.time) && to.is_none_or(|to| point.time <= to))
        .map(|point| points::describe(context, &instance, point))
        .collect();
    if let Some(awaited) = awaited {
        let region = replica.region();
        let text = format!(
            "a recovery point of {} is in {region} from {} on",
            instance.name(),
            awaited.from
        );
        context
            .log
            .applied(context.now, "cross_region", text, awaited.rule);
    }
    page::list(request, &found)
}

/// What is asked for, if it can be asked for there.
fn wanted(
    context: &Context<'_>,
    permit: &Permit,
    sent: &Value,
) -> Result<(ResourceId, RestoreRequest), Refusal> {
    let (instance, replica) = instance_asked(context, permit, field(sent, "crossRegionRestoreDetails"))?;
    if context.state.moves.moved(&instance).is_some() {
        return Err(refused::by(context, rule::VLT_09_BUSY));
    }
    let sent = field(sent, "restoreRequestObject");
    let wanted = restore_request::parse(context, &instance, Some(&replica), sent)?;
    let restored = context.rules.rule(rule::SS_CR_01);
    if restored.applies_to.contains(&wanted.source.name)
        && context.rules.takes(rule::SS_CR_01, "own_region_only")
    {
        return Err(refused::by(context, rule::SS_CR_01));
    }
    caller_rights::require_for_restore(context, permit, &wanted)?;
    Ok((instance, wanted))
}

pub(super) fn validate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (instance, wanted) = wanted(context, permit, &*json_body(request)?)?;
    let vault = instance.parent();
    let examined = wanted.examined(&vault);
    Ok(validation::begin(
        context,
        request,
        &vault,
        examined,
        "validate_cross_region_restore",
    ))
}

pub(super) fn trigger(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (instance, wanted) = wanted(context, permit, &*json_body(request)?)?;
    // That a guard keeps restores here and not there would be no guard; nobody has seen either.
    let named = resource_guard::named(context, permit, request)?;
    resource_guard::require(context, &instance.parent(), CriticalOperation::Restore, &named)?;
    restore::begin(context, request, &instance, wanted)
}

/// The vault a request about jobs names.
fn vault_asked(context: &Context<'_>, permit: &Permit, sent: &Value) -> Result<ResourceId, Refusal> {
    let named = field(sent, "sourceBackupVaultId").as_str().unwrap_or_default();
    let id: ResourceId = named.parse().map_err(|_| not_found_inside())?;
    let region = field(sent, "sourceRegion").as_str().unwrap_or_default();
    Ok(replica_asked(context, permit, &id, region)?.0)
}

pub(super) fn jobs(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_asked(context, permit, &*json_body(request)?)?;
    let found: Vec<Value> = of_other_region(context, &vault)
        .rev()
        .map(|job| described(context, request, &vault, job, true))
        .collect();
    page::list(request, &found)
}

pub(super) fn job(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let vault = vault_asked(context, permit, &sent)?;
    let wanted = field(&sent, "jobId").as_str().unwrap_or_default();
    let wanted = wanted.rsplit('/').next().unwrap_or_default();
    of_other_region(context, &vault)
        .find(|job| job.id.eq_ignore_ascii_case(wanted))
        .map(|job| Response::json(StatusCode::OK, &described(context, request, &vault, job, false)))
        .ok_or_else(not_found_inside)
}

fn of_other_region<'a>(
    context: &'a Context<'_>,
    vault: &ResourceId,
) -> impl DoubleEndedIterator<Item = &'a Job> {
    vault_jobs::of_vault(context, vault).filter(|job| job.kind == JobKind::CrossRegionRestore)
}

/// A job as the other region shows it: what it does not say is not there, and vaults are spelled another way.
fn described(context: &Context<'_>, request: &Request, vault: &ResourceId, job: &Job, listed: bool) -> Value {
    let mut body = versions::shown_job(context, request, job.describe(context.rules, vault, listed));
    for name in ["id", "type"] {
        let spelled = body[name].as_str().unwrap_or_default();
        body[name] = json!(spelled.replacen("/backupVaults/", "/BackupVaults/", 1));
    }
    without_nulls(body)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
