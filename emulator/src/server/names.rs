//! Telling whoever runs us which names answer: resolvers know none of them.

use std::net::SocketAddr;

/// Is told of host names of the fake Azure as they begin to answer, before a client can hear of them
/// from us.
pub trait Names: Send + Sync {
    /// A service answers under this host name: a storage account's blobs, a key vault.
    fn endpoint(&self, host: &str);

    /// A database server is reached at this address; always a loopback one.
    fn database(&self, host: &str, address: SocketAddr);
}
