//! Page blobs: their length, their sequence number, and pages written, cleared and listed.
//!
//! A page blob is one body like any other, in which pages nobody wrote are zeros that take no room.

use std::fmt::Write;

use http::StatusCode;

use super::create::NewBlob;
use super::range::{self, ByteRange};
use super::{account, headers, incoming, page, place, preconditions, source};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response, StoredBody};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{Blob, BlobType, DroppedExtents};

fn number(request: &Request, name: &'static str) -> Result<Option<u64>, Refusal> {
    request
        .header(name)
        .map(|text| text.trim().parse().map_err(|_| place::invalid_header(name)))
        .transpose()
}

fn length(context: &Context<'_>, request: &Request) -> Result<Option<u64>, Refusal> {
    let name = "x-ms-blob-content-length";
    let limits = &context.rules.blob_limits;
    match number(request, name)? {
        Some(length) if length % limits.page_bytes.most != 0 || length > limits.page_blob_bytes.most => {
            Err(place::invalid_header(name))
        }
        length => Ok(length),
    }
}

fn sequence(context: &Context<'_>, request: &Request) -> Result<Option<u64>, Refusal> {
    let name = "x-ms-blob-sequence-number";
    match number(request, name)? {
        Some(sequence) if sequence > context.rules.blob_limits.sequence_number.most => {
            Err(place::invalid_header(name))
        }
        sequence => Ok(sequence),
    }
}

/// A new page blob.
pub(super) fn made(context: &Context<'_>, request: &Request) -> Result<NewBlob, Refusal> {
    let length =
        length(context, request)?.ok_or_else(|| place::missing_header("x-ms-blob-content-length"))?;
    let sequence = sequence(context, request)?.unwrap_or_default();
    Ok(NewBlob::of(
        StoredBody::zeros(length),
        BlobType::Page { sequence },
    ))
}

/// What Set Blob Properties makes of a blob's length and kind.
pub(super) struct PageBlobChange {
    pub(super) kind: BlobType,
    pub(super) length: u64,
}

impl PageBlobChange {
    /// The bytes that are cut off.
    pub(super) fn dropped(&self, blob: &Blob) -> DroppedExtents {
        let cut = blob.content.length.saturating_sub(self.length);
        DroppedExtents::of(blob.content.slice(self.length, cut))
    }
}

/// Reads it, and refuses what only page blobs have of other blobs.
pub(super) fn changed(
    context: &Context<'_>,
    request: &Request,
    blob: &Blob,
) -> Result<PageBlobChange, Refusal> {
    let (length, action) = (
        length(context, request)?,
        request.header("x-ms-sequence-number-action"),
    );
    let BlobType::Page { sequence: current } = blob.kind else {
        if length.is_some() || action.is_some() {
            return Err(place::refusal(code::InvalidBlobType));
        }
        return Ok(PageBlobChange {
            kind: blob.kind,
            length: blob.content.length,
        });
    };
    let sent = sequence(context, request)?;
    let named = || sent.ok_or_else(|| place::missing_header("x-ms-blob-sequence-number"));
    let sequence = match action.map(str::to_ascii_lowercase).as_deref() {
        None => current,
        Some("update") => named()?,
        Some("max") => current.max(named()?),
        Some("increment") if sent.is_some() => {
            return Err(place::invalid_header("x-ms-blob-sequence-number"));
        }
        Some("increment") if current >= context.rules.blob_limits.sequence_number.most => {
            return Err(place::refusal(code::SequenceNumberIncrementTooLarge));
        }
        Some("increment") => current + 1,
        Some(_) => return Err(place::invalid_header("x-ms-sequence-number-action")),
    };
    Ok(PageBlobChange {
        kind: BlobType::Page { sequence },
        length: length.unwrap_or(blob.content.length),
    })
}

/// The pages a write is for.
fn pages(context: &Context<'_>, request: &Request, blob: &Blob) -> Result<ByteRange, Refusal> {
    let wrong = || place::refusal(code::InvalidPageRange);
    let (start, end) = range::sent(request).ok_or_else(wrong)?;
    let behind = end.ok_or_else(wrong)?.checked_add(1).ok_or_else(wrong)?;
    let page = context.rules.blob_limits.page_bytes.most;
    if start % page != 0 || behind % page != 0 || behind > blob.content.length {
        return Err(wrong());
    }
    Ok(ByteRange {
        start,
        length: behind - start,
    })
}

fn check_sequence(request: &Request, current: u64) -> Result<(), Refusal> {
    let at_most = number(request, "x-ms-if-sequence-number-le")?.is_none_or(|limit| current <= limit);
    let below = number(request, "x-ms-if-sequence-number-lt")?.is_none_or(|limit| current < limit);
    let equal = number(request, "x-ms-if-sequence-number-eq")?.is_none_or(|wanted| current == wanted);
    if at_most && below && equal {
        Ok(())
    } else {
        Err(place::refusal(code::SequenceNumberConditionNotMet))
    }
}

