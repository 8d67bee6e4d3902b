//! The one way in: sockets, scenario runner and effects all call [`FrontDoor::handle`].

use std::io;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, DATE, EXPECT};
use http::{HeaderValue, Method, StatusCode};
use tokio::sync::Semaphore;

use super::alarm::Alarm;
use super::blob_store::{BlobStore, CHUNK_BYTES, StoredReader};
use super::body::{Answer, AnswerBody, BodyError, BodySource};
use super::clock::Clock;
use super::names::Names;
use super::strangers::Strangers;
use super::{hosts, range_hash, refusal};
use crate::machine::{Admission, Core, NotKept};
use crate::model::{Body, NetworkPath, Preparation, Request, Response, Timestamp, wire_http_date};

/// The core behind its lock, with the clock it goes by and the store its bodies rest in. Clones
/// share one core.
pub struct FrontDoor<C> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    core: Mutex<C>,
    clock: Clock,
    store: BlobStore,
    alarm: Alarm,
    names: Option<Arc<dyn Names>>,
    strangers: Arc<Strangers>,
    /// Slots for what is worked out beside the core: no more at once than the machine does.
    workshop: Semaphore,
}

/// How far a request has come that needs nothing more of its client.
enum BegunRequest {
    /// It has been called.
    Called(AfterCall),
    /// This is to be worked out first.
    Wanting(Request, Preparation),
}

/// What a call left behind, once the lock is open again.
struct AfterCall {
    response: Response,
    reader: Option<io::Result<StoredReader>>,
    now: Timestamp,
}

impl<C: Core> FrontDoor<C> {
    /// A front door to this core.
    pub fn new(core: C, clock: Clock, store: BlobStore) -> Self {
        Self::telling(None, core, clock, store)
    }

