//! The gate in front of database servers, byte by byte, with a server behind it that echoes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azdrill_emulator::jobs::{ServerWork, SessionFailure, Work};
use azdrill_emulator::model::NetworkPath;
use azdrill_emulator::server::{
    DatabaseEntrance, DatabaseRefusal, DatabaseRoute, Server, ServerOptions, ServerSpec,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::core_double::CoreDouble;
use crate::engine_double::EngineDouble;
use crate::in_process::start_time;
use crate::wire::Running;

pub(crate) const HOST: &str = "drill.postgres.database.azure.com";

const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const GSS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];
const CANCEL_REQUEST: [u8; 16] = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 7, 1, 2, 3, 4];

/// The message that begins a session.
pub(crate) fn startup(user: &str, database: &str) -> Vec<u8> {
    let body = format!("\0\x03\0\0user\0{user}\0database\0{database}\0\0");
    let mut whole = u32::try_from(body.len() + 4).unwrap().to_be_bytes().to_vec();
    whole.extend(body.into_bytes());
    whole
}

/// A server that keeps the first message of each connection and echoes what follows.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    first: Arc<Mutex<Vec<Vec<u8>>>>,
    _accepting: tokio::task::JoinSet<()>,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let first: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&first);
        let mut accepting = tokio::task::JoinSet::new();
        accepting.spawn(async move {
            let mut sessions = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(echo(stream, Arc::clone(&kept)));
            }
        });
        Self {
            address,
            first,
            _accepting: accepting,
        }
    }

    /// The first messages, in the order they came.
    pub(crate) fn first(&self) -> Vec<Vec<u8>> {
        self.first.lock().unwrap().clone()
    }

    /// The users that signed in.
    pub(crate) fn users(&self) -> Vec<String> {
        let users = self.first().into_iter().map(|message| {
            let text = String::from_utf8_lossy(&message[8..]).into_owned();
            text.split('\0').nth(1).unwrap().to_owned()
        });
        users.collect()
    }
}

async fn echo(mut stream: TcpStream, first: Arc<Mutex<Vec<Vec<u8>>>>) {
    let Ok(length) = stream.read_u32().await else {
        return;
    };
    let mut message = length.to_be_bytes().to_vec();
    message.resize(length as usize, 0);
    stream.read_exact(&mut message[4..]).await.unwrap();
    let is_cancel = message == CANCEL_REQUEST;
    first.lock().unwrap().push(message);
    if is_cancel {
        return;
    }
    let (mut reader, mut writer) = stream.split();
    let _ = tokio::io::copy(&mut reader, &mut writer).await;
}

pub(crate) fn route(backend: &Backend) -> DatabaseRoute {
    DatabaseRoute {
        backend: backend.address,
        key: "drill-1".to_owned(),
        server: "drill".to_owned(),
        tls_required: false,
        fault: None,
    }
}

pub(crate) struct Gate {
    running: Running,
    entrance: DatabaseEntrance,
}

impl Gate {
    pub(crate) async fn open(verdict: Result<DatabaseRoute, DatabaseRefusal>) -> Self {
        Self::open_before(verdict, EngineDouble::default()).await
    }

    /// The same, with this in the place of what runs the servers.
    pub(crate) async fn open_before(
        verdict: Result<DatabaseRoute, DatabaseRefusal>,
        engine: EngineDouble,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = ServerOptions::new(directory.path());
        let core = CoreDouble {
            databases: [(HOST.to_owned(), verdict)].into(),
            ..CoreDouble::default()
        };
        let server = Server::start(core, Some(Arc::new(engine)), options)
            .await
            .unwrap();
        let entrance = server
            .open_database_entrance(HOST, NetworkPath::internet())
            .unwrap();
        assert!(entrance.address().ip().is_loopback());
        Self {
            running: Running { server, directory },
            entrance,
        }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.entrance.address()).await.unwrap()
    }

    fn connector(&self, protocols: &[&[u8]]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let pem = self.running.server.ca_pem().as_bytes();
        roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }

    /// Asks for TLS as libpq does, and shakes hands by that name.
    async fn secure(&self, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut stream = self.connect().await;
        stream.write_all(&TLS_REQUEST).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'S');
        let name = ServerName::try_from(name.to_owned()).unwrap();
        self.connector(&[b"postgresql"]).connect(name, stream).await
    }

    pub(crate) fn connections(&self) -> usize {
        self.running
            .server
            .front_door()
            .with_core(|core| core.connections.len())
    }
}

pub(crate) async fn says_back(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), text: &[u8]) {
    stream.write_all(text).await.unwrap();
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, text);
}

async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let ended = tokio::time::timeout(Duration::from_secs(60), reading).await;
    assert!(ended.is_ok(), "the connection stays open");
    answer
}

#[tokio::test]
async fn a_session_is_carried_inside_tls_under_the_users_plain_name() {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(DatabaseRoute {
        tls_required: true,
        ..route(&backend)
    }))
    .await;
    let mut stream = gate.secure(HOST).await.unwrap();
    stream.write_all(&startup("backup@Drill", "shop")).await.unwrap();
    says_back(&mut stream, b"hello").await;
    says_back(&mut stream, &[5; 300_000]).await;
    assert_eq!(backend.first(), [startup("backup", "shop")]);
    stream.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, b"");
}

