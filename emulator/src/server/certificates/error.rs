//! Why there is no TLS.

use std::io;
use std::path::PathBuf;

use crate::server::state_directory::NotOurs;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", file.display())]
    File {
        /// What was being done.
        what: &'static str,
        /// To which file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder or the key in it is not ours alone.
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    /// A file of the authority is not what we wrote.
    #[error(
        "{} is damaged ({reason}). Delete `ca.pem` and `ca.key` in that directory: \
         a new authority is made at the next start, and clients must be given its `ca-bundle.pem`",
        file.display()
    )]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate for `{host}`: {reason}")]
    Leaf {
        /// For which host name.
        host: String,
        /// The library's reason.
        reason: String,
    },
}
