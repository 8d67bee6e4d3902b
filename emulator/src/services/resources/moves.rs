//! Moving resources to another resource group, or finding out whether that can be done.

use http::StatusCode;
use serde_json::{Value, json};

use super::groups;
use super::moving_resources::{At, Moving, Wanted, place};
use crate::gateway::{Permit, Refusal, being_moved, locked};
use crate::model::{Action, Request, ResourceId, Response, wire_hundred_nanoseconds};
use crate::rules::{Mark, code, rule, unplayed};
use crate::services::moving::{Broken, movable};
use crate::services::{Context, LongRunning, json_body};
use crate::state::field;

/// What a move takes at the group things are moved to.
const WRITES_GROUP: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";

fn wrong(why: &str) -> Refusal {
    Refusal::of(code::SyntheticMoveRequest, &[("why", why)]).by([rule::MOVE_REQUEST])
}

fn ids(sent: &Value) -> Result<Vec<ResourceId>, Refusal> {
    let named = field(sent, "resources").as_array().into_iter().flatten();
    let named = named.filter_map(Value::as_str);
    named
        .map(|text| {
            text.parse()
                .map_err(|_| wrong(&format!("`{text}` is no resource id")))
        })
        .collect()
}

/// Reads what is to be moved where, and refuses what cannot be asked for.
fn read(context: &Context<'_>, from: &ResourceId, sent: &Value) -> Result<Wanted, Refusal> {
    if !context.state.resources.contains_key(from) {
        return Err(groups::missing(from));
    }
    let resources = ids(sent)?;
    let target = field(sent, "targetResourceGroup").as_str().unwrap_or_default();
    let to: Option<ResourceId> = target.parse().ok();
    let to = to.filter(|to| to.resource_group_id().as_ref() == Some(to));
    let to = to.ok_or_else(|| {
        wrong(&format!(
            "targetResourceGroup is `{target}`, which is no resource group"
        ))
    })?;
    if to == *from {
        return Err(wrong("the target group is the one they are in"));
    }
    context.tenant_of(&to)?;
    let Some(first) = resources.first() else {
        return Err(wrong("`resources` names none"));
    };
    for id in &resources {
        if id.resource_group_id().as_ref() != Some(from) {
            return Err(wrong(&format!("{id} is not in the group that was asked")));
        }
        // The group, `providers`, the namespace, a type and a name: eight segments, and none behind them.
        if id.segments().count() != 8 {
            return Err(wrong(&format!("{id} goes with what it is in, and not by itself")));
        }
        if context.state.resource(id).is_none() {
            return Err(context.not_found(id));
        }
    }
    let kind = |id: &ResourceId| id.resource_type().unwrap_or_default();
    let service = movable(&kind(first));
    let others = resources.iter().map(kind);
    let mut unlike = others.filter(|other| service.is_none_or(|own| !own.kind.eq_ignore_ascii_case(other)));
    match (unlike.next(), service) {
        (None, Some(service)) => Ok(Wanted {
            from: from.clone(),
            to,
            resources,
            service,
        }),
        (other, _) => {
            let other = other.unwrap_or_default();
            Err(Refusal::not_played(unplayed::MovesOf, &[("kind", &other)]))
        }
    }
}

/// No document says how Azure answers with it here.
fn as_inferred(mut refusal: Refusal) -> Refusal {
    refusal.mark = refusal.mark.max(Mark::Inferred);
    refusal
}

/// Whether the caller may, and whether the place is free. Not asked where the groups are of two tenants: that is found
/// out first.
fn check_target(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    wanted: &Wanted,
) -> Result<(), Refusal> {
    let to = &wanted.to;
    let writes = Action::new(WRITES_GROUP);
    let linked = context.gates().linked(context.now, permit, request, to, &writes);
    linked.map_err(|refusal| as_inferred(refusal.by([rule::MOVE_RIGHTS])))?;
    if !context.state.resources.contains_key(to) {
        return Err(groups::missing(to));
    }
    let locks: Vec<_> = context.state.locks.against_writing(to).collect();
    if !locks.is_empty() {
        return Err(as_inferred(locked(&locks, to, "write").by([rule::MOVE_LOCK])));
    }
    let taken = wanted.resources.iter().map(|id| place(id, wanted));
    let mut taken = taken.filter(|there| context.state.resource(there).is_some());
    match taken.next() {
        Some(there) => Err(wrong(&format!("there is {there} already"))),
        None => Ok(()),
    }
}

