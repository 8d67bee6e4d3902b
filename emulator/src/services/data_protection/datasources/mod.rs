//! The datasource types whose backups are played: what is a type's own in code, how its data gets into vault storage,
//! stands here, a file a type.

mod flexible_server;
mod mover;
mod single_server;
#[cfg(test)]
mod tests;

use self::mover::PlayedType;
use super::datasource::Datasource;

pub(super) use mover::{Moved, Mover, Progress, Site};

/// Every type there is code for. A test holds them against the rows.
const PLAYED: [&dyn PlayedType; 2] = [
    &flexible_server::FlexibleServer,
    &single_server::SingleServerDatabase,
];

/// What moves the data of a datasource.
pub(super) fn mover(of: &Datasource) -> Option<Box<dyn Mover>> {
    let played = PLAYED.iter().find(|played| played.name() == of.name);
    played.map(|played| played.mover())
}
