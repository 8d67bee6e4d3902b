//! Bodies on their way in, and answers on their way out.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, StatusCode};

use super::blob_store::{BlobWriter, StoredReader};
use crate::model::{Body, Mishap, Response, StoredBody};

/// Most bytes read and thrown away after a request was refused, so that a client that is still
/// sending gets to see why.
const DISCARD_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Longest that discarding may take.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(60);

/// The bytes of a request as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Where the body of a request comes from.
#[derive(Default)]
pub enum BodySource {
    /// There is none.
    #[default]
    Empty,
    /// It is in memory.
    Bytes(Bytes),
    /// It is still on its way.
    Stream {
        /// Its length, if that was said. One that turns out wrong fails the request.
        length: Option<u64>,
        /// Its bytes.
        bytes: ByteStream,
    },
}

/// Why a body did not arrive.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is longer than the request may be.
    TooLong,
    /// It ended early, or is not as long as was said.
    Broken(io::Error),
    /// The blob store could not take it.
    Store(io::Error),
}

impl BodySource {
    /// A stream of unknown length.
    pub fn stream(bytes: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self::Stream {
            length: None,
            bytes: Box::pin(bytes),
        }
    }

    /// The length, as far as it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream { length, .. } => *length,
        }
    }

    /// The whole body in memory.
    pub(super) async fn collect(self, limit_bytes: u64) -> Result<Body, BodyError> {
        let mut whole = Collected::default();
        self.deliver_to(limit_bytes, |bytes| {
            whole.push(bytes);
            Ok(())
        })
        .await?;
        Ok(whole.into_body())
    }

    /// The whole body in the blob store.
    pub(super) async fn store(
        self,
        limit_bytes: u64,
        mut writer: BlobWriter,
    ) -> Result<StoredBody, BodyError> {
        self.deliver_to(limit_bytes, |bytes| {
            writer.append(&bytes).map_err(BodyError::Store)
        })
        .await?;
        Ok(writer.finish())
    }

    /// Reads what is still coming and throws it away, in the background.
    pub(super) fn discard(self) {
        let Self::Stream { mut bytes, .. } = self else {
            return;
        };
        tokio::spawn(tokio::time::timeout(DISCARD_TIME_MAX, async move {
            let mut discarded = 0;
            while let Some(Ok(chunk)) = bytes.next().await
                && discarded < DISCARD_BYTES_MAX
            {
                discarded += chunk.len() as u64;
            }
        }));
    }

    async fn deliver_to(
        self,
        limit_bytes: u64,
        mut take: impl FnMut(Bytes) -> Result<(), BodyError>,
    ) -> Result<(), BodyError> {
        let (said, mut stream) = match self {
            Self::Empty => return Ok(()),
            Self::Bytes(bytes) if bytes.len() as u64 > limit_bytes => return Err(BodyError::TooLong),
            Self::Bytes(bytes) => return take(bytes),
            Self::Stream { length, bytes } => (length, bytes),
        };
        let result = deliver(&mut stream, said, limit_bytes, &mut take).await;
        if matches!(result, Err(BodyError::TooLong | BodyError::Store(_))) {
            let rest = Self::Stream {
                length: None,
                bytes: stream,
            };
            rest.discard();
        }
        result
    }
}

async fn deliver(
    stream: &mut ByteStream,
    said: Option<u64>,
    limit_bytes: u64,
    take: &mut impl FnMut(Bytes) -> Result<(), BodyError>,
) -> Result<(), BodyError> {
    if said.is_some_and(|length| length > limit_bytes) {
        return Err(BodyError::TooLong);
    }
    let mut total = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(BodyError::Broken)?;
        total += chunk.len() as u64;
        if total > limit_bytes {
            return Err(BodyError::TooLong);
        }
        take(chunk)?;
    }
    match said {
        Some(length) if length != total => Err(BodyError::Broken(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("the body is {total} bytes long, not {length} as was said"),
        ))),
        _ => Ok(()),
    }
}

/// Chunks put together; the usual single chunk is not copied.
#[derive(Default)]
struct Collected {
    first: Bytes,
    more: BytesMut,
}

impl Collected {
    fn push(&mut self, bytes: Bytes) {
        if self.first.is_empty() && self.more.is_empty() {
            self.first = bytes;
        } else {
            if self.more.is_empty() {
                self.more.extend_from_slice(&self.first);
            }
            self.more.extend_from_slice(&bytes);
        }
    }

    fn into_body(self) -> Body {
        let whole = if self.more.is_empty() {
            self.first
        } else {
            self.more.freeze()
        };
        if whole.is_empty() {
            Body::Empty
        } else {
            Body::Bytes(whole)
        }
    }
}

/// An answer whose body can be read, wherever it rests.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, `Date` and `Content-Length` among them.
    pub headers: HeaderMap,
    /// Names of headers as they are to be spelled, where small letters will not do.
    pub spelled: Vec<String>,
    /// The body.
    pub body: AnswerBody,
    /// What happens to it on its connection, where a fault says so.
    pub mishap: Option<Mishap>,
}

/// The body of an answer.
#[derive(Debug)]
pub enum AnswerBody {
    /// There is none, or it is left out as for `HEAD`.
    Empty,
    /// It is in memory.
    Bytes(Bytes),
    /// It is in the blob store, held open.
    Stored(StoredReader),
}

impl Answer {
    /// A header as text; `None` if absent or not printable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The same answer with its whole body in memory. A body longer than `limit_bytes` is an error.
    pub fn into_response(self, limit_bytes: u64) -> io::Result<Response> {
        let body = match self.body {
            AnswerBody::Empty => Body::Empty,
            AnswerBody::Bytes(bytes) => Body::Bytes(bytes),
            AnswerBody::Stored(reader) if reader.remaining() > limit_bytes => {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("the body is longer than {limit_bytes} bytes"),
                ));
            }
            AnswerBody::Stored(reader) => Body::Bytes(reader.read_whole()?),
        };
        Ok(Response {
            headers: self.headers,
            body,
            ..Response::new(self.status)
        })
    }
}