#[tokio::test]
async fn the_certificate_is_the_servers_own_whatever_it_is_called() {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(route(&backend))).await;
    gate.secure("localhost").await.unwrap();
    let other = gate
        .secure("other.postgres.database.azure.com")
        .await
        .unwrap_err();
    assert!(other.to_string().contains("not valid for name"), "{other}");
    // By address no name is sent, and the certificate names none.
    let unnamed = gate.secure("127.0.0.1").await.unwrap_err();
    assert!(
        unnamed.to_string().contains("drill.postgres.database.azure.com"),
        "{unnamed}"
    );
    assert_eq!(gate.connections(), 0);
}

#[tokio::test]
async fn gss_is_declined_and_tls_may_begin_unasked() {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(route(&backend))).await;
    let mut stream = gate.connect().await;
    stream.write_all(&GSS_REQUEST).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'N');
    stream.write_all(&TLS_REQUEST).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'S');
    for stream in [stream, gate.connect().await] {
        let connector = gate.connector(&[b"postgresql"]);
        let mut stream = connector.connect(HOST.try_into().unwrap(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"postgresql".as_slice()));
        stream.write_all(&startup("a", "b")).await.unwrap();
        says_back(&mut stream, b"hello").await;
    }
    let connector = gate.connector(&[]);
    let plain_alpn = connector.connect(HOST.try_into().unwrap(), gate.connect().await);
    plain_alpn.await.unwrap();
    // Once is enough.
    let mut stream = gate.secure(HOST).await.unwrap();
    stream.write_all(&TLS_REQUEST).await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, b"");
}

#[tokio::test]
async fn whoever_is_refused_is_told_why_and_reaches_nobody() {
    let gate = Gate::open(Err(DatabaseRefusal {
        failure: SessionFailure::NotLetIn,
        message: "no entry for user \"{user}\", database \"{database}\"".to_owned(),
    }))
    .await;
    let expected = b"SFATAL\0VFATAL\0C28000\0Mno entry for user \"u@drill\", database \"d\"\0\0";
    let mut secured = gate.secure(HOST).await.unwrap();
    secured.write_all(&startup("u@drill", "d")).await.unwrap();
    assert_eq!(read_to_end(&mut secured).await[5..], expected[..]);
    let mut plain = gate.connect().await;
    plain.write_all(&startup("u@drill", "d")).await.unwrap();
    assert_eq!(read_to_end(&mut plain).await[5..], expected[..]);
    assert_eq!(gate.connections(), 2, "every connection is decided on");
}

#[tokio::test]
async fn without_tls_a_client_comes_in_only_where_that_is_allowed() {
    let backend = Backend::start().await;
    let strict = Gate::open(Ok(DatabaseRoute {
        tls_required: true,
        ..route(&backend)
    }))
    .await;
    let mut stream = strict.connect().await;
    stream.write_all(&startup("u", "d")).await.unwrap();
    let answer = String::from_utf8(read_to_end(&mut stream).await).unwrap();
    let expected =
        "no pg_hba.conf entry for host \"203.0.113.10\", user \"u\", database \"d\", no encryption";
    assert!(answer.contains(expected) && answer.contains("C28000"), "{answer}");
    assert_eq!(backend.users(), Vec::<String>::new());
    let lax = Gate::open(Ok(route(&backend))).await;
    let mut stream = lax.connect().await;
    stream.write_all(&startup("u", "d")).await.unwrap();
    says_back(&mut stream, b"hello").await;
}

#[tokio::test]
async fn a_cancellation_goes_where_the_sessions_went() {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(route(&backend))).await;
    let mut early = gate.connect().await;
    early.write_all(&CANCEL_REQUEST).await.unwrap();
    assert_eq!(read_to_end(&mut early).await, b"");
    assert_eq!(backend.first().len(), 0);
    let mut session = gate.connect().await;
    session.write_all(&startup("u", "d")).await.unwrap();
    says_back(&mut session, b"hello").await;
    let mut plain = gate.connect().await;
    plain.write_all(&CANCEL_REQUEST).await.unwrap();
    assert_eq!(read_to_end(&mut plain).await, b"");
    let mut secured = gate.secure(HOST).await.unwrap();
    secured.write_all(&CANCEL_REQUEST).await.unwrap();
    assert_eq!(read_to_end(&mut secured).await, b"");
    assert_eq!(
        backend.first()[1..],
        [CANCEL_REQUEST.to_vec(), CANCEL_REQUEST.to_vec()]
    );
    assert_eq!(gate.connections(), 1, "nobody comes in by a cancellation");
    says_back(&mut session, b"still there").await;
}

