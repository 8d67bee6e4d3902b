//! Recovery points. They live in vault storage: what happens to the server is nothing to them.

use http::StatusCode;
use serde_json::{Value, json};

use super::datasources::Site;
use super::recovery_point::{ARCHIVE_STORE, Archive, RecoveryPoint, VaultFile};
use super::retention::{self, Plan};
use super::vault::{not_found_inside, vault_of};
use super::{instance, point_retention};
use crate::gateway::{Permit, Refusal};
use crate::model::{DotNetTicks, Request, ResourceId, Response, Timestamp, wire_hundred_nanoseconds};
use crate::rules::{PointName, rule, unplayed};
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, page};

/// Brings points back with their instance. What has fallen due meanwhile goes at once.
pub(super) fn bring_back(context: &mut Context<'_>, instance: &ResourceId, points: Vec<RecoveryPoint>) {
    let ids: Vec<String> = points.iter().map(|point| point.id.clone()).collect();
    let own = &mut context.own.data_protection.recovery_points;
    own.insert(instance.clone(), points);
    for id in ids {
        point_retention::begin(context, instance, &id);
    }
}

/// The id of the entries of one kind of store: all points of an instance are in the same ones.
fn store_id(
    context: &mut Context<'_>,
    instance: &ResourceId,
    what: &str,
    of: impl Fn(&RecoveryPoint) -> Option<&String>,
) -> String {
    let others = context.own.data_protection.recovery_points(instance);
    match others.iter().find_map(of) {
        Some(id) => id.clone(),
        None => context.draw_uuid(what).to_string(),
    }
}

/// The way through the stores of a point, if its tag's rule has an archive.
fn archive(context: &mut Context<'_>, instance: &ResourceId, plan: &Plan) -> Option<Archive> {
    let archive = plan.archive?;
    Some(Archive {
        plan: archive,
        leaves_vault: plan.leaves_vault,
        in_vault: true,
        since: None,
        store_id: store_id(context, instance, "archive store", |other| {
            other.archive.as_ref().map(|own| &own.store_id)
        }),
        rehydration: None,
    })
}

/// Keeps what was written into vault storage as a recovery point, until retention ends it.
pub(super) fn keep(
    context: &mut Context<'_>,
    instance: &ResourceId,
    tag: &str,
    site: &Site,
    files: Vec<VaultFile>,
) {
    let (name, place) = (&site.point, site.place.clone());
    let now = context.now;
    let own_store = store_id(context, instance, "recovery point store", |other| {
        Some(&other.store_id)
    });
    let friendly_name = match site.datasource.played(context.rules).points_named {
        PointName::Id => name.to_owned(),
        PointName::Own => context
            .draw_uuid("recovery point friendly name")
            .simple()
            .to_string(),
    };
    let policy = context
        .state
        .resource(instance)
        .and_then(|own| {
            let policy = instance::policy_id(own.at("/properties"))?;
            context.state.resource(&policy)
        })
        .cloned();
    let plan = policy
        .as_ref()
        .and_then(|policy| retention::plan(&policy.body, tag, now));
    let archive = plan.and_then(|plan| archive(context, instance, &plan));
    let point = RecoveryPoint {
        id: name.to_owned(),
        time: now,
        tag: tag.to_owned(),
        policy: policy
            .map(|policy| policy.id.name().to_owned())
            .unwrap_or_default(),
        expires: plan.map(|plan| plan.ends()),
        archive,
        tag_version: context
            .own
            .data_protection
            .policy_since
            .get(instance)
            .copied()
            .unwrap_or(now),
        place,
        files,
        store_id: own_store,
        friendly_name,
    };
    let id = point.id.clone();
    let points = &mut context.own.data_protection.recovery_points;
    points.entry(instance.clone()).or_default().insert(0, point);
    point_retention::begin(context, instance, &id);
}

/// When a point expires somewhere, as far as it is shown: a point that is fresh says nothing of it where that
/// is what was observed.
fn shown_expiry(context: &Context<'_>, point: &RecoveryPoint, at: Option<Timestamp>) -> Option<String> {
    let fresh = jiff::SignedDuration::from_hours(context.rules.vaults.recovery_point.fresh_hours);
    let hidden = context.rules.takes(rule::DPP_EXPIRY, "null_while_fresh")
        && context.now.duration_since(point.time) < fresh;
    at.filter(|_| !hidden).map(wire_hundred_nanoseconds)
}

