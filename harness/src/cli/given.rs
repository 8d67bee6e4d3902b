//! The world that `run` and `serve` begin with: the arguments that say which, read and checked before anything
//! is built.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azdrill::journal_file::JournalFile;
use azdrill::postgres::RealPostgres;
use azdrill::scenario::{Scenario, ScenarioError};
use azdrill::serve::{FaultFile, HostsFile, Setup, origin};
use azdrill::state_folder::Asked;
use azdrill_emulator::model::{NetworkPath, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::server::LATEST;
use clap::Args;
use miette::Diagnostic as _;
use rand::RngExt as _;

use super::argument::ProfileArgument;
use super::certificate;
use super::failure::Failure;
use super::library::library;
use super::output::tell;
use super::replay::journal;

/// What is said of a world on a port, whoever it is for.
#[derive(Args)]
#[command(next_help_heading = "The fake Azure")]
pub(super) struct WorldArguments {
    /// The world to begin with, or a scenario to begin where it begins: a name, or the path of a file of one's
    /// own (`my.toml`). Without it, an empty subscription whose operator is Owner.
    #[arg(long, value_name = "NAME|FILE")]
    world: Option<String>,
    /// Whose word to take where documents and observation differ.
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileArgument,
    /// An alternative to take for a rule, whatever the profile and the world say, e.g.
    /// `FX-RF-FILES=named_by_guid`; may be given several times. Rules and alternatives stand in emulator/rules.
    #[arg(long, value_name = "RULE=ALTERNATIVE", value_parser = assumption)]
    assume: Vec<(String, String)>,
    /// A file (TOML) of faults to put in place.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Refuse a file of faults in which one can never strike, or strikes every request there is (exit code 2). Without this
    /// it is a warning.
    #[arg(long)]
    strict: bool,
    /// Where callers stand in the network: `internet`, `internet:ADDRESS`, `subnet:NAME`,
    /// `private-endpoint:NAME`; a resource id will do for a name.
    #[arg(long, value_name = "PLACE", default_value = "internet")]
    from: String,
    /// A certificate (PEM) the operator may sign in with as well as with the secret.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// When the world's clock begins, e.g. 2025-02-03T06:00:00Z; it goes on from there.
    #[arg(long, value_name = "TIME", value_parser = time)]
    start: Option<Timestamp>,
    /// The seed of the tenant, the subscription, every other id and every secret. Without one, here or in the
    /// world's file, they are others at every start.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Answer polls with `x-ms-retry-after-ms: 50` instead of `Retry-After: 1`.
    #[arg(long)]
    fast_polls: bool,
    /// Where to write a journal, for `azdrill replay`: everything the fake Azure is given, as it is given. It holds
    /// what clients send, secrets included, and is readable by you alone.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

impl WorldArguments {
    /// What a world that is kept may be another than.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            profile: self.profile(),
            assume: &self.assume,
            seed: self.seed,
        }
    }

    /// Whether faults are to be put in place.
    pub(super) fn has_faults(&self) -> bool {
        self.faults.is_some()
    }

    /// The alternatives that are taken, whatever the profile and the world say.
    pub(super) fn assumptions(&self) -> Assumptions {
        self.assume.iter().cloned().collect()
    }

    /// Warns of what a file of faults hardly means, or refuses it where that is wanted.
    pub(super) fn doubt(&self, file: &Path, faults: &FaultFile, rules: &Rules) -> Result<(), Failure> {
        let doubts: Vec<String> = faults.doubts_about(file, rules).iter().map(told).collect();
        if self.strict && !doubts.is_empty() {
            return Err(Failure::Plain(doubts.join("\n")));
        }
        doubts.iter().for_each(|doubt| tell(&format!("warning: {doubt}")));
        Ok(())
    }

    /// The rules of the other profile, with what the world and the command line assume.
    pub(super) fn other_rules(&self, world: Option<&Scenario>) -> Result<Arc<Rules>, Failure> {
        let mut assumptions = world.map(|world| world.assume.clone()).unwrap_or_default();
        assumptions.extend(self.assumptions());
        let rules = Rules::load(self.profile().other(), &assumptions);
        Ok(Arc::new(rules.map_err(|error| error.to_string())?))
    }

    /// Whose word is taken.
    pub(super) fn profile(&self) -> Profile {
        self.profile.into()
    }
}

/// What is doubtful, with what was meant.
fn told(doubt: &ScenarioError) -> String {
    match doubt.help() {
        Some(help) => format!("{doubt}; {help}"),
        None => doubt.to_string(),
    }
}

