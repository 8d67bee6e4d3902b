//! What is seen of the world, and in what it differs from the model.

use std::ops::{Deref, DerefMut};

use azdrill::oracle::SYNTHETIC;
use azdrill::sequence::step::Person;
use azdrill::sequence::world::World;
use azdrill_emulator::model::Timestamp;
use http::Method;

use crate::model::{Model, Protection};

/// No job takes longer than a backup, in milliseconds.
const LONGEST: i64 = 941_000;

/// The world, and how much of it has been looked at.
pub(crate) struct Seen {
    world: World,
    /// How many jobs have been seen to end.
    jobs_seen: usize,
}

impl Deref for Seen {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Seen {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Seen {
    /// A world of which nothing has been seen.
    pub(crate) fn new(world: World) -> Self {
        Self { world, jobs_seen: 0 }
    }

    /// In what the world differs from the model. `deleted`: whether to ask for what is soft-deleted as well.
    pub(crate) fn differs(&mut self, model: &Model, deleted: bool) -> Option<String> {
        let found = self
            .differs_in_protection(model)
            .or_else(|| self.differs_in_points(model))
            .or_else(|| self.differs_in_jobs(model))
            .or_else(|| self.differs_in_settings(model));
        if found.is_some() || !deleted {
            return found;
        }
        let listed = self.at_vault(Person::Operator, Method::GET, "deletedBackupInstances", None);
        let seen = listed.json_body()["value"].as_array().map_or(0, Vec::len);
        let expected = usize::from(model.deleted.is_some());
        (seen != expected).then(|| format!("{expected} soft-deleted instances expected, {seen} listed"))
    }

    fn differs_in_protection(&self, model: &Model) -> Option<String> {
        let instance = self.founded.world.azure.state().resource(&self.instance());
        let shown = instance.map(|own| own.text("/properties/currentProtectionState"));
        let (expected, code) = match model.instance.as_ref().map(|own| own.protection) {
            None => (None, ""),
            Some(Protection::Configuring) => (Some("ConfiguringProtection"), ""),
            Some(Protection::Updating) => (Some("UpdatingProtection"), ""),
            Some(Protection::Configured) => (Some("ProtectionConfigured"), ""),
            Some(Protection::Stopped) => (Some("ProtectionStopped"), ""),
            Some(Protection::Suspended) => (Some("BackupsSuspended"), ""),
            Some(Protection::Error(code)) => (Some("ProtectionError"), code),
        };
        if shown != expected {
            return Some(format!(
                "the instance's protection: {expected:?} expected, {shown:?} shown"
            ));
        }
        let failed = instance.map_or("", |own| own.text("/properties/protectionErrorDetails/code"));
        (!code.is_empty() && !same_code(code, failed))
            .then(|| format!("its error: {code} expected, {failed} shown"))
    }

    /// What was acknowledged is there until it expires, and not longer.
    fn differs_in_points(&self, model: &Model) -> Option<String> {
        let azure = &self.founded.world.azure;
        let points = azure.services().data_protection.recovery_points(&self.instance());
        let times = |time: Timestamp| time.as_millisecond();
        let same = points.len() == model.points.len()
            && points.iter().zip(&model.points).all(|(own, expected)| {
                times(own.time) == expected.made && own.expires.map(times) == Some(expected.expires)
            });
        if same {
            return None;
        }
        let made: Vec<String> = points.iter().map(|own| own.time.to_string()).collect();
        let wanted = model
            .points
            .iter()
            .map(|own| Timestamp::from_millisecond(own.made));
        let wanted: Vec<String> = wanted.flatten().map(|time| time.to_string()).collect();
        Some(format!(
            "recovery points of {wanted:?} expected, of {made:?} there"
        ))
    }

    fn differs_in_jobs(&mut self, model: &Model) -> Option<String> {
        let mut seen = self.jobs_seen;
        let differs = self.differs_in_jobs_since(model, &mut seen);
        self.jobs_seen = seen;
        differs
    }

    /// The same, from those on that have not been `seen` to end.
    fn differs_in_jobs_since(&self, model: &Model, seen: &mut usize) -> Option<String> {
        let all = self.azure().services().data_protection.all_jobs();
        let mut count = *seen;
        let mut ended = true;
        for job in all.skip(*seen) {
            let Some(expected) = model.jobs.get(count) else {
                return Some(format!("a job nobody expected: {job:?}"));
            };
            count += 1;
            let status = match (expected.ended, expected.failed) {
                (None, _) => "InProgress",
                (Some(_), None) => "Completed",
                (Some(_), Some(_)) => "Failed",
            };
            let code = job.error["code"].as_str().unwrap_or_default();
            let same = job.status == status
                && (job.kind.as_str() == "Backup") == expected.restore.is_none()
                && job.started.as_millisecond() == expected.started
                && job.ended.map(Timestamp::as_millisecond) == expected.ended
                && same_code(expected.failed.unwrap_or_default(), code);
            if !same {
                return Some(format!(
                    "job {count}: {expected:?} expected, {} {code} there, begun {}, ended {:?}",
                    job.status, job.started, job.ended
                ));
            }
            if job.ended.is_none() && job.started.as_millisecond() + LONGEST < self.now {
                return Some(format!("job {count} goes on for ever"));
            }
            ended &= job.ended.is_some();
            if ended {
                *seen = count;
            }
        }
        let expected = model.jobs.len();
        (count != expected).then(|| format!("{expected} jobs expected, {count} there"))
    }

    fn differs_in_settings(&self, model: &Model) -> Option<String> {
        let state = self.founded.world.azure.state();
        let own = |count: usize| count.saturating_sub(self.founded.assignments);
        let held = own(state.access.assignments().count());
        let given = model
            .roles
            .iter()
            .filter(|held| held.seen_until.is_none())
            .count();
        let security = "/properties/securitySettings";
        let immutability = self.vault_text(&format!("{security}/immutabilitySettings/state"));
        let immutability = Some(immutability)
            .filter(|word| !word.is_empty())
            .unwrap_or("Disabled");
        let soft = self.vault_text(&format!("{security}/softDeleteSettings/state")) == "On";
        let vault = state.resource(&self.founded.vault)?;
        let guarded = vault.at("/properties/isVaultProtectedByResourceGuard") == true;
        let identity = !self.vault_text("/identity/principalId").is_empty();
        let key = self.key();
        let access = self.account_text("/properties/publicNetworkAccess");
        let seen = (held, immutability, soft, guarded, identity, key);
        let expected = (
            given,
            model.immutability.word(),
            model.soft_delete,
            model.guarded,
            model.identity,
            model.key,
        );
        if seen != expected {
            return Some(format!(
                "roles given, immutability, soft delete, guard, identity, key: {expected:?} expected, {seen:?} seen"
            ));
        }
        let wanted = model.network.access.label();
        (!access.is_empty() && access != wanted)
            .then(|| format!("publicNetworkAccess: {wanted} expected, {access} seen"))
    }
}

fn same_code(expected: &str, code: &str) -> bool {
    match expected {
        SYNTHETIC => code.starts_with("Synthetic"),
        expected => expected == code,
    }
}
