//! A core that lets clients in to real servers, and stores blobs.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::jobs::{Effect, EffectId, EffectResult, ServerWork, SessionFailure, Work};
use azdrill_emulator::model::{Body, Extent, NetworkPath, Request, Response, StoredBody, Timestamp};
use azdrill_emulator::server::{Admission, Core, DatabaseRefusal, DatabaseRoute};
use http::StatusCode;

#[derive(Default)]
pub(super) struct OpenCore {
    /// The servers that run, by name.
    pub(super) servers: BTreeMap<String, SocketAddr>,
    /// What strikes the next connections, in order.
    pub(super) faults: Vec<Option<ConnectionFault>>,
    /// Blobs that are committed, by path.
    pub(super) blobs: BTreeMap<String, StoredBody>,
    /// How many blocks were staged.
    pub(super) staged: usize,
    /// How many connections were made.
    pub(super) connections: usize,
    /// Where programs on this machine reach the servers, by host name.
    pub(super) entrances: BTreeMap<String, SocketAddr>,
    /// The names of servers that are being started.
    starting: BTreeMap<EffectId, String>,
    /// Blocks that wait for their list.
    blocks: Vec<StoredBody>,
    due: Vec<Effect>,
    results: BTreeMap<EffectId, EffectResult>,
    next: u64,
}

impl OpenCore {
    /// Asks for outside work.
    pub(super) fn ask(&mut self, work: Work) -> EffectId {
        self.next += 1;
        let id = EffectId(self.next);
        if let Work::Server(ServerWork::Start(spec)) = &work {
            self.starting.insert(id, spec.key.clone());
        }
        self.due.push(Effect { id, work });
        id
    }

    /// How it ended, if it has.
    pub(super) fn take(&mut self, id: EffectId) -> Option<EffectResult> {
        self.results.remove(&id)
    }
}

impl Core for OpenCore {
    fn admit(&mut self, _: Timestamp, _: &NetworkPath, request: &Request) -> Admission {
        if request.query_value("comp").as_deref() == Some("block") {
            return Admission::Store {
                limit_bytes: u64::MAX,
                md5: false,
            };
        }
        Admission::Buffer {
            limit_bytes: 1024 * 1024,
        }
    }

    fn call(&mut self, _: Timestamp, _: &NetworkPath, request: Request) -> Response {
        match request.body {
            Body::Stored(block) => {
                self.staged += 1;
                self.blocks.push(block);
            }
            _ => {
                let blocks = std::mem::take(&mut self.blocks);
                let whole = StoredBody {
                    length: blocks.iter().map(|block| block.length).sum(),
                    extents: blocks.into_iter().flat_map(|block| block.extents).collect(),
                    md5: None,
                };
                self.blobs.insert(request.path, whole);
            }
        }
        Response::new(StatusCode::CREATED)
    }

    fn connect_database(
        &mut self,
        _: Timestamp,
        _: &NetworkPath,
        host: &str,
    ) -> Result<DatabaseRoute, DatabaseRefusal> {
        let server = host.split('.').next().unwrap_or_default();
        self.connections += 1;
        let fault = if self.faults.is_empty() {
            None
        } else {
            self.faults.remove(0)
        };
        match self.servers.get(server) {
            Some(backend) => Ok(DatabaseRoute {
                backend: *backend,
                key: server.to_owned(),
                server: server.to_owned(),
                tls_required: true,
                fault,
            }),
            None => Err(DatabaseRefusal {
                failure: SessionFailure::NoServer,
                message: format!("there is no server {server}"),
            }),
        }
    }

    fn running_databases(&self) -> Vec<String> {
        let hosts = self.servers.keys();
        hosts
            .map(|name| format!("{name}.postgres.database.azure.com"))
            .collect()
    }

    fn note_entrance(&mut self, host: &str, address: Option<SocketAddr>) {
        match address {
            Some(address) => self.entrances.insert(host.to_owned(), address),
            None => self.entrances.remove(host),
        };
    }

    fn tick(&mut self, _: Timestamp) -> Vec<Effect> {
        std::mem::take(&mut self.due)
    }

    fn complete(&mut self, _: Timestamp, id: EffectId, result: EffectResult) {
        if let (Some(name), EffectResult::ServerStarted(address)) = (self.starting.remove(&id), &result) {
            self.servers.insert(name, *address);
        }
        self.results.insert(id, result);
    }

    fn next_due(&self) -> Option<Timestamp> {
        None
    }

    fn knows_host(&self, _: &str) -> bool {
        true
    }

    fn take_released(&mut self) -> Vec<Extent> {
        Vec::new()
    }
}
