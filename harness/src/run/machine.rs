//! One machine: whose rules it goes by, and what moves its rows.

use std::sync::Arc;
use std::time::Instant;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::journal::{Beginning, Journalled};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Assumptions, Profile};
use azdrill_emulator::server::{BlobStore, Clock, DatabaseEngine, Driver, FrontDoor};
use azdrill_emulator::services::Settings;
use azdrill_emulator::world::Operator;

use super::client::Client;
use super::error::RunError;
use super::onlooker::Onlooker;
use super::play::Play;
use super::report::Report;
use super::settings::{check_versions, settings};
use super::simulated::{SIMULATED_MAJORS, SimulatedServers};
use crate::journal_file::JournalFile;
use crate::postgres::RealPostgres;
use crate::scenario::Scenario;

/// What stands behind the servers of a machine.
#[derive(Clone)]
pub enum Outside {
    /// Real servers, or none at all.
    Real(Option<Arc<dyn RealPostgres>>),
    /// Servers that only are said to run, of these major versions: every decision is made, and no row moved.
    Simulated(Vec<u32>),
}

impl Outside {
    /// The same, or simulated servers where the scenario's world wants those.
    pub(super) fn for_world_of(&self, scenario: &Scenario) -> Self {
        match (self, scenario.world.moves_no_rows()) {
            (Self::Real(_), true) => Self::Simulated(SIMULATED_MAJORS.to_vec()),
            _ => self.clone(),
        }
    }
}

/// What a scenario is played on.
#[derive(Clone)]
pub struct Machine {
    /// Whose word it takes.
    pub profile: Profile,
    /// Alternatives it takes besides those the scenario assumes.
    pub besides: Assumptions,
    /// What moves its rows.
    pub outside: Outside,
}

impl Machine {
    /// One that goes by a profile alone.
    pub fn of(profile: Profile, outside: Outside) -> Self {
        Self {
            profile,
            besides: Assumptions::new(),
            outside,
        }
    }

    /// The alternatives it takes when it plays a scenario.
    fn assumptions(&self, scenario: &Scenario) -> Assumptions {
        let mut assumptions = scenario.assume.clone();
        assumptions.extend(self.besides.clone());
        assumptions
    }

    /// The same machine, with nothing behind its servers where the scenario's world wants that.
    fn for_world_of(&self, scenario: &Scenario) -> Self {
        Self {
            outside: self.outside.for_world_of(scenario),
            ..self.clone()
        }
    }

    async fn settings(&self, scenario: &Scenario) -> Result<Settings, RunError> {
        match &self.outside {
            Outside::Real(postgres) => settings(&scenario.world, postgres.as_ref()).await,
            Outside::Simulated(majors) => Ok(Settings {
                has_postgres: true,
                postgres_majors: majors.iter().rev().copied().collect(),
                ..settings(&scenario.world, None).await?
            }),
        }
    }
}

/// A scenario whose world is built, the servers that are simulated behind it, and where its blobs are as long as it is
/// played.
type Begun<'a> = (Play<'a>, Arc<SimulatedServers>, crate::scratch::Scratch);

/// Builds a scenario's world on a machine.
async fn begin<'a>(
    scenario: &'a Scenario,
    machine: &Machine,
    journal: Option<&JournalFile>,
) -> Result<Begun<'a>, RunError> {
    let machine = &machine.for_world_of(scenario);
    let blobs = crate::scratch::Scratch::new(crate::scratch::Purpose::Blobs)
        .map_err(|error| RunError::Emulator(error.to_string()))?;
    let store = BlobStore::open(blobs.path()).map_err(|error| RunError::Emulator(error.to_string()))?;
    let start = scenario.world.begins();
    let settings = machine.settings(scenario).await?;
    check_versions(&scenario.world, &settings.postgres_majors)?;
    let assumptions = machine.assumptions(scenario);
    let beginning = Beginning::new(machine.profile, &assumptions, scenario.seed(), settings);
    let mut azure = match journal {
        Some(journal) => {
            let of = format!("scenario {}", scenario.name);
            Journalled::with_journal(beginning, &of, journal.sink())?
        }
        None => Journalled::new(&beginning)?,
    };
    let operator = azure.found(start, None);
    if let Some(journal) = journal {
        let begun = journal.begin();
        begun.map_err(|error| RunError::Emulator(format!("the journal cannot be written: {error}")))?;
    }
    let door = FrontDoor::new(azure, Clock::at(start), store);
    let simulated = Arc::new(SimulatedServers::default());
    let (engine, postgres): (Option<Arc<dyn DatabaseEngine>>, _) = match &machine.outside {
        Outside::Real(postgres) => {
            let engine = postgres.clone().map(|own| own as Arc<dyn DatabaseEngine>);
            (engine, postgres.clone())
        }
        Outside::Simulated(_) => (Some(Arc::clone(&simulated) as Arc<dyn DatabaseEngine>), None),
    };
    let client = Client::new(Driver::new(door, engine), operator);
    let mut play = Box::pin(Play::begin(scenario, client, postgres)).await?;
    play.throttle()?;
    play.simulated = matches!(machine.outside, Outside::Simulated(_));
    Ok((play, simulated, blobs))
}

