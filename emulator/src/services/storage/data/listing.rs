//! Lists of containers and of blobs.

use std::ops::Bound;

use super::list_include::Include;
use super::list_text::{close, element, name_element, open};
use super::page::{ListPage, marker_of};
use super::{list_element, place};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, wire_http_date};
use crate::services::Context;
use crate::services::storage::domain::{Blob, Container};

/// One line of a list of blobs.
enum ListLine<'a> {
    /// A blob; `None` if it has uncommitted blocks only.
    Blob(&'a str, Option<&'a Blob>),
    /// A snapshot, with its time.
    Snapshot(&'a str, &'a str, &'a Blob),
    /// What several names have in common, up to the delimiter.
    Prefix(&'a str),
}

impl ListLine<'_> {
    /// Where a page begins that begins with this entry. A snapshot's time stands behind a character no
    /// name has.
    fn marker(&self) -> String {
        match self {
            Self::Blob(name, _) => marker_of(&format!("{name}\0{LAST}")),
            Self::Snapshot(name, time, _) => marker_of(&format!("{name}\0{time}")),
            Self::Prefix(name) => marker_of(name),
        }
    }
}

/// Behind every snapshot's time: a blob follows its snapshots.
const LAST: &str = "~";

pub(super) fn containers(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let page = ListPage::of(&context.rules.blob_limits, request)?;
    let with_metadata = Include::of(request)?.metadata;
    let account = place::account(request);
    let mut text = open(request, None, &["Prefix", "Marker", "MaxResults"]);
    text.push_str("<Containers>");
    let all = context.own.storage.containers(account);
    let mut found = all
        .into_iter()
        .flat_map(|all| all.range(page.from.clone()..))
        .filter(|(name, _)| name.starts_with(&page.prefix));
    for (name, container) in found.by_ref().take(page.limit) {
        container_element(context, &mut text, (account, name), container, with_metadata);
    }
    text.push_str("</Containers>");
    let next = found.next().map(|(name, _)| marker_of(name));
    Ok(close(text, next.as_deref()))
}

fn container_element(
    context: &Context<'_>,
    text: &mut String,
    (account, name): (&str, &str),
    container: &Container,
    with_metadata: bool,
) {
    text.push_str("<Container>");
    element(text, "Name", name);
    text.push_str("<Properties>");
    element(text, "Last-Modified", &wire_http_date(container.version.modified));
    element(text, "Etag", &format!("\"{}\"", container.version.etag));
    list_element::lease(context, text, &container.lease);
    if let Some(access) = context.state.blob_access.public(account, name) {
        element(text, "PublicAccess", &access.as_str().to_ascii_lowercase());
    }
    element(text, "DefaultEncryptionScope", "$account-encryption-key");
    element(text, "DenyEncryptionScopeOverride", "false");
    element(text, "HasImmutabilityPolicy", "false");
    element(text, "HasLegalHold", "false");
    element(text, "ImmutableStorageWithVersioningEnabled", "false");
    text.push_str("</Properties>");
    if with_metadata {
        list_element::metadata(text, &container.metadata);
    }
    text.push_str("</Container>");
}

/// The names of a container from one on, in order: those of blobs, and of what has snapshots or
/// uncommitted blocks only, if that is asked for.
fn names<'a>(container: &'a Container, include: Include, from: &str) -> impl Iterator<Item = &'a str> {
    let bounds = (Bound::Included(from), Bound::Unbounded);
    let blobs = container.blobs.range::<str, _>(bounds).map(|(name, _)| name);
    let staged = container.staged.range::<str, _>(bounds).map(|(name, _)| name);
    let snapshots = container.snapshots.range::<str, _>(bounds).map(|(name, _)| name);
    let mut sources = [
        Some(Box::new(blobs) as Box<dyn Iterator<Item = &'a String> + '_>),
        include.uncommitted.then(|| Box::new(staged) as Box<_>),
        include.snapshots.then(|| Box::new(snapshots) as Box<_>),
    ]
    .map(|source| source.map(Iterator::peekable));
    // The least of what comes next in each, and on with those that have it.
    std::iter::from_fn(move || {
        let least = sources
            .iter_mut()
            .flatten()
            .filter_map(|source| source.peek().copied())
            .min()?;
        for source in sources.iter_mut().flatten() {
            source.next_if(|name| *name == least);
        }
        Some(least.as_str())
    })
}

/// The entries of a page, and one more if there is a next page. Names with a common prefix up to
/// the delimiter make one entry.
fn entries<'a>(
    container: &'a Container,
    page: &ListPage,
    include: Include,
    delimiter: &str,
) -> Vec<ListLine<'a>> {
    let mut found: Vec<ListLine<'a>> = Vec::new();
    let (from_name, from_time) = page.from.split_once('\0').unwrap_or((&page.from, ""));
    let from = from_name.max(page.prefix.as_str()).to_owned();
    for name in names(container, include, &from) {
        let Some(rest) = name.strip_prefix(page.prefix.as_str()) else {
            break;
        };
        let common = (!delimiter.is_empty())
            .then(|| rest.find(delimiter))
            .flatten()
            .map(|at| &name[..page.prefix.len() + at + delimiter.len()]);
        match common {
            Some(common) if matches!(found.last(), Some(ListLine::Prefix(last)) if *last == common) => {}
            Some(common) => found.push(ListLine::Prefix(common)),
            None => {
                let after = if name == from_name { from_time } else { "" };
                push_blob(&mut found, container, include, name, after);
            }
        }
        if found.len() > page.limit {
            break;
        }
    }
    found
}

/// The snapshots of a name and the blob itself, from a time on.
fn push_blob<'a>(
    found: &mut Vec<ListLine<'a>>,
    container: &'a Container,
    include: Include,
    name: &'a str,
    after: &str,
) {
    if include.snapshots {
        let snapshots = container.snapshots.get(name).into_iter().flatten();
        let shown = snapshots.filter(|(time, _)| time.as_str() >= after);
        found.extend(shown.map(|(time, blob)| ListLine::Snapshot(name, time, blob)));
    }
    let blob = container.blobs.get(name);
    if blob.is_some() || include.uncommitted && container.staged.contains_key(name) {
        found.push(ListLine::Blob(name, blob));
    }
}

pub(super) fn blobs(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    let page = ListPage::of(&context.rules.blob_limits, request)?;
    let include = Include::of(request)?;
    let delimiter = request.query_value("delimiter").unwrap_or_default();
    if include.snapshots && !delimiter.is_empty() {
        return Err(place::invalid_query("include"));
    }
    let found = entries(container, &page, include, &delimiter);
    let name = permit.params.get("container");
    let mut text = open(
        request,
        Some(name),
        &["Prefix", "Marker", "MaxResults", "Delimiter"],
    );
    text.push_str("<Blobs>");
    for entry in found.iter().take(page.limit) {
        match entry {
            ListLine::Blob(name, Some(blob)) => {
                list_element::blob(context, &mut text, name, None, blob, include)
            }
            ListLine::Blob(name, None) => list_element::uncommitted(&mut text, name),
            ListLine::Snapshot(name, time, blob) => {
                list_element::blob(context, &mut text, name, Some(time), blob, include);
            }
            ListLine::Prefix(prefix) => {
                text.push_str("<BlobPrefix>");
                name_element(&mut text, prefix);
                text.push_str("</BlobPrefix>");
            }
        }
    }
    text.push_str("</Blobs>");
    let next = found.get(page.limit).map(ListLine::marker);
    Ok(close(text, next.as_deref()))
}
