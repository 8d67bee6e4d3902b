//! May this principal do this here, as of now? Pure.
//!
//! Azure's rules as data: role definitions grant actions (control plane) and data actions (data
//! plane) apart; assignments give a role to a principal at a scope and everything below it, segment
//! by segment; a deny assignment takes from all of them; groups pass their assignments on; a new or deleted assignment is seen only after it
//! has propagated.

mod deny;
mod hierarchy;
mod lags;
mod wanted;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use uuid::Uuid;

use crate::model::{Condition, Facts, PrincipalId, PrincipalKind, ResourceId, Timestamp};
use crate::rules::{BuiltInRoles, RoleDefinition};

pub use deny::{DeniedPrincipal, DenyAssignment};
pub use hierarchy::{Hierarchy, ManagementGroup, group_of, management_group};
pub use lags::{Lags, Plane, Sight};
pub use wanted::{FactsOf, WantedAction};

/// A role given to a principal at a scope.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The assignment's own GUID, as written.
    pub name: String,
    /// Where it applies, and everything below.
    pub scope: ResourceId,
    /// The role's GUID.
    pub role: Uuid,
    /// The principal's object id. It need not exist: assignments outlive their principals.
    pub principal: PrincipalId,
    /// The kind the request named, or the principal's own.
    pub kind: PrincipalKind,
    /// What its maker wrote about it.
    pub description: Option<String>,
    /// What must hold of a request besides.
    pub condition: Option<Condition>,
    /// The version of the condition's language, as written.
    pub condition_version: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub created_by: Option<PrincipalId>,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<PrincipalId>,
    /// From when on the gates see it.
    pub seen_from: Timestamp,
    /// Until when the gates see it, once it is deleted. It is gone from lists at once.
    pub seen_until: Option<Timestamp>,
    /// How much later it is seen by what holds data, and gone from there.
    pub data_lag: SignedDuration,
}

impl Assignment {
    /// A role given to somebody, seen from now on.
    pub fn new(name: String, scope: ResourceId, role: Uuid, principal: PrincipalId, now: Timestamp) -> Self {
        Self {
            name,
            scope,
            role,
            principal,
            kind: PrincipalKind::ServicePrincipal,
            description: None,
            condition: None,
            condition_version: None,
            created: now,
            created_by: None,
            updated: now,
            updated_by: None,
            seen_from: now,
            seen_until: None,
            data_lag: SignedDuration::ZERO,
        }
    }

    /// Whether the gates see it at a time.
    pub fn is_seen(&self, now: Timestamp) -> bool {
        self.is_seen_after(now, SignedDuration::ZERO)
    }

    /// From when on it is seen by who is asked for this.
    fn seen_for(&self, wanted: WantedAction<'_>) -> Timestamp {
        self.seen_from + self.lag(wanted)
    }

    fn lag(&self, wanted: WantedAction<'_>) -> SignedDuration {
        match wanted {
            WantedAction::Action(_) => SignedDuration::ZERO,
            WantedAction::DataAction(_) => self.data_lag,
        }
    }

    fn is_seen_for(&self, now: Timestamp, wanted: WantedAction<'_>) -> bool {
        self.is_seen_after(now, self.lag(wanted))
    }

    fn is_seen_after(&self, now: Timestamp, lag: SignedDuration) -> bool {
        let gone = self.seen_until.is_some_and(|until| until + lag <= now);
        self.seen_from + lag <= now && !gone
    }
}

/// Assignments and custom roles.
#[derive(Clone, Debug, Default)]
pub struct AccessControl {
    by_principal: BTreeMap<PrincipalId, Vec<Assignment>>,
    /// Management groups.
    pub hierarchy: Hierarchy,
    /// What is taken from everybody's roles.
    pub deny_assignments: Vec<DenyAssignment>,
    /// Custom roles by GUID.
    pub custom_roles: BTreeMap<Uuid, RoleDefinition>,
}

