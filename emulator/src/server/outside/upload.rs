//! Writing block blobs through the front door, as any client would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH};
use http::{HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::jobs::EffectFailure;
use crate::machine::Core;
use crate::model::{NetworkPath, Request, Response, wire_http_date};
use crate::server::body::{Answer, BodySource};
use crate::server::front_door::FrontDoor;

/// The length of every block but the last.
pub(super) const BLOCK_BYTES: usize = 8 * 1024 * 1024;

/// The version of the blob protocol spoken.
const VERSION: &str = "2024-11-04";

/// The most of an error's body that is read.
const ERROR_BYTES_MAX: u64 = 64 * 1024;

/// What is left as it is in the path of a blob: `/` separates folders there.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A container to write to, and by which right.
pub(super) struct TargetContainer<'a, C> {
    pub(super) front_door: &'a FrontDoor<C>,
    pub(super) path: &'a NetworkPath,
    pub(super) host: &'a str,
    pub(super) name: &'a str,
    pub(super) credential: Credential<'a>,
}

/// What the writer shows. Never printed.
pub(super) enum Credential<'a> {
    /// A query that carries its own right.
    Sas(&'a str),
    /// A token.
    Bearer(&'a str),
}

/// On what condition a blob is committed.
pub(super) enum CommitCondition {
    /// Whatever is there.
    None,
    /// Only if nothing is there.
    Absent,
}

/// Up to [`BLOCK_BYTES`] on their way into a blob, in the pieces they came in.
#[derive(Default)]
pub(super) struct FillingBlock {
    pieces: Vec<Bytes>,
    length: usize,
}

impl FillingBlock {
    /// Takes what there is room for off the front of `bytes`.
    pub(super) fn fill_from(&mut self, bytes: &mut Bytes) {
        let piece = bytes.split_to(bytes.len().min(BLOCK_BYTES - self.length));
        self.length += piece.len();
        self.pieces.push(piece);
    }

    pub(super) fn is_full(&self) -> bool {
        self.length == BLOCK_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn into_source(self) -> BodySource {
        BodySource::Stream {
            length: Some(self.length as u64),
            bytes: Box::pin(futures_util::stream::iter(self.pieces.into_iter().map(Ok))),
        }
    }
}

/// A blob whose blocks are being staged.
pub(super) struct Upload<'a, C> {
    container: &'a TargetContainer<'a, C>,
    blob: &'a str,
    block_ids: Vec<String>,
    length: u64,
}

impl<'a, C: Core> Upload<'a, C> {
    pub(super) fn new(container: &'a TargetContainer<'a, C>, blob: &'a str) -> Self {
        Self {
            container,
            blob,
            block_ids: Vec::new(),
            length: 0,
        }
    }

    /// Stages the next block.
    pub(super) async fn stage(&mut self, block: FillingBlock) -> Result<(), EffectFailure> {
        // Ids of one blob must have one length.
        let id = STANDARD.encode(format!("{:09}", self.block_ids.len()));
        let encoded_id = utf8_percent_encode(&id, NON_ALPHANUMERIC);
        let query = format!("comp=block&blockid={encoded_id}");
        let length = block.length as u64;
        let request = self.container.put(self.blob, &query);
        self.container.send(request, block.into_source(), length).await?;
        self.block_ids.push(id);
        self.length += length;
        Ok(())
    }

    /// Makes the blob of the staged blocks, and says how long it is.
    pub(super) async fn commit(self, condition: CommitCondition) -> Result<u64, EffectFailure> {
        let mut list = String::from(r#"<?xml version="1.0" encoding="utf-8"?><BlockList>"#);
        for id in &self.block_ids {
            // Base64 has nothing in it that XML would have to escape.
            list.push_str("<Latest>");
            list.push_str(id);
            list.push_str("</Latest>");
        }
        list.push_str("</BlockList>");
        let mut request = self.container.put(self.blob, "comp=blocklist");
        let headers = &mut request.headers;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        if let CommitCondition::Absent = condition {
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let length = list.len() as u64;
        let body = BodySource::Bytes(Bytes::from(list));
        self.container.send(request, body, length).await?;
        Ok(self.length)
    }
}

impl<C: Core> TargetContainer<'_, C> {
    /// The path of a request for that blob.
    pub(super) fn path_of(&self, blob: &str) -> String {
        self.put(blob, "").path
    }

    fn put(&self, blob: &str, query: &str) -> Request {
        let path = format!(
            "/{}/{}",
            utf8_percent_encode(self.name, PATH),
            utf8_percent_encode(blob, PATH)
        );
        let target = match self.credential {
            Credential::Sas(sas) => format!("{path}?{query}&{sas}"),
            Credential::Bearer(_) => format!("{path}?{query}"),
        };
        let date = wire_http_date(self.front_door.clock().now());
        let mut request = Request::new(Method::PUT, self.host, &target)
            .with_header("x-ms-version", VERSION)
            .with_header("x-ms-date", &date);
        if let Credential::Bearer(token) = self.credential
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}"))
        {
            value.set_sensitive(true);
            request.headers.insert(AUTHORIZATION, value);
        }
        request
    }

    async fn send(&self, mut request: Request, body: BodySource, length: u64) -> Result<(), EffectFailure> {
        request.headers.insert(CONTENT_LENGTH, length.into());
        let answer = self.front_door.handle(self.path, request, body).await;
        match answer.status {
            StatusCode::CREATED => Ok(()),
            StatusCode::INSUFFICIENT_STORAGE => Err(EffectFailure::Store(describe(answer).message)),
            _ => Err(describe(answer).into()),
        }
    }
}

struct Refusal {
    status: u16,
    code: String,
    message: String,
}

impl From<Refusal> for EffectFailure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            status: refusal.status,
            code: refusal.code,
            message: refusal.message,
        }
    }
}

fn describe(answer: Answer) -> Refusal {
    let status = answer.status.as_u16();
    let header_code = answer.header("x-ms-error-code").map(str::to_owned);
    let text = answer
        .into_response(ERROR_BYTES_MAX)
        .map(|response: Response| String::from_utf8_lossy(response.body.bytes()).into_owned())
        .unwrap_or_default();
    let in_xml = |name: &str| {
        let inside = text.split_once(&format!("<{name}>"))?.1;
        let inside = inside.split_once(&format!("</{name}>"))?.0;
        Some(quick_xml::escape::unescape(inside).ok()?.into_owned())
    };
    let message = in_xml("Message").unwrap_or_else(|| text.clone());
    Refusal {
        status,
        code: header_code.or_else(|| in_xml("Code")).unwrap_or_default(),
        // What follows the first line are the request's id and the time.
        message: message.lines().next().unwrap_or_default().to_owned(),
    }
}
