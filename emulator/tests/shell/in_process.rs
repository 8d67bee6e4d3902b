//! What the tests of the driver and of the front door share: everything but sockets.

use std::sync::Arc;

use azdrill_emulator::model::{NetworkPath, Request, Timestamp};
use azdrill_emulator::server::{Answer, BlobStore, BodySource, Clock, DatabaseEngine, Driver, FrontDoor};
use http::Method;

use crate::core_double::CoreDouble;

pub(crate) const HOST: &str = "x.blob.core.windows.net";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn start_time() -> Timestamp {
    time("2024-06-26T07:50:23Z")
}

pub(crate) struct World {
    pub(crate) front_door: FrontDoor<CoreDouble>,
    pub(crate) driver: Driver<CoreDouble>,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(core: CoreDouble, engine: Option<Arc<dyn DatabaseEngine>>) -> Self {
        Self::with_limit(core, engine, u64::MAX)
    }

    pub(crate) fn with_limit(
        core: CoreDouble,
        engine: Option<Arc<dyn DatabaseEngine>>,
        limit_bytes: u64,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::with_limit(directory.path(), limit_bytes).unwrap();
        let front_door = FrontDoor::new(core, Clock::at(start_time()), store);
        Self {
            driver: Driver::new(front_door.clone(), engine),
            front_door,
            _directory: directory,
        }
    }

    pub(crate) async fn send(&self, request: Request, body: BodySource) -> Answer {
        self.front_door
            .handle(&NetworkPath::internet(), request, body)
            .await
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.front_door.with_core(|core| core.calls.clone())
    }

    pub(crate) fn live_bytes(&self) -> u64 {
        self.front_door.store().live_bytes()
    }
}

pub(crate) fn put(blob: &str) -> Request {
    Request::new(Method::PUT, HOST, blob)
}

pub(crate) fn get(target: &str) -> Request {
    Request::new(Method::GET, HOST, target)
}
