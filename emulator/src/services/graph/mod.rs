//! The directory: whom clients look up before they assign a role, and make to assign one to.

mod applications;
mod by_ids;
mod credentials;
mod describe;
mod filter;
mod membership;
mod people;
mod references;
mod rights;
mod written;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Context, Handler};
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{PrincipalId, PrincipalKind, Request, Response};
use crate::rules::{cloud, code};
use crate::state::{IdentityKind, Principal, field};
use filter::GraphFilter;

type Answer = Result<Response, Refusal>;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "ServicePrincipals_List" => list_service_principals,
        "ServicePrincipals_Get" => {
            |context, permit, request| get(context, permit, request, Some(PrincipalKind::ServicePrincipal))
        }
        "Applications_List" => list_applications,
        "Applications_Get" => get_application,
        "Users_List" => list_users,
        "Users_Get" => |context, permit, request| get(context, permit, request, Some(PrincipalKind::User)),
        "Groups_List" => list_groups,
        "Groups_Get" => |context, permit, request| get(context, permit, request, Some(PrincipalKind::Group)),
        "DirectoryObjects_Get" => |context, permit, request| get(context, permit, request, None),
        "DirectoryObjects_GetByIds" => by_ids::get_by_ids,
        "Me_Get" => me,
        "Groups_Members" => membership::members,
        "Groups_TransitiveMembers" => membership::transitive_members,
        "Users_Create" => people::create_user,
        "Users_Update" => people::update_user,
        "Users_Delete" => |context, permit, _| people::delete(context, permit, PrincipalKind::User),
        "Groups_Create" => people::create_group,
        "Groups_Update" => people::update_group,
        "Groups_Delete" => |context, permit, _| people::delete(context, permit, PrincipalKind::Group),
        "Groups_AddMember" => references::add_member,
        "Groups_RemoveMember" => references::remove_member,
        "Applications_Create" => applications::create,
        "Applications_Update" => applications::update,
        "Applications_Delete" => applications::delete,
        "ServicePrincipals_Create" => applications::create_principal,
        "ServicePrincipals_Update" => applications::update_principal,
        "ServicePrincipals_Delete" => {
            |context, permit, _| people::delete(context, permit, PrincipalKind::ServicePrincipal)
        }
        _ => match operation.split_once('_')?.1 {
            "AddPassword" => credentials::add_password,
            "RemovePassword" => credentials::remove_password,
            "AddOwner" => references::add_owner,
            "RemoveOwner" => references::remove_owner,
            "Owners" => references::owners,
            "OwnedObjects" => references::owned_objects,
            "MemberOf" => membership::member_of,
            "TransitiveMemberOf" => membership::transitive_member_of,
            "CheckMemberGroups" => membership::check_member_groups,
            "GetMemberGroups" => membership::get_member_groups,
            _ => return None,
        },
    })
}

fn missing(wanted: &str) -> Refusal {
    Refusal::of(code::Request_ResourceNotFound, &[("wanted", wanted)])
}

/// The principals of the caller's own tenant: another one's are not in its directory.
fn directory<'a>(context: &'a Context<'_>, permit: &'a Permit) -> impl Iterator<Item = &'a Principal> {
    context
        .state
        .directory
        .iter()
        .filter(|principal| permit.caller.tenant == Some(principal.tenant))
}

/// Somebody by object id, or a person by sign-in name.
fn find<'a>(context: &'a Context<'_>, permit: &'a Permit, wanted: &str) -> Result<&'a Principal, Refusal> {
    let id = wanted.parse::<Uuid>().ok().map(PrincipalId);
    directory(context, permit)
        .find(|principal| match id {
            Some(id) => principal.id == id,
            None => {
                principal.identity == IdentityKind::User
                    && principal.display_name.eq_ignore_ascii_case(wanted)
            }
        })
        .ok_or_else(|| missing(wanted))
}

/// As [`find`], for whoever may read it. Who may not is not told whether it is there.
fn found<'a>(context: &'a Context<'_>, permit: &'a Permit, wanted: &str) -> Result<&'a Principal, Refusal> {
    let found = find(context, permit, wanted);
    rights::require(
        context,
        permit,
        found.as_ref().ok().map(|principal| principal.id.0),
    )?;
    found
}

/// Whose token it is, for what only a person can ask.
fn signed_in(context: &Context<'_>, permit: &Permit) -> Result<PrincipalId, Refusal> {
    permit
        .caller
        .principal
        .filter(|id| {
            let known = context.state.directory.get(*id);
            known.is_some_and(|principal| principal.identity == IdentityKind::User)
        })
        .ok_or_else(|| Refusal::of(code::MeWithoutPerson, &[]))
}

/// A query option, with or without its dollar sign.
fn option(request: &Request, name: &str) -> Option<String> {
    let value = request.query_value(&format!("${name}"));
    let value = value.or_else(|| request.query_value(name));
    value.filter(|value| !value.is_empty())
}

/// A query option that is a number.
fn number(request: &Request, name: &str, least: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = option(request, name) else {
        return Ok(None);
    };
    match text.parse::<usize>() {
        Ok(number) if number >= least => Ok(Some(number)),
        _ => Err(written::bad(format!(
            "Invalid value '{text}' for $query option '${name}'."
        ))),
    }
}

