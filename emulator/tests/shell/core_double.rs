//! A core that stores blobs, echoes what it is asked, and hands out whatever work it is given.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use azdrill_emulator::jobs::{Effect, EffectId, EffectResult, SessionFailure, Work};
use azdrill_emulator::model::{
    Body, Extent, Mishap, NetworkPath, Preparation, Request, Response, StoredBody, Timestamp,
};
use azdrill_emulator::server::{Admission, Core, DatabaseRefusal, DatabaseRoute, NotKept};
use http::{Method, StatusCode};
use serde_json::json;

/// Most that a buffered body may hold.
pub(crate) const BUFFER_BYTES_MAX: u64 = 1024;

/// Most that a stored body may hold.
pub(crate) const STORE_BYTES_MAX: u64 = 32 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct CoreDouble {
    /// Blobs, and staged blocks under `path?blockid=…`.
    pub(crate) blobs: BTreeMap<String, StoredBody>,
    /// `METHOD path?query` of every call, with the interesting headers.
    pub(crate) calls: Vec<String>,
    /// The last request called.
    pub(crate) last: Option<Request>,
    /// Where the caller of the last request stands.
    pub(crate) last_path: Option<NetworkPath>,
    /// Work to hand out at a time.
    pub(crate) due: BTreeMap<Timestamp, Vec<Effect>>,
    /// Work to hand out at the same time as a completion is reported.
    pub(crate) after: BTreeMap<EffectId, Effect>,
    /// What was reported, and when.
    pub(crate) completed: Vec<(Timestamp, EffectId, EffectResult)>,
    /// The call at which to start refusing, counted over all calls.
    pub(crate) refuse_from_call: Option<usize>,
    /// Work to make due by a request for `/make-due`.
    pub(crate) on_request: Vec<Effect>,
    pub(crate) released: Vec<Extent>,
    /// What is decided on connections, by the database server's host name.
    pub(crate) databases: BTreeMap<String, Result<DatabaseRoute, DatabaseRefusal>>,
    /// The connections that were decided on: where from, and where to.
    pub(crate) connections: Vec<(NetworkPath, String)>,
    /// The database servers that run.
    pub(crate) running: Vec<String>,
    /// What happens to the answer to a `GET`.
    pub(crate) mishap: Option<Mishap>,
    /// Preparations to hand out, by path.
    pub(crate) preparations: BTreeMap<String, Preparation>,
    /// Why nothing is kept, if nothing is.
    pub(crate) unkept: Option<String>,
    /// Where they are reached.
    pub(crate) entrances: BTreeMap<String, SocketAddr>,
}

impl CoreDouble {
    pub(crate) fn plan(&mut self, at: Timestamp, id: u64, work: Work) {
        let effect = Effect {
            id: EffectId(id),
            work,
        };
        self.due.entry(at).or_default().push(effect);
    }

    fn answer(
        &mut self,
        now: Timestamp,
        request: Request,
        method: Method,
        path: &str,
        body: Body,
    ) -> Response {
        match (method, path) {
            (Method::PUT, path) if is_blob(path) => match request.query_value("comp").as_deref() {
                Some("blocklist") => Response::new(StatusCode::CREATED),
                Some(_) => {
                    let id = request.query_value("blockid").unwrap_or_default();
                    self.put_blob(format!("{path}?blockid={id}"), body)
                }
                None => self.put_blob(path.to_owned(), body),
            },
            (Method::GET | Method::HEAD, path) if is_blob(path) => self.get_blob(&request),
            (Method::DELETE, path) => self.delete_blob(path),
            (_, "/nothing") => Response::new(StatusCode::NO_CONTENT),
            (_, "/make-due") => {
                let effects = std::mem::take(&mut self.on_request);
                self.due.entry(now).or_default().extend(effects);
                Response::new(StatusCode::ACCEPTED)
            }
            _ => echo(&request),
        }
    }

    fn put_blob(&mut self, key: String, body: Body) -> Response {
        let Body::Stored(stored) = body else {
            return Response::new(StatusCode::INTERNAL_SERVER_ERROR);
        };
        if let Some(replaced) = self.blobs.insert(key, stored) {
            self.released.extend(replaced.extents);
        }
        Response::new(StatusCode::CREATED)
    }

    fn get_blob(&self, request: &Request) -> Response {
        let Some(stored) = self.blobs.get(&request.path) else {
            return Response::new(StatusCode::NOT_FOUND);
        };
        let range = request.header("x-ms-range").and_then(parse_range);
        let mut response = Response::new(StatusCode::OK);
        response.body = Body::Stored(stored.clone());
        if let Some((first, last)) = range {
            response.status = StatusCode::PARTIAL_CONTENT;
            response.body = Body::Stored(stored.slice(first, last - first + 1));
        }
        response
    }

    fn delete_blob(&mut self, path: &str) -> Response {
        match self.blobs.remove(path) {
            Some(stored) => {
                self.released.extend(stored.extents);
                Response::new(StatusCode::ACCEPTED)
            }
            None => Response::new(StatusCode::NOT_FOUND),
        }
    }
}

