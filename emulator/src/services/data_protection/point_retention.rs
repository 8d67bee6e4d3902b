//! What becomes of a recovery point in time: it is copied to the archive, leaves one store after the other, and expires.

use super::datasource::Datasource;
use super::recovery_point::{ARCHIVE_STORE, Change, RecoveryPoint};
use super::task::{self, Over, Step, Task};
use super::vault_key::{KeyLook, KeyVerdict};
use super::{instance, vault_store};
use crate::model::ResourceId;
use crate::rules::{RuleId, rule};
use crate::services::{Context, Input};

/// How long a point that stays is left alone.
const A_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Follows a recovery point of an instance to its end.
pub(super) fn begin(context: &mut Context<'_>, instance: &ResourceId, point: &str) {
    let retention = Retention {
        instance: instance.clone(),
        point: point.to_owned(),
        told: None,
        look: None,
    };
    task::start(context, retention);
}

/// Moves a recovery point on when its retention says, and removes it in the end. While protection is stopped
/// nothing of it happens: stopping keeps the data where it is until somebody deletes it. Of a datasource whose
/// backup has ended with its product, the last point stays; while backups are suspended, the newest.
#[derive(Clone)]
struct Retention {
    instance: ResourceId,
    point: String,
    /// The rule by which something became of it, as was said last.
    told: Option<RuleId>,
    /// The look at the vault's key that is under way.
    look: Option<KeyLook>,
}

impl Task for Retention {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        // The instance may be gone, softly or for good, and its points with it.
        match self.own(context).and_then(RecoveryPoint::next) {
            Some((at, _)) => {
                let rest = at.duration_since(context.now);
                Step::sleep(rest.max(jiff::SignedDuration::ZERO), Self::due)
            }
            None => Over::unheard().into(),
        }
    }

    fn interrupted(&mut self, _: &mut Context<'_>) -> Over {
        Over::unheard()
    }
}

impl Retention {
    fn due(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let next = self.own(context).and_then(RecoveryPoint::next);
        if next.is_none_or(|(at, _)| context.now < at) {
            return self.begin(context);
        }
        if self.state(context) == Some("ProtectionStopped") {
            return Step::sleep(A_DAY, Self::due);
        }
        let vault = context.state.resource(&self.instance.parent());
        self.look = vault.and_then(KeyLook::of);
        self.look(context, Input::Woke)
    }

    /// What is encrypted with a key that cannot be used is neither copied nor removed.
    fn look(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        match self.look.as_mut().map(|look| look.step(context, input)) {
            Some(KeyVerdict::Pending(need)) => Step::need(*need, Self::look),
            Some(KeyVerdict::Refused(_)) => {
                self.tell(context, "stays: the vault's key cannot be used", rule::VLT_08);
                Step::sleep(A_DAY, Self::due)
            }
            Some(KeyVerdict::Usable) | None => self.go_on(context),
        }
    }

    fn go_on(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let now = context.now;
        let Some((_, change)) = self.own(context).and_then(RecoveryPoint::next) else {
            return Over::unheard().into();
        };
        if change == Change::Expires {
            return self.expire(context);
        }
        self.told = None;
        let points = context
            .own
            .data_protection
            .recovery_points
            .get_mut(&self.instance);
        let mut points = points.into_iter().flatten();
        let Some(point) = points.find(|point| point.id == self.point) else {
            return Over::unheard().into();
        };
        let text = match (change, &mut point.archive) {
            (Change::Copied, Some(archive)) => {
                archive.since = Some(now);
                format!("is copied to the {ARCHIVE_STORE}")
            }
            (Change::LeavesVault, Some(archive)) => {
                archive.in_vault = false;
                format!("leaves vault storage, and is in the {ARCHIVE_STORE} alone")
            }
            _ => {
                point.archive = None;
                format!("leaves the {ARCHIVE_STORE}, and is in vault storage alone")
            }
        };
        self.tell(context, &text, rule::SS_B_ARCHIVE_COPY);
        self.begin(context)
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

    fn own<'a>(&self, context: &'a Context<'_>) -> Option<&'a RecoveryPoint> {
        let points = context.own.data_protection.recovery_points(&self.instance);
        points.iter().find(|point| point.id == self.point)
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
