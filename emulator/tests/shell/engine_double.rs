//! A database engine that remembers what it was asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use azdrill_emulator::fault::Disturbance;
use azdrill_emulator::jobs::{MissingRight, NeededRights, RealParameter, SessionFailure};
use azdrill_emulator::server::{
    ClientCall, ClientDump, DatabaseEngine, Dump, DumpKind, EngineError, EngineFuture, ServerSpec,
};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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

    fn pieces(&self, name: &str) -> Dump {
        let pieces = self.dumps.get(name).cloned();
        let pieces = pieces.unwrap_or_else(|| vec![Some(Bytes::from(format!("dump of {name}")))]);
        let items = pieces.into_iter().map(|piece| {
            piece.ok_or_else(|| EngineError::Failed {
                what: "pg_dump".to_owned(),
                detail: "connection lost".to_owned(),
            })
        });
        Box::pin(futures_util::stream::iter(items))
    }
}

/// Comes in at the entrance as a client does, without TLS, and says something a server would echo.
async fn knock(call: &ClientCall) -> Result<(), EngineError> {
    let closed = |error: std::io::Error| EngineError::Failed {
        what: "knocking".to_owned(),
        detail: error.to_string(),
    };
    let mut stream = TcpStream::connect(call.address).await.map_err(closed)?;
    let startup = crate::database_gate::startup(&call.user, &call.database);
    stream.write_all(&startup).await.map_err(closed)?;
    stream.write_all(b"hello").await.map_err(closed)?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.map_err(closed)?;
    if &answer == b"hello" {
        return Ok(());
    }
    Err(EngineError::Session {
        failure: SessionFailure::SignInRefused,
        message: "what the client took it for".to_owned(),
    })
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

    fn parameters<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<RealParameter>> {
        self.note(format!("parameters {key}"), Vec::new())
    }

    fn set_parameter<'a>(&'a self, key: &'a str, name: &'a str, value: &'a str) -> EngineFuture<'a, ()> {
        self.note(format!("set {name} = {value} on {key}"), ())
    }

    fn databases<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<String>> {
        self.note(format!("databases {key}"), self.databases.clone())
    }

    fn size<'a>(&'a self, key: &'a str) -> EngineFuture<'a, u64> {
        self.note(format!("size {key}"), 4711)
    }

    fn disturb<'a>(&'a self, key: &'a str, how: Disturbance) -> EngineFuture<'a, ()> {
        self.note(format!("{how:?} {key}"), ())
    }

    fn dump<'a>(&'a self, key: &'a str, kind: DumpKind) -> EngineFuture<'a, Dump> {
        let name = match &kind {
            DumpKind::Database(name) => name.clone(),
            other => format!("{other:?}"),
        };
        let dump = self.pieces(&name);
        self.note(format!("dump {name} of {key}"), dump)
    }
    fn client_examine<'a>(
        &'a self,
        call: &'a ClientCall,
        needed: &'a NeededRights,
    ) -> EngineFuture<'a, Vec<MissingRight>> {
        Box::pin(async move {
            knock(call).await?;
            let missing = MissingRight {
                object: format!("{needed:?}"),
                privilege: "SELECT".to_owned(),
            };
            self.note(format!("examine {call:?}"), vec![missing]).await
        })
    }

    fn client_dump<'a>(&'a self, call: &'a ClientCall) -> EngineFuture<'a, ClientDump> {
        Box::pin(async move {
            knock(call).await?;
            let begun = ClientDump {
                size_bytes: 4711,
                dump: self.pieces(&call.database),
            };
            self.note(format!("client dump {:?} {}", call.major, call.database), begun)
                .await
        })
    }

    fn client_load<'a>(
        &'a self,
        call: &'a ClientCall,
        database: &'a str,
        mut dump: Dump,
    ) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            knock(call).await?;
            let mut length = 0;
            while let Some(piece) = dump.next().await {
                length += piece?.len();
            }
            self.note(format!("client load {length} bytes into {database}"), ())
                .await
        })
    }
}