/// The refusal a move's validation ends with.
fn of_validation(context: &mut Context<'_>, wanted: &Wanted, inner: &Refusal) -> Refusal {
    let tracking = context.draw_uuid("move tracking").to_string();
    let correlation = context.draw_uuid("move correlation").to_string();
    let time = wire_hundred_nanoseconds(context.now);
    let fill = [
        ("time", time.as_str()),
        ("subscription", wanted.from.subscription().unwrap_or_default()),
        ("tracking", &tracking),
        ("correlation", &correlation),
    ];
    around(
        Refusal::of(code::ResourceMoveProviderValidationFailed, &fill),
        wanted,
        inner,
    )
}

/// A refusal with another inside, which says why.
fn around(mut outer: Refusal, wanted: &Wanted, inner: &Refusal) -> Refusal {
    outer.details = vec![json!({
        "code": inner.code,
        "target": wanted.service.kind,
        "message": inner.message,
    })];
    outer.mark = outer.mark.max(inner.mark);
    outer.because(inner.reason.clone()).by(inner.stated())
}

/// The refusal of a move to another tenant.
fn of_other_tenant(context: &mut Context<'_>, wanted: &Wanted) -> Result<Option<Refusal>, Refusal> {
    let own = context.tenant_of(&wanted.from)?;
    if own == context.tenant_of(&wanted.to)? {
        return Ok(None);
    }
    let correlation = context.draw_uuid("move correlation").to_string();
    let tenant = own.to_string();
    let first = wanted.resources.first().map_or("", |id| id.as_str());
    let action = format!("{}/write", wanted.service.kind);
    let inner = Refusal::of(
        code::LinkedSubscriptionOfOtherTenant,
        &[
            ("tenant", tenant.as_str()),
            ("action", action.as_str()),
            ("scope", first),
            ("subscription", wanted.to.subscription().unwrap_or_default()),
        ],
    )
    .by([rule::MOVE_TENANT]);
    let outer = Refusal::of(
        code::ResourceMovePolicyValidationFailed,
        &[
            ("subscription", wanted.from.subscription().unwrap_or_default()),
            ("correlation", correlation.as_str()),
        ],
    );
    Ok(Some(around(outer, wanted, &inner)))
}

pub(super) fn validate(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    begin(context, permit, request, true)
}

pub(super) fn carry_out(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    begin(context, permit, request, false)
}

/// Refuses what Resource Manager refuses at once; what is to be found out by others is told when the operation ends.
fn begin(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    only_validates: bool,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    let wanted = read(context, &permit.scope, &sent)?;
    let moves = &context.state.moves;
    let busy = [&wanted.from, &wanted.to]
        .into_iter()
        .find_map(|group| moves.locking(group));
    if let Some(one) = busy {
        return Err(being_moved(one));
    }
    let refused = match of_other_tenant(context, &wanted)? {
        Some(refusal) => Some(refusal),
        None => {
            check_target(context, permit, request, &wanted)?;
            let checked = (wanted.service.check)(context, &wanted.resources);
            match checked {
                Err(inner) => Some(of_validation(context, &wanted, &inner)),
                Ok(()) => {
                    for id in &wanted.resources {
                        (wanted.service.require_played)(context, id)?;
                    }
                    None
                }
            }
        }
    };
    let broken = context.fails.filter(|_| !only_validates);
    let broken = broken.and_then(|code| (wanted.service.broken_by)(context, code));
    let (refused, halfway) = match (refused, broken) {
        (None, Some(Broken::Refused(inner))) => (Some(of_validation(context, &wanted, &inner)), None),
        (
            None,
            Some(Broken::Halfway {
                refusal,
                moved,
                after_hours,
            }),
        ) => {
            let failed = Refusal::of(code::ResourceMoveFailed, &[]);
            (
                None,
                Some((around(failed, &wanted, &refusal), moved, after_hours)),
            )
        }
        (refused, _) => (refused, None),
    };
    let id = context.draw_uuid("resource move").simple().to_string();
    context.state.operations.begin(id.clone(), context.now);
    let moving = Moving {
        operation: id.clone(),
        wanted,
        only_validates,
        refused,
        halfway,
        stage: At::Beginning,
    };
    let subscription = permit.scope.subscription().unwrap_or_default();
    let operation = LongRunning {
        status: StatusCode::ACCEPTED,
        status_path: None,
        result_path: Some(format!("/subscriptions/{subscription}/operationresults/{id}")),
        retry_after_seconds: context.rules.retry_after("resource_move"),
        id,
    };
    moving.take_note(context);
    context.start(moving);
    Ok(context.accepted(request, &operation, None))
}
