//! A client's connection, encrypted or not.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection whose socket can be got at, to cut it.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket below.
    fn socket(&self) -> &TcpStream;
}

impl Line for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Line for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Ends a connection the hard way: the other side learns that it was reset.
pub(super) fn reset(line: Box<dyn Line>) {
    // Where it cannot be set, the connection ends all the same.
    let _ = line.socket().set_zero_linger();
}
