//! One connection at an entrance, from its first byte to its last.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error_message::{NOT_LET_IN, NOT_NOW, NOT_SUPPORTED, TOO_MANY, fatal};
use super::line::{Line, reset};
use super::pass::both_ways;
use super::side::Side;
use super::startup::{First, Startup};
use crate::fault::ConnectionFault;
use crate::jobs::SessionFailure;
use crate::machine::{Core, DatabaseRefusal, DatabaseRoute};
use crate::model::Origin;

/// Longest that a client may take to say who it is, TLS included.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(30);

/// Longest that the real server may take to accept, and a client to take our last words.
const LOCAL_TIME_MAX: Duration = Duration::from_secs(10);

/// The first byte of a TLS handshake. Clients of PostgreSQL 17 may begin with it, unasked.
const TLS_HANDSHAKE: u8 = 0x16;

/// A client that has said what it wants.
struct Caller {
    line: Box<dyn Line>,
    startup: Startup,
    encrypted: bool,
}

/// Serves one connection to its end.
pub(super) async fn serve<C: Core>(side: &Side<C>, socket: TcpStream) {
    // An answer must not wait for the acknowledgement of the one before.
    let _ = socket.set_nodelay(true);
    let caller = match timeout(HANDSHAKE_TIME_MAX, listen_to(side, socket)).await {
        Ok(Ok(Some(caller))) => caller,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => {
            tracing::debug!(host = side.host, %error, "a database client was not understood");
            return;
        }
        Err(_) => {
            tracing::debug!(host = side.host, "a database client did not say who it is");
            return;
        }
    };
    if let Err(error) = admit(side, caller).await {
        tracing::debug!(host = side.host, %error, "a database connection ended with an error");
    }
}

/// Hears a client out until it begins a session; `None` if it wants something else.
async fn listen_to<C: Core>(side: &Side<C>, mut socket: TcpStream) -> io::Result<Option<Caller>> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    if first[0] == TLS_HANDSHAKE {
        return listen_inside(side, socket).await;
    }
    let mut message = First::read(&mut socket).await?;
    if message == First::Gss {
        // Declined once; clients then ask for TLS, or go on without.
        socket.write_all(b"N").await?;
        message = First::read(&mut socket).await?;
    }
    match message {
        First::Tls => {
            socket.write_all(b"S").await?;
            listen_inside(side, socket).await
        }
        other => understand(side, Box::new(socket), other, false).await,
    }
}

/// Ends TLS, and hears what the client says inside of it.
async fn listen_inside<C: Core>(side: &Side<C>, socket: TcpStream) -> io::Result<Option<Caller>> {
    let mut line = match side.tls.accept(socket).await {
        Ok(line) => line,
        Err(error) => {
            warn_untrusted(side, &error);
            return Ok(None);
        }
    };
    let message = First::read(&mut line).await?;
    understand(side, Box::new(line), message, true).await
}

async fn understand<C: Core>(
    side: &Side<C>,
    mut line: Box<dyn Line>,
    message: First,
    encrypted: bool,
) -> io::Result<Option<Caller>> {
    match message {
        First::Startup(startup) => {
            return Ok(Some(Caller {
                line,
                startup,
                encrypted,
            }));
        }
        First::Cancel(message) => cancel(side, &message).await?,
        First::Unknown { major, minor } => {
            let text = format!("unsupported frontend protocol {major}.{minor}: server supports 3.0");
            say(&mut line, NOT_SUPPORTED, &text).await?;
        }
        First::Tls | First::Gss => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it asks for encryption once too often",
            ));
        }
    }
    Ok(None)
}

/// Passes on the request to end what another connection is doing. It proves itself by the other's
/// secret, which the server checks; where nobody has been let in yet, there is nothing to end.
async fn cancel<C: Core>(side: &Side<C>, message: &[u8]) -> io::Result<()> {
    let Some(backend) = side.backend() else {
        return Ok(());
    };
    let mut server = TcpStream::connect(backend).await?;
    server.write_all(message).await?;
    // The server closes when it has understood, and says nothing.
    tokio::io::copy(&mut server, &mut tokio::io::sink()).await?;
    Ok(())
}

