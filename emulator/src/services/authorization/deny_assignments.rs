//! Deny assignments, which can be read and not be written.

use http::StatusCode;
use serde_json::{Value, json};

use super::policy_parts::{filter, leaves_out};
use crate::authz::DenyAssignment;
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, Request, Response};
use crate::rules::code;
use crate::services::{Context, page};

fn describe(own: &DenyAssignment) -> Value {
    let prefix = if own.scope.as_str() == "/" {
        ""
    } else {
        own.scope.as_str()
    };
    json!({
        "properties": {
            "denyAssignmentName": own.name,
            "description": null,
            "permissions": [{
                "actions": own.actions,
                "notActions": own.not_actions,
                "dataActions": own.data_actions,
                "notDataActions": own.not_data_actions,
            }],
            "scope": own.scope,
            "doNotApplyToChildScopes": own.do_not_apply_to_child_scopes,
            "principals": own.principals,
            "excludePrincipals": own.exclude_principals,
            "isSystemProtected": true,
        },
        "id": format!("{prefix}/providers/Microsoft.Authorization/denyAssignments/{}", own.id),
        "type": "Microsoft.Authorization/denyAssignments",
        "name": own.id,
    })
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let name = permit.params.get("name");
    let mut all = context.state.access.deny_assignments.iter();
    let found = all.find(|own| own.scope == permit.scope && own.id.to_string().eq_ignore_ascii_case(name));
    match found {
        Some(own) => Ok(Response::json(StatusCode::OK, &describe(own))),
        None => Err(Refusal::of(code::DenyAssignmentNotFound, &[("name", name)])),
    }
}

/// Those at, above and below the scope; `atScope()` leaves out those below.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::scope::require_scope(context, &permit.scope)?;
    let known = [
        "atScope()",
        "assignedTo()",
        "principalId eq",
        "denyAssignmentName eq",
    ];
    let filter = filter(request, &known)?;
    let hierarchy = &context.state.access.hierarchy;
    let scope = &permit.scope;
    // Whoever is no principal is denied nothing.
    let assigned_to = filter.value("assignedTo()").map(|id| match id.parse() {
        Ok(id) => context.state.directory.with_groups(PrincipalId(id)),
        Err(_) => Vec::new(),
    });
    let named = |own: &DenyAssignment, id: &str| {
        own.principals
            .iter()
            .any(|own| own.id.to_string().eq_ignore_ascii_case(id))
    };
    let found: Vec<Value> = context
        .state
        .access
        .deny_assignments
        .iter()
        .filter(|own| {
            hierarchy.covers(&own.scope, scope)
                || !filter.has("atScope()") && hierarchy.covers(scope, &own.scope)
        })
        .filter(|own| !leaves_out(&filter, "denyAssignmentName eq", &own.name))
        .filter(|own| filter.value("principalId eq").is_none_or(|id| named(own, id)))
        .filter(|own| {
            assigned_to
                .as_ref()
                .is_none_or(|ids| !ids.is_empty() && own.is_about(ids))
        })
        .map(describe)
        .collect();
    page::list(request, &found)
}
