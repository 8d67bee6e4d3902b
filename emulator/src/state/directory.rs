//! Principals of Entra ID: applications, users, groups, managed identities.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Record, Registration};
use crate::model::{PrincipalId, PrincipalKind, ResourceId, TenantId, Timestamp};

/// What a principal is, as far as rules tell principals apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// An application registered in the tenant.
    Application,
    /// A person.
    User,
    /// A group.
    Group,
    /// The system-assigned identity of this resource.
    SystemAssigned(ResourceId),
    /// A user-assigned identity; the resource is the identity itself.
    UserAssigned(ResourceId),
}

/// A principal.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Principal {
    /// The object id.
    pub id: PrincipalId,
    /// The application (client) id; users and groups have none.
    pub app_id: Option<Uuid>,
    /// The tenant it lives in.
    pub tenant: TenantId,
    /// The name people see; a person's sign-in name.
    pub display_name: String,
    /// What it is.
    pub identity: IdentityKind,
    /// An application's client secret, or a person's password. A secret.
    pub secret: Option<String>,
    /// Certificates (DER) that client assertions may be signed with.
    pub certificates: Vec<Vec<u8>>,
}

impl Principal {
    /// The kind a role assignment names.
    pub fn kind(&self) -> PrincipalKind {
        match self.identity {
            IdentityKind::User => PrincipalKind::User,
            IdentityKind::Group => PrincipalKind::Group,
            IdentityKind::Application | IdentityKind::SystemAssigned(_) | IdentityKind::UserAssigned(_) => {
                PrincipalKind::ServicePrincipal
            }
        }
    }
}

/// All principals and who is in which group.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct Directory {
    principals: BTreeMap<PrincipalId, Principal>,
    by_app_id: BTreeMap<Uuid, PrincipalId>,
    groups_of: BTreeMap<PrincipalId, BTreeSet<PrincipalId>>,
    registrations: BTreeMap<Uuid, Registration>,
    records: BTreeMap<Uuid, Record>,
    administrators: BTreeSet<PrincipalId>,
    /// From when on Resource Manager finds a principal that was just made.
    found_from: BTreeMap<PrincipalId, Timestamp>,
    /// Of a member and a group it has joined or left: until when it is taken to be as it was before.
    joined: BTreeMap<(PrincipalId, PrincipalId), Timestamp>,
    left: BTreeMap<(PrincipalId, PrincipalId), Timestamp>,
}

impl Directory {
    /// Adds or replaces a principal.
    pub fn insert(&mut self, principal: Principal) {
        if let Some(app_id) = principal.app_id {
            self.by_app_id.insert(app_id, principal.id);
            // Who is an application is registered as one.
            if principal.identity == IdentityKind::Application {
                self.registrations.entry(app_id).or_insert_with(|| Registration {
                    app_id,
                    tenant: principal.tenant,
                    display_name: principal.display_name.clone(),
                });
            }
        }
        self.principals.insert(principal.id, principal);
    }

    /// Removes a principal. Its role assignments stay, and point at nobody.
    pub fn remove(&mut self, id: PrincipalId) {
        if let Some(principal) = self.principals.remove(&id)
            && let Some(app_id) = principal.app_id
        {
            self.by_app_id.remove(&app_id);
        }
        self.groups_of.remove(&id);
        self.found_from.remove(&id);
        self.joined
            .retain(|(member, group), _| *member != id && *group != id);
        self.left
            .retain(|(member, group), _| *member != id && *group != id);
        for groups in self.groups_of.values_mut() {
            groups.remove(&id);
        }
        self.records.remove(&id.0);
        self.administrators.remove(&id);
    }

    /// Registers an application, which has no service principal yet.
    pub fn register(&mut self, registration: Registration) {
        self.registrations.insert(registration.app_id, registration);
    }

    /// Takes an application's registration away. Its service principal stays.
    pub fn deregister(&mut self, app_id: Uuid) {
        if self.registrations.remove(&app_id).is_some() {
            self.records.remove(&Registration::id_of(app_id));
        }
    }

    /// The registrations, in order of application id.
    pub fn registrations(&self) -> impl Iterator<Item = &Registration> {
        self.registrations.values()
    }

    /// The registration of an application.
    pub fn registration(&self, app_id: Uuid) -> Option<&Registration> {
        self.registrations.get(&app_id)
    }

    /// What is kept about an object besides what it is.
    pub fn record(&self, object: Uuid) -> Option<&Record> {
        self.records.get(&object)
    }