/// The page blob in the path, once its pages may be written, and which.
fn writable<'a>(
    context: &'a Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<(&'a Blob, ByteRange), Refusal> {
    let blob = place::base_blob(context, permit, request)?;
    let BlobType::Page { sequence } = blob.kind else {
        return Err(place::refusal(code::InvalidBlobType));
    };
    preconditions::for_write(context, request, blob)?;
    check_sequence(request, sequence)?;
    let range = pages(context, request, blob)?;
    Ok((blob, range))
}

/// Puts a body in the place of pages.
fn overwrite(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    range: ByteRange,
    body: &StoredBody,
) -> Result<Response, Refusal> {
    let now = context.now;
    let version = context.own.storage.next_version(now);
    let response = headers::written(StatusCode::CREATED, &version);
    let blob = place::blob_mut(&mut context.own.storage, permit, request)?;
    let dropped = DroppedExtents::of(blob.content.slice(range.start, range.length));
    blob.content = blob.content.with_part(range.start, body);
    blob.version = version;
    blob.headers.md5 = None;
    blob.lease.written(now);
    let sequence = match blob.kind {
        BlobType::Page { sequence } => sequence,
        BlobType::Block | BlobType::Append { .. } => 0,
    };
    place::give_back(context, dropped);
    Ok(response.with_header("x-ms-blob-sequence-number", &sequence.to_string()))
}

/// Put Page: writes pages or clears them.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    body: StoredBody,
) -> Result<Response, Refusal> {
    let (_, range) = writable(context, permit, request)?;
    match request
        .header("x-ms-page-write")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("update") => {
            if body.length > context.rules.blob_limits.written_pages_bytes.most {
                return Err(incoming::too_large());
            }
            if body.length != range.length {
                return Err(place::invalid_header("content-length"));
            }
            let md5 = incoming::check_md5(request, &body)?;
            let response = overwrite(context, permit, request, range, &body)?;
            Ok(match md5 {
                Some(md5) => response.with_header("content-md5", &md5),
                None => response,
            })
        }
        Some("clear") => {
            if body.length > 0 {
                return Err(place::invalid_header("content-length"));
            }
            overwrite(context, permit, request, range, &StoredBody::zeros(range.length))
        }
        Some(_) => Err(place::invalid_header("x-ms-page-write")),
        None => Err(place::missing_header("x-ms-page-write")),
    }
}

/// Put Page From URL.
pub(super) fn put_from_url(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (_, range) = writable(context, permit, request)?;
    let source = source::find(context, permit, request)?;
    let part = source.part(request)?;
    if part.length > context.rules.blob_limits.written_pages_bytes.most {
        return Err(incoming::too_large());
    }
    if part.length != range.length {
        return Err(place::refusal(code::InvalidPageRange));
    }
    context.own.storage.share(&part);
    overwrite(context, permit, request, range, &part)
}

/// The runs of pages that somebody wrote: first byte, and the byte behind the last.
fn written(content: &StoredBody) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    let mut at = 0;
    for extent in &content.extents {
        let behind = at + extent.length;
        match runs.last_mut() {
            _ if extent.is_zeros() => {}
            Some((_, end)) if *end == at => *end = behind,
            _ => runs.push((at, behind)),
        }
        at = behind;
    }
    runs
}

/// Get Page Ranges.
pub(super) fn ranges(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let blob = place::blob(context, permit, request)?;
    if !matches!(blob.kind, BlobType::Page { .. }) {
        return Err(place::refusal(code::InvalidBlobType));
    }
    preconditions::for_read(context, request, blob)?;
    let total = blob.content.length;
    let (start, behind) = match range::of(request, total) {
        Ok(Some(range)) => (range.start, range.start + range.length),
        Ok(None) => (0, total),
        Err(refusal) => return Err(refusal),
    };
    let page = page::ListPage::of(&context.rules.blob_limits, request)?;
    let from: u64 = page.from.parse().unwrap_or(start).max(start);
    let mut found = written(&blob.content)
        .into_iter()
        .map(|(first, end)| (first.max(from), end.min(behind)))
        .filter(|(first, end)| first < end);
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><PageList>".to_owned();
    for (first, end) in found.by_ref().take(page.limit) {
        let last = end - 1;
        // Writing into a string does not fail.
        let _ = write!(
            text,
            "<PageRange><Start>{first}</Start><End>{last}</End></PageRange>"
        );
    }
    if let Some((first, _)) = found.next() {
        let marker = page::marker_of(&first.to_string());
        let _ = write!(text, "<NextMarker>{marker}</NextMarker>");
    }
    text.push_str("</PageList>");
    let response =
        account::xml(StatusCode::OK, text).with_header("x-ms-blob-content-length", &total.to_string());
    Ok(headers::with_version(response, &blob.version))
}
