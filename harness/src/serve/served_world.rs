//! Starting a fake Azure with a world in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{NetworkPath, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile, RuleId, Rules, RulesError};
use azdrill_emulator::server::{
    Clock, DatabaseEngine, Driver, Names as NameListener, Server, ServerOptions, StartError,
};
use azdrill_emulator::world::{self, Operator};

use super::admin::{self, Admin};
use super::hosts::HostsFile;
use super::record::{Before, Outside, Record};
use super::{Environment, FaultFile, Reach};
use crate::postgres::RealPostgres;
use crate::run::{Client, Names, Play, RunError, settings};
use crate::scenario::{Scenario, World};

/// The first half of the addresses at which HTTPS endpoints are reached on port 443; the other half
/// follows from the main socket's port, so that two runs side by side do not meet.
const HTTPS_ADDRESS: [u8; 2] = [127, 63];

/// What a fake Azure is started with.
pub struct Setup {
    /// The world to build; `None` for one empty subscription.
    pub world: Option<Scenario>,
    /// Whose word to take.
    pub profile: Profile,
    /// The seed of ids, if it is not the world's.
    pub seed: Option<u64>,
    /// When it begins, if that is neither now nor the world's.
    pub start: Option<Timestamp>,
    /// The port; 0 for any free one.
    pub port: u16,
    /// Where the authority and the blobs are kept.
    pub state_directory: PathBuf,
    /// Where callers stand.
    pub from: NetworkPath,
    /// Whether polls are answered with `x-ms-retry-after-ms: 50`.
    pub fast_polls: bool,
    /// Faults to put in place once the world is built.
    pub faults: FaultFile,
    /// The real servers, if there are any.
    pub postgres: Option<Arc<dyn RealPostgres>>,
    /// The hosts file to keep, if one is kept.
    pub hosts: Option<Arc<HostsFile>>,
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
    /// A fault makes no sense.
    #[error("faults: {0}")]
    Faults(String),
}

/// A fake Azure that runs, with its world.
pub struct ServedWorld {
    server: Server<Azure>,
    operator: Operator,
    profile: Profile,
    built: Option<Built>,
    before: Before,
}

struct Built {
    name: String,
    world: World,
    names: Names,
}

impl ServedWorld {
    /// Starts it and builds its world. When this returns, its clock goes.
    ///
    /// # Errors
    ///
    /// If the port is taken, or the world cannot be built.
    pub async fn start(setup: Setup) -> Result<Self, ServeError> {
        let assumptions: Assumptions = setup
            .world
            .iter()
            .flat_map(|scenario| &scenario.assume)
            .map(|(rule, alternative)| (RuleId::new(rule), alternative.clone()))
            .collect();
        let rules = Rules::load(setup.profile, &assumptions)?;
        let no_world = World::default();
        let world = setup.world.as_ref().map_or(&no_world, |scenario| &scenario.world);
        let mut settings = settings(world, setup.postgres.as_ref()).await?;
        settings.fast_polls = setup.fast_polls;
        let start = setup
            .start
            .or(world.start)
            .unwrap_or_else(|| Clock::system().now());
        let seed = setup
            .seed
            .or(setup.world.as_ref().map(|scenario| scenario.seed))
            .unwrap_or(1);
        let mut azure = Azure::new(rules, settings, seed);
        let operator = world::found(&mut azure, start);
        let mut options = ServerOptions::new(&setup.state_directory);
        options.port = setup.port;
        options.clock = Clock::at(start);
        options.path = setup.from.clone();
        options.names = setup.hosts.clone().map(|hosts| hosts as Arc<dyn NameListener>);
        let engine = setup
            .postgres
            .clone()
            .map(|postgres| postgres as Arc<dyn DatabaseEngine>);
        let admin = |driver: &Driver<Azure>| {
            admin::routes(Admin {
                driver: driver.clone(),
                hosts: setup.hosts.clone(),
                world: setup
                    .world
                    .as_ref()
                    .map(|scenario| Arc::new(scenario.world.clone())),
                seed,
                profile: setup.profile,
            })
        };
        let server = Server::start_with(azure, engine, options, admin).await?;
        if let Some(hosts) = &setup.hosts {
            open_https(&server, setup.from, hosts).await;
        }
        let client = Client::new(server.driver().clone(), operator.clone());
        let built = match &setup.world {
            Some(scenario) => Some(build(scenario, client, setup.postgres, setup.profile).await?),
            None => None,
        };
        let before = server.front_door().with_core(|azure| {
            setup.faults.apply(azure).map_err(ServeError::Faults)?;
            Ok::<_, ServeError>(Before::of(azure, start))
        })?;
        server.driver().set_clock_going();
        let before = before.at(server.front_door().clock().now());
        Ok(Self {
            server,
            operator,
            profile: setup.profile,
            built,
            before,
        })
    }

    /// The running server.
    pub fn server(&self) -> &Server<Azure> {
        &self.server
    }

    /// Where it is reached, and who signs in there.
    pub fn reach(&self) -> Reach {
        let bundle = self.server.ca_bundle_path().to_owned();
        Reach::new(self.server.address(), bundle, &self.operator)
    }

    /// What leads clients here, with the names of the world.
    pub fn environment(&self) -> Environment {
        let mut environment = Environment::of(&self.reach());
        if let Some(built) = &self.built {
            environment.add_world(&built.world, &built.names);
        }
        environment
    }

    /// What came of a command that was started when the world was ready.
    pub fn record(&self, command: &str, exit_code: i32) -> Record {
        let door = self.server.front_door();
        let unknown_hosts = door.unknown_hosts();
        door.with_core(|azure| {
            let outside = Outside {
                command,
                exit_code,
                world: self.built.as_ref().map(|built| built.name.as_str()),
                profile: self.profile,
                unknown_hosts,
            };
            Record::take(azure, door.clock(), &self.before, outside)
        })
    }

    /// Lets requests end, and stops.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

async fn build(
    scenario: &Scenario,
    client: Client,
    postgres: Option<Arc<dyn RealPostgres>>,
    profile: Profile,
) -> Result<Built, ServeError> {
    let mut play = Play::begin(scenario, client, postgres).await?;
    for step in play.steps(profile).await? {
        if let Some(miss) = step.misses.into_iter().next() {
            return Err(ServeError::Step {
                world: scenario.name.clone(),
                step: step.title,
                miss,
            });
        }
    }
    Ok(Built {
        name: scenario.name.clone(),
        world: scenario.world.clone(),
        names: play.names,
    })
}

/// Opens a socket at the port that `https://` names imply, for clients that know no proxies. Only
/// those who may open ports below 1024 get one.
async fn open_https(server: &Server<Azure>, from: NetworkPath, hosts: &HostsFile) {
    let [high, low] = server.address().port().to_be_bytes();
    let [first, second] = HTTPS_ADDRESS;
    let address = SocketAddr::from((Ipv4Addr::new(first, second, high, low.max(1)), 443));
    match server.open_entrance(from, address).await {
        Ok(address) => hosts.https_at(address),
        Err(error) => tracing::info!(%error, "HTTPS endpoints are reached by the proxy alone"),
    }
}
