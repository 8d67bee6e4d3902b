//! Get and Set Container ACL: public access, and stored access policies.

use std::fmt::Write;

use http::StatusCode;
use quick_xml::escape::partial_escape;

use super::conditions::Conditions;
use super::{account, containers, headers, place, preconditions, xml};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::code;
use crate::services::Context;
use crate::state::{ContainerAccess, StoredAccessPolicy};

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    preconditions::for_container(context, request, container)?;
    let access = context
        .state
        .blob_access
        .container(place::account(request), permit.params.get("container"));
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers>".to_owned();
    for policy in access.into_iter().flat_map(|access| &access.policies) {
        write(&mut text, policy);
    }
    text.push_str("</SignedIdentifiers>");
    let mut response = headers::with_version(account::xml(StatusCode::OK, text), &container.version);
    if let Some(public) = access.and_then(|access| access.public) {
        response = response.with_header("x-ms-blob-public-access", &public.as_str().to_ascii_lowercase());
    }
    Ok(response)
}

fn write(text: &mut String, policy: &StoredAccessPolicy) {
    // Writing into a string does not fail.
    let _ = write!(
        text,
        "<SignedIdentifier><Id>{}</Id><AccessPolicy>",
        partial_escape(policy.id.as_str())
    );
    for (tag, value) in [
        ("Start", &policy.start),
        ("Expiry", &policy.expiry),
        ("Permission", &policy.permissions),
    ] {
        if !value.is_empty() {
            let value = partial_escape(value.as_str());
            let _ = write!(text, "<{tag}>{value}</{tag}>");
        }
    }
    text.push_str("</AccessPolicy></SignedIdentifier>");
}

fn policies(context: &Context<'_>, request: &Request) -> Result<Vec<StoredAccessPolicy>, Refusal> {
    if request.body.is_empty() {
        return Ok(Vec::new());
    }
    let root = xml::read(request.body.bytes(), "SignedIdentifiers")?;
    let found: Vec<StoredAccessPolicy> = root
        .all("SignedIdentifier")
        .map(|item| {
            let policy = item.child("AccessPolicy");
            let text = |name: &str| policy.map_or("", |policy| policy.text_of(name)).to_owned();
            StoredAccessPolicy {
                id: item.text_of("Id").to_owned(),
                start: text("Start"),
                expiry: text("Expiry"),
                permissions: text("Permission"),
            }
        })
        .collect();
    let limits = &context.rules.blob_limits;
    if !limits.access_policies.admits(found.len()) {
        return Err(place::refusal(code::InvalidXmlDocument));
    }
    let wrong = found.iter().any(|policy| {
        policy.id.is_empty()
            || !limits
                .access_policy_id_characters
                .admits(policy.id.chars().count())
    });
    if wrong {
        return Err(place::refusal(code::InvalidXmlNodeValue));
    }
    Ok(found)
}

pub(super) fn set(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    preconditions::for_container(context, request, container)?;
    Conditions::of(request)?.check_write(Some(&container.version))?;
    super::incoming::check_md5_of_bytes(request)?;
    // Neither is added to what was there: both are what the request says.
    let access = ContainerAccess {
        public: containers::public_access(context, request)?,
        policies: policies(context, request)?,
    };
    let version = context.own.storage.next_version(context.now);
    let response = headers::with_version(Response::new(StatusCode::OK), &version);
    place::container_mut(&mut context.own.storage, permit, request)?.version = version;
    let (account, name) = (place::account(request), permit.params.get("container"));
    context.state.blob_access.set(account, name, access);
    Ok(response)
}