/// A world as it is built, its steps taken, with servers that only are said to run: for whoever asks what would be.
pub struct BuiltWorld {
    /// A copy of it.
    pub azure: Azure,
    /// What time it is there.
    pub now: Timestamp,
    /// Whose it is.
    pub operator: Operator,
    /// Whether it is as its file has it: the first expectation of its steps that is missed, otherwise.
    pub missed: Option<String>,
}

/// Builds a scenario's world and takes its steps, without moving a row.
///
/// # Errors
///
/// If it could not be played to its end.
pub async fn built(
    scenario: &Scenario,
    profile: Profile,
    besides: Assumptions,
) -> Result<BuiltWorld, RunError> {
    let machine = Machine {
        profile,
        besides,
        outside: Outside::Simulated(SIMULATED_MAJORS.to_vec()),
    };
    let (mut play, _simulated, _blobs) = Box::pin(begin(scenario, &machine, None)).await?;
    let steps = Box::pin(play.steps(profile, None)).await?;
    let missed = steps
        .into_iter()
        .find_map(|step| Some(format!("{}: {}", step.title, step.misses.into_iter().next()?)));
    Ok(BuiltWorld {
        azure: play.client.look(|core| core.copy()),
        now: play.client.now(),
        operator: play.client.operator().clone(),
        missed,
    })
}

/// Plays a scenario on a machine, with a fresh world of its own.
///
/// # Errors
///
/// If it could not be played to its end. Expectations that are missed are no error: they stand in
/// the report.
pub async fn play(scenario: &Scenario, machine: &Machine) -> Result<Report, RunError> {
    Box::pin(play_into(scenario, machine, None)).await
}

/// The same, while somebody looks on.
///
/// # Errors
///
/// As [`play`].
pub async fn play_watched(
    scenario: &Scenario,
    machine: &Machine,
    onlooker: &mut dyn Onlooker,
) -> Result<Report, RunError> {
    Box::pin(play_with(scenario, machine, None, Some(onlooker))).await
}

/// The same, with a journal of everything the machine was given.
///
/// # Errors
///
/// As [`play`].
pub async fn play_into(
    scenario: &Scenario,
    machine: &Machine,
    journal: Option<&JournalFile>,
) -> Result<Report, RunError> {
    Box::pin(play_with(scenario, machine, journal, None)).await
}

async fn play_with(
    scenario: &Scenario,
    machine: &Machine,
    journal: Option<&JournalFile>,
    mut onlooker: Option<&mut dyn Onlooker>,
) -> Result<Report, RunError> {
    let began = Instant::now();
    let start = scenario.world.begins();
    let begun = Box::pin(begin(scenario, machine, journal)).await?;
    let (mut play, simulated, _blobs) = begun;
    play.watched = onlooker.is_some();
    let lent: Option<&mut dyn Onlooker> = match &mut onlooker {
        Some(onlooker) => Some(&mut **onlooker),
        None => None,
    };
    let mut steps = Box::pin(play.steps(machine.profile, lent)).await?;
    if let Some(onlooker) = onlooker {
        play.client.advance(onlooker.patience()).await?;
        let now = play.client.now();
        play.client.look(|core| onlooker.ended(core, now));
    }
    play.tell_unstruck(&mut steps);
    let postgres_major = play.sources.values().next().map(|spec| spec.major);
    let virtual_time = play.client.now().duration_since(start);
    let about = play.about(scenario);
    let jobs = play.job_times();
    let is_simulated = play.simulated;
    play.clean_up().await;
    Ok(Report {
        name: scenario.name.clone(),
        topic: scenario.topic.clone(),
        claim: scenario.claim.clone(),
        profile: machine.profile,
        about,
        steps,
        jobs,
        virtual_time,
        real_time: began.elapsed(),
        postgres_major,
        simulated: is_simulated,
        guessed: simulated.has_guessed(),
    })
}