/// Why something is allowed: where it stands, for nearly all that is asked is allowed and nobody
/// asks why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant<'a> {
    /// The assignment's GUID.
    pub assignment: &'a str,
    /// The role's display name.
    pub role: &'a str,
    /// The assignment's scope.
    pub scope: &'a ResourceId,
}

/// Whether somebody holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldRole {
    /// Yes.
    Seen,
    /// It is assigned, and not seen yet.
    Pending {
        /// Whether Resource Manager sees it, and what holds data does not.
        data_lags: bool,
    },
    /// No.
    No,
}

/// Why something is not allowed, as far as assignments tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Roles that would grant it but have not propagated yet, with the time they will.
    pub pending: Vec<(String, Timestamp)>,
    /// The deny assignment that takes it away, whatever the roles.
    pub by: Option<Box<DenyAssignment>>,
    /// Whether one of these is late because what holds data sees it later than the rest.
    pub data_lags: bool,
    /// Roles the principal holds at the scope that do not grant it.
    pub held: Vec<String>,
}

impl Denied {
    /// The same for one who sees assignments so much earlier.
    #[must_use]
    pub fn seen_earlier(mut self, by: SignedDuration) -> Self {
        for (_, from) in &mut self.pending {
            *from -= by;
        }
        self
    }
}

impl AccessControl {
    /// Adds an assignment.
    pub fn insert(&mut self, assignment: Assignment) {
        self.by_principal
            .entry(assignment.principal)
            .or_default()
            .push(assignment);
    }

    /// The live (not deleted) assignments, in order of principal and creation.
    pub fn assignments(&self) -> impl Iterator<Item = &Assignment> {
        self.by_principal
            .values()
            .flatten()
            .filter(|assignment| assignment.seen_until.is_none())
    }

    /// The live assignment of that name at a scope.
    pub fn find(&self, scope: &ResourceId, name: &str) -> Option<&Assignment> {
        self.assignments()
            .find(|assignment| assignment.scope == *scope && assignment.name.eq_ignore_ascii_case(name))
    }

    /// The live assignment of that name, wherever it is: names are unique.
    pub fn named_mut(&mut self, name: &str) -> Option<&mut Assignment> {
        let all = self.by_principal.values_mut().flatten();
        all.filter(|assignment| assignment.seen_until.is_none())
            .find(|assignment| assignment.name.eq_ignore_ascii_case(name))
    }

    /// Deletes an assignment: gone from lists now, seen by the gates until `seen_until`.
    pub fn remove(&mut self, scope: &ResourceId, name: &str, seen_until: Timestamp) -> Option<Assignment> {
        let assignment = self.by_principal.values_mut().flatten().find(|assignment| {
            assignment.seen_until.is_none()
                && assignment.scope == *scope
                && assignment.name.eq_ignore_ascii_case(name)
        })?;
        assignment.seen_until = Some(seen_until);
        Some(assignment.clone())
    }

    /// Removes every assignment at or below a scope: what deleting a resource does.
    pub fn remove_below(&mut self, scope: &ResourceId) {
        for assignments in self.by_principal.values_mut() {
            assignments.retain(|assignment| !scope.contains(&assignment.scope));
        }
        self.deny_assignments.retain(|own| !scope.contains(&own.scope));
    }

    /// The role of that GUID.
    pub fn role<'a>(&'a self, built_in: &'a BuiltInRoles, id: Uuid) -> Option<&'a RoleDefinition> {
        built_in.get(id).or_else(|| self.custom_roles.get(&id))
    }

    /// The first deny assignment that takes something from one of the principals there.
    fn denied_by(
        &self,
        principals: &[PrincipalId],
        wanted: WantedAction<'_>,
        scope: &ResourceId,
    ) -> Option<&DenyAssignment> {
        self.deny_assignments.iter().find(|own| {
            own.denies(wanted) && own.is_about(principals) && own.applies_at(&self.hierarchy, scope)
        })
    }

