//! Starting a fake Azure with a world in it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::log::Exchange;
use azdrill_emulator::model::{NetworkPath, PrincipalId, Timestamp};
use azdrill_emulator::server::{Clock, DatabaseEngine, Driver, Names as NameListener, Server, ServerOptions};

use super::admin;
use super::begin::{self, Found};
use super::builder::WorldBuilder;
use super::hosts::HostsFile;
use super::record::{Before, Outside, Record};
use super::setup::{ServeError, Setup};
use super::{Environment, Reach};

/// The first half of the addresses at which HTTPS endpoints are reached on port 443; the other half
/// follows from the main socket's port, so that two runs side by side do not meet.
const HTTPS_ADDRESS: [u8; 2] = [127, 63];

/// A fake Azure that runs, with its world.
pub struct ServedWorld {
    server: Server<Journalled>,
    builder: Arc<WorldBuilder>,
    before: Before,
    found: Option<Found>,
}

impl ServedWorld {
    /// Starts it and builds its world. When this returns, its clock goes, if it is to go.
    ///
    /// # Errors
    ///
    /// If the port is taken, or the world cannot be built.
    pub async fn start(mut setup: Setup) -> Result<Self, ServeError> {
        if let Some(scenario) = &mut setup.world {
            scenario.world.derive_secrets(setup.seed);
        }
        let mut options = ServerOptions::new(&setup.state_directory);
        options.port = setup.port;
        options.path = setup.from.clone();
        options.names = setup.hosts.clone().map(|hosts| hosts as Arc<dyn NameListener>);
        let engine = setup
            .postgres
            .clone()
            .map(|postgres| postgres as Arc<dyn DatabaseEngine>);
        let begun = begin::begin(&setup).await?;
        options.clock = Clock::at(begun.at);
        options.blobs = begun.blobs;
        let (azure, operator) = (begun.machine, begun.operator);
        let journal = setup.journal.clone();
        let mut builder = None;
        let own_routes = |driver: &Driver<Journalled>| {
            let made = Arc::new(WorldBuilder::new(setup, operator, driver.clone()));
            builder = Some(Arc::clone(&made));
            admin::routes(made)
        };
        let server = Server::start_with(azure, engine, options, own_routes).await?;
        if let Some(journal) = journal {
            journal.begin().map_err(ServeError::Journal)?;
        }
        let builder = builder.ok_or_else(|| ServeError::Faults("no routes were asked for".to_owned()))?;
        if let Some(hosts) = &builder.setup.hosts {
            open_https(&server, builder.setup.from.clone(), hosts).await;
        }
        match begun.again {
            Some(again) => begin::go_on(&builder, again).await?,
            None => builder.build().await?,
        }
        let now = server.front_door().clock().now();
        let before = server.front_door().with_core(|azure| Before::of(azure, now));
        Ok(Self {
            server,
            builder,
            before,
            found: begun.found,
        })
    }

    /// What was kept and come back to, if something was.
    pub fn found(&self) -> Option<Found> {
        self.found
    }

    /// The running server.
    pub fn server(&self) -> &Server<Journalled> {
        &self.server
    }

    /// What time it is in its world.
    pub fn now(&self) -> Timestamp {
        self.server.front_door().clock().now()
    }

    /// Where it is reached, and who signs in there.
    pub fn reach(&self) -> Reach {
        let bundle = self.server.ca_bundle_path().to_owned();
        Reach::new(self.server.address(), bundle, &self.builder.operator)
    }

    /// What leads clients here, with the names of the world.
    pub fn environment(&self) -> Environment {
        let mut environment = Environment::of(&self.reach());
        if let Some(scenario) = &self.builder.setup.world {
            let operator = &self.builder.operator;
            environment.add_world(&scenario.world, &self.builder.names(scenario), operator);
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
                world: self.builder.setup.world.as_ref().map(|world| world.name.as_str()),
                profile: self.builder.setup.profile,
                unknown_hosts,
            };
            Record::take(azure, door.clock(), &self.before, outside)
        })
    }

    /// Waits until no outside work is under way.
    pub async fn settle(&self) {
        self.builder.driver.settle().await;
    }

    /// A copy of the world, with what time it is there and who its operator is. Outside work that is under way never ends
    /// there.
    pub fn copy(&self) -> (Azure, Timestamp, PrincipalId) {
        let door = self.server.front_door();
        let now = door.clock().now();
        let azure = door.with_core(|machine| machine.copy());
        (azure, now, self.builder.operator.object_id)
    }

    /// What was asked for and is not here, each with how often.
    pub fn not_known(&self) -> BTreeMap<String, u64> {
        let door = self.server.front_door();
        let mut counted = BTreeMap::new();
        door.with_core(|machine| {
            for what in machine.log().since(0).filter_map(Exchange::not_implemented) {
                *counted.entry(what).or_insert(0) += 1;
            }
        });
        counted
    }

    /// The faults that are in place.
    pub fn has_faults(&self) -> bool {
        self.server
            .front_door()
            .with_core(|machine| !machine.faults().is_empty())
    }

    /// Begins again, as it is asked to below `/_azdrill/`.
    #[cfg(test)]
    pub(super) async fn begin_again(&self) -> Result<(), ServeError> {
        self.builder.reset().await
    }

    /// Lets requests end, and stops.
    pub async fn shutdown(self) {
        if self.builder.setup.keeps.is_some() {
            let door = self.server.front_door();
            let now = door.clock().now();
            door.with_core(|machine| machine.note_time(now));
        }
        self.server.shutdown().await;
    }
}

/// Opens a socket at the port that `https://` names imply, for clients that know no proxies. Only
/// those who may open ports below 1024 get one.
async fn open_https(server: &Server<Journalled>, from: NetworkPath, hosts: &HostsFile) {
    let [high, low] = server.address().port().to_be_bytes();
    let [first, second] = HTTPS_ADDRESS;
    let address = SocketAddr::from((Ipv4Addr::new(first, second, high, low.max(1)), 443));
    match server.open_entrance(from, address).await {
        Ok(address) => hosts.https_at(address),
        Err(error) => tracing::info!(%error, "HTTPS endpoints are reached by the proxy alone"),
    }
}
