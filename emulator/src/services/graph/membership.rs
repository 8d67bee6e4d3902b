//! Who is in which group.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::describe;
use super::list::{Answer, answer};
use super::look_up::{found, missing, signed_in};
use crate::gateway::Permit;
use crate::model::{PrincipalId, PrincipalKind, Request};
use crate::rules::cloud;
use crate::services::{Context, json_body};

fn described(context: &Context<'_>, ids: impl IntoIterator<Item = PrincipalId>) -> Vec<Value> {
    ids.into_iter()
        .filter_map(|id| context.state.directory.get(id))
        .map(|principal| describe::principal(context, principal))
        .collect()
}

/// Whose groups a request is about: whom the path names, or the caller.
fn whose(context: &Context<'_>, permit: &Permit) -> Result<PrincipalId, crate::gateway::Refusal> {
    match permit.params.get("id") {
        "" => signed_in(context, permit),
        id => found(context, permit, id).map(|found| found.id),
    }
}

pub(super) fn member_of(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let id = whose(context, permit)?;
    let groups: Vec<PrincipalId> = context.state.directory.groups_of(id).collect();
    answer(context, request, "directoryObjects", described(context, groups))
}

pub(super) fn transitive_member_of(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let groups = all_groups(context, whose(context, permit)?);
    answer(context, request, "directoryObjects", described(context, groups))
}

fn all_groups(context: &Context<'_>, id: PrincipalId) -> Vec<PrincipalId> {
    let with_itself = context.state.directory.with_groups(id);
    with_itself.into_iter().filter(|group| *group != id).collect()
}

fn group(context: &Context<'_>, permit: &Permit) -> Result<PrincipalId, crate::gateway::Refusal> {
    let id = permit.params.get("id");
    let found = found(context, permit, id)?;
    if found.kind() == PrincipalKind::Group {
        Ok(found.id)
    } else {
        Err(missing(id))
    }
}

pub(super) fn members(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let group = group(context, permit)?;
    let members: Vec<PrincipalId> = context.state.directory.members_of(group).collect();
    answer(context, request, "directoryObjects", described(context, members))
}

pub(super) fn transitive_members(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let group = group(context, permit)?;
    let mut found: BTreeSet<PrincipalId> = BTreeSet::new();
    let mut left = vec![group];
    while let Some(group) = left.pop() {
        for member in context.state.directory.members_of(group) {
            if found.insert(member) {
                left.push(member);
            }
        }
    }
    answer(context, request, "directoryObjects", described(context, found))
}

/// Which of the groups a request names somebody is in, through other groups too.
pub(super) fn check_member_groups(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let groups = all_groups(context, whose(context, permit)?);
    let sent = json_body(request)?;
    let found: Vec<&Value> = sent["groupIds"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|wanted| {
            wanted.as_str().is_some_and(|wanted| {
                groups
                    .iter()
                    .any(|group| group.to_string().eq_ignore_ascii_case(wanted))
            })
        })
        .collect();
    Ok(ids(&json!(found)))
}

pub(super) fn get_member_groups(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    let groups = all_groups(context, whose(context, permit)?);
    Ok(ids(&json!(groups)))
}

fn ids(found: &Value) -> crate::model::Response {
    let body = json!({"@odata.context": cloud().graph.context("Collection(Edm.String)"), "value": found});
    crate::model::Response::json(StatusCode::OK, &body)
}
