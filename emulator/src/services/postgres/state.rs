//! What the PostgreSQL provider knows alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::changes::AcceptedChange;
use super::long_term_retention::LtrBackup;
use crate::jobs::{RealParameter, ServerSpec};
use crate::model::ResourceId;
use crate::rules::cloud;

/// What the PostgreSQL provider knows alone.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct PostgresState {
    /// How to start each server. Holds passwords.
    pub(super) specs: BTreeMap<ResourceId, ServerSpec>,
    /// Where each running server listens.
    pub(super) addresses: BTreeMap<ResourceId, SocketAddr>,
    /// Where programs on this machine reach a server, by its host name.
    entrances: BTreeMap<String, SocketAddr>,
    /// Long-term-retention backups by server and backup name.
    pub(super) backups: BTreeMap<(ResourceId, String), LtrBackup>,
    /// What real servers know of their parameters, by major version.
    pub(super) real: BTreeMap<u32, Arc<BTreeMap<String, RealParameter>>>,
    /// What is being changed about each server.
    pub(super) changes: BTreeMap<ResourceId, Vec<AcceptedChange>>,
}

impl PostgresState {
    /// Where the server of that resource listens, if it runs.
    pub fn address(&self, server: &ResourceId) -> Option<SocketAddr> {
        self.addresses.get(server).copied()
    }

    /// The servers that run, and where they listen.
    pub fn running(&self) -> impl Iterator<Item = (&ResourceId, SocketAddr)> {
        self.addresses.iter().map(|(id, address)| (id, *address))
    }

    /// The host names of the servers that run.
    pub fn running_hosts(&self) -> impl Iterator<Item = String> {
        self.addresses.keys().map(|id| cloud().server_host(id.name()))
    }

    /// Where programs on this machine reach the server of that host name, through the gate in
    /// front of it.
    pub fn entrance(&self, host: &str) -> Option<SocketAddr> {
        self.entrances.get(host).copied()
    }

    /// Takes note of where that is, or that it is nowhere.
    pub fn note_entrance(&mut self, host: &str, address: Option<SocketAddr>) {
        match address {
            Some(address) => self.entrances.insert(host.to_owned(), address),
            None => self.entrances.remove(host),
        };
    }

    /// The server of that key listens elsewhere now, if it runs.
    pub(crate) fn move_server(&mut self, key: &str, to: SocketAddr) {
        let of_key = self.specs.iter().find(|(_, spec)| spec.key == key);
        if let Some(address) = of_key.and_then(|(id, _)| self.addresses.get_mut(id)) {
            *address = to;
        }
    }

    /// The engine's keys of all servers.
    pub fn keys(&self) -> Vec<String> {
        self.specs.values().map(|spec| spec.key.clone()).collect()
    }

    /// Checks that every server of a world that was kept is there, and runs or is stopped as it was
    /// then.
    ///
    /// # Errors
    ///
    /// The name of the first that is not.
    pub(crate) fn check_servers_of(&self, kept: &Self) -> Result<(), String> {
        let as_it_was = |(id, spec): &(&ResourceId, &ServerSpec)| {
            self.key(id) == Some(spec.key.as_str())
                && self.addresses.contains_key(*id) == kept.addresses.contains_key(*id)
        };
        match kept.specs.iter().find(|server| !as_it_was(server)) {
            Some((id, _)) => Err(id.name().to_owned()),
            None => Ok(()),
        }
    }

    /// Comes back to what was kept. Servers stay where they listen now. Answers with the engine's keys
    /// of servers that are no part of it.
    pub(in crate::services) fn bring_back(&mut self, kept: &Self) -> Vec<String> {
        let (mut surplus, mut stay) = (Vec::new(), BTreeMap::new());
        for (id, spec) in &self.specs {
            match (kept.specs.contains_key(id), self.addresses.get(id)) {
                (true, Some(address)) => {
                    stay.insert(id.clone(), *address);
                }
                (true, None) => {}
                (false, _) => surplus.push(spec.key.clone()),
            }
        }
        *self = Self {
            addresses: stay,
            entrances: std::mem::take(&mut self.entrances),
            ..kept.clone()
        };
        surplus
    }

    /// How the server of that resource is started. Holds a password.
    pub fn spec(&self, server: &ResourceId) -> Option<&ServerSpec> {
        self.specs.get(server)
    }

    /// The engine's key of the server of that resource.
    pub fn key(&self, server: &ResourceId) -> Option<&str> {
        self.specs.get(server).map(|spec| spec.key.as_str())
    }
}
