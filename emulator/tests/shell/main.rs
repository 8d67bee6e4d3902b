//! The asynchronous shell against a tiny core: sockets, TLS, bodies, outside work.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod bad_input;
mod bodies;
mod copies;
mod core_double;
mod database_faults;
mod database_gate;
mod database_sessions;
mod driving;
mod dumps;
mod engine_double;
mod foreign_pages;
mod in_process;
mod many_connections;
mod mishaps;
mod preparing;
mod sniffing;
mod starting;
mod tls;
mod unkept;
mod wire;
