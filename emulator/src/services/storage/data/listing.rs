//! Lists of containers and of blobs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Bound;

use http::StatusCode;
use quick_xml::escape::{escape, partial_escape};

use super::page::{Page, marker_of};
use super::{account, headers, place};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, wire_http_date};
use crate::services::Context;
use crate::services::storage::domain::{Blob, Container, Metadata};

/// One line of a list of blobs.
enum Entry<'a> {
    /// A blob; `None` if it has uncommitted blocks only.
    Blob(&'a str, Option<&'a Blob>),
    /// What several names have in common, up to the delimiter.
    Prefix(&'a str),
}

impl Entry<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Blob(name, _) | Self::Prefix(name) => name,
        }
    }
}

fn includes(request: &Request, what: &str) -> bool {
    request
        .query_value("include")
        .is_some_and(|include| include.split(',').any(|word| word.trim() == what))
}

/// Opens a list: the root element, and what was asked for, as far as it was.
fn open(request: &Request, container: Option<&str>, asked: &[&str]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"{}/\"",
        escape(request.authority())
    );
    if let Some(name) = container {
        let _ = write!(text, " ContainerName=\"{}\"", escape(name));
    }
    text.push('>');
    for tag in asked {
        if let Some(value) = request
            .query_value(&tag.to_ascii_lowercase())
            .filter(|value| !value.is_empty())
        {
            let _ = write!(text, "<{tag}>{}</{tag}>", partial_escape(value));
        }
    }
    text
}

fn close(mut text: String, next: Option<&str>) -> Response {
    match next {
        Some(name) => {
            let _ = write!(text, "<NextMarker>{}</NextMarker>", marker_of(name));
        }
        None => text.push_str("<NextMarker />"),
    }
    text.push_str("</EnumerationResults>");
    account::xml(StatusCode::OK, text)
}

/// An element with text, or an empty one.
fn element(text: &mut String, tag: &str, value: &str) {
    if value.is_empty() {
        let _ = write!(text, "<{tag} />");
    } else {
        let _ = write!(text, "<{tag}>{}</{tag}>", partial_escape(value));
    }
}

/// A name; percent-encoded and marked so if XML has no way to write it.
fn name_element(text: &mut String, name: &str) {
    let writable = |letter: char| !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if name.chars().all(writable) {
        element(text, "Name", name);
    } else {
        let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let _ = write!(text, "<Name Encoded=\"true\">{name}</Name>");
    }
}

fn metadata_element(text: &mut String, metadata: &Metadata) {
    if metadata.is_empty() {
        text.push_str("<Metadata />");
        return;
    }
    text.push_str("<Metadata>");
    for (name, value) in metadata {
        element(text, name, value);
    }
    text.push_str("</Metadata>");
}

pub(super) fn containers(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let page = Page::of(request)?;
    let with_metadata = includes(request, "metadata");
    let mut text = open(request, None, &["Prefix", "Marker", "MaxResults"]);
    text.push_str("<Containers>");
    let all = context.own.storage.containers(place::account(request));
    let mut found = all
        .into_iter()
        .flat_map(|all| all.range(page.from.clone()..))
        .filter(|(name, _)| name.starts_with(&page.prefix));
    for (name, container) in found.by_ref().take(page.limit) {
        container_element(&mut text, name, container, with_metadata);
    }
    text.push_str("</Containers>");
    Ok(close(text, found.next().map(|(name, _)| name.as_str())))
}

fn container_element(text: &mut String, name: &str, container: &Container, with_metadata: bool) {
    text.push_str("<Container>");
    element(text, "Name", name);
    text.push_str("<Properties>");
    element(text, "Last-Modified", &wire_http_date(container.version.modified));
    element(text, "Etag", &format!("\"{}\"", container.version.etag));
    element(text, "LeaseStatus", "unlocked");
    element(text, "LeaseState", "available");
    if let Some(access) = &container.public_access {
        element(text, "PublicAccess", &access.to_ascii_lowercase());
    }
    element(text, "DefaultEncryptionScope", "$account-encryption-key");
    element(text, "DenyEncryptionScopeOverride", "false");
    element(text, "HasImmutabilityPolicy", "false");
    element(text, "HasLegalHold", "false");
    element(text, "ImmutableStorageWithVersioningEnabled", "false");
    text.push_str("</Properties>");
    if with_metadata {
        metadata_element(text, &container.metadata);
    }
    text.push_str("</Container>");
}