    /// Decides. `principals` are the caller and its groups. A condition on what is not known yet
    /// is taken to hold: who knows it must ask again.
    ///
    /// # Errors
    ///
    /// If no assignment that is seen now grants what is wanted at the scope.
    pub fn decide<'a>(
        &'a self,
        built_in: &'a BuiltInRoles,
        now: Timestamp,
        principals: &[PrincipalId],
        wanted: WantedAction<'_>,
        scope: &ResourceId,
        facts: FactsOf<'_>,
    ) -> Result<Grant<'a>, Denied> {
        if let Some(own) = self.denied_by(principals, wanted, scope) {
            return Err(Denied {
                pending: Vec::new(),
                by: Some(Box::new(own.clone())),
                data_lags: false,
                held: Vec::new(),
            });
        }
        let grants = |assignment: &Assignment, role: &RoleDefinition| {
            wanted.granted_by(role, facts) && wanted.may_under(assignment.condition.as_ref(), facts)
        };
        let above = || {
            principals
                .iter()
                .filter_map(|principal| self.by_principal.get(principal))
                .flatten()
                .filter(|assignment| self.hierarchy.covers(&assignment.scope, scope))
                .filter_map(|assignment| Some((assignment, self.role(built_in, assignment.role)?)))
        };
        let granting = above()
            .find(|(assignment, role)| assignment.is_seen_for(now, wanted) && grants(assignment, role));
        if let Some((assignment, role)) = granting {
            return Ok(Grant {
                assignment: &assignment.name,
                role: &role.name,
                scope: &assignment.scope,
            });
        }
        let mut denied = Denied {
            pending: Vec::new(),
            by: None,
            data_lags: false,
            held: Vec::new(),
        };
        for (assignment, role) in above() {
            if assignment.is_seen_for(now, wanted) {
                let fails = assignment.condition.is_some() && wanted.granted_by(role, facts);
                let why = if fails {
                    " under a condition that is not met"
                } else {
                    ""
                };
                denied.held.push(format!("{}{why}", role.name));
            } else if assignment.seen_for(wanted) > now && grants(assignment, role) {
                denied.data_lags |= assignment.seen_from <= now;
                denied
                    .pending
                    .push((role.name.to_string(), assignment.seen_for(wanted)));
            }
        }
        Err(denied)
    }

    /// Whether one of the principals is granted something at any scope at or below this one, as of
    /// now.
    pub fn grants_below(
        &self,
        built_in: &BuiltInRoles,
        now: Timestamp,
        principals: &[PrincipalId],
        wanted: WantedAction<'_>,
        scope: &ResourceId,
    ) -> bool {
        principals
            .iter()
            .filter_map(|principal| self.by_principal.get(principal))
            .flatten()
            .filter(|assignment| assignment.is_seen_for(now, wanted) && scope.contains(&assignment.scope))
            .filter(|assignment| wanted.may_under(assignment.condition.as_ref(), &Facts::none))
            .filter_map(|assignment| self.role(built_in, assignment.role))
            .any(|role| wanted.granted_by(role, &Facts::none))
    }

    /// Whether one of the principals holds this very role at or above the scope, as of now. What holds data is who is
    /// asked, if the role is one for data.
    pub fn holds_role(
        &self,
        now: Timestamp,
        principals: &[PrincipalId],
        role: &RoleDefinition,
        scope: &ResourceId,
    ) -> HeldRole {
        let for_data = role.permissions().iter().any(|own| !own.data_actions.is_empty());
        let lag = |own: &Assignment| {
            if for_data {
                own.data_lag
            } else {
                SignedDuration::ZERO
            }
        };
        let given = || {
            let all = principals
                .iter()
                .filter_map(|principal| self.by_principal.get(principal));
            let own = all.flatten().filter(|own| own.role == role.id);
            own.filter(|own| self.hierarchy.covers(&own.scope, scope))
        };
        if given().any(|own| own.is_seen_after(now, lag(own))) {
            return HeldRole::Seen;
        }
        let mut later = given().filter(|own| own.seen_from + lag(own) > now).peekable();
        if later.peek().is_none() {
            return HeldRole::No;
        }
        HeldRole::Pending {
            data_lags: later.any(|own| own.seen_from <= now),
        }
    }
}

#[cfg(test)]
mod tests;
