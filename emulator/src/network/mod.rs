//! May this network path reach this endpoint? Pure.

mod storage;

pub use storage::{NetworkVerdict, StorageFirewall};
