//! What every connection that is listened for needs.

use std::sync::Arc;

use axum::Router;
use tokio::sync::watch;

use super::certificates::{Certificates, KnowsHost};
use super::front_door::FrontDoor;
use super::hosts::{self, HostPort};
use super::slots::ConnectionSlots;
use super::strangers::Strangers;
use super::wire;
use crate::machine::Core;
use crate::model::NetworkPath;

/// Says what a host of the internet is, where that is known.
type SaysWhat = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What every connection needs.
pub(super) struct Entrance {
    /// Answers for the fake Azure.
    pub(super) router: Router,
    /// The same, with what whoever runs us answers below `/_azdrill/`.
    pub(super) local_router: Router,
    pub(super) certificates: Arc<Certificates>,
    pub(super) knows_host: Arc<KnowsHost>,
    pub(super) outside: Box<SaysWhat>,
    resolves: Arc<KnowsHost>,
    pub(super) path: Arc<NetworkPath>,
    pub(super) own_port: u16,
    pub(super) strangers: Arc<Strangers>,
    pub(super) slots: Arc<ConnectionSlots>,
    pub(super) shutdown: watch::Receiver<bool>,
}

impl Entrance {
    pub(super) fn new<C: Core>(
        front_door: &FrontDoor<C>,
        certificates: Arc<Certificates>,
        path: NetworkPath,
        own_port: u16,
        own_routes: Router,
        slots: Arc<ConnectionSlots>,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        let asked = front_door.clone();
        let looked_up = front_door.clone();
        let resolved = front_door.clone();
        let router = Router::new()
            .fallback(wire::answer::<C>)
            .with_state(front_door.clone());
        Self {
            local_router: router.clone().merge(own_routes),
            router,
            certificates,
            knows_host: Arc::new(move |host| hosts::is_local(host) || asked.knows_host(host)),
            outside: Box::new(move |host| looked_up.outside(host)),
            resolves: Arc::new(move |host| hosts::is_local(host) || resolved.resolves(host)),
            path: Arc::new(path),
            own_port,
            strangers: Arc::clone(front_door.strangers()),
            slots,
            shutdown,
        }
    }

    /// Whether a tunnel to this host ends here.
    pub(super) fn knows(&self, asked: &HostPort) -> bool {
        !asked.is_other_local_port(self.own_port) && (self.knows_host)(&asked.host)
    }

    /// Whether what this host of ours belongs to is there.
    pub(super) fn resolves(&self, asked: &HostPort) -> bool {
        (self.resolves)(&asked.host)
    }
}
