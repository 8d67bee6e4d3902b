//! What blob requests are written in, as functions of bytes.

use bytes::Bytes;
use http::Method;

use super::tag_query::Expression;
use super::{block_list, multipart, range, xml};
use crate::model::{Body, Request};
use crate::services::storage::domain::Tags;

/// Expressions over index tags.
pub(crate) fn tag_query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let tags: Tags = [("kind".to_owned(), "nightly".to_owned())].into();
    for read in [Expression::search(text), Expression::condition(text)] {
        match read {
            Ok(query) => {
                query.holds("box", &tags);
            }
            Err(wrong) => assert!(wrong.position <= text.chars().count() + 1),
        }
    }
}

/// Bodies in XML.
pub(crate) fn xml(data: &[u8]) {
    if let Some(element) = xml::parse(data) {
        assert!(element.source.len() <= data.len());
    }
    let _ = block_list::parse(data);
}

/// A batch, which names its boundary in its first line; and a range in its second.
pub(crate) fn batch(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (kind, body) = text.split_once('\n').unwrap_or((text, ""));
    let _ = range::parse(body.lines().next().unwrap_or_default());
    let Some(boundary) = multipart::boundary(kind) else {
        return;
    };
    let mut whole = Request::new(Method::POST, "a.blob.core.windows.net", "/?comp=batch");
    whole.body = Body::Bytes(Bytes::copy_from_slice(body.as_bytes()));
    if let Some(parts) = multipart::parts(&whole, boundary, 256) {
        assert!(parts.len() <= 257);
    }
}
