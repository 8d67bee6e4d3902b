//! Recovery points. They live in vault storage: what happens to the server is nothing to them.

use http::StatusCode;
use serde_json::{Value, json};

use super::datasource::Datasource;
use super::datasources::Site;
use super::recovery_point::{RecoveryPoint, VaultFile};
use super::task::{self, Over, Step, Task};
use super::vault::{not_found_inside, vault_of};
use super::{instance, retention, vault_store};
use crate::gateway::{Permit, Refusal};
use crate::model::{DotNetTicks, Request, ResourceId, Response, Timestamp, wire_hundred_nanoseconds};
use crate::rules::{PointName, rule};
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, page};

/// Removes a recovery point when its retention has passed. While protection is stopped nothing
/// expires: stopping keeps the data until somebody deletes it. Of a datasource whose backup has
/// ended with its product, the last point stays.
#[derive(Clone)]
struct Expire {
    instance: ResourceId,
    point: String,
    at: Timestamp,
}

impl Task for Expire {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let rest = self.at.duration_since(context.now);
        Step::sleep(rest.max(jiff::SignedDuration::ZERO), Self::due)
    }

    fn interrupted(&mut self, _: &mut Context<'_>) -> Over {
        Over::unheard()
    }
}

impl Expire {
    fn due(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if context.now < self.at {
            return self.begin(context);
        }
        let state = context
            .state
            .resource(&self.instance)
            .map(instance::protection_state);
        if state == Some("ProtectionStopped") {
            return Step::sleep(jiff::SignedDuration::from_hours(24), Self::due);
        }
        // The instance may be gone, softly or for good, and its points with it.
        let kept = context
            .state
            .resource(&self.instance)
            .and_then(|own| Datasource::of(context.rules, own.at("/properties")))
            .is_some_and(|datasource| datasource.is_retired(context));
        let Some(points) = context
            .own
            .data_protection
            .recovery_points
            .get_mut(&self.instance)
        else {
            return Over::unheard().into();
        };
        let Some(position) = points.iter().position(|point| point.id == self.point) else {
            return Over::unheard().into();
        };
        let stays = kept && points.len() == 1;
        let (what, rule) = if stays {
            ("stays: it is the last one", rule::SS_B_22_LAST)
        } else {
            ("has expired", rule::DPP_RETENTION)
        };
        let place = (!stays).then(|| points.remove(position).place);
        let text = format!("recovery point {} of {} {what}", self.point, self.instance.name());
        context.log.applied(context.now, "retention", text, rule);
        let call = place.map(|place| vault_store::delete_container(context, &place));
        Over::unheard().then(call).into()
    }
}

/// Brings points back with their instance. What has fallen due meanwhile goes at once.
pub(super) fn bring_back(context: &mut Context<'_>, instance: &ResourceId, points: Vec<RecoveryPoint>) {
    for point in &points {
        if let Some(at) = point.expires {
            let expire = Expire {
                instance: instance.clone(),
                point: point.id.clone(),
                at,
            };
            task::start(context, expire);
        }
    }
    let own = &mut context.own.data_protection.recovery_points;
    own.insert(instance.clone(), points);
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
    // All points of an instance are in the same store.
    let others = context.own.data_protection.recovery_points(instance);
    let store_id = match others.first() {
        Some(other) => other.store_id.clone(),
        None => context.draw_uuid("recovery point store").to_string(),
    };
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
    let expires = policy
        .as_ref()
        .and_then(|policy| retention::expiry(&policy.body, tag, now));
    if let Some(at) = expires {
        let expire = Expire {
            instance: instance.clone(),
            point: name.to_owned(),
            at,
        };
        task::start(context, expire);
    }
    let point = RecoveryPoint {
        id: name.to_owned(),
        time: now,
        tag: tag.to_owned(),
        policy: policy
            .map(|policy| policy.id.name().to_owned())
            .unwrap_or_default(),
        expires,
        tag_version: context
            .own
            .data_protection
            .policy_since
            .get(instance)
            .copied()
            .unwrap_or(now),
        place,
        files,
        store_id,
        friendly_name,
    };
    let points = &mut context.own.data_protection.recovery_points;
    points.entry(instance.clone()).or_default().insert(0, point);
}

/// When a point expires, as far as it is shown: a point that is fresh says nothing of it where that
/// is what was observed.
fn shown_expiry(context: &Context<'_>, point: &RecoveryPoint) -> Option<String> {
    let fresh = jiff::SignedDuration::from_hours(context.rules.vaults.recovery_point.fresh_hours);
    let hidden = context.rules.takes(rule::DPP_EXPIRY, "null_while_fresh")
        && context.now.duration_since(point.time) < fresh;
    point.expires.filter(|_| !hidden).map(wire_hundred_nanoseconds)
}

/// A recovery point as it is listed.
pub(super) fn describe(context: &Context<'_>, instance: &ResourceId, point: &RecoveryPoint) -> Value {
    let time = wire_hundred_nanoseconds(point.time);
    let expiry = shown_expiry(context, point);
    json!({
        "properties": {
            "objectType": "AzureBackupDiscreteRecoveryPoint",
            "recoveryPointId": point.id,
            "recoveryPointTime": time,
            "recoveryPointType": "Full",
            "friendlyName": point.friendly_name,
            "recoveryPointDataStoresDetails": [{
                "id": point.store_id,
                "type": "VaultStore",
                "creationTime": time,
                "expiryTime": expiry,
                "metaData": null,
                "visible": true,
                "state": "COMMITTED",
                "rehydrationExpiryTime": null,
                "rehydrationStatus": null,
            }],
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

fn require_instance(context: &Context<'_>, instance: &ResourceId) -> Result<(), Refusal> {
    vault_of(context, instance)?;
    if context.state.resources.contains_key(instance) {
        Ok(())
    } else {
        Err(not_found_inside(context))
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
            Err(_) => Err(Refusal::not_played(&format!("the filter '{name} '{time}''"))),
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
    page::list(context.rules, request, &found)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let instance = permit.scope.parent();
    require_instance(context, &instance)?;
    let wanted = permit.params.get("point");
    let points = context.own.data_protection.recovery_points(&instance);
    points
        .iter()
        .find(|point| point.id.eq_ignore_ascii_case(wanted))
        .map(|point| Response::json(StatusCode::OK, &describe(context, &instance, point)))
        .ok_or_else(|| not_found_inside(context))
}