#[tokio::test]
async fn nonsense_and_other_protocols_are_turned_away() {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(route(&backend))).await;
    for nonsense in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(),
        &[0xff; 64],
        &[0, 0, 0, 4],
    ] {
        let mut stream = gate.connect().await;
        stream.write_all(nonsense).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(read_to_end(&mut stream).await, b"");
    }
    let mut old = gate.connect().await;
    old.write_all(&[0, 0, 0, 8, 0, 2, 0, 0]).await.unwrap();
    let answer = String::from_utf8(read_to_end(&mut old).await).unwrap();
    assert!(
        answer.contains("C0A000") && answer.contains("unsupported frontend protocol 2.0"),
        "{answer}"
    );
    assert_eq!(gate.connections(), 0);
}

#[tokio::test]
async fn a_server_that_is_gone_is_an_error_a_client_understands() {
    let backend = Backend::start().await;
    let mut gone = route(&backend);
    drop(backend);
    // A port that nobody listens on.
    gone.backend = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let gate = Gate::open(Ok(gone)).await;
    let mut stream = gate.connect().await;
    stream.write_all(&startup("u", "d")).await.unwrap();
    let answer = String::from_utf8(read_to_end(&mut stream).await).unwrap();
    assert!(answer.contains("C57P03"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_not_waited_for() {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(route(&backend))).await;
    for begun in [b"".as_slice(), &[0, 0, 0], &TLS_REQUEST] {
        let began = Instant::now();
        let mut stream = gate.connect().await;
        stream.write_all(begun).await.unwrap();
        read_to_end(&mut stream).await;
        let waited = began.elapsed().as_secs();
        assert!((29..=31).contains(&waited), "{begun:?}: {waited} s");
    }
}

#[tokio::test]
async fn whoever_comes_in_is_gone_when_the_entrance_is() {
    let backend = Backend::start().await;
    let Gate { running, entrance } = Gate::open(Ok(route(&backend))).await;
    let mut stream = TcpStream::connect(entrance.address()).await.unwrap();
    stream.write_all(&startup("u", "d")).await.unwrap();
    says_back(&mut stream, b"hello").await;
    let address = entrance.address();
    drop(entrance);
    assert_eq!(read_to_end(&mut stream).await, b"");
    assert!(TcpStream::connect(address).await.is_err());
    running.server.shutdown().await;
}

/// Resident memory of this process, in KiB.
#[cfg(target_os = "linux")]
fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What a connection costs that has moved as much as a busy one before it fell silent, in KiB. Its
/// four sockets, and both ends of it, are in this process.
#[cfg(target_os = "linux")]
async fn idle_kib<S: AsyncReadExt + AsyncWriteExt + Unpin>(connect: impl AsyncFn() -> S) -> usize {
    let mut idle = Vec::new();
    let mut before = 0;
    for number in 0..1050 {
        let mut stream = connect().await;
        stream.write_all(&startup("u", "d")).await.unwrap();
        says_back(&mut stream, &[1; 100_000]).await;
        idle.push(stream);
        if number == 49 {
            before = resident_kib();
        }
    }
    let each = (resident_kib().saturating_sub(before)) / 1000;
    for stream in idle.iter_mut().step_by(100) {
        says_back(stream, b"still there").await;
    }
    each
}

/// Not a test of its own: what `a_thousand_idle_connections_are_cheap` runs in a process by itself,
/// where no other test takes or gives back memory.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn idle_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // Four sockets each are more than a shell allows by default.
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = maximum;
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(route(&backend))).await;
    let plain = idle_kib(async || gate.connect().await).await;
    assert!(plain < 32, "{plain} KiB a connection");
    let secured = idle_kib(async || gate.secure(HOST).await.unwrap()).await;
    assert!(secured < 112, "{secured} KiB a connection with both ends of TLS");
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_idle_connections_are_cheap() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["database_gate::idle_connections", "--exact", "--ignored"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn spec() -> ServerSpec {
    ServerSpec {
        key: "a".to_owned(),
        major: 17,
        admin_login: "admin".to_owned(),
        admin_password: "a secret".to_owned(),
        absent_extensions: Vec::new(),
        lists_extensions: true,
    }
}

#[tokio::test]
async fn an_entrance_stands_open_while_its_server_runs() {
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut core = CoreDouble {
        databases: [(HOST.to_owned(), Ok(route(&backend)))].into(),
        running: vec![HOST.to_owned()],
        ..CoreDouble::default()
    };
    core.plan(start_time(), 1, Work::Server(ServerWork::Start(spec())));
    let engine = Arc::new(EngineDouble::default());
    let options = ServerOptions::new(directory.path());
    let server = Server::start(core, Some(engine), options).await.unwrap();
    server.driver().settle().await;
    let entrance = |server: &Server<CoreDouble>| {
        server
            .front_door()
            .with_core(|core| core.entrances.get(HOST).copied())
    };
    let address = entrance(&server).unwrap();
    assert!(address.ip().is_loopback());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&startup("u", "d")).await.unwrap();
    says_back(&mut stream, b"hello").await;
    server.front_door().with_core(|core| {
        core.running.clear();
        core.plan(start_time(), 2, Work::Server(ServerWork::Stop("a".to_owned())));
    });
    server.driver().settle().await;
    assert_eq!(entrance(&server), None);
    assert_eq!(read_to_end(&mut stream).await, b"");
    assert!(TcpStream::connect(address).await.is_err());
}
