//! What the modes have in common: servers by key, each worked on by one caller at a time, and the
//! emulator's [`DatabaseEngine`] on top of a few things a mode must know how to do.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use azdrill_emulator::fault::Disturbance;
use azdrill_emulator::jobs::{MissingRight, NeededRights, RealParameter};
use azdrill_emulator::server::{
    ClientCall, ClientDump, DatabaseEngine, Dump, DumpKind, EngineError, EngineFuture, ServerSpec,
};
use tokio_postgres::Client;

use super::backend::{Backend, Login, ServerAddress};
use super::client;
use super::superuser::{Superuser, check_administrator, sql_error};
use super::tool::{
    ProgramOutcome, RestoreOutcome, RunningTool, ToolCall, dump_call, feed, feed_any, into_dump,
    program_call, restore_call,
};
use super::{ClientProgram, PostgresMode, RealPostgres, RestoreAs};

/// Servers by key.
pub(super) struct Servers<B: Backend> {
    slots: Mutex<BTreeMap<String, Slot<B>>>,
    // Last: the servers go before what they live in.
    backend: B,
}

type Slot<B> = Arc<tokio::sync::Mutex<Option<EngineEntry<B>>>>;

struct EngineEntry<B: Backend> {
    server: B::Server,
    spec: ServerSpec,
    reach: Option<ServerAddress>,
}

impl<B: Backend> Servers<B> {
    pub(super) fn new(backend: B) -> Self {
        Self {
            slots: Mutex::default(),
            backend,
        }
    }

    fn slot(&self, key: &str) -> Slot<B> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.to_owned()).or_default())
    }

    async fn reach(&self, key: &str) -> Result<(ServerAddress, ServerSpec), EngineError> {
        let slot = self.slot(key);
        let slot = slot.lock().await;
        let entry = slot
            .as_ref()
            .ok_or_else(|| EngineError::NotRunning(key.to_owned()))?;
        let reach = entry
            .reach
            .clone()
            .ok_or_else(|| EngineError::NotRunning(key.to_owned()))?;
        Ok((reach, entry.spec.clone()))
    }

    async fn superuser(&self, key: &str) -> Result<Superuser, EngineError> {
        Ok(self.reach(key).await?.0.superuser)
    }

    async fn run_tool(&self, key: &str, by: RestoreAs, call: ToolCall) -> Result<RunningTool, EngineError> {
        let slot = self.slot(key);
        let slot = slot.lock().await;
        match slot.as_ref() {
            Some(entry) if entry.reach.is_some() => {
                let login = (by == RestoreAs::Administrator).then(|| Login {
                    name: entry.spec.admin_login.clone(),
                    password: entry.spec.admin_password.clone(),
                });
                self.backend.tool(&entry.server, login, call).await
            }
            _ => Err(EngineError::NotRunning(key.to_owned())),
        }
    }

    async fn start_server(&self, spec: &ServerSpec) -> Result<SocketAddr, EngineError> {
        check_administrator(spec)?;
        let slot = self.slot(&spec.key);
        let mut slot = slot.lock().await;
        let Some(entry) = slot.as_mut() else {
            let (server, reach) = self.backend.create(spec).await?;
            reach.superuser.make_administrator(spec).await?;
            let address = reach.address;
            *slot = Some(EngineEntry {
                server,
                spec: spec.clone(),
                reach: Some(reach),
            });
            return Ok(address);
        };
        if entry.spec.major != spec.major {
            return Err(EngineError::Failed {
                what: format!("starting PostgreSQL {}", spec.major),
                detail: format!("its data is of version {}; remove it first", entry.spec.major),
            });
        }
        if let Some(reach) = &entry.reach {
            if self.backend.is_running(&mut entry.server).await {
                return Ok(reach.address);
            }
            entry.reach = None;
        }
        let reach = self.backend.resume(&mut entry.server).await?;
        entry.reach = Some(reach.clone());
        reach.superuser.make_administrator(spec).await?;
        entry.spec = spec.clone();
        Ok(reach.address)
    }
}

impl<B: Backend> DatabaseEngine for Servers<B> {
    fn start<'a>(&'a self, spec: &'a ServerSpec) -> EngineFuture<'a, SocketAddr> {
        Box::pin(self.start_server(spec))
    }

