//! Management groups: what stands above subscriptions.

use std::collections::BTreeMap;

use crate::model::{PrincipalId, ResourceId, TenantId, Timestamp};

/// What the ids of all management groups begin with, in lower case.
const PREFIX: &str = "/providers/microsoft.management/managementgroups/";

/// A management group that somebody has made. A tenant's root group is none of these: it is always there.
#[derive(Clone, Debug)]
pub struct ManagementGroup {
    /// Its id.
    pub id: ResourceId,
    /// Its tenant.
    pub tenant: TenantId,
    /// The name people see.
    pub display_name: String,
    /// What it is below.
    pub parent: ResourceId,
    /// How often it has been written.
    pub version: u64,
    /// When it was written last.
    pub updated: Timestamp,
    /// By whom.
    pub updated_by: Option<PrincipalId>,
}

/// Which subscription is below which group, and which group below which other.
#[derive(Clone, Debug, Default)]
pub struct Hierarchy {
    groups: BTreeMap<ResourceId, ManagementGroup>,
    /// The group each subscription is in, by its id in lower case.
    placed: BTreeMap<String, ResourceId>,
}

/// The id of the management group of a name.
pub fn management_group(name: &str) -> ResourceId {
    ResourceId::from_segments(["providers", "Microsoft.Management", "managementGroups", name])
}

/// The management group a scope is, or is a part of.
pub fn group_of(scope: &ResourceId) -> Option<ResourceId> {
    let name = scope.key().strip_prefix(PREFIX)?.split('/').next()?;
    let written = scope.segments().nth(3).unwrap_or(name);
    Some(management_group(written))
}

impl Hierarchy {
    /// The root group of a tenant.
    pub fn root(tenant: TenantId) -> ResourceId {
        management_group(&tenant.to_string())
    }

    /// Puts a subscription into a group: a new one into its tenant's root group.
    pub fn place(&mut self, subscription: &str, group: ResourceId) {
        self.placed.insert(subscription.to_ascii_lowercase(), group);
    }

    /// The group a subscription is in.
    pub fn group_of_subscription(&self, subscription: &str) -> Option<&ResourceId> {
        self.placed.get(&subscription.to_ascii_lowercase())
    }

    /// The subscriptions directly in a group, by id in lower case.
    pub fn subscriptions_in<'a>(&'a self, group: &'a ResourceId) -> impl Iterator<Item = &'a str> {
        let placed = self.placed.iter().filter(move |(_, own)| *own == group);
        placed.map(|(subscription, _)| subscription.as_str())
    }

    /// The groups directly in a group.
    pub fn groups_in<'a>(&'a self, group: &'a ResourceId) -> impl Iterator<Item = &'a ManagementGroup> {
        self.groups.values().filter(move |own| own.parent == *group)
    }

    /// Adds a group, or puts another in its place.
    pub fn insert(&mut self, group: ManagementGroup) {
        self.groups.insert(group.id.clone(), group);
    }

    /// The group of that id, unless it is a root group.
    pub fn get(&self, id: &ResourceId) -> Option<&ManagementGroup> {
        self.groups.get(id)
    }

    /// All groups but the root groups, in order of id.
    pub fn iter(&self) -> impl Iterator<Item = &ManagementGroup> {
        self.groups.values()
    }

    /// Takes a group away.
    pub fn remove(&mut self, id: &ResourceId) -> Option<ManagementGroup> {
        self.groups.remove(id)
    }

    /// The tenant of a group, or of something at one. Of a root group it is its name.
    pub fn tenant_of(&self, scope: &ResourceId) -> Option<TenantId> {
        let group = group_of(scope)?;
        let own = self.groups.get(&group).map(|own| own.tenant);
        own.or_else(|| group.name().parse().ok().map(TenantId))
    }

    /// Whether there is a group of that id.
    pub fn knows(&self, id: &ResourceId) -> bool {
        self.groups.contains_key(id) || self.placed.values().any(|own| self.leads_to(own, id))
    }

    /// Whether `group` is `wanted`, or below it.
    fn leads_to(&self, group: &ResourceId, wanted: &ResourceId) -> bool {
        let mut above = std::iter::successors(Some(group), |own| Some(&self.groups.get(own)?.parent));
        above.any(|own| own == wanted)
    }

    /// Whether `own` is `scope` or above it: segment by segment, and by management groups.
    pub fn covers(&self, own: &ResourceId, scope: &ResourceId) -> bool {
        if own.contains(scope) {
            return true;
        }
        // Nearly everything is assigned below a subscription.
        if !own.key().starts_with(PREFIX) || own.key()[PREFIX.len()..].contains('/') {
            return false;
        }
        match group_of(scope) {
            Some(group) => self.leads_to(&group, own),
            None => {
                let placed = scope.subscription().and_then(|id| self.group_of_subscription(id));
                placed.is_some_and(|group| self.leads_to(group, own))
            }
        }
    }
}
