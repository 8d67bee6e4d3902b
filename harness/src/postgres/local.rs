//! Servers from programs installed on this machine, each a throw-away cluster in a temporary
//! folder.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use azdrill_emulator::server::{EngineError, ServerSpec};
use rustix::process::{Pid, Signal, kill_process};

use super::azure::{MAINTENANCE, SUPERUSER};
use super::backend::{Backend, Login, ServerAddress};
use super::client::ClientVersion;
use super::engine::Servers;
use super::install::{self, Install};
use super::kept::KeptServers;
use super::missing::{Installable, Missing, install_command};
use super::run_as::{RunAs, private_folder, run_as};
use super::superuser::Superuser;
use super::template::{self, cache_folder, instantiate};
use super::tool::{RunningTool, ToolCall};
use super::watchdog::GuardedFolder;
use super::{PostgresMode, RealPostgres, process};

/// How long a server may take to answer. A machine under load is slow; a broken server ends, which
/// is noticed at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server whose data is kept may take to end in good order.
const GOOD_ORDER: Duration = Duration::from_secs(4);

/// Between choosing a free port and listening on it, another program may take it.
const PORTS_TO_TRY: usize = 10;

/// Servers from the programs installed on this machine; their data is kept in that folder, if one is named.
pub(super) fn open(keeps: Option<&Path>) -> Result<Arc<dyn RealPostgres>, Missing> {
    let installs = install::find();
    if installs.is_empty() {
        return Err(Missing {
            what: "no `initdb` on PATH nor where distributions put it".to_owned(),
            remedy: install_command(Installable::Server),
        });
    }
    Ok(Arc::new(Servers::new(LocalBackend::new(
        PostgresMode::Local,
        installs,
        keeps,
    )?)))
}

/// What runs installed programs.
pub(super) struct LocalBackend {
    mode: PostgresMode,
    installs: Vec<Install>,
    user: Option<RunAs>,
    cache: PathBuf,
    next: AtomicU32,
    /// Where data is kept, if it is.
    kept: Option<KeptServers>,
    folder: Arc<GuardedFolder>,
}

impl LocalBackend {
    fn new(mode: PostgresMode, installs: Vec<Install>, keeps: Option<&Path>) -> Result<Self, Missing> {
        let missing = |what: String| Missing {
            what,
            remedy: install_command(Installable::Server),
        };
        let user = RunAs::find().map_err(missing)?;
        let kept = keeps.map(|folder| KeptServers::open(folder, user)).transpose();
        let kept = kept.map_err(|error| missing(format!("no folder that keeps servers: {error}")))?;
        let guarded = GuardedFolder::new(keeps);
        Ok(Self {
            mode,
            installs,
            user,
            kept,
            cache: cache_folder().map_err(|error| missing(format!("no folder for templates: {error}")))?,
            next: AtomicU32::new(0),
            folder: guarded
                .map(Arc::new)
                .map_err(|error| missing(format!("no folder for servers: {error}")))?,
        })
    }

    /// The same with programs that were fetched.
    pub(super) fn downloaded(installs: Vec<Install>, keeps: Option<&Path>) -> Result<Self, Missing> {
        Self::new(PostgresMode::Download, installs, keeps)
    }

    fn majors(&self) -> Vec<u32> {
        self.installs.iter().map(|install| install.major).collect()
    }

    async fn run(&self, server: &mut LocalServer) -> Result<ServerAddress, EngineError> {
        let mut last = String::new();
        for _ in 0..PORTS_TO_TRY {
            let running = server
                .spawn(self.user)
                .map_err(|error| server.failed(error.to_string()))?;
            let port = running.port;
            let superuser = Superuser::on_socket(&server.folder, port);
            let running = server.running.insert(running);
            match ready(running, &superuser, &server.folder).await {
                Ok(()) => {
                    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                    return Ok(ServerAddress { address, superuser });
                }
                Err(said) => {
                    server.running = None;
                    let taken = said.contains("Address already in use") || said.contains("could not bind");
                    last = said;
                    if !taken {
                        break;
                    }
                }
            }
        }
        Err(server.failed(last))
    }
}

