//! Copy Blob, Copy Blob From URL and Put Blob From URL. A copy holds the bytes of its source, and is
//! over as soon as it is begun.

use http::StatusCode;

use super::create::{self, BlobDescription, EarlierBlob, NewBlob};
use super::source::{self, Source};
use super::{content, headers, incoming, place, tiers};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::code;
use crate::services::Context;
use crate::services::storage::domain::{BlobType, ContentHeaders, CopyOrigin, Tier, WriteVersion};

fn says_true(request: &Request, name: &str) -> bool {
    request
        .header(name)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The tier of a copy. From the archive a blob is copied to an online tier, and is on its way there;
/// to the archive, or to nowhere in particular, it is not copied.
fn tier_of(context: &Context<'_>, request: &Request, source: &Source) -> Result<Tier, Refusal> {
    let asked = tiers::sent(request)?;
    let priority = tiers::priority(request)?;
    if source.blob.kind != BlobType::Block {
        return match asked {
            Some(_) => Err(place::refusal(code::AccessTierNotSupportedForBlobType)),
            None => Ok(Tier::default()),
        };
    }
    match asked {
        Some(to) if to != "Archive" && source.blob.tier.is_archived(context.now) => Ok(Tier {
            rehydration: Some(tiers::rehydration(context, priority, to)),
            ..Tier::new(Some("Archive"))
        }),
        _ => {
            source::check_online(context, source)?;
            Ok(Tier::new(asked))
        }
    }
}

/// What a copy says about itself: what the request says, and the source's for the rest.
fn described(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    source: &Source,
) -> Result<BlobDescription, Refusal> {
    let metadata = headers::metadata(context, request)?;
    let sent = create::sent_tags(context, permit, request)?;
    let tags = match sent {
        Some(tags) => tags,
        None if source::copies_tags(request)? => {
            context.gates().also_allows(context.now, permit, "Blob_SetTags")?;
            source.blob.tags.clone()
        }
        None => Default::default(),
    };
    Ok(BlobDescription {
        headers: source.blob.headers.clone(),
        metadata: if metadata.is_empty() {
            source.blob.metadata.clone()
        } else {
            metadata
        },
        tags,
        tier: tier_of(context, request, source)?,
    })
}

/// Puts the source's bytes at the path as well.
fn place_copy(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    described: BlobDescription,
    earlier: EarlierBlob,
    made: NewBlob,
) -> Result<WriteVersion, Refusal> {
    context.own.storage.share(&made.content);
    create::finish(context, permit, request, described, earlier, made)
}

/// Copy Blob, and Copy Blob From URL, which `x-ms-requires-sync` asks for.
pub(super) fn start(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let earlier = create::check(context, permit, request)?;
    let sync = says_true(request, "x-ms-requires-sync");
    let source = source::find_for_copy(context, permit, request, sync)?;
    if sync {
        if source.blob.kind != BlobType::Block {
            return Err(place::refusal(code::InvalidSourceBlobType));
        }
        if source.blob.content.length > context.rules.blob_limits.copied_at_once_bytes.most {
            return Err(incoming::too_large());
        }
        source.check_hash(request, &source.blob.content)?;
    }
    let described = described(context, permit, request, &source)?;
    let kind = match source.blob.kind {
        BlobType::Append { blocks, .. } => BlobType::Append {
            blocks,
            sealed: says_true(request, "x-ms-seal-blob"),
        },
        kind => kind,
    };
    let id = context.draw_uuid("copy").to_string();
    let copied = CopyOrigin {
        id: id.clone(),
        source: source.address,
        at: context.now,
        length: source.blob.content.length,
    };
    let made = NewBlob {
        content: source.blob.content,
        kind,
        blocks: source.blob.blocks,
        copied: Some(Box::new(copied)),
    };
    let md5 = described.headers.md5.clone();
    let version = place_copy(context, permit, request, described, earlier, made)?;
    let response = headers::with_version(Response::new(StatusCode::ACCEPTED), &version)
        .with_header("x-ms-copy-id", &id)
        .with_header("x-ms-copy-status", "success");
    Ok(match md5.filter(|_| sync) {
        Some(md5) => response.with_header("content-md5", &md5),
        None => response,
    })
}

/// Abort Copy Blob: there is never a copy under way.
pub(super) fn abort(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if !request
        .header("x-ms-copy-action")
        .is_some_and(|action| action.eq_ignore_ascii_case("abort"))
    {
        return Err(place::invalid_header("x-ms-copy-action"));
    }
    place::base_blob(context, permit, request)?;
    Err(place::refusal(code::NoPendingCopyOperation))
}

/// Put Blob From URL: a new block blob with the source's bytes, and its content's properties unless
/// that is declined.
pub(super) fn put_from_url(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if request.header("x-ms-blob-type") != Some("BlockBlob") {
        return Err(place::invalid_header("x-ms-blob-type"));
    }
    let earlier = create::check(context, permit, request)?;
    let source = source::find(context, permit, request)?;
    source::check_online(context, &source)?;
    source.check_hash(request, &source.blob.content)?;
    let sent = content::sent(request)?;
    let declined = request
        .header("x-ms-copy-source-blob-properties")
        .is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let copied = if declined {
        ContentHeaders::default()
    } else {
        source.blob.headers.clone()
    };
    let md5 = source.blob.headers.md5.clone();
    let headers = ContentHeaders {
        content_type: sent.content_type.or(copied.content_type),
        encoding: sent.encoding.or(copied.encoding),
        language: sent.language.or(copied.language),
        disposition: sent.disposition.or(copied.disposition),
        cache_control: sent.cache_control.or(copied.cache_control),
        md5: sent.md5.or_else(|| md5.clone()),
    };
    let described = BlobDescription::of(context, permit, request, headers)?;
    let made = NewBlob::of(source.blob.content, BlobType::Block);
    let version = place_copy(context, permit, request, described, earlier, made)?;
    let response = headers::written(StatusCode::CREATED, &version);
    Ok(match md5 {
        Some(md5) => response.with_header("content-md5", &md5),
        None => response,
    })
}
