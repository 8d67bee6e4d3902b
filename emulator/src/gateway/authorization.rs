//! The authorization gate: role assignments for bearer tokens, permission letters for signatures.

use super::denied::why_not;
use super::{Credential, Gates, Permit, Refusal, key_vault};
use crate::authz::{Assignment, Denied, Plane, WantedAction};
use crate::model::{ConditionAttribute, Facts, PrincipalId, PrincipalKind, ResourceId, Timestamp};
use crate::rules::{Endpoint, Gate, Mark, Operation, Params, code, rule};

pub(super) fn authorize(
    gates: &Gates<'_>,
    now: Timestamp,
    row: &Operation,
    permit: &mut Permit,
) -> Result<(), Refusal> {
    authorize_given(gates, now, row, permit, None)
}

/// The same, when more is known of the request than the gates know.
pub(super) fn authorize_given(
    gates: &Gates<'_>,
    now: Timestamp,
    row: &Operation,
    permit: &mut Permit,
    given: Option<&Facts>,
) -> Result<(), Refusal> {
    if row.anonymous || row.any_caller {
        return Ok(());
    }
    if row.endpoint == Endpoint::KeyVault {
        return key_vault::authorize(gates, now, row, permit);
    }
    match &permit.caller.credential {
        Credential::SharedKey if row.endpoint == Endpoint::Blob => Ok(()),
        Credential::PublicAccess if row.public.is_some() => Ok(()),
        Credential::SharedAccessSignature { permissions } if row.endpoint == Endpoint::Blob => {
            by_letters(row, permissions)
        }
        Credential::UserDelegation { permissions } if row.endpoint == Endpoint::Blob => {
            by_letters(row, permissions)?;
            by_roles(gates, now, row, permit, given)
        }
        Credential::Bearer => by_roles(gates, now, row, permit, given),
        Credential::None
        | Credential::SharedKey
        | Credential::SharedAccessSignature { .. }
        | Credential::UserDelegation { .. }
        | Credential::PublicAccess => {
            Err(permission_mismatch().because("the caller has shown no credential this operation takes"))
        }
    }
}

/// What the gates know of a request that conditions ask about. Of an assignment that is written it is not
/// known before its body has been read.
fn facts(gates: &Gates<'_>, row: &Operation, params: &Params, scope: &ResourceId) -> Facts {
    match &*row.id {
        "RoleAssignments_Create" => Facts {
            request: None,
            ..of_assignment(gates, params, scope)
        },
        "RoleAssignments_Delete" => of_assignment(gates, params, scope),
        id if row.endpoint == Endpoint::Blob => of_blob(gates, params, scope, id),
        _ => Facts::none(),
    }
}

fn of_assignment(gates: &Gates<'_>, params: &Params, scope: &ResourceId) -> Facts {
    let found = gates.state.access.find(scope, params.get("name"));
    Facts {
        resource: found.map_or_else(Vec::new, described),
        ..Facts::none()
    }
}

fn described(assignment: &Assignment) -> Vec<(ConditionAttribute, String)> {
    attributes(assignment.role, assignment.principal, assignment.kind)
}

/// What conditions may ask about an assignment.
pub(crate) fn attributes(
    role: uuid::Uuid,
    principal: PrincipalId,
    kind: PrincipalKind,
) -> Vec<(ConditionAttribute, String)> {
    vec![
        (ConditionAttribute::Role, role.to_string()),
        (ConditionAttribute::Principal, principal.to_string()),
        (ConditionAttribute::PrincipalKind, kind.as_str().to_owned()),
    ]
}

fn of_blob(gates: &Gates<'_>, params: &Params, scope: &ResourceId, operation: &str) -> Facts {
    let account = scope.value_after("storageAccounts").unwrap_or_default();
    let mut resource = vec![(ConditionAttribute::Account, account.to_owned())];
    for (attribute, param) in [
        (ConditionAttribute::Container, "container"),
        (ConditionAttribute::BlobPath, "blob"),
    ] {
        let value = params.get(param);
        if !value.is_empty() {
            resource.push((attribute, value.to_owned()));
        }
    }
    Facts {
        resource,
        sub_operation: gates.rules.conditions.sub_operation_of(operation).to_owned(),
        ..Facts::none()
    }
}

fn by_letters(row: &Operation, permissions: &str) -> Result<(), Refusal> {
    if row.sas.chars().any(|letter| permissions.contains(letter)) {
        return Ok(());
    }
    let reason = format!(
        "the signature grants `{permissions}`; the operation takes one of `{}`",
        row.sas
    );
    Err(Refusal {
        mark: row.mark,
        ..permission_mismatch().because(reason)
    })
}