/// Answers a list, or the page of it that the request asks for.
fn answer(_: &Context<'_>, request: &Request, collection: &str, found: Vec<Value>) -> Answer {
    let skipped = number(request, "skiptoken", 0)?.unwrap_or_default();
    let top = number(request, "top", 1)?.unwrap_or(usize::MAX);
    let counts = match option(request, "count").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(written::bad(format!(
                "Invalid value '{other}' for $count query option."
            )));
        }
    };
    let count = found.len();
    let more = found.len().saturating_sub(skipped) > top;
    let page = found.into_iter().skip(skipped).take(top);
    let page: Vec<Value> = page.map(|object| describe::shown(request, object)).collect();
    let mut body = json!({
        "@odata.context": cloud().graph.context(collection),
        "value": page,
    });
    if counts {
        body["@odata.count"] = json!(count);
    }
    if more {
        let kept: Vec<String> = request
            .query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.to_ascii_lowercase().contains("skiptoken="))
            .map(str::to_owned)
            .collect();
        body["@odata.nextLink"] = json!(format!(
            "{}{}?{}&$skiptoken={}",
            request.authority(),
            request.path,
            kept.join("&"),
            skipped + top
        ));
    }
    Ok(Response::json(StatusCode::OK, &body))
}

/// Answers those of the objects that the request's `$filter` lets through.
fn filtered(
    context: &Context<'_>,
    request: &Request,
    collection: &str,
    objects: impl Iterator<Item = Value>,
) -> Answer {
    let text = option(request, "filter").unwrap_or_default();
    let filter = GraphFilter::read(&text).map_err(|part| {
        if filter::is_of_graph(&part) {
            return Refusal::not_played(&format!("the filter '{part}' ($filter)"));
        }
        Refusal::of(code::Request_UnsupportedQuery, &[("part", &part)])
    })?;
    let objects: Vec<Value> = objects.collect();
    check_members(context, &filter, collection, &objects)?;
    let objects = objects.into_iter();
    let found = objects.filter(|object| filter.holds(object)).collect();
    answer(context, request, collection, found)
}

/// Refuses a filter on a member that objects of the kind have not, and on one that nothing is known of here:
/// an empty list would say that nobody has such a one.
fn check_members(
    context: &Context<'_>,
    filter: &GraphFilter,
    collection: &str,
    objects: &[Value],
) -> Result<(), Refusal> {
    let kind = context.rules.directory.kind(collection.trim_end_matches('s'));
    for member in filter.members() {
        if !kind.has(member) {
            let fill = [("member", member), ("kind", &*kind.name)];
            let error = context.rules.error(code::GraphPropertyUnknown);
            return Err(Refusal::of_row(Shape::Arm, error, &fill));
        }
        let is_told = |object: &Value| matches!(field(object, member), Value::String(_) | Value::Array(_));
        if !kind.is_text(member) && !objects.iter().any(is_told) && !objects.is_empty() {
            return Err(Refusal::not_played(&format!("filters on '{member}' ($filter)")));
        }
    }
    Ok(())
}

/// Service principal names are application ids: a look-up by object id finds nothing, and clients
/// then ask [`by_ids::get_by_ids`]. A list that always finds somebody makes them assign to the wrong one.
fn list_service_principals(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = directory(context, permit)
        .filter(|principal| principal.kind() == PrincipalKind::ServicePrincipal)
        .map(|principal| describe::principal(context, principal));
    filtered(context, request, "servicePrincipals", found)
}

fn list_users(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = directory(context, permit)
        .filter(|principal| principal.kind() == PrincipalKind::User)
        .map(|principal| describe::principal(context, principal));
    filtered(context, request, "users", found)
}

fn list_groups(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = directory(context, permit)
        .filter(|principal| principal.kind() == PrincipalKind::Group)
        .map(|principal| describe::principal(context, principal));
    filtered(context, request, "groups", found)
}

fn list_applications(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    rights::require(context, permit, None)?;
    let found = applications::registered(context, permit)
        .map(|application| describe::application(context, application));
    filtered(context, request, "applications", found)
}

fn get_application(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let found = applications::named(context, permit)?;
    rights::require(context, permit, Some(found.id()))?;
    let object = describe::shown(request, describe::application(context, found));
    Ok(Response::json(StatusCode::OK, &object))
}

fn get(context: &mut Context<'_>, permit: &Permit, request: &Request, kind: Option<PrincipalKind>) -> Answer {
    let wanted = permit.params.get("id");
    let found = found(context, permit, wanted)?;
    if kind.is_some_and(|kind| found.kind() != kind) {
        return Err(missing(wanted));
    }
    let object = describe::shown(request, describe::principal(context, found));
    Ok(Response::json(StatusCode::OK, &object))
}

fn me(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let id = signed_in(context, permit)?;
    let found = context.state.directory.get(id);
    found
        .map(|principal| describe::shown(request, describe::principal(context, principal)))
        .map(|object| Response::json(StatusCode::OK, &object))
        .ok_or_else(|| missing("me"))
}

/// Whether a filter lets an object through.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn filter_holds(text: &str, object: &Value) -> bool {
    filter::GraphFilter::read(text).is_ok_and(|filter| filter.holds(object))
}
