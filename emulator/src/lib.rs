//! A fake Azure for backup and restore drills.
//!
//! The crate has two halves. Everything outside [`server`] is the *core*: synchronous,
//! deterministic, without I/O, clock or `await`. Time and randomness come in as arguments, so
//! the same calls give the same answers. [`server`] is the thin asynchronous shell: sockets, TLS,
//! request bodies, the blob store, and the outside work ([`jobs::Effect`]) the core asks for.

pub mod authz;
pub mod azure;
mod connection;
pub mod entropy;
mod exchange;
pub mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod gateway;
pub mod jobs;
pub mod journal;
pub mod log;
pub mod machine;
pub mod model;
pub mod network;
pub mod rules;
pub mod server;
pub mod services;
pub mod state;
pub mod world;
