//! Near misses: what was meant to let somebody in, and does not.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{PrincipalId, ResourceId};
use azdrill_emulator::rules::{Gate, RoleDefinition};
use serde_json::Value;

use super::change::Change;
use super::propose::{Parties, proposals};
use super::trial::{No, Trial};
use super::wording::{called, named};

/// What nearly lets somebody in, in sentences; empty where nothing does.
pub fn near_misses(trial: &Trial, parties: &Parties, no: &No) -> Vec<String> {
    let wanted = proposals(trial, parties, no);
    let mut found = Vec::new();
    for change in &wanted {
        if let Change::Assign { to, role, at } = change {
            found.extend(near_assignments(trial, *to, role, at));
        }
    }
    if no.gate == Gate::Network {
        found.extend(near_resource_rules(trial, parties));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|text| seen.insert(text.clone()));
    found
}

/// Assignments that are nearly the one that is lacking.
fn near_assignments(trial: &Trial, to: PrincipalId, role: &str, at: &ResourceId) -> Vec<String> {
    let state = trial.azure.state();
    let rules = trial.azure.rules();
    let Some(wanted) = rules.built_in_role(role) else {
        return Vec::new();
    };
    let principal = state.directory.get(to);
    let mut found = Vec::new();
    for own in state.access.assignments() {
        let Some(held) = state.access.role(&rules.built_in_roles, own.role) else {
            continue;
        };
        let covers = state.access.hierarchy.covers(&own.scope, at);
        if own.principal == to {
            found.extend(of_the_same(trial, own, held, wanted, at, covers));
        } else if held.id == wanted.id
            && principal.is_some_and(|own_id| own_id.app_id == Some(own.principal.0))
        {
            found.push(format!(
                "{role} is given to {}, the application id of {}: role assignments name object ids ({to})",
                own.principal,
                called(&trial.azure, to)
            ));
        } else if held.id == wanted.id && covers && state.directory.get(own.principal).is_none() {
            found.push(format!(
                "{role} is given to {}, who does not exist (any more), at {}",
                own.principal,
                named(&own.scope)
            ));
        }
    }
    found
}

/// What somebody has who lacks a role.
fn of_the_same(
    trial: &Trial,
    own: &Assignment,
    held: &RoleDefinition,
    wanted: &RoleDefinition,
    at: &ResourceId,
    covers: bool,
) -> Option<String> {
    if held.id == wanted.id && !covers {
        return Some(format!(
            "{} is given, but at {} ({}), and not at {} or above it",
            held.name,
            named(&own.scope),
            own.scope,
            named(at)
        ));
    }
    if held.id == wanted.id && own.seen_from > trial.now {
        return Some(format!(
            "{} is given at {}, and seen from {} on",
            held.name,
            named(&own.scope),
            own.seen_from
        ));
    }
    let is_of_data =
        |role: &RoleDefinition| role.permissions().iter().any(|own| !own.data_actions.is_empty());
    let manages = held.permissions().iter().any(|own| !own.actions.is_empty());
    if covers && held.id != wanted.id && is_of_data(wanted) && manages && !is_of_data(held) {
        return Some(format!(
            "{} at {} manages the resource and has no data action: it does not let anybody read or write what is in it",
            held.name,
            named(&own.scope)
        ));
    }
    None
}

/// Resource access rules that name somebody else.
fn near_resource_rules(trial: &Trial, parties: &Parties) -> Vec<String> {
    let (Some(account), Some(vault)) = (parties.account(), parties.vault()) else {
        return Vec::new();
    };
    let state = trial.azure.state();
    let resource = state.resource(account);
    let listed = resource.and_then(|own| own.at("/properties/networkAcls/resourceAccessRules").as_array());
    let tenant = state
        .tenant_of(vault)
        .map(|own| own.to_string())
        .unwrap_or_default();
    let mut found = Vec::new();
    for rule in listed.into_iter().flatten() {
        let text = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id, of) = (text("resourceId"), text("tenantId"));
        if !id.eq_ignore_ascii_case(vault.as_str()) && !id.contains('*') {
            found.push(format!(
                "a resource access rule is there, for {id}, and none for {vault}"
            ));
        } else if !of.eq_ignore_ascii_case(&tenant) {
            found.push(format!(
                "the resource access rule for {id} names the tenant {of}; the vault's is {tenant}"
            ));
        }
    }
    found
}
