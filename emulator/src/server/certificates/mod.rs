//! TLS for every host name we answer to: one certificate authority a state directory, one leaf a
//! host name, made on demand.
//!
//! Validity goes by the machine's clock even where the world's time is virtual, because clients
//! check certificates against their own.

mod authority;
mod bundle;
mod error;
mod file;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Clock;
use super::hosts::is_local;
use authority::Authority;

pub use error::CertificateError;

/// Leaves kept in memory. A client that makes up host names under one of our suffixes must not be
/// able to fill it.
const CACHED_LEAVES_MAX: usize = 1024;

/// A leaf is made anew when it is older than this; it is valid for three times as long.
const LEAF_RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The authority, the leaves made so far, and the files clients are pointed at.
pub struct Certificates {
    authority: Authority,
    leaves: Mutex<HashMap<String, Leaf>>,
    bundle: PathBuf,
    config: ServerConfig,
}

struct Leaf {
    key: Arc<CertifiedKey>,
    made: Timestamp,
}

impl Certificates {
    /// Loads the authority of this state directory, or makes it, and writes `ca-bundle.pem` beside
    /// it: the system's own authorities, if they are found, and ours.
    pub fn open(state_directory: &Path) -> Result<Arc<Self>, CertificateError> {
        let authority = Authority::load_or_make(state_directory)?;
        let bundle = bundle::write(state_directory, authority.pem())?;
        Ok(Self::of(authority, bundle))
    }

    /// An authority that is in no file and ends with this process, for clients inside of it.
    pub(super) fn unkept() -> Result<Arc<Self>, CertificateError> {
        Ok(Self::of(Authority::generate()?, PathBuf::new()))
    }

    fn of(authority: Authority, bundle: PathBuf) -> Arc<Self> {
        // The resolver is put in for each connection; this one refuses.
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the ring provider supports TLS 1.2 and 1.3")
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(rustls::server::ResolvesServerCertUsingSni::new()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(Self {
            authority,
            leaves: Mutex::default(),
            bundle,
            config,
        })
    }

    /// The file that makes clients trust us: `ca-bundle.pem`. Empty if the authority is in no file.
    pub fn bundle_path(&self) -> &Path {
        &self.bundle
    }

    /// Our authority's own certificate, in PEM.
    pub fn authority_pem(&self) -> &str {
        self.authority.pem()
    }

    /// The certificate for a host name or address, made now if there is none yet.
    pub fn leaf(&self, host: &str) -> Result<Arc<CertifiedKey>, CertificateError> {
        let now = Clock::system().now();
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = leaves.get(host)
            && now.duration_since(leaf.made) < LEAF_RENEWAL
        {
            return Ok(Arc::clone(&leaf.key));
        }
        let key = Arc::new(self.authority.issue(host, now, LEAF_RENEWAL * 3)?);
        if leaves.len() >= CACHED_LEAVES_MAX {
            leaves.clear();
        }
        let leaf = Leaf {
            key: Arc::clone(&key),
            made: now,
        };
        leaves.insert(host.to_owned(), leaf);
        Ok(key)
    }

    /// The TLS configuration of a database server's entrance. Like PostgreSQL itself it shows the
    /// server's own certificate whatever name the client gives, except to a client that came by the
    /// name of this machine.
    pub(super) fn database_config(self: &Arc<Self>, host: &str) -> Arc<ServerConfig> {
        let mut config = self.config.clone();
        // Newer clients offer it always, and leave if something else is chosen.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        config.cert_resolver = Arc::new(OfOneServer {
            certificates: Arc::clone(self),
            host: host.to_ascii_lowercase(),
        });
        Arc::new(config)
    }

    /// The TLS configuration of one connection: any host name that `knows_host`, and
    /// `unnamed_host` for a client that names none (one that connects to an address).
    pub(super) fn server_config(
        self: &Arc<Self>,
        knows_host: Arc<KnowsHost>,
        unnamed_host: String,
    ) -> Arc<ServerConfig> {
        let mut config = self.config.clone();
        config.cert_resolver = Arc::new(ByServerName {
            certificates: Arc::clone(self),
            knows_host,
            unnamed_host,
        });
        Arc::new(config)
    }
}

/// Whether a host name is one of ours.
pub(super) type KnowsHost = dyn Fn(&str) -> bool + Send + Sync;

struct ByServerName {
    certificates: Arc<Certificates>,
    knows_host: Arc<KnowsHost>,
    unnamed_host: String,
}

impl ResolvesServerCert for ByServerName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = match hello.server_name() {
            Some(name) => name.to_ascii_lowercase(),
            None => self.unnamed_host.clone(),
        };
        if !(self.knows_host)(&host) {
            return None;
        }
        self.certificates
            .leaf(&host)
            .inspect_err(|error| tracing::error!(%error, "no certificate"))
            .ok()
    }
}

struct OfOneServer {
    certificates: Arc<Certificates>,
    host: String,
}

impl ResolvesServerCert for OfOneServer {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().map(str::to_ascii_lowercase);
        let host = named.filter(|name| is_local(name)).unwrap_or(self.host.clone());
        self.certificates
            .leaf(&host)
            .inspect_err(|error| tracing::error!(%error, "no certificate"))
            .ok()
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates")
            .field("bundle", &self.bundle)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OfOneServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfOneServer").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ByServerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByServerName").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
