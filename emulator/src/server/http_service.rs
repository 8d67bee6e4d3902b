//! What stands between a connection and the router: it opens `CONNECT` tunnels, which no router
//! knows of, and tells each request where it came in.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body as AxumBody;
use futures_util::FutureExt;
use futures_util::future::{Either, Map};
use http::header::HOST;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::upgrade::OnUpgrade;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};

use super::entrance::Entrance;
use super::foreign_pages;
use super::hosts::{self, HostPort};
use super::mishap::Closed;
use super::patience::{RequestUnderWay, Traffic};
use super::refusal;
use super::wire::{Arrival, Passage, response_to_answer, to_http};
use crate::model::Scheme;

/// The service of one connection.
pub(super) struct HttpService {
    entrance: Arc<Entrance>,
    inner: TowerToHyperService<Router>,
    local: TowerToHyperService<Router>,
    arrival: Arc<Arrival>,
    traffic: Traffic,
    tunnel: Tunnel,
}

/// The tunnel a connection became, if it did.
#[derive(Clone, Default)]
pub(super) struct Tunnel(Arc<Mutex<Option<(OnUpgrade, HostPort)>>>);

impl Tunnel {
    /// The tunnel, and the host it was asked to lead to.
    pub(super) fn take(&self) -> Option<(OnUpgrade, HostPort)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn open(&self, upgrade: OnUpgrade, asked: HostPort) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((upgrade, asked));
    }
}

impl HttpService {
    pub(super) fn new(entrance: Arc<Entrance>, arrival: Arrival, traffic: Traffic) -> Self {
        Self {
            inner: TowerToHyperService::new(entrance.router.clone()),
            local: TowerToHyperService::new(entrance.local_router.clone()),
            entrance,
            arrival: Arc::new(arrival),
            traffic,
            tunnel: Tunnel::default(),
        }
    }

    pub(super) fn tunnel(&self) -> Tunnel {
        self.tunnel.clone()
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    /// The machine's own name, if that is what was asked.
    fn asked_at_home(&self, request: &Request<Incoming>) -> Option<HostPort> {
        let named = match request.uri().authority() {
            Some(authority) => Some(authority.as_str()),
            None => request.headers().get(HOST).and_then(|host| host.to_str().ok()),
        };
        named
            .and_then(HostPort::parse)
            .filter(|asked| hosts::is_local(&asked.host))
    }

    /// Whether it is for ourselves: below `/_azdrill/`, at this machine's own name. The fake Azure's
    /// hosts may have blobs of such a name.
    fn is_for_us(&self, request: &Request<Incoming>, asked: &HostPort) -> bool {
        request.uri().path().starts_with("/_azdrill/") && !asked.is_other_local_port(self.entrance.own_port)
    }

    /// The scheme the client asked by, which a proxy is told.
    fn scheme_of(&self, request: &Request<Incoming>) -> Scheme {
        match request.uri().scheme_str() {
            Some("https") => Scheme::Https,
            _ => self.arrival.scheme,
        }
    }

    fn connect(&self, mut request: Request<Incoming>, underway: RequestUnderWay) -> Response<AxumBody> {
        let refuse = |response| to_http(response_to_answer(response), Some(underway));
        let asked = request
            .uri()
            .authority()
            .and_then(|it| HostPort::parse(it.as_str()));
        let Some(asked) = asked else {
            let text = "CONNECT names no proper host.";
            return refuse(refusal::text(StatusCode::BAD_REQUEST, None, text));
        };
        if self.arrival.tunnelled || self.arrival.scheme == Scheme::Https {
            let text = "CONNECT works on a plain connection to azdrill only, not inside a tunnel or TLS.";
            return refuse(refusal::text(StatusCode::BAD_REQUEST, None, text));
        }
        if !self.entrance.knows(&asked) {
            self.entrance.strangers.note(&asked.host);
            tracing::warn!(host = asked.host, "refused a tunnel to a host that is not ours");
            let outside = (self.entrance.outside)(&asked.host);
            let (refusal, words) = hosts::no_tunnel(&asked.host, outside.as_deref());
            let mut answer = refuse(refusal);
            if let Some(words) = words {
                answer.extensions_mut().insert(words);
            }
            return answer;
        }
        if !self.entrance.resolves(&asked) {
            return refuse(hosts::does_not_resolve(&asked.host));
        }
        if let Some(port) = asked.port_nobody_listens_on() {
            tracing::warn!(
                host = asked.host,
                port,
                "refused a tunnel to a port that is not ours"
            );
            return refuse(hosts::unknown_port(&asked.host, port));
        }
        self.tunnel.open(hyper::upgrade::on(&mut request), asked);
        Response::new(AxumBody::empty())
    }
}

type Answered = Result<Response<AxumBody>, io::Error>;
type Sends = fn(Result<Response<AxumBody>, Infallible>) -> Answered;

/// An answer, or the error that has the connection closed where there is to be none.
fn send(answered: Result<Response<AxumBody>, Infallible>) -> Answered {
    let Ok(response) = answered;
    match response.extensions().get::<Closed>() {
        Some(Closed) => Err(io::ErrorKind::ConnectionAborted.into()),
        None => Ok(response),
    }
}

impl Service<Request<Incoming>> for HttpService {
    type Response = Response<AxumBody>;
    type Error = io::Error;
    type Future = Either<Ready<Answered>, Map<TowerToHyperServiceFuture<Router, Request<Incoming>>, Sends>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let underway = self.traffic.begin_request();
        if request.method() == Method::CONNECT {
            return Either::Left(ready(Ok(self.connect(request, underway))));
        }
        let at_home = self.asked_at_home(&request);
        let foreign = at_home
            .as_ref()
            .and_then(|asked| foreign_pages::refuse(&request, asked, self.scheme_of(&request)));
        if let Some(refusal) = foreign {
            let answer = to_http(response_to_answer(refusal), Some(underway));
            return Either::Left(ready(Ok(answer)));
        }
        let router = if at_home.is_some_and(|asked| self.is_for_us(&request, &asked)) {
            &self.local
        } else {
            &self.inner
        };
        request.extensions_mut().insert(Passage {
            arrival: Arc::clone(&self.arrival),
            underway,
        });
        Either::Right(router.call(request).map(send))
    }
}
