//! Faults a file puts in place.

mod bounds;
mod connection;
mod doubtful;
mod job;
mod length;
mod region;
mod request;
#[cfg(test)]
mod tests;
mod throttling;
mod when;

use std::collections::BTreeSet;
use std::path::Path;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::fault::{DatabaseFault, Fault, JobFault, RegionFault, ThrottlingFault};
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::machine::Core as _;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::Rules;
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use self::connection::ConnectionEntry;
use self::job::JobEntry;
use self::region::RegionEntry;
use self::request::RequestFault;
use self::throttling::ThrottlingEntry;
use self::when::When;
use crate::scenario::{Misstated, ScenarioError, read_checked, shown};

/// What goes wrong in a run, as a file (or the admin endpoint) says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields, expecting = "an object with lists of faults")]
pub struct FaultFile {
    /// What goes wrong, in a few words: for people.
    #[serde(default)]
    #[cfg_attr(test, schemars(skip))]
    title: String,
    /// What well-behaved automation comes to: for `--chaos`.
    #[serde(default)]
    #[cfg_attr(test, schemars(skip))]
    ends: Ends,
    /// Faults of requests.
    #[serde(default, rename = "request")]
    requests: Vec<RequestFault>,
    /// Faults of connections to database servers.
    #[serde(default, rename = "connection")]
    connections: Vec<ConnectionEntry>,
    /// Faults of jobs.
    #[serde(default, rename = "job")]
    jobs: Vec<JobEntry>,
    /// Regions whose services do not answer, or answer again.
    #[serde(default, rename = "region")]
    regions: Vec<RegionEntry>,
    /// How much may be asked of Resource Manager.
    #[serde(default)]
    throttling: Vec<ThrottlingEntry>,
}

/// What well-behaved automation comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// It does what it was to do, though it may take longer.
    Recovers,
    /// It gives up, and says why.
    GivesUp,
    /// Either.
    #[default]
    Either,
}

impl Ends {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recovers => "recovers",
            Self::GivesUp => "gives_up",
            Self::Either => "either",
        }
    }
}

/// All of them, once everything that can be checked before there is a world has been.
struct Checked {
    requests: Vec<Fault>,
    connections: Vec<DatabaseFault>,
    jobs: Vec<JobFault>,
    regions: Vec<RegionFault>,
    throttling: Vec<ThrottlingFault>,
}

