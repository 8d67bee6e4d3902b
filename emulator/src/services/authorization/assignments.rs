//! Role assignments.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::sent_condition::sent_condition;
use crate::authz::{Assignment, group_of};
use crate::gateway::{Permit, Refusal, attributes};
use crate::model::{
    Condition, Facts, PrincipalId, PrincipalKind, Request, ResourceId, Response, Timestamp,
    wire_hundred_nanoseconds,
};
use crate::rules::{code, rule, unplayed};
use crate::services::arm_filter::ArmFilter;
use crate::services::{Context, json_body, page};
use crate::state::field;

fn describe(assignment: &Assignment) -> Value {
    let definition = match assignment.scope.subscription() {
        Some(subscription) => format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}",
            assignment.role
        ),
        None => format!(
            "/providers/Microsoft.Authorization/roleDefinitions/{}",
            assignment.role
        ),
    };
    let prefix = if assignment.scope.as_str() == "/" {
        ""
    } else {
        assignment.scope.as_str()
    };
    json!({
        "properties": {
            "roleDefinitionId": definition,
            "principalId": assignment.principal,
            "principalType": assignment.kind.as_str(),
            "scope": assignment.scope,
            "condition": assignment.condition.as_ref().map(Condition::as_str),
            "conditionVersion": assignment.condition_version,
            "createdOn": wire_hundred_nanoseconds(assignment.created),
            "updatedOn": wire_hundred_nanoseconds(assignment.updated),
            "createdBy": assignment.created_by,
            "updatedBy": assignment.updated_by,
            "delegatedManagedIdentityResourceId": null,
            "description": assignment.description,
        },
        "id": format!("{prefix}/providers/Microsoft.Authorization/roleAssignments/{}", assignment.name),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": assignment.name,
    })
}

/// What an assignment's own PUT answers: who made it is not in there yet.
fn written(assignment: &Assignment) -> Response {
    let mut body = describe(assignment);
    body["properties"]["createdBy"] = Value::Null;
    Response::json(StatusCode::CREATED, &body)
}

fn missing(name: &str) -> Refusal {
    Refusal::of(code::RoleAssignmentNotFound, &[("name", name)])
}

/// Lists assignments at, above and below the scope; `atScope()` leaves out those below,
/// `principalId eq` takes one principal's, `assignedTo('…')` its groups' as well.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let filter = request.query_value("$filter").unwrap_or_default();
    let filter = ArmFilter::read(&filter, &["atScope()", "principalId eq", "assignedTo()"])?;
    let at_scope = filter.has("atScope()");
    let principal = filter.value("principalId eq");
    // Whoever is no principal is assigned nothing.
    let assigned_to = filter.value("assignedTo()").map(|id| match id.parse() {
        Ok(id) => context.state.directory.with_groups(PrincipalId(id)),
        Err(_) => Vec::new(),
    });
    let scope = &permit.scope;
    let found: Vec<Value> = context
        .state
        .access
        .assignments()
        .filter(|assignment| {
            let hierarchy = &context.state.access.hierarchy;
            hierarchy.covers(&assignment.scope, scope)
                || !at_scope && hierarchy.covers(scope, &assignment.scope)
        })
        .filter(|assignment| {
            principal.is_none_or(|id| assignment.principal.to_string().eq_ignore_ascii_case(id))
        })
        .filter(|assignment| {
            assigned_to
                .as_ref()
                .is_none_or(|ids| ids.contains(&assignment.principal))
        })
        .map(describe)
        .collect();
    page::list(request, &found)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let name = permit.params.get("name");
    context
        .state
        .access
        .find(&permit.scope, name)
        .map(|assignment| Response::json(StatusCode::OK, &describe(assignment)))
        .ok_or_else(|| missing(name))
}

struct SentAssignment {
    role: Uuid,
    principal: PrincipalId,
    kind: Option<PrincipalKind>,
    description: Option<String>,
    condition: Option<Condition>,
    condition_version: Option<String>,
}

