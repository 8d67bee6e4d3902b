//! May this network path reach this endpoint? Pure.

mod firewall;

pub use firewall::{Firewall, NetworkVerdict};
