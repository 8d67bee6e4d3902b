//! Hosts that were asked for and are none of ours.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The most names kept: clients may ask for any.
const KEPT_MAX: usize = 100;

/// Names of unknown hosts, and how often each was asked for.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<BTreeMap<String, u64>>);

impl Strangers {
    /// Takes note of one.
    pub(super) fn note(&self, host: &str) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() < KEPT_MAX || hosts.contains_key(host) {
            *hosts.entry(host.to_owned()).or_default() += 1;
        }
    }

    /// All of them, in order of name.
    pub(super) fn all(&self) -> Vec<(String, u64)> {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().map(|(host, count)| (host.clone(), *count)).collect()
    }
}
