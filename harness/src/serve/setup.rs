//! What a fake Azure with a world in it is started with, and why it may not start.

use std::path::PathBuf;
use std::sync::Arc;

use azdrill_emulator::model::{NetworkPath, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile, RulesError};
use azdrill_emulator::server::{Clock, EngineError, NotKept, StartError};

use super::FaultFile;
use super::hosts::HostsFile;
use crate::journal_file::JournalFile;
use crate::postgres::{PostgresMode, RealPostgres};
use crate::run::RunError;
use crate::scenario::Scenario;
use crate::state_folder::{About, NoWayBack, StateFolder};

/// What a fake Azure is started with.
pub struct Setup {
    /// The world to build; `None` for one empty subscription.
    pub world: Option<Scenario>,
    /// Whose word to take.
    pub profile: Profile,
    /// The seed of ids, and of every secret the world does not say.
    pub seed: u64,
    /// When it begins, if that is neither now nor the world's.
    pub start: Option<Timestamp>,
    /// Whether its clock stands still once it is built, until it is moved or set going.
    pub stands_still: bool,
    /// The port; 0 for any free one.
    pub port: u16,
    /// Where the authority and the blobs are kept.
    pub state_directory: PathBuf,
    /// Where callers stand.
    pub from: NetworkPath,
    /// Whether polls are answered with `x-ms-retry-after-ms: 50`.
    pub fast_polls: bool,
    /// Whether the log keeps bodies, without their secrets.
    pub bodies: bool,
    /// Rules and the alternatives taken for them, over those of the world.
    pub assume: Vec<(String, String)>,
    /// Faults to put in place once the world is built.
    pub faults: FaultFile,
    /// A certificate (DER) the operator may sign in with as well as with the secret.
    pub certificate: Option<Vec<u8>>,
    /// The real servers, if there are any.
    pub postgres: Option<Arc<dyn RealPostgres>>,
    /// The hosts file to keep, if one is kept.
    pub hosts: Option<Arc<HostsFile>>,
    /// The folder that keeps the world, if one does: where one is in it, that is come back to.
    pub keeps: Option<StateFolder>,
    /// Where the journal goes, if one is kept.
    pub journal: Option<JournalFile>,
}

impl Setup {
    /// The alternatives taken whatever the profile says: the world's, and over them the command line's.
    pub(super) fn assumptions(&self) -> Assumptions {
        let world = self.world.iter().flat_map(|scenario| &scenario.assume);
        let own = self.assume.iter().map(|(rule, alternative)| (rule, alternative));
        world
            .chain(own)
            .map(|(rule, alternative)| (rule.clone(), alternative.clone()))
            .collect()
    }

    /// What is played, for the first line of a journal.
    pub(super) fn what(&self) -> String {
        match &self.world {
            Some(world) => format!("a world on a port: {}", world.name),
            None => "an empty subscription on a port".to_owned(),
        }
    }

    /// What is known of a world that is kept, besides its journal.
    pub(super) fn about(&self) -> About {
        let of_world = self.world.as_ref().and_then(|scenario| scenario.world.start);
        let mode = self.postgres.as_ref().map(|postgres| postgres.mode());
        About {
            world: self.world.as_ref().map(|world| world.name.clone()),
            digest: self.world.as_ref().and_then(About::digest_of),
            postgres: mode.unwrap_or(PostgresMode::None).to_string(),
            by_machine_time: self.start.is_none() && of_world.is_none() && !self.stands_still,
        }
    }

    /// When its world begins.
    pub(super) fn begins(&self) -> Timestamp {
        let of_world = self.world.as_ref().and_then(|scenario| scenario.world.start);
        let given = self.start.or(of_world);
        given.unwrap_or_else(|| Clock::system().now())
    }
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The rules do not load, or an assumption does not fit them.
    #[error("the rules: {0}")]
    Rules(#[from] RulesError),
    /// It cannot listen, or keep its files.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The world could not be built.
    #[error(transparent)]
    World(#[from] RunError),
    /// A step that belongs to the world came to something else than the world says.
    #[error("the world `{world}` could not be built: {step}: {miss}")]
    Step {
        /// The world.
        world: String,
        /// The step's title.
        step: String,
        /// What it missed.
        miss: String,
    },
    /// The journal cannot be written.
    #[error("the journal cannot be written: {0}")]
    Journal(std::io::Error),
    /// The world that is kept cannot be come back to.
    #[error(transparent)]
    NoWayBack(#[from] NoWayBack),
    /// A database server of the world that is kept does not start again.
    #[error("a database server of the world that is kept does not start again: {0}")]
    Server(#[from] EngineError),
    /// The folder cannot keep what happens.
    #[error(transparent)]
    NotKept(#[from] NotKept),
    /// A fault makes no sense.
    #[error("faults: {0}")]
    Faults(String),
}
