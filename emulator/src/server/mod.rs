//! The asynchronous shell: sockets, TLS, bodies, the blob store, and outside work.

mod alarm;
mod blob_store;
mod body;
mod certificates;
mod clock;
mod database_gate;
mod drive;
mod engine;
mod entrance;
mod foreign_pages;
mod front_door;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod hosts;
mod http_service;
mod listen;
mod mishap;
mod names;
mod outside;
mod patience;
mod range_hash;
mod refusal;
mod rewind;
mod slots;
mod spelling;
mod start;
mod state_directory;
mod strangers;
mod tls;
mod wire;

pub use crate::jobs::{DumpKind, ServerSpec};
pub use crate::machine::{Admission, Core, DatabaseRefusal, DatabaseRoute, NotKept};
pub use blob_store::{BlobStore, BlobWriter, CHUNK_BYTES, KeptBlobs, LostBytes, SEGMENT_BYTES, StoredReader};
pub use body::{Answer, AnswerBody, BodySource, ByteStream};
pub use certificates::{CertificateError, Certificates};
pub use clock::{Clock, LATEST};
pub use database_gate::DatabaseEntrance;
pub use drive::{ClockNotOurs, Driver};
pub use engine::{ClientCall, ClientDump, DatabaseEngine, Dump, EngineError, EngineFuture};
pub use front_door::FrontDoor;
pub use names::Names;
pub use outside::{Moment, WorkPause};
pub use start::{Server, ServerOptions, StartError};
pub use state_directory::{NotOurs, check_own, claim_state_directory, open_lock_file};
