//! Index tags: set, read, and blobs found by them.

use std::fmt::Write;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use quick_xml::escape::partial_escape;

use super::page::{ListPage, marker_of};
use super::tag_query::Expression;
use super::{account, list_text, place, preconditions, xml};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::{Code, code};
use crate::services::Context;
use crate::services::storage::domain::{Blob, Tags};

fn is_allowed(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_ascii_alphanumeric() || " +-./:=_".contains(letter))
}

/// Puts tags together, each name once.
fn collect(context: &Context<'_>, pairs: impl Iterator<Item = (String, String)>) -> Result<Tags, Refusal> {
    let refuse = |code: Code| Err(place::refusal(code));
    let limits = &context.rules.blob_limits;
    let mut tags = Tags::new();
    for (name, value) in pairs {
        if name.is_empty() {
            return refuse(code::EmptyTagName);
        }
        if !limits.tag_name_characters.admits(name.len()) || !limits.tag_value_characters.admits(value.len())
        {
            return refuse(code::TagsTooLarge);
        }
        if !is_allowed(&name) || !is_allowed(&value) {
            return refuse(code::InvalidTag);
        }
        if tags.insert(name, value).is_some() {
            return refuse(code::DuplicateTagNames);
        }
    }
    if !limits.tags.admits(tags.len()) {
        return refuse(code::TagsTooLarge);
    }
    Ok(tags)
}

/// `x-ms-tags`: pairs as in a query.
pub(super) fn of_header(context: &Context<'_>, text: &str) -> Result<Tags, Refusal> {
    let decoded = |part: &str| {
        percent_decode_str(&part.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    collect(context, pairs)
}

/// Set Blob Tags. It changes neither entity tag nor time.
pub(super) fn set(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = place::base_blob(context, permit, request)?;
    preconditions::for_write(context, request, blob)?;
    super::incoming::check_md5_of_bytes(request)?;
    let root = xml::read(request.body.bytes(), "Tags")?;
    let sent = root.child("TagSet").into_iter().flat_map(|set| set.all("Tag"));
    let pairs = sent.map(|tag| (tag.text_of("Key").to_owned(), tag.text_of("Value").to_owned()));
    let tags = collect(context, pairs)?;
    place::blob_mut(&mut context.own.storage, permit, request)?.tags = tags;
    Ok(Response::new(StatusCode::NO_CONTENT))
}

/// Get Blob Tags.
pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = place::blob(context, permit, request)?;
    preconditions::for_read(context, request, blob)?;
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned();
    write(&mut text, &blob.tags);
    Ok(account::xml(StatusCode::OK, text))
}

/// Tags as an element.
pub(super) fn write(text: &mut String, tags: &Tags) {
    text.push_str("<Tags><TagSet>");
    for (name, value) in tags {
        let (name, value) = (partial_escape(name), partial_escape(value));
        // Writing into a string does not fail.
        let _ = write!(text, "<Tag><Key>{name}</Key><Value>{value}</Value></Tag>");
    }
    text.push_str("</TagSet></Tags>");
}

/// Find Blobs by Tags, in the account or in one container.
pub(super) fn find(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let searched = request.query_value("where").unwrap_or_default();
    let expression = Expression::search(&searched).map_err(|wrong| {
        let position = wrong.position.to_string();
        let fill = [("position", position.as_str()), ("what", wrong.what)];
        Refusal::of_blob(code::TagQueryInvalid, &fill)
    })?;
    let only = permit.params.get("container");
    if !only.is_empty() {
        place::container(context, permit, request)?;
    }
    let page = ListPage::of(&context.rules.blob_limits, request)?;
    let from = page.from.split_once('/').unwrap_or_default();
    let containers = context.own.storage.containers(place::account(request));
    let mut found = containers
        .into_iter()
        .flatten()
        .filter(|(container, _)| only.is_empty() || *container == only)
        .flat_map(|(container, held)| held.blobs.iter().map(move |(name, blob)| (container, name, blob)))
        .filter(|(container, name, _)| (container.as_str(), name.as_str()) >= from)
        .filter(|(container, _, blob)| expression.holds(container, &blob.tags));
    let mut text = list_text::open(request, None, &["Where"]);
    text.push_str("<Blobs>");
    for (container, name, blob) in found.by_ref().take(page.limit) {
        element(&mut text, container, name, blob);
    }
    text.push_str("</Blobs>");
    let next = found
        .next()
        .map(|(container, name, _)| marker_of(&format!("{container}/{name}")));
    Ok(list_text::close(text, next.as_deref()))
}

fn element(text: &mut String, container: &str, name: &str, blob: &Blob) {
    text.push_str("<Blob>");
    list_text::name_element(text, name);
    // A container's name needs no escaping.
    let _ = write!(text, "<ContainerName>{container}</ContainerName>");
    write(text, &blob.tags);
    text.push_str("</Blob>");
}
