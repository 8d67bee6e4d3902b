//! The asynchronous shell: sockets, TLS, bodies, the blob store, and outside work.

mod engine;

pub use engine::{DatabaseEngine, Dump, DumpKind, EngineError, ServerSpec};
