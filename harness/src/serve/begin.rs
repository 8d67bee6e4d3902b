//! Where a served world begins: new, or where the one that is kept was left.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use azdrill_emulator::jobs::{ServerSpec, UnderWay};
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::server::{BlobStore, Clock, EngineError, Names as _};
use azdrill_emulator::world::Operator;

use super::builder::{self, WorldBuilder};
use super::setup::{ServeError, Setup};
use crate::postgres::RealPostgres;
use crate::run::share_no_servers_with;
use crate::state_folder::{self, CameBack, StateFolder};

/// A machine to serve.
pub(super) struct Begun {
    pub(super) machine: Journalled,
    pub(super) operator: Operator,
    /// When its clock begins.
    pub(super) at: Timestamp,
    /// The bytes of its blobs, where they are kept.
    pub(super) blobs: Option<BlobStore>,
    /// What was come back to; `None` where it is to be built.
    pub(super) found: Option<Found>,
    /// What is left to do for one that was come back to; `None` where it is to be built.
    pub(super) again: Option<Again>,
}

/// A world that was kept and come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many inputs were played.
    pub inputs: u64,
    /// How long that took.
    pub took: Duration,
    /// When the last of them was.
    pub at: Timestamp,
    /// How many pieces of work were under way.
    pub under_way: usize,
    /// How many bytes at the journal's end were the beginning of a line, and are gone.
    pub torn: u64,
}

/// What is left to do for a world that was come back to.
pub(super) struct Again {
    under_way: Vec<UnderWay>,
    hosts: Vec<String>,
    /// Whether its time is the machine's.
    by_machine_time: bool,
}

/// Comes back to the world that is kept, or begins a new one.
pub(super) async fn begin(setup: &Setup) -> Result<Begun, ServeError> {
    let also = setup.journal.as_ref().map(|journal| journal.sink());
    let Some(folder) = &setup.keeps else {
        let at = setup.begins();
        let (machine, operator) = builder::found(setup, at, also).await?;
        return Ok(Begun {
            machine,
            operator,
            at,
            blobs: None,
            found: None,
            again: None,
        });
    };
    // The journal of one that is not come back to is not one to write to.
    if let Some(begun) = come_back(setup, folder).await? {
        return Ok(begun);
    }
    if let Some(postgres) = &setup.postgres {
        postgres.keep_only(&BTreeSet::new()).await?;
    }
    let at = setup.begins();
    let (journal, blobs) = folder.begin(&setup.about())?;
    let sink = state_folder::both(&journal, also);
    let (machine, operator) = builder::found(setup, at, Some(sink)).await?;
    Ok(Begun {
        machine,
        operator,
        at,
        blobs: Some(blobs),
        found: None,
        again: None,
    })
}

async fn come_back(setup: &Setup, folder: &StateFolder) -> Result<Option<Begun>, ServeError> {
    let (Some(header), Some(about)) = (folder.header(), folder.about()) else {
        return Ok(None);
    };
    let also = setup.journal.as_ref().map(|journal| journal.sink());
    let began = Instant::now();
    let Some(came_back) = state_folder::come_back(folder, setup.bodies, also)? else {
        tracing::warn!("the world that is kept was not built to its end, and is built anew");
        if let Some(journal) = &setup.journal {
            journal.forget();
        }
        return Ok(None);
    };
    share_no_servers_with(&header.beginning.settings.engine_namespace);
    let CameBack {
        mut machine,
        blobs,
        mut aftermath,
        at,
        inputs,
        torn,
    } = came_back;
    let took = began.elapsed();
    share_no_servers_with(&machine.settings().engine_namespace);
    if let Some(postgres) = &setup.postgres {
        start_servers(&mut machine, &**postgres, at).await?;
    }
    let operator = aftermath.operator().cloned();
    let under_way = aftermath.take_under_way();
    Ok(Some(Begun {
        machine,
        operator: operator.unwrap_or_else(|| Operator::of_seed(header.beginning.seed)),
        at,
        blobs: Some(blobs),
        found: Some(Found {
            inputs,
            took,
            at,
            under_way: under_way.len(),
            torn,
        }),
        again: Some(Again {
            under_way,
            hosts: aftermath.hosts().map(str::to_owned).collect(),
            by_machine_time: about.by_machine_time,
        }),
    }))
}

/// Goes on with what was under way in a world that was come back to, lets the time pass that has gone by, and sets its
/// clock going.
pub(super) async fn go_on(builder: &WorldBuilder, again: Again) -> Result<(), ServeError> {
    let driver = &builder.driver;
    let door = driver.front_door();
    if let Some(names) = &builder.setup.hosts {
        for host in &again.hosts {
            names.endpoint(host);
        }
    }
    driver.follow_databases();
    driver.resume(again.under_way).await;
    // A clock that is to stand still stands where it was left.
    if again.by_machine_time && !builder.setup.stands_still {
        let now = door.clock().now();
        let gone = Clock::system().now().duration_since(now);
        if gone.is_positive() {
            // It is ours: nobody else has set it going yet.
            let _ = driver.advance(gone).await;
            let reached = door.clock().now();
            door.with_core(|machine| machine.note_time(reached));
        }
    }
    door.kept()?;
    if !builder.setup.stands_still {
        driver.set_clock_going();
    }
    Ok(())
}

/// Starts the database servers that ran, before anybody can ask for one, and removes the data of those that are not
/// there any more.
async fn start_servers(
    machine: &mut Journalled,
    postgres: &dyn RealPostgres,
    now: Timestamp,
) -> Result<(), EngineError> {
    let servers = &machine.services().postgres;
    let running = servers.running().filter_map(|(id, _)| servers.spec(id).cloned());
    let (ran, all): (Vec<ServerSpec>, BTreeSet<String>) =
        (running.collect(), servers.keys().into_iter().collect());
    postgres.keep_only(&all).await?;
    let starting = ran.iter().map(async |spec| (spec, postgres.start(spec).await));
    for (spec, address) in futures_util::future::join_all(starting).await {
        machine.move_server(now, &spec.key, address?);
    }
    Ok(())
}
