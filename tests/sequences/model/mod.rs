//! The reference: what a vault with one instance, its Resource Guard, its identity's roles, a target account and a key
//! come to, step after step.
//!
//! It knows nothing of the engine and reads no rule file: it was written from what is documented and recorded of each
//! operation. How a validation ends in a world as it stands, the oracle says. Times are milliseconds since 1970.

mod acts;
mod events;
mod guarded;
mod protection;

use std::collections::BTreeMap;

use azdrill::oracle::{Expected, Gate, Profile, SYNTHETIC};
use azdrill::sketch::restore_as_files::Network;

use self::events::Event;
use azdrill::sequence::BEGIN;
use azdrill::sequence::step::{Act, Immutability, Person, Restore, Role, Step};

/// A new or deleted role assignment is seen so much later.
const PROPAGATION: i64 = 600_000;

/// What the model can have wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// A removed role is gone at once.
    RevokedAtOnce,
    /// What was unlocked stays so for an hour.
    UnlockedForAnHour,
    /// A recovery point expires while protection is stopped.
    ExpiresWhileStopped,
    /// What is undeleted is protected.
    UndeletedProtected,
    /// Two backups run at a time.
    TwoBackups,
    /// An identity that was off and on keeps its roles.
    SamePrincipal,
}

/// What a world begins as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    /// Whose word is taken.
    pub(crate) profile: Profile,
    /// Whether the vault is encrypted with a key of its owner's.
    pub(crate) encrypted: bool,
    /// Whether things take the time they were recorded to take; none otherwise.
    pub(crate) recorded: bool,
    /// What the model has wrong.
    pub(crate) mistake: Option<Mistake>,
}

impl Beginning {
    /// The world it is the beginning of.
    pub(crate) fn world(self) -> azdrill::sequence::Beginning {
        azdrill::sequence::Beginning {
            profile: self.profile,
            encrypted: self.encrypted,
            recorded: self.recorded,
        }
    }
}

/// A role the vault's identity was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) role: Role,
    /// Which of the vault's identities, counted.
    pub(crate) principal: u32,
    seen_from: i64,
    /// When it stops being seen, once it was taken away.
    pub(crate) seen_until: Option<i64>,
}

/// A backup instance's protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    Configuring,
    Updating,
    Configured,
    Stopped,
    Suspended,
    /// With its code.
    Error(&'static str),
}

/// The backup instance.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// Which one of its name, counted.
    number: u32,
    /// How often it came back from deletion.
    returned: u32,
    pub(crate) protection: Protection,
    /// The change of its protection under way.
    changing: Option<u64>,
    /// The configuring of its protection that counts.
    configuration: u64,
}

/// A recovery point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    number: u64,
    pub(crate) made: i64,
    pub(crate) expires: i64,
}

/// A soft-deleted instance.
#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    instance: Instance,
    points: Vec<Point>,
    purged: i64,
}

/// A job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) started: i64,
    pub(crate) ended: Option<i64>,
    /// The code it failed with.
    pub(crate) failed: Option<&'static str>,
    /// What is restored; a backup otherwise.
    pub(crate) restore: Option<Restore>,
    /// The instance it began with.
    of: u32,
}

/// The state of it all.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) beginning: Beginning,
    pub(crate) now: i64,
    pub(crate) roles: Vec<Held>,
    pub(crate) network: Network,
    pub(crate) replication: bool,
    /// Whether the vault has a system-assigned identity.
    pub(crate) identity: bool,
    /// The newest of the vault's identities, counted.
    pub(crate) principal: u32,
    pub(crate) instance: Option<Instance>,
    pub(crate) deleted: Option<Deleted>,
    /// Newest first.
    pub(crate) points: Vec<Point>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) guarded: bool,
    guard_unlocked: Option<i64>,
    instance_unlocked: Option<i64>,
    pub(crate) immutability: Immutability,
    pub(crate) soft_delete: bool,
    /// Which of two keys the vault is encrypted with, and which are enabled.
    pub(crate) key: usize,
    pub(crate) keys_enabled: [bool; 2],
    agenda: BTreeMap<(i64, u64), Event>,
    counted: u64,
    /// What the last step is answered at once.
    pub(crate) told: Expected,
    /// Validations and exchanges of keys, by number, that ended with the last step.
    pub(crate) ended: Vec<(u64, Expected)>,
    /// The number of what the last step began, if it is one of these.
    pub(crate) ticket: Option<u64>,
}

/// The world is large and says little: a failing sequence tells how it began.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.beginning)
    }
}

impl Model {
    /// The world before anything is done.
    pub(crate) fn new(beginning: Beginning) -> Self {
        let given = Held {
            role: Role::UsesKey,
            principal: 0,
            seen_from: BEGIN,
            seen_until: None,
        };
        let mut model = Self {
            beginning,
            now: BEGIN,
            roles: beginning.encrypted.then_some(given).into_iter().collect(),
            network: Network::OPEN,
            // On an account of today it is not allowed unless somebody allows it.
            replication: false,
            identity: true,
            principal: 0,
            instance: None,
            deleted: None,
            points: Vec::new(),
            jobs: Vec::new(),
            guarded: false,
            guard_unlocked: None,
            instance_unlocked: None,
            immutability: Immutability::Disabled,
            soft_delete: true,
            key: 0,
            keys_enabled: [true, true],
            agenda: BTreeMap::new(),
            counted: 0,
            told: Expected::Passes,
            ended: Vec::new(),
            ticket: None,
        };
        model.plan_schedule();
        model
    }

    /// Takes a step.
    pub(crate) fn step(mut self, step: &Step) -> Self {
        self.ended.clear();
        self.ticket = None;
        self.told = match (step.by, step.act) {
            (_, Act::Wait(seconds)) => {
                let until = self.now + 1000 * seconds;
                self.run_until(until);
                self.now = until;
                Expected::Passes
            }
            // Resource Manager looks at roles before it looks whether there is anything there.
            (Person::Auditor, Act::EnableKey(_)) => no(Gate::Authorization, &[], "Forbidden"),
            (Person::Auditor, _) => no(Gate::Authorization, &[], "AuthorizationFailed"),
            (Person::Operator, act) => self.act(act),
        };
        self.run_until(self.now);
        self
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.beginning.mistake == Some(mistake)
    }

    fn count(&mut self) -> u64 {
        self.counted += 1;
        self.counted
    }

    fn backup_runs(&self) -> bool {
        let mut newest_first = self.jobs.iter().rev();
        newest_first.any(|job| job.restore.is_none() && job.ended.is_none())
    }
}

/// A no; without rules where only gate and code are known of it.
fn no(gate: Gate, rules: &[&'static str], code: &'static str) -> Expected {
    Expected::Fails {
        gate,
        rules: rules.to_vec(),
        code,
    }
}

/// A no of the Backup service.
fn refused(rules: &[&'static str], code: &'static str) -> Expected {
    no(Gate::Service, rules, code)
}

/// The Backup service's own 404.
fn not_there() -> Expected {
    refused(&[], "UserErrorGenericResourceNotFound")
}

/// A no of a Resource Guard.
fn protected_by_guard() -> Expected {
    refused(&["VLT-10"], SYNTHETIC)
}