/// Waits until the server answers. Gives its last words if it ended instead.
async fn ready(running: &mut RunningServer, superuser: &Superuser, folder: &Path) -> Result<(), String> {
    let begin = Instant::now();
    loop {
        if superuser.connect(MAINTENANCE).await.is_ok() {
            return Ok(());
        }
        if !running.is_alive() {
            return Err(last_words(&folder.join("log")));
        }
        if begin.elapsed() > PATIENCE {
            return Err(format!("it does not answer after {} s", PATIENCE.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

fn last_words(log: &Path) -> String {
    let said = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = said.lines().rev().take(6).collect();
    if lines.is_empty() {
        "it ended without a word".to_owned()
    } else {
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }
}

/// A cluster, and the server that runs in it if one does.
pub(super) struct LocalServer {
    key: String,
    install: Install,
    // Before the folder: the server ends first.
    running: Option<RunningServer>,
    /// Its socket, and what it says.
    folder: PathBuf,
    /// Where its data is.
    data: PathBuf,
    /// Whether that stays when this is dropped.
    is_kept: bool,
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.as_mut().filter(|_| self.is_kept) {
            // In good order, since its data is to be used again.
            running.end(Signal::INT, GOOD_ORDER);
        }
        self.running = None;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl LocalServer {
    fn failed(&self, detail: String) -> EngineError {
        EngineError::Failed {
            what: format!("starting PostgreSQL {}", self.install.major),
            detail,
        }
    }

    fn spawn(&self, user: Option<RunAs>) -> std::io::Result<RunningServer> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(self.folder.join("log"))?;
        let mut command = Command::new(self.install.bin.join("postgres"));
        command.arg("-D").arg(&self.data);
        command
            .arg("-k")
            .arg(&self.folder)
            .args(["-p", &port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1"]);
        command.env_clear().env("LC_ALL", "C").current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A Ctrl-C is for us, who then stop it.
        command.process_group(0);
        run_as(&mut command, user);
        Ok(RunningServer {
            child: command.spawn()?,
            port,
        })
    }
}

/// A running server. Dropping it stops it at once.
struct RunningServer {
    child: Child,
    port: u16,
}

impl RunningServer {
    fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Signals and waits; whether it ended in time.
    fn end(&mut self, signal: Signal, patience: Duration) -> bool {
        if !self.is_alive() {
            return true;
        }
        self.signal(signal);
        let begin = Instant::now();
        while self.is_alive() {
            if begin.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        // Asked to quit it also gives back its shared memory, which a kill would leave behind.
        if !self.end(Signal::QUIT, Duration::from_secs(5)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Backend for LocalBackend {
    type Server = LocalServer;

    fn mode(&self) -> PostgresMode {
        self.mode
    }

    async fn available_majors(&self) -> Result<Vec<u32>, EngineError> {
        Ok(self.majors())
    }

    async fn create(&self, spec: &ServerSpec) -> Result<(LocalServer, ServerAddress), EngineError> {
        let install = self
            .installs
            .iter()
            .find(|install| install.major == spec.major)
            .cloned();
        let install = install.ok_or_else(|| EngineError::Failed {
            what: format!("starting PostgreSQL {}", spec.major),
            detail: format!(
                "version {} is not installed; installed: {:?}",
                spec.major,
                self.majors()
            ),
        })?;
        let folder = self
            .folder
            .path()
            .join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let mut server = LocalServer {
            key: spec.key.clone(),
            install,
            running: None,
            data: match &self.kept {
                Some(kept) => kept.data(&spec.key),
                None => folder.join("data"),
            },
            is_kept: self.kept.is_some(),
            folder,
        };
        let (cache, user) = (self.cache.clone(), self.user);
        let (install, folder, data) = (server.install.clone(), server.folder.clone(), server.data.clone());
        let kept = self.kept.clone().map(|kept| (kept, spec.key.clone()));
        let guarded = Arc::clone(&self.folder);
        // Dropped with this future, at a signal, whereas the thread goes on.
        let wanted = template::StillWanted::default();
        let abandoned = wanted.abandoned();
        let made = tokio::task::spawn_blocking(move || {
            // Whoever waits for this may be gone before it ends, and the folder goes after it.
            let _guarded = guarded;
            private_folder(&folder, user).map_err(|error| error.to_string())?;
            let make = |data: &Path| instantiate(&cache, &install, user, &folder, data, &abandoned);
            match kept {
                Some((kept, key)) => kept.prepare(&key, install.major, make),
                None => make(&data),
            }
        });
        let made = made.await;
        drop(wanted);
        match made {
            Ok(Ok(())) => {}
            Ok(Err(detail)) => return Err(server.failed(detail)),
            Err(error) => return Err(server.failed(error.to_string())),
        }
        let reach = self.run(&mut server).await?;
        Ok((server, reach))
    }

    async fn is_running(&self, server: &mut LocalServer) -> bool {
        server.running.as_mut().is_some_and(RunningServer::is_alive)
    }

    async fn resume(&self, server: &mut LocalServer) -> Result<ServerAddress, EngineError> {
        server.running = None;
        self.run(server).await
    }

    async fn pause(&self, server: &mut LocalServer) -> Result<(), EngineError> {
        let Some(mut running) = server.running.take() else {
            return Ok(());
        };
        // In good order, since its data is to be used again; at once, if it takes too long.
        let ended = tokio::task::spawn_blocking(move || running.end(Signal::INT, Duration::from_secs(10)));
        ended
            .await
            .map(|_| ())
            .map_err(|error| server.failed(error.to_string()))
    }

    async fn discard(&self, mut server: LocalServer) -> Result<(), EngineError> {
        let what = format!("removing `{}`", server.key);
        let key = server.key.clone();
        server.is_kept = false;
        tokio::task::spawn_blocking(move || drop(server))
            .await
            .map_err(|error| EngineError::Failed {
                what,
                detail: error.to_string(),
            })?;
        self.discard_kept(&key).await
    }

    async fn discard_kept(&self, key: &str) -> Result<(), EngineError> {
        let Some(kept) = &self.kept else { return Ok(()) };
        kept.remove(key).map_err(|error| EngineError::Failed {
            what: "removing a server".to_owned(),
            detail: error.to_string(),
        })
    }

    async fn keep_only(&self, keys: &BTreeSet<String>) -> Result<(), EngineError> {
        let Some(kept) = &self.kept else { return Ok(()) };
        kept.keep_only(keys).map_err(|error| EngineError::Failed {
            what: "looking through the servers that are kept".to_owned(),
            detail: error.to_string(),
        })
    }

    async fn tool(
        &self,
        server: &LocalServer,
        login: Option<Login>,
        call: ToolCall,
    ) -> Result<RunningTool, EngineError> {
        let what = format!("running `{}`", call.program);
        let running = server
            .running
            .as_ref()
            .ok_or_else(|| EngineError::NotRunning(server.key.clone()))?;
        let program = server.install.client(call.program, &self.installs);
        let program = program.map_err(|detail| EngineError::Failed {
            what: what.clone(),
            detail,
        })?;
        let mut command = process::bare(&program);
        command
            .args(&call.arguments)
            .env("PGPORT", running.port.to_string())
            .envs(call.environment);
        match login {
            Some(login) => command
                .env("PGHOST", "127.0.0.1")
                .env("PGUSER", login.name)
                .env("PGPASSWORD", login.password),
            None => command.env("PGHOST", &server.folder).env("PGUSER", SUPERUSER),
        };
        process::start(what, command)
    }

    async fn client_tool(&self, version: ClientVersion, call: ToolCall) -> Result<RunningTool, EngineError> {
        let programs = install::clients(call.program, &self.installs);
        let majors: Vec<u32> = programs.iter().map(|(major, _)| *major).collect();
        let major = version.choose(call.program, &majors)?;
        let what = format!("running `{}` of version {major} as a client", call.program);
        let program = programs.into_iter().find(|(found, _)| *found == major);
        let (_, program) = program.ok_or_else(|| EngineError::Failed {
            what: what.clone(),
            detail: "it is gone".to_owned(),
        })?;
        let mut command = process::bare(&program);
        command.args(&call.arguments).envs(call.environment);
        process::start(what, command)
    }
}
