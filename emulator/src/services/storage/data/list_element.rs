//! What a list says about one blob.

use std::fmt::Write;

use super::list_include::Include;
use super::list_text::{element, name_element};
use super::{tags, tiers};
use crate::model::wire_http_date;
use crate::services::Context;
use crate::services::storage::domain::{Blob, BlobType, CopyOrigin, Lease, Metadata};

pub(super) fn metadata(text: &mut String, metadata: &Metadata) {
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

pub(super) fn lease(context: &Context<'_>, text: &mut String, lease: &Lease) {
    let state = lease.state(context.now);
    element(text, "LeaseStatus", state.status());
    element(text, "LeaseState", state.as_str());
    if let Some(duration) = lease.duration(context.now) {
        element(text, "LeaseDuration", duration);
    }
}

/// A blob that has uncommitted blocks only.
pub(super) fn uncommitted(text: &mut String, name: &str) {
    text.push_str("<Blob>");
    name_element(text, name);
    text.push_str(
        "<Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>",
    );
}

/// A blob, or the snapshot of this time.
pub(super) fn blob(
    context: &Context<'_>,
    text: &mut String,
    name: &str,
    snapshot: Option<&str>,
    blob: &Blob,
    include: Include,
) {
    text.push_str("<Blob>");
    name_element(text, name);
    if let Some(time) = snapshot {
        element(text, "Snapshot", time);
    }
    text.push_str("<Properties>");
    properties(context, text, blob, include);
    text.push_str("</Properties>");
    if include.metadata {
        metadata(text, &blob.metadata);
    }
    if include.tags && !blob.tags.is_empty() {
        tags::write(text, &blob.tags);
    }
    text.push_str("<OrMetadata /></Blob>");
}

fn properties(context: &Context<'_>, text: &mut String, blob: &Blob, include: Include) {
    let headers = &blob.headers;
    let optional = |value: &'_ Option<String>| value.clone().unwrap_or_default();
    element(text, "Creation-Time", &wire_http_date(blob.created));
    element(text, "Last-Modified", &wire_http_date(blob.version.modified));
    element(text, "Etag", &blob.version.etag);
    element(text, "Content-Length", &blob.content.length.to_string());
    element(text, "Content-Type", headers.content_type());
    element(text, "Content-Encoding", &optional(&headers.encoding));
    element(text, "Content-Language", &optional(&headers.language));
    element(text, "Content-CRC64", "");
    element(text, "Content-MD5", &optional(&headers.md5));
    element(text, "Cache-Control", &optional(&headers.cache_control));
    element(text, "Content-Disposition", &optional(&headers.disposition));
    if let BlobType::Page { sequence } = blob.kind {
        element(text, "x-ms-blob-sequence-number", &sequence.to_string());
    }
    element(text, "BlobType", blob.kind.as_str());
    if blob.kind == BlobType::Block {
        tier(context, text, blob);
    }
    lease(context, text, &blob.lease);
    if let Some(copied) = blob.copied.as_deref().filter(|_| include.copy) {
        copy(text, copied);
    }
    if let BlobType::Append { sealed: true, .. } = blob.kind {
        element(text, "Sealed", "true");
    }
    if !blob.tags.is_empty() {
        element(text, "TagCount", &blob.tags.len().to_string());
    }
    element(text, "ServerEncrypted", "true");
}

fn tier(context: &Context<'_>, text: &mut String, blob: &Blob) {
    let tier = blob.tier.at(context.now);
    element(text, "AccessTier", tier.unwrap_or("Hot"));
    if tier.is_none() {
        element(text, "AccessTierInferred", "true");
    }
    if let Some(changed) = blob.tier.changed {
        element(text, "AccessTierChangeTime", &wire_http_date(changed));
    }
    if let Some(pending) = blob.tier.pending(context.now) {
        element(text, "ArchiveStatus", &tiers::archive_status(pending));
        element(text, "RehydratePriority", pending.priority);
    }
}

fn copy(text: &mut String, copied: &CopyOrigin) {
    element(text, "CopyId", &copied.id);
    element(text, "CopyStatus", "success");
    element(text, "CopySource", &copied.source);
    // Writing into a string does not fail.
    let _ = write!(text, "<CopyProgress>{0}/{0}</CopyProgress>", copied.length);
    element(text, "CopyCompletionTime", &wire_http_date(copied.at));
}