    fn stop<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let slot = self.slot(key);
            let mut slot = slot.lock().await;
            match slot.as_mut() {
                Some(entry) if entry.reach.is_some() => {
                    entry.reach = None;
                    self.backend.pause(&mut entry.server).await
                }
                _ => Ok(()),
            }
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let slot = self.slot(key);
            let mut slot = slot.lock().await;
            match slot.take() {
                Some(entry) => self.backend.discard(entry.server).await,
                None => self.backend.discard_kept(key).await,
            }
        })
    }

    fn set_admin_password<'a>(&'a self, key: &'a str, password: &'a str) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let (reach, spec) = self.reach(key).await?;
            reach.superuser.set_password(&spec.admin_login, password).await?;
            if let Some(entry) = self.slot(key).lock().await.as_mut() {
                password.clone_into(&mut entry.spec.admin_password);
            }
            Ok(())
        })
    }

    fn create_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let (reach, spec) = self.reach(key).await?;
            reach.superuser.create_database(name, &spec.admin_login).await
        })
    }

    fn drop_database<'a>(&'a self, key: &'a str, name: &'a str) -> EngineFuture<'a, ()> {
        Box::pin(async move { self.superuser(key).await?.drop_database(name).await })
    }

    fn parameters<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<RealParameter>> {
        Box::pin(async move { self.superuser(key).await?.parameters().await })
    }

    fn set_parameter<'a>(&'a self, key: &'a str, name: &'a str, value: &'a str) -> EngineFuture<'a, ()> {
        Box::pin(async move { self.superuser(key).await?.set_parameter(name, value).await })
    }

    fn databases<'a>(&'a self, key: &'a str) -> EngineFuture<'a, Vec<String>> {
        Box::pin(async move { self.superuser(key).await?.databases().await })
    }

    fn size<'a>(&'a self, key: &'a str) -> EngineFuture<'a, u64> {
        Box::pin(async move { self.superuser(key).await?.size().await })
    }

    fn disturb<'a>(&'a self, key: &'a str, how: Disturbance) -> EngineFuture<'a, ()> {
        Box::pin(async move { self.superuser(key).await?.disturb(how).await })
    }

    fn dump<'a>(&'a self, key: &'a str, kind: DumpKind) -> EngineFuture<'a, Dump> {
        Box::pin(async move {
            let what = match &kind {
                DumpKind::Database(name) => format!("dumping database `{name}`"),
                DumpKind::Roles => "dumping the roles".to_owned(),
                DumpKind::Tablespaces => "dumping the tablespaces".to_owned(),
                DumpKind::Schema => "dumping the schema".to_owned(),
            };
            let tool = self.run_tool(key, RestoreAs::Superuser, dump_call(&kind)).await?;
            Ok(into_dump(what, tool))
        })
    }

    fn client_examine<'a>(
        &'a self,
        call: &'a ClientCall,
        needed: &'a NeededRights,
    ) -> EngineFuture<'a, Vec<MissingRight>> {
        Box::pin(client::examine(call, needed))
    }

    fn client_dump<'a>(&'a self, call: &'a ClientCall) -> EngineFuture<'a, ClientDump> {
        Box::pin(client::dump(&self.backend, call))
    }

    fn client_load<'a>(
        &'a self,
        call: &'a ClientCall,
        database: &'a str,
        dump: Dump,
    ) -> EngineFuture<'a, ()> {
        Box::pin(client::load(&self.backend, call, database, dump))
    }
}

impl<B: Backend> RealPostgres for Servers<B> {
    fn mode(&self) -> PostgresMode {
        self.backend.mode()
    }

    fn available_majors(&self) -> EngineFuture<'_, Vec<u32>> {
        Box::pin(self.backend.available_majors())
    }

    fn keep_only<'a>(&'a self, keys: &'a BTreeSet<String>) -> EngineFuture<'a, ()> {
        Box::pin(self.backend.keep_only(keys))
    }

    fn connect<'a>(&'a self, key: &'a str, database: &'a str) -> EngineFuture<'a, Client> {
        Box::pin(async move {
            let what = format!("connecting to database `{database}` of `{key}`");
            let superuser = self.superuser(key).await?;
            superuser
                .connect(database)
                .await
                .map_err(|error| sql_error(&what, &error))
        })
    }

    fn restore<'a>(
        &'a self,
        key: &'a str,
        database: &'a str,
        dump: Dump,
        by: RestoreAs,
    ) -> EngineFuture<'a, RestoreOutcome> {
        Box::pin(async move {
            let what = format!("restoring into database `{database}` of `{key}`");
            let tool = self.run_tool(key, by, restore_call(database)).await?;
            feed(what, tool, dump).await
        })
    }

    fn run_program<'a>(
        &'a self,
        key: &'a str,
        program: ClientProgram,
        arguments: Vec<String>,
        database: &'a str,
        file: Dump,
    ) -> EngineFuture<'a, ProgramOutcome> {
        Box::pin(async move {
            let call = program_call(program, arguments, database);
            let tool = self.run_tool(key, RestoreAs::Administrator, call).await?;
            feed_any(tool, file).await
        })
    }
}
