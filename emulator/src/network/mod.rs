//! May this network path reach this endpoint? Pure.

mod firewall;
mod postgres;
#[cfg(test)]
mod postgres_tests;

pub use firewall::{Firewall, NetworkVerdict};
pub use postgres::{DatabaseFirewall, DatabaseVerdict};
