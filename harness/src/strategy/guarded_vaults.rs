//! Worlds in which vaults are changed or deleted: vaults that hold this or that, each mapped to a Resource Guard, and
//! somebody who may do everything at the vaults and what a sketch says at the guard.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::{Azure, KeptWorld};
use azdrill_emulator::model::{PrincipalId, Request, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::{IdentityKind, Resource};
use http::Method;
use serde_json::{Value, json};

use super::client::{Client, WorldError};
use super::foundation::{ARM_AUDIENCE, Foundation, REGION};
use super::movement::SimulatedMovement;
use super::painted::{Given, Identities, access};
use crate::sketch::guard::{AtGuard, Guard};

/// The version vaults are put up at.
const VERSION: &str = "2024-04-01";
const ARM: &str = "management.azure.com";
const LTR: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";
/// What is done to Backup vaults and a guard can leave out.
const CAN_BE_LEFT_OUT: [&str; 7] = [
    "backupInstances/delete",
    "write#reduceImmutabilityState",
    "write#modifyEncryptionSettings",
    "backupInstances/stopProtection/action",
    "backupInstances/suspendBackups/action",
    "backupInstances/write",
    "backupInstances/restore/action",
];

/// A vault, and what belongs to it.
pub(super) struct Place {
    pub(super) id: ResourceId,
    pub(super) policy: ResourceId,
    pub(super) instance: ResourceId,
    pub(super) identities: Identities,
    pub(super) body: Value,
    proxy: Resource,
}

impl Place {
    /// The vault's mapping to the guard.
    pub(super) fn proxy(&self) -> &ResourceId {
        &self.proxy.id
    }
}

/// Such a world, while it is put up.
pub(super) struct Founding {
    pub(super) world: Foundation,
    guard: ResourceId,
    person: PrincipalId,
}

impl Founding {
    /// Begins with a guard and somebody.
    ///
    /// # Errors
    ///
    /// If a call is refused that a world in order would let through.
    pub(super) fn begin(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut world = Foundation::begin(rules, seed)?;
        let subscription = world.person.subscription.clone();
        let guard = world.group(&subscription, "security")?.child([
            "providers",
            "Microsoft.DataProtection",
            "resourceGuards",
            "guard",
        ]);
        world.put(&guard, VERSION, &json!({"location": REGION}))?;
        let person = world.principal(11, "somebody", IdentityKind::Application);
        Ok(Self { world, guard, person })
    }

    /// Adds a vault with a policy, in a group of its own.
    ///
    /// # Errors
    ///
    /// If a call is refused that a world in order would let through.
    pub(super) fn vault(&mut self, group: &str) -> Result<Place, WorldError> {
        let world = &mut self.world;
        let subscription = world.person.subscription.clone();
        let group = world.group(&subscription, group)?;
        let (id, identities) = world.vault(&group, "LocallyRedundant")?;
        world.assign(self.person, "Contributor", &group)?;
        let policy = world.weekly_policy(&id)?;
        let proxy = id.child(["backupResourceGuardProxies", "DppResourceGuardProxy"]);
        let mapped = json!({"properties": {"resourceGuardResourceId": self.guard}});
        let body = world.body(&id)?;
        world.put(&proxy, VERSION, &mapped)?;
        let proxy = world.azure.state().resource(&proxy).cloned();
        Ok(Place {
            proxy: proxy.ok_or(WorldError::Missing("mapping"))?,
            instance: id.child(["backupInstances", group.name()]),
            policy,
            id,
            identities,
            body,
        })
    }

    /// Protects a server, called as the vault's group, which is backed up once if it is to be.
    ///
    /// # Errors
    ///
    /// If a call is refused that a world in order would let through.
    pub(super) fn protect(&mut self, place: &Place, backed_up: bool) -> Result<(), WorldError> {
        let world = &mut self.world;
        let group = place.id.resource_group_id();
        let group = group.ok_or(WorldError::Missing("group"))?;
        world.assign(place.identities.system, LTR, &group)?;
        world.assign(place.identities.system, "Reader", &group)?;
        let server = world.flexible_server(&group, place.instance.name())?;
        if backed_up {
            world.backed_up(&place.id, &place.policy, &server)?;
        } else {
            world.protected(&place.id, &place.policy, &server)?;
        }
        Ok(())
    }

    /// The guard's own request for something.
    pub(super) fn guards_request(&self, collection: &str) -> String {
        guards_request(&self.guard, collection)
    }

    /// Does something as the operator, and waits until it is done.
    ///
    /// # Errors
    ///
    /// If it is refused.
    pub(super) fn operate(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(), WorldError> {
        let world = &mut self.world;
        let (operator, target) = (world.operator.clone(), format!("{path}?api-version={VERSION}"));
        operator.manage(&mut world.azure, world.now, method, &target, body)?;
        SimulatedMovement::default().settle(&mut world.azure, world.now);
        Ok(())
    }

    /// Deletes a vault's instance, once that is unlocked.
    ///
    /// # Errors
    ///
    /// If it is refused.
    pub(super) fn delete_instance(&mut self, place: &Place) -> Result<(), WorldError> {
        let unlock = json!({
            "resourceGuardOperationRequests": [self.guards_request("deleteBackupInstanceRequests")],
            "resourceToBeDeleted": place.instance,
        });
        let path = format!("{}/unlockDelete", place.proxy());
        self.operate(Method::POST, &path, Some(&unlock))?;
        self.operate(Method::DELETE, place.instance.as_str(), None)
    }

    /// The world, as it is to be come back to, when it is asked at a time.
    ///
    /// # Errors
    ///
    /// If it is not at rest, or nobody can sign in.
    pub(super) fn done(mut self, asked: Timestamp) -> Result<GuardedVaults, WorldError> {
        let guards = [Guard::LeavesOut, Guard::Protects].map(|guard| {
            let left_out: Vec<String> = match guard {
                Guard::LeavesOut => CAN_BE_LEFT_OUT
                    .iter()
                    .map(|operation| format!("Microsoft.DataProtection/backupVaults/{operation}"))
                    .collect(),
                Guard::None | Guard::Protects => Vec::new(),
            };
            let properties = json!({"vaultCriticalOperationExclusionList": left_out});
            let body = json!({"location": REGION, "properties": properties});
            let written = self.world.put(&self.guard, VERSION, &body);
            written.and_then(|()| self.world.body(&self.guard))
        });
        let [leaves_out, protects] = guards;
        let mut azure = self.world.azure;
        let client = Client::sign_in(&azure, asked, self.person, ARM_AUDIENCE);
        let kept = azure.keep();
        Ok(GuardedVaults {
            guards: [leaves_out?, protects?],
            client: client.ok_or(WorldError::Missing("person"))?,
            kept: kept.map_err(|_| WorldError::Missing("rest"))?,
            assignments: azure.state().access.assignments().cloned().collect(),
            azure,
            person: self.person,
            guard: self.guard,
        })
    }
}

/// The world, as it is asked.
pub(super) struct GuardedVaults {
    pub(super) azure: Azure,
    /// Somebody, signed in.
    pub(super) client: Client,
    guard: ResourceId,
    person: PrincipalId,
    kept: KeptWorld,
    /// The guard that leaves something out, and the one that does not.
    guards: [Value; 2],
    /// Every assignment a sketch leaves alone.
    assignments: Vec<Assignment>,
}

impl GuardedVaults {
    /// Takes back whatever was done.
    pub(super) fn come_back(&mut self) {
        // Nothing is under way between two questions, and no server comes or goes.
        let back = self.azure.come_back_to(&self.kept);
        debug_assert!(back.is_ok(), "{back:?}");
    }

    /// Paints the guard of a vault, and what somebody may do there.
    pub(super) fn paint_guard(&mut self, place: &Place, guard: Guard, at_guard: AtGuard, now: Timestamp) {
        let role = match at_guard {
            AtGuard::Operator => Some("Backup MUA Operator"),
            AtGuard::Reader => Some("Reader"),
            AtGuard::Nothing => None,
        };
        let given = role.map(|role| Given::of(role, self.guard.clone(), self.person));
        let given = given.and_then(|given| given.assignment(&self.azure, now, 0));
        let [leaves_out, protects] = &self.guards;
        let state = self.azure.state_mut();
        state.access = access(&self.assignments, given);
        let body = match guard {
            Guard::LeavesOut => leaves_out,
            Guard::None | Guard::Protects => protects,
        };
        if let Some(own) = state.resources.get_mut(&self.guard) {
            own.body = body.clone().into();
        }
        match guard {
            Guard::None => drop(state.resources.remove(place.proxy())),
            Guard::LeavesOut | Guard::Protects => {
                state.resources.insert(place.proxy().clone(), place.proxy.clone());
            }
        }
    }

    /// The guard's own request for something.
    pub(super) fn guards_request(&self, collection: &str) -> String {
        guards_request(&self.guard, collection)
    }

    /// A request to Resource Manager.
    pub(super) fn request(method: Method, path: &str, version: &str, body: Option<&Value>) -> Request {
        let request = Request::new(method, ARM, &format!("{path}?api-version={version}"));
        match body {
            Some(body) => request.with_json(body),
            None => request,
        }
    }
}

fn guards_request(guard: &ResourceId, collection: &str) -> String {
    format!("{guard}/{collection}/default")
}
