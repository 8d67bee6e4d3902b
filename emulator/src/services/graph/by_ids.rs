//! Objects by their ids, whatever they are.

use crate::rules::unplayed;
use serde_json::Value;

use super::list::{Answer, answer};
use super::look_up::directory;
use super::{describe, registrations, rights, written};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, PrincipalKind, Request};
use crate::services::{Context, json_body};
use crate::state::{Principal, field};

/// A list of texts; empty if it is not there.
fn texts<'a>(sent: &'a Value, name: &str) -> Result<Vec<&'a str>, Refusal> {
    let wrong = || written::bad(format!("'{name}' is a collection of texts."));
    match field(sent, name) {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) => all.iter().map(|text| text.as_str().ok_or_else(wrong)).collect(),
        _ => Err(wrong()),
    }
}

pub(super) fn get_by_ids(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    let sent = json_body(request)?;
    if !sent.is_object() {
        return Err(written::bad("The body is no JSON object."));
    }
    let (named, types) = (texts(&sent, "ids")?, texts(&sent, "types")?);
    let facts = &context.rules.directory.by_ids;
    if named.len() > facts.most {
        let text = format!("'ids' holds {} ids at most, and not {}.", facts.most, named.len());
        return Err(written::bad(text));
    }
    let knows = |wanted: &&str| facts.types.iter().any(|kind| kind.eq_ignore_ascii_case(wanted));
    if let Some(other) = types.iter().find(|wanted| !knows(wanted)) {
        return Err(Refusal::not_played(
            unplayed::DirectoryObjectType,
            &[("type", other)],
        ));
    }
    let wants = |kind: &str| {
        types.is_empty()
            || types.iter().any(|wanted| {
                wanted.eq_ignore_ascii_case(kind) || wanted.eq_ignore_ascii_case("directoryObject")
            })
    };
    let is_wanted = |principal: &Principal| {
        wants(match principal.kind() {
            PrincipalKind::User => "user",
            PrincipalKind::Group => "group",
            PrincipalKind::ServicePrincipal => "servicePrincipal",
        })
    };
    let ids: Vec<PrincipalId> = named
        .iter()
        .map(|id| {
            let id = id.parse().map(PrincipalId);
            id.map_err(|_| written::bad("Invalid GUID in 'ids'."))
        })
        .collect::<Result<_, _>>()?;
    // Whoever may not read the directory may ask about its own.
    for id in &ids {
        rights::require(context, permit, Some(id.0))?;
    }
    let mut found: Vec<Value> = directory(context, permit)
        .filter(|principal| ids.contains(&principal.id) && is_wanted(principal))
        .map(|principal| describe::principal(context, principal))
        .collect();
    if wants("application") {
        found.extend(
            registrations::registered(context, permit)
                .filter(|application| ids.contains(&PrincipalId(application.id())))
                .map(|application| describe::application(context, application)),
        );
    }
    answer(context, request, "directoryObjects", found)
}
