//! What a world is set to, and whether there are servers of the versions it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use azdrill_emulator::services::{Pace, Settings};

use super::error::RunError;
use crate::postgres::RealPostgres;
use crate::scenario::World;

/// The oldest major version there are servers of.
const OLDEST_REAL: u32 = 13;

/// Counts the worlds of this process: they share a database engine and must not share its servers.
static WORLDS: AtomicU64 = AtomicU64::new(1);

/// The worlds of a process that ended had the engine's servers of these namespaces, and this one comes back to them: no
/// further world is to share them.
pub(crate) fn share_no_servers_with(namespace: &str) {
    let number = namespace
        .strip_prefix('w')
        .and_then(|rest| rest.strip_suffix('-'));
    if let Some(number) = number.and_then(|number| number.parse::<u64>().ok()) {
        WORLDS.fetch_max(number.saturating_add(1), Ordering::Relaxed);
    }
}

/// Checks that the versions a world names are at hand. Without any PostgreSQL, every version will do.
pub(super) fn check_versions(world: &World, at_hand: &[u32]) -> Result<(), RunError> {
    let target = world.target.as_ref().and_then(|target| target.version);
    let wanted = world.server.version.into_iter().chain(target);
    // A single server's own versions have no packages any more: the oldest at hand stands for them.
    let mut real = wanted.filter(|version| *version >= OLDEST_REAL);
    match real.find(|version| !at_hand.is_empty() && !at_hand.contains(version)) {
        Some(version) => Err(RunError::NotAtHand {
            version,
            at_hand: at_hand.to_vec(),
        }),
        None => Ok(()),
    }
}

/// What a world is set to, with the servers there are.
pub(crate) async fn settings(
    world: &World,
    postgres: Option<&Arc<dyn RealPostgres>>,
) -> Result<Settings, RunError> {
    let majors = match postgres {
        Some(postgres) => postgres.available_majors().await?,
        None => Vec::new(),
    };
    Ok(Settings {
        pace: if world.pace == "recorded" {
            Pace::Recorded
        } else {
            Pace::Fast
        },
        role_propagation: world.role_propagation,
        has_postgres: postgres.is_some(),
        postgres_majors: majors.into_iter().rev().collect(),
        engine_namespace: format!("w{}-", WORLDS.fetch_add(1, Ordering::Relaxed)),
        entra_credentials_until: world.entra_credentials_until,
        fast_polls: false,
        lags: world.lags.lags(),
    })
}
