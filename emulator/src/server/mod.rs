//! The asynchronous shell: sockets, TLS, bodies, the blob store, and outside work.

mod blob_store;
mod certificates;
mod clock;
mod core;
mod engine;

pub use self::core::{Admission, Core};
pub use blob_store::{BlobStore, BlobWriter, CHUNK_BYTES, SEGMENT_BYTES, StoredReader};
pub use certificates::{CertificateError, Certificates};
pub use clock::Clock;
pub use engine::{DatabaseEngine, Dump, DumpKind, EngineError, EngineFuture, ServerSpec};