/// A moment, as an argument.
fn time(text: &str) -> Result<Timestamp, String> {
    let read = text.parse().ok().filter(|time| *time <= LATEST);
    read.ok_or_else(|| "a time was expected, e.g. 2025-02-03T06:00:00Z, before the year 9000".to_owned())
}

/// `RULE=ALTERNATIVE`, as an argument.
fn assumption(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(rule, alternative)| !rule.is_empty() && !alternative.is_empty())
        .map(|(rule, alternative)| (rule.to_owned(), alternative.to_owned()))
        .ok_or_else(|| "RULE=ALTERNATIVE was expected, e.g. FX-RF-FILES=named_by_guid".to_owned())
}

/// What the arguments name.
pub(super) struct Given {
    /// The rules, with what is assumed on the command line.
    pub(super) rules: Rules,
    /// The world, if one was named.
    pub(super) world: Option<Scenario>,
    /// The faults; none if no file was named.
    pub(super) faults: FaultFile,
    /// The journal that is to be written.
    pub(super) journal: Option<JournalFile>,
    certificate: Option<Vec<u8>>,
    /// The seed that was said, or one that nobody can guess: what it makes is reached over a socket.
    seed: u64,
    from: NetworkPath,
}

/// What a command settles for itself.
pub(super) struct Opening {
    /// The port; 0 for any free one.
    pub(super) port: u16,
    /// Where the authority and the blobs are kept.
    pub(super) state_directory: PathBuf,
    /// Whether the log keeps bodies.
    pub(super) bodies: bool,
    /// Whether the world's clock stands still once the world is built.
    pub(super) stands_still: bool,
    /// The hosts file.
    pub(super) hosts: Arc<HostsFile>,
    /// The real servers.
    pub(super) postgres: Option<Arc<dyn RealPostgres>>,
}

impl Given {
    /// Reads all of it; nothing is changed.
    pub(super) fn read(arguments: &WorldArguments, folder: Option<&Path>) -> Result<Self, Failure> {
        Self::read_again(arguments, folder, None)
    }

    /// The same for a world that is kept, under its seed.
    pub(super) fn read_again(
        arguments: &WorldArguments,
        folder: Option<&Path>,
        kept: Option<u64>,
    ) -> Result<Self, Failure> {
        let world = match &arguments.world {
            Some(name) => Some(library(folder)?.world(name)?),
            None => None,
        };
        let assumptions: Assumptions = arguments.assume.iter().cloned().collect();
        let rules = Rules::load(arguments.profile(), &assumptions).map_err(|error| error.to_string())?;
        if let Some(world) = &world {
            world.check(&rules)?;
            if world.world.moves_no_rows() {
                let what = format!(
                    "the servers of {} only are said to run (`rows = \"simulated\"`), and no client can sign in to them: \
                     it is played by `azdrill scenario`",
                    world.name
                );
                return Err(what.into());
            }
        }
        let faults = match &arguments.faults {
            Some(file) => {
                let faults = FaultFile::read(file, &rules)?;
                arguments.doubt(file, &faults, &rules)?;
                faults
            }
            None => FaultFile::default(),
        };
        let of_world = || world.as_ref()?.seed;
        let seed = kept.or(arguments.seed).or_else(of_world);
        let seed = seed.unwrap_or_else(|| rand::rng().random());
        let from = origin(&arguments.from, world.as_ref().map(|world| &world.world), seed);
        Ok(Self {
            from: from.map_err(|error| format!("--from: {error}"))?,
            rules,
            faults,
            certificate: arguments
                .certificate
                .as_deref()
                .map(certificate::read)
                .transpose()?,
            journal: journal(arguments.journal.as_deref())?,
            seed,
            world,
        })
    }

    /// Where callers stand.
    pub(super) fn from(&self) -> &NetworkPath {
        &self.from
    }

    /// The seed that was said, or drawn.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// The same world under another seed.
    pub(super) fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// What a fake Azure is started with.
    pub(super) fn setup(self, arguments: &WorldArguments, opening: Opening) -> Setup {
        Setup {
            world: self.world,
            profile: arguments.profile(),
            seed: self.seed,
            start: arguments.start,
            port: opening.port,
            state_directory: opening.state_directory,
            from: self.from,
            fast_polls: arguments.fast_polls,
            bodies: opening.bodies,
            assume: arguments.assume.clone(),
            faults: self.faults,
            certificate: self.certificate,
            postgres: opening.postgres,
            keeps: None,
            hosts: Some(opening.hosts),
            stands_still: opening.stands_still,
            journal: self.journal,
        }
    }
}
