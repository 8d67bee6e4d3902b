//! Between HTTP as hyper speaks it and requests and answers as the front door knows them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body as AxumBody, BodyDataStream};
use axum::extract::State;
use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, EXPECT, HOST};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Version};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use super::body::{Answer, AnswerBody, BodySource};
use super::clock::Clock;
use super::front_door::FrontDoor;
use super::hosts::{self, HostPort};
use super::mishap::befall;
use super::patience::{RequestUnderWay, body_patience};
use super::refusal;
use super::spelling;
use crate::machine::Core;
use crate::model::{Body, NetworkPath, Request, Response, Scheme};

/// Where and how a connection came in; the same for all of its requests.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// The place in the network this socket stands for.
    pub(super) path: Arc<NetworkPath>,
    /// The port of the socket.
    pub(super) own_port: u16,
    /// Plain or TLS.
    pub(super) scheme: Scheme,
    /// The name given in the TLS handshake or to `CONNECT`, for requests that name no host.
    pub(super) named: Option<HostPort>,
    /// Whether this is inside a `CONNECT` tunnel.
    pub(super) tunnelled: bool,
}

/// One request's share of its connection.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub(super) arrival: Arc<Arrival>,
    pub(super) underway: RequestUnderWay,
}

/// Answers one HTTP request.
pub(super) async fn answer<C: Core>(
    State(front_door): State<FrontDoor<C>>,
    request: axum::extract::Request,
) -> http::Response<AxumBody> {
    let (mut parts, body) = request.into_parts();
    let Some(passage) = parts.extensions.remove::<Passage>() else {
        // Only the listener calls this, and it always says where the request came from.
        return to_http(refuse(StatusCode::INTERNAL_SERVER_ERROR, "no passage"), None);
    };
    let spelled = spelling::of(&parts).await;
    let head = match read_head(parts, spelled, &passage.arrival) {
        Ok(head) => head,
        Err(response) => return to_http(response_to_answer(*response), Some(passage.underway)),
    };
    let body = read_body(&head, body, passage.underway.clone());
    let answer = front_door.handle(&passage.arrival.path, head, body).await;
    let spelled = spelling::to_write(&answer.spelled).await;
    let mishap = answer.mishap;
    let mut response = to_http(answer, Some(passage.underway));
    response.extensions_mut().extend(spelled);
    match mishap {
        Some(mishap) => befall(mishap, response).await,
        None => response,
    }
}

/// What the front door needs to know of a request before its body.
fn read_head(parts: Parts, spelled: Vec<String>, arrival: &Arrival) -> Result<Request, Box<Response>> {
    let scheme = match parts.uri.scheme_str() {
        Some("https") => Scheme::Https,
        Some("http") if arrival.scheme == Scheme::Http => Scheme::Http,
        _ => arrival.scheme,
    };
    let asked = asked_host(&parts, arrival)?;
    if asked.is_other_local_port(arrival.own_port) {
        let port = asked.port.unwrap_or_default();
        return Err(Box::new(hosts::unknown(&format!("{}:{port}", asked.host), None)));
    }
    // What a client connected to itself it may name as it likes; what it asks a proxy to reach is ours
    // to know.
    if parts.uri.authority().is_some()
        && let Some(port) = asked.port_nobody_listens_on()
        && port != arrival.own_port
    {
        return Err(Box::new(hosts::unknown_port(&asked.host, port)));
    }
    let mut headers = parts.headers;
    hide_credentials(&mut headers);
    let path = match parts.uri.path() {
        "" => "/",
        path => path,
    };
    Ok(Request {
        method: parts.method,
        scheme,
        port: asked.unusual_port(scheme),
        host: asked.host,
        path: path.to_owned(),
        query: parts.uri.query().unwrap_or_default().into(),
        headers,
        body: Body::Empty,
        json: None,
        prepared: Vec::new(),
        spelled,
        came_at: Some(Clock::system().now()),
    })
}