/// Asks the core, and lets the client through to the server or tells it why not.
async fn admit<C: Core>(side: &Side<C>, caller: Caller) -> io::Result<()> {
    let (user, database) = (caller.startup.user(), caller.startup.database());
    let now = side.front_door.clock().now();
    let verdict = side.front_door.with_core(|core| match core.kept() {
        Ok(()) => core.connect_database(now, &side.path, &side.host),
        Err(why) => Err(DatabaseRefusal {
            failure: SessionFailure::NotLetIn,
            message: why.to_string(),
        }),
    });
    let mut line = caller.line;
    let route = match verdict {
        Ok(route) => route,
        Err(refusal) => {
            let message = refusal.said_to(&user, &database);
            // Taken note of first: the client may ask why as soon as it has read the answer.
            side.seen.refused(DatabaseRefusal {
                message: message.clone(),
                ..refusal
            });
            return say(&mut line, NOT_LET_IN, &message).await;
        }
    };
    if route.tls_required && !caller.encrypted {
        let address = address_of(side, line.as_ref());
        let text = format!(
            "no pg_hba.conf entry for host \"{address}\", user \"{user}\", database \"{database}\", no encryption"
        );
        return say(&mut line, NOT_LET_IN, &text).await;
    }
    let mut startup = caller.startup;
    startup.strip_server(&route.server);
    if route.fault == Some(ConnectionFault::ReadOnly) {
        startup.only_read();
    }
    connect(side, line, &startup, &route).await
}

/// Goes on to the server, or goes wrong as a fault says.
async fn connect<C: Core>(
    side: &Side<C>,
    mut line: Box<dyn Line>,
    startup: &Startup,
    route: &DatabaseRoute,
) -> io::Result<()> {
    match route.fault {
        Some(ConnectionFault::Refuse) => {
            side.seen.struck();
            // A socket that listens cannot refuse any more: this is the nearest to it.
            reset(line);
            return Ok(());
        }
        Some(ConnectionFault::AcceptThenClose) => {
            side.seen.struck();
            return line.shutdown().await;
        }
        Some(ConnectionFault::TooManyClients) => {
            side.seen.struck();
            return say(&mut line, TOO_MANY, "sorry, too many clients already").await;
        }
        Some(ConnectionFault::Stall { seconds }) => {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        Some(
            ConnectionFault::ResetAfter { .. }
            | ConnectionFault::Slow { .. }
            | ConnectionFault::CrashAfter { .. }
            | ConnectionFault::EndSessionsAfter { .. }
            | ConnectionFault::ReadOnly,
        )
        | None => {}
    }
    let server = timeout(LOCAL_TIME_MAX, TcpStream::connect(route.backend)).await;
    let Ok(Ok(mut server)) = server else {
        return say(
            &mut line,
            NOT_NOW,
            "the database server does not accept connections",
        )
        .await;
    };
    let _ = server.set_nodelay(true);
    side.leads_to(route.backend);
    server.write_all(&startup.encode()).await?;
    both_ways(side, route, line, server).await;
    Ok(())
}

/// Says why not, and closes.
async fn say(line: &mut Box<dyn Line>, sqlstate: &str, message: &str) -> io::Result<()> {
    let saying = async {
        line.write_all(&fatal(sqlstate, message)).await?;
        line.shutdown().await
    };
    timeout(LOCAL_TIME_MAX, saying)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The address the server would see.
fn address_of<C>(side: &Side<C>, line: &dyn Line) -> String {
    match &side.path.origin {
        Origin::Internet { address } => address.to_string(),
        _ => line
            .socket()
            .peer_addr()
            .map_or_else(|_| "unknown".to_owned(), |peer| peer.ip().to_string()),
    }
}

/// Logs a handshake that failed because of what the client thinks of our certificate. One that just
/// left is none of our business.
fn warn_untrusted<C>(side: &Side<C>, error: &io::Error) {
    let host = &side.host;
    if error.kind() == io::ErrorKind::InvalidData {
        tracing::warn!(
            host,
            "TLS of a PostgreSQL client for `{host}` came to nothing: {error}. A client that checks the \
             certificate needs sslrootcert={}",
            side.bundle
        );
    } else {
        tracing::debug!(host, %error, "a database client left during its TLS handshake");
    }
}
