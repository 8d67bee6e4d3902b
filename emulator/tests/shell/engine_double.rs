//! A database engine that remembers what it was asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use azdrill_emulator::server::{DatabaseEngine, Dump, DumpKind, EngineError, EngineFuture, ServerSpec};
use bytes::Bytes;

#[derive(Default)]
pub(crate) struct EngineDouble {
    pub(crate) databases: Vec<String>,
    /// The pieces of each dump, by its kind as text; `None` is a failure.
    pub(crate) dumps: BTreeMap<String, Vec<Option<Bytes>>>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl EngineDouble {
    fn note<T: Send + 'static>(&self, what: String, value: T) -> EngineFuture<'static, T> {
        let asked = Arc::clone(&self.asked);
        Box::pin(async move {
            asked.lock().unwrap().push(what.clone());
            if what.ends_with("broken") {
                return Err(EngineError::NotRunning("broken".to_owned()));
            }
            Ok(value)
        })
    }
}

impl DatabaseEngine for EngineDouble {
    fn start<'a>(&'a self, spec: &'a ServerSpec) -> EngineFuture<'a, SocketAddr> {
        let address = SocketAddr::from(([127, 0, 0, 1], 5432));
        self.note(format!("start {}", spec.key), address)
    }

    fn stop<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()> {
        self.note(format!("stop {key}"), ())
    }

    fn remove<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()> {
        self.note(format!("remove {key}"), ())
    }

    fn set_admin_password<'a>(&'a self, key: &'a str, _: &'a str) -> EngineFuture<'a, ()> {
        self.note(format!("set password {key}"), ())
    }

    fn create_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()> {
        self.note(format!("create {name} on {key}"), ())
    }

    fn drop_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()> {
        self.note(format!("drop {name} on {key}"), ())
    }

    fn databases<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<String>> {
        self.note(format!("databases {key}"), self.databases.clone())
    }

    fn size<'a>(&'a self, key: &'a str) -> EngineFuture<'a, u64> {
        self.note(format!("size {key}"), 4711)
    }

    fn dump<'a>(&'a self, key: &'a str, kind: DumpKind) -> EngineFuture<'a, Dump> {
        let name = match &kind {
            DumpKind::Database(name) => name.clone(),
            other => format!("{other:?}"),
        };
        let pieces = self.dumps.get(&name).cloned();
        let pieces = pieces.unwrap_or_else(|| vec![Some(Bytes::from(format!("dump of {name}")))]);
        let items = pieces.into_iter().map(|piece| {
            piece.ok_or_else(|| EngineError::Failed {
                what: "pg_dump".to_owned(),
                detail: "connection lost".to_owned(),
            })
        });
        let dump: Dump = Box::pin(futures_util::stream::iter(items));
        self.note(format!("dump {name} of {key}"), dump)
    }
}