fn wanted(context: &Context<'_>, body: &Value) -> Result<SentAssignment, Refusal> {
    let properties = field(body, "properties");
    let text = |name: &str| field(properties, name).as_str().unwrap_or_default().to_owned();
    let definition = text("roleDefinitionId");
    let role = definition
        .rsplit('/')
        .next()
        .and_then(|id| id.parse::<Uuid>().ok())
        .ok_or_else(|| Refusal::of(code::RoleOfAssignmentInvalid, &[("role", &definition)]))?;
    if context
        .state
        .access
        .role(&context.rules.built_in_roles, role)
        .is_none()
    {
        let role = role.simple().to_string();
        return Err(Refusal::of(code::RoleOfAssignmentNotFound, &[("role", &role)]));
    }
    let (condition, condition_version) = sent_condition(&context.rules.conditions, properties)?;
    let delegated_identity = text("delegatedManagedIdentityResourceId");
    if !delegated_identity.is_empty() {
        return Err(Refusal::not_played(unplayed::DelegatedManagedIdentity, &[]));
    }
    let principal = text("principalId");
    let principal = principal
        .parse::<Uuid>()
        .map(PrincipalId)
        .map_err(|_| Refusal::of(code::InvalidPrincipalId, &[("principal", &principal)]))?;
    let kind = match text("principalType").to_ascii_lowercase().as_str() {
        "user" => Some(PrincipalKind::User),
        "group" => Some(PrincipalKind::Group),
        "serviceprincipal" => Some(PrincipalKind::ServicePrincipal),
        "" => None,
        other => {
            return Err(Refusal::not_played(unplayed::PrincipalType, &[("type", other)]));
        }
    };
    let kept = |name: &str| field(properties, name).as_str().map(str::to_owned);
    Ok(SentAssignment {
        role,
        principal,
        kind,
        description: kept("description"),
        condition,
        condition_version,
    })
}

/// Creates an assignment. With `principalType` in the request ARM does not look the principal up,
/// so an application id pasted for an object id leaves an assignment that points at nobody.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let name = permit.params.get("name").to_owned();
    if name.parse::<Uuid>().is_err() {
        return Err(Refusal::of(code::InvalidRoleAssignmentId, &[("name", &name)]));
    }
    super::scope::require_scope(context, &permit.scope)?;
    let wanted = wanted(context, &*json_body(request)?)?;
    check_assignable(context, &permit.scope, wanted.role)?;
    // ARM looks principals up in the directory of the scope's own tenant.
    let tenant = context.state.tenant_of(&permit.scope).or(permit.caller.tenant);
    let found = context.state.directory.get(wanted.principal);
    let found = found.filter(|principal| tenant == Some(principal.tenant));
    let exists = found.is_some();
    let found = found.filter(|principal| context.state.directory.is_found(principal.id, context.now));
    let known = found.map(crate::state::Principal::kind);
    let Some(kind) = wanted.kind.or(known) else {
        let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
        let principal = wanted.principal.0.simple().to_string();
        let fill = [("principal", &*principal), ("tenant", &tenant)];
        let refusal = Refusal::of(code::PrincipalNotFound, &fill);
        return Err(if exists {
            let why = "the principal was just made, and Resource Manager does not find it yet; a request that says \
                       its `principalType` is not looked up";
            refusal.because(why).by([rule::E1_NEW_PRINCIPAL])
        } else {
            refusal
        });
    };
    check_kind(&wanted, known)?;
    // What conditions ask about the request the gates could not know.
    let existing = context.state.access.find(&permit.scope, &name);
    let facts = Facts {
        resource: existing.map_or_else(Vec::new, |before| {
            attributes(before.role, before.principal, before.kind)
        }),
        request: Some(attributes(wanted.role, wanted.principal, kind)),
        ..Facts::none()
    };
    context.gates().allows_given(context.now, permit, &facts)?;
    if let Some(existing) = context.state.access.named_mut(&name) {
        return update(existing, context.now, permit, wanted);
    }
    check_only_one(context, &permit.scope, &wanted)?;
    let assignment = Assignment {
        name,
        scope: permit.scope.clone(),
        role: wanted.role,
        principal: wanted.principal,
        kind,
        description: wanted.description,
        condition: wanted.condition,
        condition_version: wanted.condition_version,
        created: context.now,
        created_by: permit.caller.principal,
        updated: context.now,
        updated_by: permit.caller.principal,
        seen_from: context.now + context.settings.longest_propagation(),
        seen_until: None,
        data_lag: data_lag(context, &permit.scope),
    };
    let answer = written(&assignment);
    context.state.access.insert(assignment);
    Ok(answer)
}