/// The entries of a page, and one more if there is a next page. Names with a common prefix up to
/// the delimiter make one entry.
fn entries<'a>(names: &BTreeMap<&'a str, Option<&'a Blob>>, page: &Page, delimiter: &str) -> Vec<Entry<'a>> {
    let mut found: Vec<Entry<'a>> = Vec::new();
    let from = page.from.as_str().max(page.prefix.as_str());
    for (name, blob) in names.range::<str, _>((Bound::Included(from), Bound::Unbounded)) {
        let Some(rest) = name.strip_prefix(page.prefix.as_str()) else {
            break;
        };
        let common = (!delimiter.is_empty())
            .then(|| rest.find(delimiter))
            .flatten()
            .map(|at| &name[..page.prefix.len() + at + delimiter.len()]);
        match common {
            Some(common) if matches!(found.last(), Some(Entry::Prefix(last)) if *last == common) => {}
            Some(common) => found.push(Entry::Prefix(common)),
            None => found.push(Entry::Blob(name, *blob)),
        }
        if found.len() > page.limit {
            break;
        }
    }
    found
}

pub(super) fn blobs(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let container = place::container(context, permit, request)?;
    headers::check_supported(permit, request)?;
    let page = Page::of(request)?;
    let delimiter = request.query_value("delimiter").unwrap_or_default();
    let mut names: BTreeMap<&str, Option<&Blob>> = BTreeMap::new();
    if includes(request, "uncommittedblobs") {
        names.extend(container.staged.keys().map(|name| (name.as_str(), None)));
    }
    names.extend(
        container
            .blobs
            .iter()
            .map(|(name, blob)| (name.as_str(), Some(blob))),
    );
    let found = entries(&names, &page, &delimiter);
    let with_metadata = includes(request, "metadata");
    let name = permit.params.get("container");
    let mut text = open(
        request,
        Some(name),
        &["Prefix", "Marker", "MaxResults", "Delimiter"],
    );
    text.push_str("<Blobs>");
    for entry in found.iter().take(page.limit) {
        match entry {
            Entry::Blob(name, blob) => blob_element(&mut text, name, *blob, with_metadata),
            Entry::Prefix(prefix) => {
                text.push_str("<BlobPrefix>");
                name_element(&mut text, prefix);
                text.push_str("</BlobPrefix>");
            }
        }
    }
    text.push_str("</Blobs>");
    Ok(close(text, found.get(page.limit).map(Entry::name)))
}

fn blob_element(text: &mut String, name: &str, blob: Option<&Blob>, with_metadata: bool) {
    text.push_str("<Blob>");
    name_element(text, name);
    let Some(blob) = blob else {
        text.push_str("<Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>");
        return;
    };
    let optional = |value: &'_ Option<String>| value.clone().unwrap_or_default();
    text.push_str("<Properties>");
    element(text, "Creation-Time", &wire_http_date(blob.created));
    element(text, "Last-Modified", &wire_http_date(blob.version.modified));
    element(text, "Etag", &blob.version.etag);
    element(text, "Content-Length", &blob.content.length.to_string());
    element(text, "Content-Type", blob.headers.content_type());
    element(text, "Content-Encoding", &optional(&blob.headers.encoding));
    element(text, "Content-Language", &optional(&blob.headers.language));
    element(text, "Content-CRC64", "");
    element(text, "Content-MD5", &optional(&blob.headers.md5));
    element(text, "Cache-Control", &optional(&blob.headers.cache_control));
    element(text, "Content-Disposition", &optional(&blob.headers.disposition));
    element(text, "BlobType", "BlockBlob");
    element(text, "AccessTier", blob.tier.as_deref().unwrap_or("Hot"));
    if blob.tier.is_none() {
        element(text, "AccessTierInferred", "true");
    }
    element(text, "LeaseStatus", "unlocked");
    element(text, "LeaseState", "available");
    element(text, "ServerEncrypted", "true");
    text.push_str("</Properties>");
    if with_metadata {
        metadata_element(text, &blob.metadata);
    }
    text.push_str("<OrMetadata /></Blob>");
}
