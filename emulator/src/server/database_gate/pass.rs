//! Passing bytes between a client and its server, in both directions at once, for as long as the
//! two have something to say. A connection that is idle holds no buffer.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::line::{Line, reset};
use super::side::Side;
use crate::fault::ConnectionFault;
use crate::machine::{Core, DatabaseRoute};

/// The most that is on its way at once, in one direction of one connection.
const CHUNK_BYTES: usize = 64 * 1024;

/// How long a server may take for its last words once its client has left.
const FAREWELL_TIME_MAX: Duration = Duration::from_secs(10);

/// A slow connection moves this often.
const SLOW_STEPS_A_SECOND: u64 = 20;

/// How the server's direction ended.
enum Ended {
    /// The server or the client closed it.
    Closed,
    /// It is to be reset.
    Reset,
}

/// Passes bytes until one side closes, or until the route's fault cuts the connection. That a fault has struck
/// is noted before its effect can be seen, so that whoever sees the end can learn why. What it does to the
/// server itself shows in what the server does next; where that cannot be done, the connection is reset.
pub(super) async fn both_ways<C: Core>(
    side: &Side<C>,
    route: &DatabaseRoute,
    line: Box<dyn Line>,
    server: TcpStream,
) {
    let (mut from_client, mut to_client) = tokio::io::split(line);
    let (mut from_server, mut to_server) = server.into_split();
    let ended = {
        let mut up = pin!(pass_up(&mut from_client, &mut to_server));
        let mut down = pin!(pass_down(side, route, &mut from_server, &mut to_client));
        tokio::select! {
            ended = &mut down => ended,
            _ = &mut up => timeout(FAREWELL_TIME_MAX, down).await.unwrap_or(Ok(Ended::Closed)),
        }
    };
    if matches!(ended, Ok(Ended::Reset)) {
        side.seen.struck();
        reset(from_client.unsplit(to_client));
    }
}

async fn pass_up(
    client: &mut (impl AsyncRead + Unpin),
    server: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    while let Some(bytes) = read_some(client).await? {
        server.write_all(&bytes).await?;
    }
    server.shutdown().await
}

async fn pass_down<C: Core>(
    side: &Side<C>,
    route: &DatabaseRoute,
    server: &mut (impl AsyncRead + Unpin),
    client: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Ended> {
    let fault = route.fault;
    let mut left = match fault {
        Some(ConnectionFault::ResetAfter { bytes }) => bytes,
        _ => u64::MAX,
    };
    let mut coming = fault.and_then(ConnectionFault::disturbance);
    while let Some(mut bytes) = read_some(server).await? {
        if let Some((how, after)) = &mut coming {
            let now = usize::try_from(*after).map_or(bytes.len(), |after| after.min(bytes.len()));
            client.write_all(&bytes.split_to(now)).await?;
            *after -= now as u64;
            if *after == 0 {
                client.flush().await?;
                side.seen.struck();
                if !side.disturb(&route.key, *how).await {
                    return Ok(Ended::Reset);
                }
                coming = None;
            }
        }
        let last = bytes.len() as u64 >= left;
        if last {
            // No longer than what there is.
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        left -= bytes.len() as u64;
        match fault {
            Some(ConnectionFault::Slow { bytes_per_second }) => {
                write_slowly(client, bytes, bytes_per_second).await?;
            }
            _ => client.write_all(&bytes).await?,
        }
        client.flush().await?;
        if last {
            return Ok(Ended::Reset);
        }
    }
    client.shutdown().await?;
    Ok(Ended::Closed)
}

async fn write_slowly(
    client: &mut (impl AsyncWrite + Unpin),
    mut bytes: Bytes,
    bytes_per_second: u64,
) -> io::Result<()> {
    let bytes_per_second = bytes_per_second.max(1);
    let step = usize::try_from(bytes_per_second / SLOW_STEPS_A_SECOND)
        .unwrap_or(CHUNK_BYTES)
        .max(1);
    while !bytes.is_empty() {
        let piece = bytes.split_to(step.min(bytes.len()));
        client.write_all(&piece).await?;
        client.flush().await?;
        let micros = piece.len() as u64 * 1_000_000 / bytes_per_second;
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
    Ok(())
}

/// What has come; `None` at the end. There is a buffer only while there is something to read.
async fn read_some(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Bytes>> {
    poll_fn(|context| {
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        let count = ready!(pin!(reader.read_buf(&mut buffer)).poll(context))?;
        Poll::Ready(Ok((count > 0).then(|| buffer.freeze())))
    })
    .await
}