/// The host a request is for: named in the target, in the `Host` header, in the handshake, or, by
/// clients of HTTP/1.0, nowhere.
fn asked_host(parts: &Parts, arrival: &Arrival) -> Result<HostPort, Box<Response>> {
    let wrong = |text: &str| Box::new(refusal::text(StatusCode::BAD_REQUEST, Some("InvalidUri"), text));
    // One reader could take the first, another the last, whatever the target says.
    if parts.headers.get_all(HOST).iter().nth(1).is_some() {
        return Err(wrong("There is more than one Host header."));
    }
    if let Some(authority) = parts.uri.authority() {
        return HostPort::parse(authority.as_str())
            .ok_or_else(|| wrong("The target of the request names no proper host."));
    }
    match parts.headers.get(HOST) {
        Some(host) => host
            .to_str()
            .ok()
            .and_then(HostPort::parse)
            .ok_or_else(|| wrong("The Host header names no proper host.")),
        None if parts.version >= Version::HTTP_11 => Err(wrong("The Host header is missing.")),
        None => Ok(match &arrival.named {
            Some(named) => named.clone(),
            None => HostPort {
                host: "localhost".to_owned(),
                port: Some(arrival.own_port),
            },
        }),
    }
}

/// Keeps credentials out of anything that prints headers.
fn hide_credentials(headers: &mut HeaderMap) {
    for name in [
        AUTHORIZATION.as_str(),
        "x-ms-authorization-auxiliary",
        "x-ms-copy-source-authorization",
    ] {
        if let Some(value) = headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
}

fn read_body(head: &Request, body: AxumBody, underway: RequestUnderWay) -> BodySource {
    let length = HttpBody::size_hint(&body).exact();
    if length == Some(0) && !head.headers.contains_key(EXPECT) {
        return BodySource::Empty;
    }
    let arriving = ArrivingBody {
        frames: body.into_data_stream(),
        began: Instant::now(),
        bytes: 0,
        _underway: underway,
    };
    let bytes = futures_util::stream::unfold(arriving, async |mut arriving| {
        let next = arriving.next().await?;
        Some((next, arriving))
    });
    BodySource::Stream {
        length,
        bytes: Box::pin(bytes),
    }
}

/// A body on its way, and how far it has come since when.
struct ArrivingBody {
    frames: BodyDataStream,
    began: Instant,
    bytes: u64,
    _underway: RequestUnderWay,
}

impl ArrivingBody {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let patience = body_patience(self.bytes, self.began.elapsed());
        let Ok(next) = tokio::time::timeout(patience, self.frames.next()).await else {
            return Some(Err(io::ErrorKind::TimedOut.into()));
        };
        let next = next?.map_err(io::Error::other);
        self.bytes += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Some(next)
    }
}

fn refuse(status: StatusCode, text: &str) -> Answer {
    response_to_answer(refusal::text(status, None, text))
}

/// An answer to a request that never got as far as the front door.
pub(super) fn response_to_answer(response: Response) -> Answer {
    let bytes = match response.body {
        Body::Bytes(bytes) => bytes,
        Body::Empty | Body::Stored(_) => Bytes::new(),
    };
    let mut headers = response.headers;
    headers.insert(CONTENT_LENGTH, bytes.len().into());
    Answer {
        status: response.status,
        headers,
        spelled: response.spelled,
        body: AnswerBody::Bytes(bytes),
        mishap: response.mishap,
    }
}

/// An answer in the form hyper sends. It counts as under way until its last byte is handed over.
pub(super) fn to_http(answer: Answer, underway: Option<RequestUnderWay>) -> http::Response<AxumBody> {
    let body = match answer.body {
        AnswerBody::Empty => AxumBody::empty(),
        body => AxumBody::new(AnswerStream {
            body,
            _underway: underway,
        }),
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

struct AnswerStream {
    body: AnswerBody,
    _underway: Option<RequestUnderWay>,
}

impl HttpBody for AnswerStream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = match &mut self.body {
            AnswerBody::Empty => None,
            AnswerBody::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                (!bytes.is_empty()).then_some(Ok(bytes))
            }
            AnswerBody::Stored(reader) => reader.next_chunk(),
        };
        Poll::Ready(next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.body {
            AnswerBody::Empty => 0,
            AnswerBody::Bytes(bytes) => bytes.len() as u64,
            AnswerBody::Stored(reader) => reader.remaining(),
        })
    }
}