    /// The same, to be changed.
    pub fn record_mut(&mut self, object: Uuid) -> &mut Record {
        self.records.entry(object).or_default()
    }

    /// Lets somebody write everything in the directory.
    pub fn make_administrator(&mut self, id: PrincipalId) {
        self.administrators.insert(id);
    }

    /// Whether somebody, or a group they are in, may write everything in the directory.
    pub fn is_administrator(&self, id: PrincipalId) -> bool {
        self.with_groups(id)
            .iter()
            .any(|one| self.administrators.contains(one))
    }

    /// The principal of that object id.
    pub fn get(&self, id: PrincipalId) -> Option<&Principal> {
        self.principals.get(&id)
    }

    /// The principal of that application id.
    pub fn by_app_id(&self, app_id: Uuid) -> Option<&Principal> {
        self.principals.get(self.by_app_id.get(&app_id)?)
    }

    /// The person of that sign-in name in such a tenant, without regard to case.
    pub fn person(&self, name: &str, lives_in: impl Fn(TenantId) -> bool) -> Option<&Principal> {
        self.principals.values().find(|principal| {
            principal.identity == IdentityKind::User
                && lives_in(principal.tenant)
                && principal.display_name.eq_ignore_ascii_case(name)
        })
    }

    /// All principals in order of object id.
    pub fn iter(&self) -> impl Iterator<Item = &Principal> {
        self.principals.values()
    }

    /// Puts a principal (or a group) into a group.
    pub fn add_member(&mut self, group: PrincipalId, member: PrincipalId) {
        self.groups_of.entry(member).or_default().insert(group);
    }

    /// Takes a principal (or a group) out of a group.
    pub fn remove_member(&mut self, group: PrincipalId, member: PrincipalId) {
        if let Some(groups) = self.groups_of.get_mut(&member) {
            groups.remove(&group);
        }
    }

    /// The groups a principal (or a group) is directly in.
    pub fn groups_of(&self, member: PrincipalId) -> impl Iterator<Item = PrincipalId> {
        self.groups_of.get(&member).into_iter().flatten().copied()
    }

    /// Who is directly in a group.
    pub fn members_of(&self, group: PrincipalId) -> impl Iterator<Item = PrincipalId> {
        self.groups_of
            .iter()
            .filter(move |(_, groups)| groups.contains(&group))
            .map(|(member, _)| *member)
    }

    /// Has Resource Manager find a principal from a time on only.
    pub fn found_from(&mut self, id: PrincipalId, from: Timestamp) {
        self.found_from.insert(id, from);
    }

    /// Whether Resource Manager finds a principal that is there.
    pub fn is_found(&self, id: PrincipalId, now: Timestamp) -> bool {
        self.found_from.get(&id).is_none_or(|from| *from <= now)
    }

    /// Has the token of a member say that it is in no such group until a time, although it has joined it.
    pub fn joined_until(&mut self, group: PrincipalId, member: PrincipalId, until: Timestamp) {
        self.left.remove(&(member, group));
        self.joined.insert((member, group), until);
    }

    /// Has the token of a member say that it is in the group until a time, although it has left it.
    pub fn left_until(&mut self, group: PrincipalId, member: PrincipalId, until: Timestamp) {
        self.joined.remove(&(member, group));
        self.left.insert((member, group), until);
    }

    /// The principal and every group its token says it is in: a managed identity's token may be from before it joined
    /// one, or left it.
    pub fn with_seen_groups(&self, id: PrincipalId, now: Timestamp) -> Vec<PrincipalId> {
        if self.joined.is_empty() && self.left.is_empty() {
            return self.with_groups(id);
        }
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&member) = found.get(next) {
            next += 1;
            let waits = |group: &PrincipalId| {
                self.joined
                    .get(&(member, *group))
                    .is_some_and(|until| now < *until)
            };
            let joined = self.groups_of(member).filter(|group| !waits(group));
            let lasts = self
                .left
                .iter()
                .filter(|((own, _), until)| *own == member && now < **until);
            for group in joined.chain(lasts.map(|((_, group), _)| *group)) {
                if !found.contains(&group) {
                    found.push(group);
                }
            }
        }
        found
    }

    /// The principal and every group it is in, directly or through other groups.
    pub fn with_groups(&self, id: PrincipalId) -> Vec<PrincipalId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&member) = found.get(next) {
            next += 1;
            for &group in self.groups_of.get(&member).into_iter().flatten() {
                if !found.contains(&group) {
                    found.push(group);
                }
            }
        }
        found
    }
}