    /// The same, with somebody to tell of new names.
    pub(super) fn telling(names: Option<Arc<dyn Names>>, core: C, clock: Clock, store: BlobStore) -> Self {
        let alarm = Alarm::new();
        alarm.plan(core.next_due());
        Self {
            shared: Arc::new(Shared {
                core: Mutex::new(core),
                clock,
                store,
                alarm,
                names,
                strangers: Arc::default(),
                workshop: Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get)),
            }),
        }
    }

    /// The clock everything behind the front door goes by.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The store bodies rest in.
    pub fn store(&self) -> &BlobStore {
        &self.shared.store
    }

    /// Whether this host name is one of ours.
    pub fn knows_host(&self, host: &str) -> bool {
        self.lock().knows_host(host)
    }

    /// What a host of the internet is, if it is known.
    pub(super) fn outside(&self, host: &str) -> Option<String> {
        self.lock().outside(host)
    }

    /// Whether what this host name of ours belongs to is there.
    pub(super) fn resolves(&self, host: &str) -> bool {
        self.lock().resolves(host)
    }

    /// Hosts that were asked for and are none of ours, and how often.
    pub fn unknown_hosts(&self) -> Vec<(String, u64)> {
        self.shared.strangers.all()
    }

    pub(super) fn strangers(&self) -> &Arc<Strangers> {
        &self.shared.strangers
    }

    /// Looks at the core, or changes it: for inspection and for the steps of a scenario. Whatever
    /// it released goes back to the store, and whatever it made due is carried out.
    pub fn with_core<T>(&self, look: impl FnOnce(&mut C) -> T) -> T {
        let mut core = self.lock();
        let value = look(&mut core);
        self.tell_names(&mut core);
        let released = core.take_released();
        self.shared.alarm.due_at(core.next_due());
        drop(core);
        self.shared.store.release(&released);
        value
    }

    /// Whether everything that has happened is kept where it has to be.
    ///
    /// # Errors
    ///
    /// If it is not; whoever asked for something has not been answered then.
    pub fn kept(&self) -> Result<(), NotKept> {
        self.lock().kept()
    }

    /// Answers a request that arrives on this path: asks the core whether to read the body, reads
    /// or stores it, and calls the core with it. A body that does not arrive whole leaves nothing
    /// behind, and the core never hears of it.
    pub async fn handle(&self, path: &NetworkPath, head: Request, body: BodySource) -> Answer {
        let is_head = head.method == Method::HEAD;
        let (head, admission) = match self.admit(path, head, &body) {
            ControlFlow::Continue(admitted) => admitted,
            ControlFlow::Break(begun) => return self.answer(self.end(path, begun).await, is_head),
        };
        let called = match self.take_body(path, admission, &head, body).await {
            Ok(body) => {
                let begun = self.begin(self.lock(), path, Request { body, ..head });
                self.end(path, begun).await
            }
            Err(response) => AfterCall {
                reader: self.open(&response, is_head),
                response,
                now: self.shared.clock.now(),
            },
        };
        self.answer(called, is_head)
    }

    pub(super) fn names(&self) -> Option<&Arc<dyn Names>> {
        self.shared.names.as_ref()
    }

    /// Under the lock: nobody reads of a new host before it is told.
    pub(super) fn tell_names(&self, core: &mut C) {
        if let Some(names) = &self.shared.names {
            for host in core.take_new_hosts() {
                names.endpoint(&host);
            }
        }
    }

    pub(super) fn alarm(&self) -> &Alarm {
        &self.shared.alarm
    }

    /// Asks the core what to do with the body. Where there is none to wait for, calls it at once:
    /// most requests are reads, and every time the core is locked costs the others their turn.
    fn admit(
        &self,
        path: &NetworkPath,
        head: Request,
        body: &BodySource,
    ) -> ControlFlow<BegunRequest, (Request, Admission)> {
        let mut core = self.lock();
        // Nothing more happens before what has happened is kept.
        if let Err(why) = core.kept() {
            return ControlFlow::Continue((head, Admission::Refuse(why.response())));
        }
        if !hosts::is_local(&head.host) && !core.knows_host(&head.host) {
            self.shared.strangers.note(&head.host);
            let refusal = Admission::Refuse(hosts::unknown(&head.host, core.outside(&head.host).as_deref()));
            return ControlFlow::Continue((head, refusal));
        }
        if !core.resolves(&head.host) {
            let refusal = Admission::Refuse(hosts::does_not_resolve(&head.host));
            return ControlFlow::Continue((head, refusal));
        }
        match core.admit(self.shared.clock.now(), path, &head) {
            Admission::Buffer { .. } if matches!(body, BodySource::Empty) => {
                ControlFlow::Break(self.begin(core, path, head))
            }
            Admission::Refuse(response) => {
                let refusal = told_if_kept(&mut *core, response);
                ControlFlow::Continue((head, Admission::Refuse(refusal)))
            }
            admission => ControlFlow::Continue((head, admission)),
        }
    }

    async fn take_body(
        &self,
        path: &NetworkPath,
        admission: Admission,
        head: &Request,
        body: BodySource,
    ) -> Result<Body, Response> {
        let taken = match admission {
            Admission::Buffer { limit_bytes } => body.collect(limit_bytes).await,
            Admission::Store { limit_bytes, md5 } => {
                let mut writer = self.shared.store.writer(body.length());
                if md5 {
                    writer = writer.with_md5();
                }
                body.store(limit_bytes, writer).await.map(Body::Stored)
            }
            Admission::Refuse(response) => {
                // A client that waits for permission to send has nothing under way.
                if !head.headers.contains_key(EXPECT) {
                    body.discard();
                }
                return Err(response);
            }
        };
        taken.map_err(|error| {
            let now = self.shared.clock.now();
            let by_core = match error {
                BodyError::TooLong => self.lock().too_long(now, path, head),
                BodyError::Broken(_) | BodyError::Store(_) => None,
            };
            by_core.unwrap_or_else(|| refusal::of_body(&error))
        })
    }

    /// Calls the core, unless there is something to work out first.
    fn begin(&self, mut core: MutexGuard<'_, C>, path: &NetworkPath, request: Request) -> BegunRequest {
        match core.prepare(self.shared.clock.now(), path, &request) {
            Some(preparation) => BegunRequest::Wanting(request, preparation),
            None => BegunRequest::Called(self.call(core, path, request)),
        }
    }

    /// Works out what a request wants beside the core, and calls the core with it.
    async fn end(&self, path: &NetworkPath, begun: BegunRequest) -> AfterCall {
        let mut begun = begun;
        loop {
            let (mut request, preparation) = match begun {
                BegunRequest::Called(called) => return called,
                BegunRequest::Wanting(request, preparation) => (request, preparation),
            };
            // Nobody closes it.
            let _place = self.shared.workshop.acquire().await;
            match tokio::task::spawn_blocking(|| preparation.carry_out()).await {
                Ok(prepared) => request.prepared.push(prepared),
                // It panicked, and would go on to.
                Err(_) => return self.failed(),
            }
            begun = self.begin(self.lock(), path, request);
        }
    }

    /// A mistake of ours.
    fn failed(&self) -> AfterCall {
        AfterCall {
            response: refusal::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                Some("InternalError"),
                "azdrill itself failed; its log says where.",
            ),
            reader: None,
            now: self.shared.clock.now(),
        }
    }

    fn call(&self, mut core: MutexGuard<'_, C>, path: &NetworkPath, request: Request) -> AfterCall {
        let is_head = request.method == Method::HEAD;
        let now = self.shared.clock.now();
        let response = match core.kept() {
            Ok(()) => {
                let response = core.call(now, path, request);
                told_if_kept(&mut *core, response)
            }
            Err(why) => {
                if let Body::Stored(stored) = &request.body {
                    self.shared.store.release(&stored.extents);
                }
                why.response()
            }
        };
        // Opened under the lock: a call on another connection may delete the blob right after.
        let reader = self.open(&response, is_head);
        self.tell_names(&mut core);
        let released = core.take_released();
        self.shared.alarm.due_at(core.next_due());
        drop(core);
        self.shared.store.release(&released);
        AfterCall {
            response,
            reader,
            now,
        }
    }

    fn open(&self, response: &Response, is_head: bool) -> Option<io::Result<StoredReader>> {
        match &response.body {
            Body::Stored(stored) if !is_head => Some(self.shared.store.reader(stored)),
            _ => None,
        }
    }

    fn answer(&self, called: AfterCall, is_head: bool) -> Answer {
        let AfterCall {
            mut response,
            reader,
            now,
        } = called;
        let body = match (reader, std::mem::take(&mut response.body)) {
            (Some(Err(error)), _) => return self.unreadable(&error, now),
            // What is to be hashed is short: the core has seen to that.
            (Some(Ok(reader)), _) if reader.remaining() <= CHUNK_BYTES as u64 || response.hash.is_some() => {
                match reader.read_whole() {
                    Ok(bytes) => {
                        range_hash::add(&mut response, &bytes);
                        AnswerBody::Bytes(bytes)
                    }
                    Err(error) => return self.unreadable(&error, now),
                }
            }
            (Some(Ok(reader)), _) => AnswerBody::Stored(reader),
            (None, Body::Bytes(bytes)) => AnswerBody::Bytes(bytes),
            (None, body) => {
                // Only `HEAD` comes here with a stored body: it tells the length and nothing else.
                add_length(&mut response, body.len(), is_head);
                AnswerBody::Empty
            }
        };
        finish(response, body, now, is_head)
    }

    fn unreadable(&self, error: &io::Error, now: Timestamp) -> Answer {
        tracing::error!(%error, "cannot read the blob store");
        let response = refusal::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            Some("InternalError"),
            &format!("azdrill cannot read its blob store: {error}"),
        );
        let bytes = Bytes::copy_from_slice(response.body.bytes());
        finish(response, AnswerBody::Bytes(bytes), now, false)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, C> {
        // A call that panicked answered nobody; the others go on.
        self.shared.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Clone for FrontDoor<C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<C> std::fmt::Debug for FrontDoor<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrontDoor").finish_non_exhaustive()
    }
}

