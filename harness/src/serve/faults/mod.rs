//! Faults a file puts in place.

mod bounds;
mod entry;
#[cfg(test)]
mod tests;

use std::path::Path;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::fault::{DatabaseFault, Fault, RegionFault};
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::machine::Core as _;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::Rules;
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use self::entry::{ConnectionEntry, RegionEntry, RequestFault};
use crate::scenario::{Misstated, ScenarioError, read_checked};

/// What goes wrong in a run, as a file (or the admin endpoint) says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields, expecting = "an object with lists of faults")]
pub struct FaultFile {
    /// Faults of requests.
    #[serde(default, rename = "request")]
    requests: Vec<RequestFault>,
    /// Faults of connections to database servers.
    #[serde(default, rename = "connection")]
    connections: Vec<ConnectionEntry>,
    /// Regions whose services do not answer, or answer again.
    #[serde(default, rename = "region")]
    regions: Vec<RegionEntry>,
}

/// All of them, once everything that can be checked before there is a world has been.
struct Checked {
    requests: Vec<Fault>,
    connections: Vec<DatabaseFault>,
    regions: Vec<RegionFault>,
}

impl FaultFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be: with line and column, if a fault names an
    /// operation that is not there or says nothing to do, as well.
    pub fn read(path: &Path, rules: &Rules) -> Result<Self, ScenarioError> {
        let shown_in = "README.md shows what a file of faults may say";
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
        Ok(Checked {
            connections: connections.collect::<Result<_, _>>()?,
            requests: requests.collect::<Result<_, _>>()?,
            regions: regions.collect::<Result<_, _>>()?,
        })
    }

    /// The database servers its faults wait for that are not among these.
    pub fn waits_for(&self, servers: &[String]) -> Vec<String> {
        let is_there = |name: &str| servers.iter().any(|server| server.eq_ignore_ascii_case(name));
        let named = self.connections.iter().map(ConnectionEntry::server);
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
        for fault in &checked.regions {
            machine.put_region_fault(now, fault);
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