fn by_roles(
    gates: &Gates<'_>,
    now: Timestamp,
    row: &Operation,
    permit: &mut Permit,
    given: Option<&Facts>,
) -> Result<(), Refusal> {
    let Some(principal) = permit.caller.principal else {
        return Err(permission_mismatch().because("the token names no principal"));
    };
    let principals = gates.state.directory.with_seen_groups(principal, now);
    let plane = match row.endpoint {
        Endpoint::Blob => Plane::Data,
        _ => Plane::Control,
    };
    let ahead = gates.sight.ahead(plane);
    let as_of = now + ahead;
    let wanted = row
        .action
        .as_ref()
        .map(WantedAction::Action)
        .into_iter()
        .chain(row.data_action.as_ref().map(WantedAction::DataAction));
    let gathered = || {
        let known = || facts(gates, row, &permit.params, &permit.scope);
        given.cloned().unwrap_or_else(known)
    };
    let mut asked = false;
    for wanted in wanted {
        asked = true;
        let (access, roles) = (&gates.state.access, &gates.rules.built_in_roles);
        if let Err(denied) = access.decide(roles, as_of, &principals, wanted, &permit.scope, &gathered) {
            // Operations are asked about at their region, below the subscription. The role that
            // lets a vault back up a server holds the action for it and is assigned at the server,
            // so it must be enough to hold it anywhere in the subscription (inferred). A list is not
            // refused to whoever may read some of it: it is shown that much.
            let below = if row.polling {
                Some(ResourceId::from_segments(permit.scope.segments().take(2)))
            } else {
                row.listing.then(|| permit.scope.clone())
            };
            let below = below.filter(|_| denied.by.is_none());
            let below =
                below.is_some_and(|scope| access.grants_below(roles, as_of, &principals, wanted, &scope));
            let adds = row.or_data_action.as_ref().is_some_and(|action| {
                let wanted = WantedAction::DataAction(action);
                access
                    .decide(roles, as_of, &principals, wanted, &permit.scope, &gathered)
                    .is_ok()
            });
            if !below && !adds {
                let all = gates.state.directory.with_groups(principal);
                let by_groups = all.len() > principals.len()
                    && access
                        .decide(roles, as_of, &all, wanted, &permit.scope, &gathered)
                        .is_ok();
                let refusal = refuse(gates, row, permit, wanted, &denied.seen_earlier(ahead));
                return Err(if by_groups {
                    refusal.by([rule::E1_GROUP_TOKENS])
                } else {
                    refusal
                });
            }
            permit.below_only = row.listing;
            permit.only_adds = adds;
        }
    }
    // An operation that names no action at all must say so in its row; this one does not.
    if asked {
        Ok(())
    } else {
        Err(permission_mismatch().because("the operation's row names no action"))
    }
}

fn refuse(
    gates: &Gates<'_>,
    row: &Operation,
    permit: &Permit,
    wanted: WantedAction<'_>,
    denied: &Denied,
) -> Refusal {
    let action = wanted.action();
    let scope = &permit.scope;
    let (reason, rules) = why_not(&gates.sight, permit, action, denied);
    let refusal = match row.endpoint {
        // What the blob service says of a deny assignment nobody has told.
        Endpoint::Blob if denied.by.is_some() => Refusal {
            mark: Mark::Inferred,
            ..permission_mismatch()
        },
        Endpoint::Blob => permission_mismatch(),
        _ => {
            let client = permit.caller.app_id.map(|id| id.to_string()).unwrap_or_default();
            let object = permit
                .caller
                .principal
                .map(|id| id.to_string())
                .unwrap_or_default();
            let fill = [
                ("client", client.as_str()),
                ("object", &object),
                ("action", action.as_str()),
                ("scope", scope.as_str()),
            ];
            match &denied.by {
                Some(own) => {
                    let id = own.id.simple().to_string();
                    let more = [("name", &*own.name), ("id", &*id), ("denied", own.scope.as_str())];
                    Refusal::of(
                        code::DenyAssignmentAuthorizationFailed,
                        &[&fill[..], &more].concat(),
                    )
                }
                None => Refusal::of(code::AuthorizationFailed, &fill),
            }
        }
    };
    let refusal = refusal.at(Gate::Authorization).because(reason).by(rules);
    refusal.by(row.also.iter().copied())
}

fn permission_mismatch() -> Refusal {
    Refusal::of_blob(code::AuthorizationPermissionMismatch, &[]).at(Gate::Authorization)
}
