//! The front door of database servers: which server a host name stands for, and may this network
//! path reach it. Who is asking is the database's own business.

use crate::model::{NetworkPath, Origin, ResourceId};
use crate::network::DatabaseFirewall;
use crate::rules::{Gate, Mark, RuleId, Rules, cloud, rule};
use crate::state::{Resource, State};

const FLAVOURS: [&str; 2] = [
    "Microsoft.DBforPostgreSQL/servers",
    "Microsoft.DBforPostgreSQL/flexibleServers",
];

/// What the decision on a connection looks at.
#[derive(Clone, Copy)]
pub(crate) struct DatabaseGates<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) state: &'a State,
}

/// A connection that is let in.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseAdmission {
    pub(crate) server: ResourceId,
    pub(crate) requires_tls: bool,
    /// The rules that let it in.
    pub(crate) rules: Vec<RuleId>,
}

/// A connection that is not.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseNo {
    pub(crate) gate: Gate,
    pub(crate) message: String,
    pub(crate) reason: String,
    pub(crate) rules: Vec<RuleId>,
    pub(crate) mark: Mark,
}

/// The server of that name, of either flavour and wherever it is.
pub(crate) fn server_named<'a>(state: &'a State, name: &str) -> Option<&'a Resource> {
    state.resources.values().find(|resource| {
        FLAVOURS.iter().any(|kind| resource.is_type(kind)) && resource.id.name().eq_ignore_ascii_case(name)
    })
}

impl DatabaseGates<'_> {
    /// Decides on a connection to that host.
    pub(crate) fn pass(&self, path: &NetworkPath, host: &str) -> Result<DatabaseAdmission, DatabaseNo> {
        let name = cloud().server_named(host).unwrap_or_default();
        let server = server_named(self.state, name).ok_or_else(|| DatabaseNo::no_server(host))?;
        let firewall = DatabaseFirewall::of(self.state, server);
        let verdict = firewall.decide(self.rules, path);
        if verdict.allowed {
            return Ok(DatabaseAdmission {
                server: server.id.clone(),
                requires_tls: firewall.requires_tls(),
                rules: verdict.rules.to_vec(),
            });
        }
        Err(DatabaseNo {
            gate: Gate::Network,
            message: verdict.message.replace("{address}", &address_of(path)),
            reason: verdict.reason.to_owned(),
            rules: verdict.rules.to_vec(),
            mark: verdict.mark,
        })
    }
}

impl DatabaseNo {
    /// There is no such server, or it does not run. On Azure the name would not resolve, or nothing
    /// would answer.
    pub(crate) fn no_server(host: &str) -> Self {
        let text = format!("there is no server {host}, or it does not run");
        Self {
            gate: Gate::Route,
            message: text.clone(),
            reason: text,
            rules: vec![rule::PG_NO_SERVER],
            mark: Mark::Unverified,
        }
    }
}

/// The address the server sees, where the caller has one that we know.
fn address_of(path: &NetworkPath) -> String {
    match &path.origin {
        Origin::Internet { address } => address.to_string(),
        Origin::Subnet { .. } | Origin::PrivateEndpoint { .. } | Origin::AzureService { .. } => {
            "unknown".to_owned()
        }
    }
}
