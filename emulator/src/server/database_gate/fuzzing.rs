//! PostgreSQL's first message, as a function of bytes.

use futures_util::FutureExt;

use super::startup::First;

/// The first message of a connection: what is read is written as it was, but for what is said twice.
pub(in crate::server) fn startup(data: &[u8]) {
    let mut stream = data;
    // Bytes in memory are there at once.
    let Some(Ok(First::Startup(mut startup))) = First::read(&mut stream).now_or_never() else {
        return;
    };
    let written = startup.encode();
    assert_eq!(written, data[..written.len()]);
    startup.strip_server("server");
    let again = startup.encode();
    let read = First::read(&mut again.as_slice()).now_or_never();
    assert!(matches!(read, Some(Ok(First::Startup(reread))) if reread.user() == startup.user()));
}