/// The answer, unless what it says is not kept: then it is not known to whoever comes back to what is.
fn told_if_kept(core: &mut impl Core, response: Response) -> Response {
    match core.kept() {
        Ok(()) => response,
        Err(why) => why.response(),
    }
}

/// Whether answers with this status never have a body.
fn bodiless(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

fn finish(mut response: Response, body: AnswerBody, now: Timestamp, is_head: bool) -> Answer {
    let length = match &body {
        AnswerBody::Empty => None,
        AnswerBody::Bytes(bytes) => Some(bytes.len() as u64),
        AnswerBody::Stored(reader) => Some(reader.remaining()),
    };
    if let Some(length) = length {
        add_length(&mut response, length, is_head);
    }
    let headers = &mut response.headers;
    if !headers.contains_key(DATE)
        && let Ok(date) = HeaderValue::from_str(&wire_http_date(now))
    {
        headers.insert(DATE, date);
    }
    Answer {
        status: response.status,
        headers: response.headers,
        spelled: response.spelled,
        mishap: response.mishap,
        body: if is_head || bodiless(response.status) {
            AnswerBody::Empty
        } else {
            body
        },
    }
}

fn add_length(response: &mut Response, length: u64, is_head: bool) {
    if bodiless(response.status) {
        return;
    }
    // A handler may answer `HEAD` with the length alone.
    if is_head && length == 0 && response.headers.contains_key(CONTENT_LENGTH) {
        return;
    }
    response.headers.insert(CONTENT_LENGTH, length.into());
}
