//! The asynchronous shell: sockets, TLS, bodies, the blob store, and outside work.

mod core;
mod engine;

pub use self::core::{Admission, Core};
pub use engine::{DatabaseEngine, Dump, DumpKind, EngineError, EngineFuture, ServerSpec};
