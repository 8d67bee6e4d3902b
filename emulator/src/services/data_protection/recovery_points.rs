//! Recovery points. They live in vault storage: what happens to the server is nothing to them.

use http::StatusCode;
use serde_json::{Value, json};

use super::datasource::Datasource;
use super::datasources::Site;
use super::recovery_point::{RecoveryPoint, VaultFile};
use super::task::{self, Over, Step, Task};
use super::vault::{not_found_inside, vault_of};
use super::vault_key::{KeyLook, KeyVerdict};
use super::{instance, refused, retention, vault_store};
use crate::gateway::{Permit, Refusal};
use crate::model::{DotNetTicks, Request, ResourceId, Response, Timestamp, wire_hundred_nanoseconds};
use crate::rules::{PointName, RuleId, rule, unplayed};
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, Input, json_body, page};
use crate::state::field;

/// How long a point that stays is left alone.
const A_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Removes a recovery point when its retention has passed. While protection is stopped nothing
/// expires: stopping keeps the data until somebody deletes it. Of a datasource whose backup has
/// ended with its product, the last point stays; while backups are suspended, the newest.
#[derive(Clone)]
struct Expire {
    instance: ResourceId,
    point: String,
    at: Timestamp,
    /// The rule by which it stays, as was said last.
    told: Option<RuleId>,
    /// The look at the vault's key that is under way.
    look: Option<KeyLook>,
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
        // The instance may be gone, softly or for good, and its points with it.
        if self.position(context).is_none() {
            return Over::unheard().into();
        }
        if self.state(context) == Some("ProtectionStopped") {
            return Step::sleep(A_DAY, Self::due);
        }
        let vault = context.state.resource(&self.instance.parent());
        self.look = vault.and_then(KeyLook::of);
        self.look(context, Input::Woke)
    }

    /// What is encrypted with a key that cannot be used is not removed either.
    fn look(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        match self.look.as_mut().map(|look| look.step(context, input)) {
            Some(KeyVerdict::Pending(need)) => Step::need(*need, Self::look),
            Some(KeyVerdict::Refused(_)) => {
                self.tell(context, "stays: the vault's key cannot be used", rule::VLT_08);
                Step::sleep(A_DAY, Self::due)
            }
            Some(KeyVerdict::Usable) | None => self.expire(context),
        }
    }

    fn expire(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let Some(position) = self.position(context) else {
            return Over::unheard().into();
        };
        let retired = context
            .state
            .resource(&self.instance)
            .and_then(|own| Datasource::of(context.rules, own.at("/properties")))
            .is_some_and(|datasource| datasource.is_retired(context));
        let suspended = self.state(context) == Some("BackupsSuspended");
        let points = &mut context.own.data_protection.recovery_points;
        let Some(points) = points.get_mut(&self.instance) else {
            return Over::unheard().into();
        };
        if retired && points.len() == 1 {
            self.tell(context, "stays: it is the last one", rule::SS_B_22_LAST);
            return Over::unheard().into();
        }
        if suspended && position == 0 {
            self.tell(context, "stays: it is the newest", rule::DPP_SUSPENDED_LAST);
            return Step::sleep(A_DAY, Self::due);
        }
        let place = points.remove(position).place;
        self.told = None;
        self.tell(context, "has expired", rule::DPP_RETENTION);
        let call = vault_store::delete_container(context, &place);
        Over::unheard().then([call]).into()
    }

    fn state<'a>(&self, context: &'a Context<'_>) -> Option<&'a str> {
        let instance = context.state.resource(&self.instance);
        instance.map(instance::protection_state)
    }

    fn position(&self, context: &Context<'_>) -> Option<usize> {
        let points = context.own.data_protection.recovery_points(&self.instance);
        points.iter().position(|point| point.id == self.point)
    }

    /// Says what becomes of the point, once for each reason.
    fn tell(&mut self, context: &mut Context<'_>, what: &str, rule: RuleId) {
        if self.told.replace(rule) != Some(rule) {
            let text = format!("recovery point {} of {} {what}", self.point, self.instance.name());
            context.log.applied(context.now, "retention", text, rule);
        }
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
                told: None,
                look: None,
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
            told: None,
            look: None,
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

/// No point is in the archive, of flexible servers because they have none.
pub(super) fn rehydrate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_instance(context, &permit.scope)?;
    let sent = json_body(request)?;
    let wanted = field(&sent, "recoveryPointId").as_str().unwrap_or_default();
    if context
        .own
        .data_protection
        .recovery_point(&permit.scope, wanted)
        .is_none()
    {
        let why = format!("the instance has no recovery point `{wanted}`");
        return Err(refused::by(context, rule::DPP_POINT).because(why));
    }
    let why = format!("recovery point `{wanted}` is in the VaultStore");
    Err(refused::by(context, rule::DPP_REHYDRATE).because(why))
}