fn parse_range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn is_blob(path: &str) -> bool {
    path.starts_with("/blobs/")
}

fn echo(request: &Request) -> Response {
    let value = json!({
        "method": request.method.as_str(),
        "scheme": request.scheme.as_str(),
        "host": request.host,
        "port": request.port,
        "path": request.path,
        "query": &*request.query,
        "prepared": request.prepared::<String>(),
        "spelled": request.spelled,
        "body": String::from_utf8_lossy(request.body.bytes()),
    });
    let mut response = Response::json(StatusCode::OK, &value);
    for name in &request.spelled {
        let name: http::HeaderName = name.parse().expect("the name of a header");
        response
            .headers
            .insert(name, http::HeaderValue::from_static("echoed"));
    }
    response.spelled = request.spelled.clone();
    response
}

impl Core for CoreDouble {
    fn too_long(&mut self, _: Timestamp, _: &NetworkPath, request: &Request) -> Option<Response> {
        let own = request.path.starts_with("/words");
        own.then(|| Response::new(StatusCode::PAYLOAD_TOO_LARGE).with_header("x-own", "words"))
    }

    fn connect_database(
        &mut self,
        _: Timestamp,
        path: &NetworkPath,
        host: &str,
    ) -> Result<DatabaseRoute, DatabaseRefusal> {
        self.connections.push((path.clone(), host.to_owned()));
        self.databases.get(host).cloned().unwrap_or_else(|| {
            Err(DatabaseRefusal {
                failure: SessionFailure::NoServer,
                message: format!("there is no server {host}"),
            })
        })
    }

    fn running_databases(&self) -> Vec<String> {
        self.running.clone()
    }

    fn note_entrance(&mut self, host: &str, address: Option<SocketAddr>) {
        match address {
            Some(address) => self.entrances.insert(host.to_owned(), address),
            None => self.entrances.remove(host),
        };
    }

    fn admit(&mut self, _: Timestamp, _: &NetworkPath, request: &Request) -> Admission {
        if request.path == "/refused" {
            return Admission::Refuse(
                Response::new(StatusCode::UNAUTHORIZED).with_body("who are you?".into()),
            );
        }
        let stages = request.query_value("comp").is_none_or(|comp| comp == "block");
        if is_blob(&request.path) && request.method == Method::PUT && stages {
            return Admission::Store {
                limit_bytes: STORE_BYTES_MAX,
                md5: request.header("x-want-md5").is_some(),
            };
        }
        Admission::Buffer {
            limit_bytes: BUFFER_BYTES_MAX,
        }
    }

    fn prepare(&mut self, _: Timestamp, _: &NetworkPath, request: &Request) -> Option<Preparation> {
        self.preparations.remove(&request.path)
    }

    fn call(&mut self, now: Timestamp, path: &NetworkPath, request: Request) -> Response {
        let condition = match request.header("if-none-match") {
            Some(condition) => format!(" if-none-match: {condition}"),
            None => String::new(),
        };
        self.calls.push(format!(
            "{} {}?{}{condition}",
            request.method, request.path, request.query
        ));
        self.last_path = Some(path.clone());
        self.last = Some(request.clone());
        if self
            .refuse_from_call
            .is_some_and(|first| self.calls.len() > first)
        {
            if let Body::Stored(stored) = request.body {
                self.released.extend(stored.extents);
            }
            return Response::new(StatusCode::FORBIDDEN)
                .with_header("x-ms-error-code", "AuthorizationFailure")
                .with_body("<Error><Code>X</Code><Message>Not &amp; never.\nTime:</Message></Error>".into());
        }
        let Request {
            method, path, body, ..
        } = request.clone();
        let mishap = self.mishap.filter(|_| method == Method::GET);
        let mut response = self.answer(now, request, method, &path, body);
        response.mishap = mishap;
        response
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        let later = self.due.split_off(&(now + jiff::SignedDuration::from_nanos(1)));
        let due = std::mem::replace(&mut self.due, later);
        due.into_values().flatten().collect()
    }

    fn complete(&mut self, now: Timestamp, id: EffectId, result: EffectResult) {
        self.completed.push((now, id, result));
        if let Some(next) = self.after.remove(&id) {
            self.due.entry(now).or_default().push(next);
        }
    }

    fn kept(&mut self) -> Result<(), NotKept> {
        self.unkept.clone().map_or(Ok(()), |why| Err(NotKept(why)))
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.due.keys().next().copied()
    }

    fn resolves(&self, host: &str) -> bool {
        !host.starts_with("gone.")
    }

    fn knows_host(&self, host: &str) -> bool {
        matches!(host, "management.azure.com" | "169.254.169.254") || host.ends_with(".blob.core.windows.net")
    }

    fn take_released(&mut self) -> Vec<Extent> {
        std::mem::take(&mut self.released)
    }
}
