//! What all ways of making a blob have in common.

use http::HeaderName;

use super::{content, headers, place, preconditions, tags, tiers};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, StoredBody, Timestamp};
use crate::services::Context;
use crate::services::storage::domain::{
    Blob, BlobType, Block, ContentHeaders, CopyOrigin, Lease, Metadata, Tags, Tier, WriteVersion,
};

const TAGS: HeaderName = HeaderName::from_static("x-ms-tags");

/// What a request says about the blob it makes.
pub(super) struct BlobDescription {
    pub(super) headers: ContentHeaders,
    pub(super) metadata: Metadata,
    pub(super) tags: Tags,
    pub(super) tier: Tier,
}

impl BlobDescription {
    /// Reads it. `content` is what the request says about the content.
    pub(super) fn of(
        context: &Context<'_>,
        permit: &Permit,
        request: &Request,
        content: ContentHeaders,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            headers: content,
            metadata: headers::metadata(context, request)?,
            tags: sent_tags(context, permit, request)?.unwrap_or_default(),
            tier: Tier::new(tiers::sent(request)?),
        })
    }

    /// Reads it, with the content's headers as `x-ms-blob-…` alone.
    pub(super) fn without_body(
        context: &Context<'_>,
        permit: &Permit,
        request: &Request,
    ) -> Result<Self, Refusal> {
        Self::of(context, permit, request, content::sent(request)?)
    }
}

/// The tags a request gives a blob. That takes what setting tags takes.
pub(super) fn sent_tags(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Option<Tags>, Refusal> {
    let Some(value) = request.headers.get(TAGS) else {
        return Ok(None);
    };
    context.gates().also_allows(context.now, permit, "Blob_SetTags")?;
    tags::of_header(context, value.to_str().unwrap_or_default()).map(Some)
}

/// What stays of a blob that is overwritten.
pub(super) struct EarlierBlob {
    pub(super) created: Timestamp,
    pub(super) lease: Lease,
}

/// Checks that a blob may be put at the path.
pub(super) fn check(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<EarlierBlob, Refusal> {
    let name = place::blob_name(context, permit)?;
    let container = place::container(context, permit, request)?;
    let existing = container.blobs.get(name);
    preconditions::for_create(context, permit, request, existing)?;
    Ok(match existing {
        None => EarlierBlob {
            created: context.now,
            lease: Lease::default(),
        },
        Some(blob) => {
            let mut lease = blob.lease.clone();
            lease.written(context.now);
            EarlierBlob {
                created: blob.created,
                lease,
            }
        }
    })
}

/// What a new blob is made of.
pub(super) struct NewBlob {
    pub(super) content: StoredBody,
    pub(super) kind: BlobType,
    pub(super) blocks: Vec<Block>,
    pub(super) copied: Option<Box<CopyOrigin>>,
}

impl NewBlob {
    /// A blob written in one piece.
    pub(super) fn of(content: StoredBody, kind: BlobType) -> Self {
        Self {
            content,
            kind,
            blocks: Vec::new(),
            copied: None,
        }
    }
}

/// Puts a blob at the path. Refuses nothing that [`check`] has let through.
pub(super) fn finish(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    described: BlobDescription,
    earlier: EarlierBlob,
    made: NewBlob,
) -> Result<WriteVersion, Refusal> {
    let storage = &mut context.own.storage;
    let version = storage.next_version(context.now);
    let blob = Blob {
        content: made.content,
        kind: made.kind,
        blocks: made.blocks,
        headers: described.headers,
        metadata: described.metadata,
        tags: described.tags,
        tier: described.tier,
        copied: made.copied,
        lease: earlier.lease,
        version: version.clone(),
        created: earlier.created,
    };
    let name = permit.params.get("blob");
    let dropped = place::container_mut(storage, permit, request)?.replace(name, blob);
    place::give_back(context, dropped);
    Ok(version)
}