/// What holds data sees what is assigned at a management group much later than Resource Manager does.
fn data_lag(context: &Context<'_>, scope: &ResourceId) -> SignedDuration {
    if group_of(scope).is_none() {
        return SignedDuration::ZERO;
    }
    let seconds = context
        .rules
        .recorded_seconds
        .get("management_group_data_actions");
    seconds.map_or(SignedDuration::ZERO, |seconds| {
        SignedDuration::from_secs_f64(*seconds)
    })
}

/// Whose kind is known is of that kind, whatever the request calls it.
fn check_kind(wanted: &SentAssignment, known: Option<PrincipalKind>) -> Result<(), Refusal> {
    match (wanted.kind, known) {
        (Some(said), Some(known)) if said != known => {
            let principal = wanted.principal.0.simple().to_string();
            let fill = [
                ("principal", &*principal),
                ("own", known.as_str()),
                ("said", said.as_str()),
            ];
            Err(Refusal::of(code::UnmatchedPrincipalType, &fill))
        }
        _ => Ok(()),
    }
}

/// Refuses what another assignment gives already.
fn check_only_one(context: &Context<'_>, scope: &ResourceId, wanted: &SentAssignment) -> Result<(), Refusal> {
    let twin = context.state.access.assignments().find(|assignment| {
        assignment.scope == *scope
            && assignment.principal == wanted.principal
            && assignment.role == wanted.role
    });
    if let Some(twin) = twin {
        let assignment = twin.name.replace('-', "");
        return Err(Refusal::of(
            code::RoleAssignmentExists,
            &[("assignment", &assignment)],
        ));
    }
    Ok(())
}

/// Writes an assignment that is there. What it says may change, but neither to whom, of what, nor where.
fn update(
    existing: &mut Assignment,
    now: Timestamp,
    permit: &Permit,
    wanted: SentAssignment,
) -> Result<Response, Refusal> {
    let is_same = existing.scope == permit.scope
        && existing.principal == wanted.principal
        && existing.role == wanted.role;
    if !is_same {
        return Err(Refusal::of(code::RoleAssignmentUpdateNotPermitted, &[]));
    }
    if existing.description != wanted.description || existing.condition != wanted.condition {
        existing.description = wanted.description;
        existing.condition = wanted.condition;
        existing.condition_version = wanted.condition_version;
        existing.updated = now;
        existing.updated_by = permit.caller.principal;
    }
    Ok(written(existing))
}

/// A custom role can be assigned at its assignable scopes and below them, and nowhere else.
fn check_assignable(context: &Context<'_>, scope: &ResourceId, role: Uuid) -> Result<(), Refusal> {
    let Some(custom) = context.state.access.custom_roles.get(&role) else {
        return Ok(());
    };
    let hierarchy = &context.state.access.hierarchy;
    if custom
        .assignable_scopes
        .iter()
        .any(|fence| hierarchy.covers(fence, scope))
    {
        return Ok(());
    }
    let fill = [("scope", scope.as_str()), ("role", &role.to_string())];
    Err(Refusal::of(
        code::RoleAssignmentScopeNotAssignableToRoleDefinition,
        &fill,
    ))
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let until = context.now + context.settings.longest_propagation();
    match context
        .state
        .access
        .remove(&permit.scope, permit.params.get("name"), until)
    {
        Some(assignment) => Ok(Response::json(StatusCode::OK, &describe(&assignment))),
        None => Ok(Response::new(StatusCode::NO_CONTENT)),
    }
}
