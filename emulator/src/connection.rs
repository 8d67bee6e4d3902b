//! Connections to database servers: decided at the front door, taken note of, struck by faults.

use http::Method;

use crate::fault::{ConnectionFault, FaultPlan};
use crate::gateway::{DatabaseGates, DatabaseNo};
use crate::jobs::SessionFailure;
use crate::log::{CallOrigin, Exchange, Log, RefusedBecause};
use crate::machine::{DatabaseRefusal, DatabaseRoute};
use crate::model::{NetworkPath, Origin, Timestamp, region_name};
use crate::rules::{Gate, OriginKind, Rules};
use crate::services::postgres::PostgresState;
use crate::state::State;

/// What a connection has to do with. Borrowed for one of them.
pub(crate) struct Surroundings<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) state: &'a State,
    pub(crate) servers: &'a PostgresState,
    pub(crate) faults: &'a mut FaultPlan,
    pub(crate) log: &'a mut Log,
}

/// Decides on a connection to that host. A fault counts connections that are let in.
pub(crate) fn connect(
    around: &mut Surroundings<'_>,
    now: Timestamp,
    path: &NetworkPath,
    host: &str,
) -> Result<DatabaseRoute, DatabaseRefusal> {
    let gates = DatabaseGates {
        rules: around.rules,
        state: around.state,
    };
    let passed = gates.pass(path, host).and_then(|admission| {
        let backend = around.servers.address(&admission.server);
        let backend = backend.ok_or_else(|| DatabaseNo::no_server(host))?;
        Ok((admission, backend))
    });
    // Counted where the connection is let in, and told with it.
    let fault = passed.as_ref().ok().and_then(|(admission, _)| {
        let server = around.state.resource(&admission.server);
        let region = server.map(|own| region_name(own.location())).unwrap_or_default();
        if around.faults.down().contains(&region) {
            return Some(ConnectionFault::Refuse);
        }
        around
            .faults
            .strike_connection(now, admission.server.name(), path)
    });
    around.log.push(Exchange {
        faulted: fault.is_some(),
        rules: match &passed {
            Ok((admission, _)) => admission.rules.clone(),
            Err(no) => no.rules.clone(),
        },
        ..exchange(now, path, host, passed.as_ref().err())
    });
    let (admission, backend) = passed.map_err(|no| DatabaseRefusal {
        failure: match no.gate {
            Gate::Network => SessionFailure::NotLetIn,
            _ => SessionFailure::NoServer,
        },
        message: no.message,
    })?;
    let server = admission.server.name().to_owned();
    let key = around
        .servers
        .key(&admission.server)
        .unwrap_or_default()
        .to_owned();
    if let Some(fault) = &fault {
        let text = format!("a connection to {server} is struck by a fault: {fault}");
        around.log.note(now, "fault", text, None);
    }
    Ok(DatabaseRoute {
        backend,
        key,
        server,
        tls_required: admission.requires_tls,
        fault,
    })
}

/// A connection as the log has it. It has no status of its own: 200 stands for one that is let in,
/// 403 for one that is not, 404 for one to a server that is not there.
fn exchange(now: Timestamp, path: &NetworkPath, host: &str, refused: Option<&DatabaseNo>) -> Exchange {
    Exchange {
        at: now,
        number: 0,
        caller: place_of(path),
        asked: CallOrigin::ByClient,
        from: OriginKind::from(&path.origin),
        method: Method::CONNECT,
        host: host.to_owned(),
        path: String::new(),
        query: String::new(),
        faulted: false,
        failed: None,
        bodies: None,
        rules: Vec::new(),
        operation: "DatabaseConnection".into(),
        status: match refused.map(|no| no.gate) {
            None => 200,
            Some(Gate::Network) => 403,
            Some(_) => 404,
        },
        refused: refused.map(|no| RefusedBecause {
            gate: no.gate,
            code: String::new(),
            reason: no.reason.clone(),
            rules: no.rules.clone(),
            mark: no.mark,
        }),
    }
}

/// Where a caller stands, for a person.
fn place_of(path: &NetworkPath) -> String {
    match &path.origin {
        Origin::Internet { address } => format!("somebody at {address}"),
        Origin::Subnet { subnet } => format!("somebody in {subnet}"),
        Origin::PrivateEndpoint { endpoint } => format!("somebody behind {endpoint}"),
        Origin::AzureService { instance, .. } => format!("an Azure service acting for {instance}"),
    }
}
