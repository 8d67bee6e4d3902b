//! One listening socket that speaks everything: it tells TLS from plain HTTP by the first byte,
//! serves plain requests whether they were sent to a server or to a proxy, and opens `CONNECT`
//! tunnels, which end here as well.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::entrance::Entrance;
use super::hosts::HostPort;
use super::http_service::HttpService;
use super::patience::{IDLE_TIME_MAX, PatientStream, Traffic};
use super::rewind::Rewind;
use super::slots::Activity;
use super::tls;
use super::wire::Arrival;
use crate::model::Scheme;

/// Total length of a request's line and headers.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers of one request.
const HEADERS_MAX: usize = 256;

/// How long requests under way may take to end at shutdown.
const FAREWELL_TIME_MAX: Duration = Duration::from_secs(5);

/// Accepts connections until shutdown, then waits for the requests under way.
pub(super) async fn accept(listener: TcpListener, entrance: Entrance) {
    let entrance = Arc::new(entrance);
    let mut shutdown = entrance.shutdown.clone();
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let (stream, _) = listener.accept().await?;
            io::Result::Ok((stream, entrance.slots.take().await))
        };
        let accepted = tokio::select! {
            biased;
            _ = shutdown.wait_for(|down| *down) => break,
            next = next => next,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, slot)) => {
                let entrance = Arc::clone(&entrance);
                connections.spawn(async move {
                    let activity = slot.activity();
                    tokio::select! {
                        () = serve(&entrance, stream, activity) => {}
                        () = activity.sent_away() => tracing::debug!("an idle connection made room"),
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: it passes when connections end.
                tracing::warn!(%error, "cannot accept a connection");
                entrance.slots.send_the_longest_idle_away();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let farewell = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL_TIME_MAX, farewell).await.is_err() {
        tracing::warn!("requests that did not end in time were cut off");
    }
}

async fn serve(entrance: &Arc<Entrance>, stream: TcpStream, activity: &Arc<Activity>) {
    // An answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let tunnel = serve_sniffed(entrance, activity, Rewind::new(stream), None).await;
    if let Some((stream, asked)) = tunnel {
        serve_sniffed(entrance, activity, stream, Some(asked)).await;
    }
}

/// Serves one connection, or the inside of a tunnel, by its first byte. Answers with the tunnel
/// the client opened, if it opened one.
async fn serve_sniffed(
    entrance: &Arc<Entrance>,
    activity: &Arc<Activity>,
    mut stream: Rewind,
    tunnel: Option<HostPort>,
) -> Option<(Rewind, HostPort)> {
    const TLS_HANDSHAKE: u8 = 0x16;
    let mut shutdown = entrance.shutdown.clone();
    let first = tokio::select! {
        _ = shutdown.wait_for(|down| *down) => return None,
        first = tokio::time::timeout(IDLE_TIME_MAX, stream.first_byte()) => first.ok()?.ok()??,
    };
    let arrival = Arrival {
        path: Arc::clone(&entrance.path),
        own_port: entrance.own_port,
        scheme: Scheme::Http,
        tunnelled: tunnel.is_some(),
        named: tunnel,
    };
    if first == TLS_HANDSHAKE {
        serve_tls(entrance, activity, stream, arrival).await;
        return None;
    }
    serve_plain(entrance, activity, stream, arrival).await
}

async fn serve_tls(entrance: &Arc<Entrance>, activity: &Arc<Activity>, stream: Rewind, mut arrival: Arrival) {
    let Some((stream, named)) = tls::accept(entrance, stream, arrival.named.take()).await else {
        return;
    };
    let host = named.host.clone();
    arrival.scheme = Scheme::Https;
    arrival.named = Some(named);
    let traffic = Traffic::of(activity);
    let http_service = HttpService::new(Arc::clone(entrance), arrival, traffic.clone());
    let ended = serve_http(entrance, stream, http_service).await;
    if traffic.requests() == 0 && !*entrance.shutdown.borrow() {
        tls::warn_unused(entrance, &host, ended.err());
    }
}

async fn serve_plain(
    entrance: &Arc<Entrance>,
    activity: &Arc<Activity>,
    stream: Rewind,
    arrival: Arrival,
) -> Option<(Rewind, HostPort)> {
    let http_service = HttpService::new(Arc::clone(entrance), arrival, Traffic::of(activity));
    let tunnel = http_service.tunnel();
    if let Err(error) = serve_http(entrance, stream, http_service).await {
        tracing::debug!(%error, "a connection ended with an error");
    }
    let (upgrade, asked) = tunnel.take()?;
    let upgraded = upgrade.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<PatientStream<Rewind>>>().ok()?;
    let stream = parts.io.into_inner().into_inner();
    Some((stream.with_read(parts.read_buf), asked))
}

/// Serves HTTP until the connection ends, becomes a tunnel, or everything shuts down.
async fn serve_http<S>(entrance: &Entrance, stream: S, http_service: HttpService) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = PatientStream::new(stream, http_service.traffic());
    let connection = http1::Builder::new()
        .half_close(true)
        .auto_date_header(false)
        // For names of metadata, which keep their case: `spelling.rs` reads it.
        .preserve_header_case(true)
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), http_service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let mut shutdown = entrance.shutdown.clone();
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = shutdown.wait_for(|down| *down) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}