/// The stores a recovery point is in. That the archive's entry is the one that tells of rehydration, and that the
/// rehydrated copy is an entry of vault storage for as long as it is there, is inferred.
fn stores(context: &Context<'_>, point: &RecoveryPoint) -> Vec<Value> {
    let now = context.now;
    let entry = |id: &str, kind: &str, since: Timestamp, expires: Option<Timestamp>| {
        json!({
            "id": id,
            "type": kind,
            "creationTime": wire_hundred_nanoseconds(since),
            "expiryTime": shown_expiry(context, point, expires),
            "metaData": null,
            "visible": true,
            "state": "COMMITTED",
            "rehydrationExpiryTime": null,
            "rehydrationStatus": null,
        })
    };
    let in_vault = |since, expires| entry(&point.store_id, "VaultStore", since, expires);
    let Some(archive) = &point.archive else {
        return vec![in_vault(point.time, point.expires)];
    };
    let mut stores = Vec::with_capacity(2);
    if archive.in_vault {
        stores.push(in_vault(point.time, Some(archive.leaves_vault)));
    } else if let Some(copy) = archive.rehydrated(now) {
        stores.push(in_vault(copy.ready, Some(copy.until)));
    }
    if let Some(since) = archive.since {
        let mut own = entry(&archive.store_id, ARCHIVE_STORE, since, Some(archive.plan.leaves));
        if let Some(rehydration) = archive.rehydration {
            own["rehydrationStatus"] = json!(rehydration.status(now));
            if rehydration.is_there(now) {
                own["rehydrationExpiryTime"] = json!(wire_hundred_nanoseconds(rehydration.until));
            }
        }
        stores.push(own);
    }
    stores
}

/// A recovery point as it is listed.
pub(super) fn describe(context: &Context<'_>, instance: &ResourceId, point: &RecoveryPoint) -> Value {
    let time = wire_hundred_nanoseconds(point.time);
    let expiry = shown_expiry(context, point, point.expires);
    json!({
        "properties": {
            "objectType": "AzureBackupDiscreteRecoveryPoint",
            "recoveryPointId": point.id,
            "recoveryPointTime": time,
            "recoveryPointType": "Full",
            "friendlyName": point.friendly_name,
            "recoveryPointDataStoresDetails": stores(context, point),
            "retentionTagName": point.tag,
            "retentionTagVersion": DotNetTicks::from(point.tag_version).0.to_string(),
            "policyName": point.policy,
            "policyVersion": null,
            "expiryTime": expiry,
            "recoveryPointState": "Completed",
        },
        "id": instance.child(["recoveryPoints", &point.id]),
        "name": point.id,
        "type": "Microsoft.DataProtection/backupVaults/backupInstances/recoveryPoints",
    })
}

pub(super) fn require_instance(context: &Context<'_>, instance: &ResourceId) -> Result<(), Refusal> {
    vault_of(context, instance)?;
    if context.state.resources.contains_key(instance) {
        Ok(())
    } else {
        Err(not_found_inside())
    }
}

/// The bounds of a filter `startDate eq '…' and endDate eq '…'`. An empty filter bounds nothing.
///
/// # Errors
///
/// What is not understood is refused by name.
pub(super) fn bounds(text: &str) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    let filter = ArmFilter::read(text, &["startDate eq", "endDate eq"])?;
    let bound = |name: &str| match filter.value(name) {
        None => Ok(None),
        Some(time) => match time.parse::<Timestamp>() {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(Refusal::not_played(
                unplayed::FilterOfRecoveryPoints,
                &[("name", name), ("time", time)],
            )),
        },
    };
    Ok((bound("startDate eq")?, bound("endDate eq")?))
}

/// Newest first. A range that ends before it begins holds nothing.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let instance = permit.scope.clone();
    require_instance(context, &instance)?;
    let (from, to) = bounds(&request.query_value("$filter").unwrap_or_default())?;
    let found: Vec<Value> = context
        .own
        .data_protection
        .recovery_points(&instance)
        .iter()
        .filter(|point| from.is_none_or(|from| from <= point.time) && to.is_none_or(|to| point.time <= to))
        .map(|point| describe(context, &instance, point))
        .collect();
    page::list(request, &found)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let instance = permit.scope.parent();
    require_instance(context, &instance)?;
    let found = context
        .own
        .data_protection
        .recovery_point(&instance, permit.params.get("point"));
    found
        .map(|point| Response::json(StatusCode::OK, &describe(context, &instance, point)))
        .ok_or_else(not_found_inside)
}