impl FaultFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be: with line and column, if a fault names an
    /// operation that is not there or says nothing to do, as well.
    pub fn read(path: &Path, rules: &Rules) -> Result<Self, ScenarioError> {
        let shown_in = "docs/faults.md has what a file of faults may say";
        read_checked(path, shown_in, |file: &Self| file.check(rules))
    }

    /// Checks everything that can be checked before there is a world.
    ///
    /// # Errors
    ///
    /// What cannot be.
    pub(crate) fn check(&self, rules: &Rules) -> Result<(), Misstated> {
        self.faults(rules).map(|_| ())
    }

    /// Checks the same where requests come without connections, as a scenario's steps make them.
    ///
    /// # Errors
    ///
    /// The same, and what can only happen on a connection.
    pub(crate) fn check_without_connections(&self, rules: &Rules) -> Result<(), Misstated> {
        self.check(rules)?;
        if self.ends != Ends::default() {
            let wrong = "what a command comes to is asked by `azdrill run --chaos` alone";
            return Err(Misstated::new(wrong).at("ends"));
        }
        match self.requests.iter().position(RequestFault::needs_connection) {
            None => Ok(()),
            Some(number) => {
                let wrong = "a scenario's steps make their requests without connections: `azdrill run` and \
                             `serve` take this with `--faults`";
                Err(Misstated::new(wrong).at("connection").in_entry("request", number))
            }
        }
    }

    fn faults(&self, rules: &Rules) -> Result<Checked, Misstated> {
        let connections = self.connections.iter().enumerate().map(|(number, entry)| {
            let fault = entry.fault(rules);
            fault.map_err(|wrong| wrong.in_entry("connection", number))
        });
        let requests = self.requests.iter().enumerate().map(|(number, entry)| {
            let fault = entry.fault(rules);
            fault.map_err(|wrong| wrong.in_entry("request", number))
        });
        let regions = self.regions.iter().enumerate().map(|(number, entry)| {
            let fault = entry.fault(rules);
            fault.map_err(|wrong| wrong.in_entry("region", number))
        });
        let jobs = self.jobs.iter().enumerate().map(|(number, entry)| {
            let fault = entry.fault();
            fault.map_err(|wrong| wrong.in_entry("job", number))
        });
        let throttling = self.throttling.iter().enumerate().map(|(number, entry)| {
            let fault = entry.fault(rules);
            fault.map_err(|wrong| wrong.in_entry("throttling", number))
        });
        let checked = Checked {
            connections: connections.collect::<Result<_, _>>()?,
            requests: requests.collect::<Result<_, _>>()?,
            jobs: jobs.collect::<Result<_, _>>()?,
            regions: regions.collect::<Result<_, _>>()?,
            throttling: throttling.collect::<Result<_, _>>()?,
        };
        self.check_names()?;
        Ok(checked)
    }

    /// Every fault that may be waited for or wait for another: which list it is in, at which place, what it is called
    /// and when it strikes.
    fn named(&self) -> impl Iterator<Item = (&'static str, usize, &str, &When)> {
        let requests = self.requests.iter().map(|own| ("request", &*own.name, &own.when));
        let connections = self.connections.iter();
        let connections = connections.map(|own| ("connection", &*own.name, &own.when));
        let jobs = self.jobs.iter().map(|own| ("job", &*own.name, &own.when));
        let lists = [
            requests.collect::<Vec<_>>(),
            connections.collect(),
            jobs.collect(),
        ];
        lists.into_iter().flat_map(|list| {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(number, (list, name, when))| (list, number, name, when))
        })
    }

    /// Checks that what is waited for is there, is called so once, and is not the fault that waits.
    fn check_names(&self) -> Result<(), Misstated> {
        // Throttling waits for nothing, and can be waited for.
        let mut names: BTreeSet<&str> = self.throttling.iter().map(|own| own.name.as_str()).collect();
        names.remove("");
        for (list, number, name, _) in self.named().filter(|(_, _, name, _)| !name.is_empty()) {
            if !names.insert(name) {
                let wrong = format!("two faults are called `{}`", shown(name));
                return Err(Misstated::new(wrong).at("name").in_entry(list, number));
            }
        }
        for (list, number, name, when) in self.named().filter(|(.., when)| !when.after().is_empty()) {
            let after = when.after();
            if after == name || !names.contains(after) {
                let all: Vec<&str> = names.iter().copied().filter(|other| *other != name).collect();
                let wrong = format!("no other fault is called `{}`", shown(after));
                return Err(Misstated::new(wrong)
                    .of_these(&all)
                    .at("after")
                    .at("when")
                    .in_entry(list, number));
            }
            // Faults that wait for each other wait for ever.
            let next = |name: &str| {
                let mut all = self.named();
                all.find(|(_, _, own, _)| *own == name)
                    .map(|(.., when)| when.after())
            };
            let mut chain =
                std::iter::successors(Some(after), |name| next(name).filter(|name| !name.is_empty()));
            if !name.is_empty() && chain.by_ref().take(names.len() + 1).any(|other| other == name) {
                let wrong = format!("`{}` waits for itself", shown(name));
                return Err(Misstated::new(wrong)
                    .at("after")
                    .at("when")
                    .in_entry(list, number));
            }
        }
        Ok(())
    }

    /// What goes wrong, in a few words; empty if nothing is said.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What well-behaved automation comes to.
    pub fn ends(&self) -> Ends {
        self.ends
    }

    /// Each fault in a sentence.
    ///
    /// # Errors
    ///
    /// If one is none.
    pub fn told(&self, rules: &Rules) -> Result<Vec<String>, String> {
        let checked = self.faults(rules).map_err(|wrong| wrong.to_string())?;
        let requests = checked.requests.iter().map(ToString::to_string);
        let connections = checked.connections.iter().map(ToString::to_string);
        let jobs = checked.jobs.iter().map(ToString::to_string);
        let regions = checked.regions.iter().map(ToString::to_string);
        let throttling = checked.throttling.iter().map(ToString::to_string);
        let all = requests.chain(connections).chain(jobs).chain(regions);
        Ok(all.chain(throttling).collect())
    }

    /// The database servers its faults wait for that are not among these.
    pub fn waits_for(&self, servers: &[String]) -> Vec<String> {
        let is_there = |name: &str| servers.iter().any(|server| server.eq_ignore_ascii_case(name));
        let named = self.connections.iter().map(|entry| entry.server.as_str());
        let unknown = named.filter(|name| !name.is_empty() && !is_there(name));
        unknown.map(str::to_owned).collect()
    }

    /// Puts the faults in place, behind those that are there.
    ///
    /// # Errors
    ///
    /// If a fault names an operation that is not there or says nothing to do; nothing is put in place
    /// then.
    pub fn apply(&self, machine: &mut Journalled, now: Timestamp) -> Result<(), String> {
        let faults = self.faults(machine.rules());
        let checked = faults.map_err(|wrong| wrong.to_string())?;
        for fault in checked.requests {
            machine.put_fault(now, fault);
        }
        for fault in checked.connections {
            machine.put_connection_fault(now, fault);
        }
        for fault in checked.jobs {
            machine.put_job_fault(now, fault);
        }
        for fault in &checked.regions {
            machine.put_region_fault(now, fault);
        }
        for fault in checked.throttling {
            machine.put_throttling_fault(now, fault);
        }
        Ok(())
    }
}

/// The faults that should have struck and have not, each in a sentence; where one waits for a database
/// server that is not there, with those that are.
pub(crate) fn unstruck(azure: &Azure) -> Vec<String> {
    let hosts = azure.running_databases();
    let servers: Vec<&str> = hosts.iter().filter_map(|host| host.split('.').next()).collect();
    let told = azure.faults().unstruck().map(|fault| {
        let there = |name: &str| servers.iter().any(|server| server.eq_ignore_ascii_case(name));
        match fault.server.filter(|name| !there(name)) {
            None => fault.what,
            Some(name) => format!("{}; {}", fault.what, no_server(name, &servers)),
        }
    });
    told.collect()
}

fn no_server(name: &str, servers: &[&str]) -> String {
    let all = match servers {
        [] => "there is none at all".to_owned(),
        servers => format!("there are {}", servers.join(", ")),
    };
    format!("no server `{name}` was running at the end: {all}")
}
