//! May this network path reach this endpoint? Pure.

mod postgres;
#[cfg(test)]
mod postgres_tests;
mod storage;

pub use postgres::{DatabaseFirewall, DatabaseVerdict};
pub use storage::{NetworkVerdict, StorageFirewall};
