//! A connection whose first bytes have been read already, or only looked at.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP connection that gives the bytes it was handed before those still to come.
pub(super) struct Rewind {
    read: Bytes,
    inner: TcpStream,
    /// Something has been read since the last time something was written: in the middle of a
    /// request, if more is waited for.
    unanswered: bool,
}

impl Rewind {
    pub(super) fn new(inner: TcpStream) -> Self {
        Self {
            read: Bytes::new(),
            inner,
            unanswered: false,
        }
    }

    /// The same connection, with these bytes to be read first.
    pub(super) fn with_read(mut self, read: Bytes) -> Self {
        debug_assert!(self.read.is_empty(), "these bytes would overtake others");
        self.read = read;
        self
    }

    /// Acknowledges what has arrived before waiting for more. Python's HTTP client sends head and
    /// body apart and, at a proxy, holds the body back until the head is acknowledged: the system
    /// puts that off for 40 ms, which every write would take.
    fn acknowledge(&self) {
        // Where it fails or cannot be had, requests are slower and nothing else.
        #[cfg(target_os = "linux")]
        let _ = self.inner.set_quickack(true);
    }

    /// The first byte, left where it is; `None` if the connection ends before it.
    pub(super) async fn first_byte(&mut self) -> io::Result<Option<u8>> {
        if let Some(first) = self.read.first() {
            return Ok(Some(*first));
        }
        let mut first = [0];
        let count = self.inner.peek(&mut first).await?;
        Ok((count > 0).then_some(first[0]))
    }
}

impl AsyncRead for Rewind {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
            if polled.is_ready() {
                self.unanswered = true;
            } else if self.unanswered {
                self.acknowledge();
            }
            return polled;
        }
        self.unanswered = true;
        let count = self.read.len().min(buffer.remaining());
        buffer.put_slice(&self.read[..count]);
        self.read.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewind {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unanswered = false;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.unanswered = false;
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
