//! Everything that can change the machine.

use std::borrow::Cow;
use std::net::SocketAddr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::beginning::Beginning;
use super::request::SentRequest;
use super::result::OutsideResult;
use crate::authz::DenyAssignment;
use crate::fault::{DatabaseFault, Fault, JobFault, RegionFault, ThrottlingFault};
use crate::jobs::EffectId;
use crate::model::{NetworkPath, PrincipalId, ResourceId, TenantId};

/// One thing that changes the machine. Holds secrets, so that there is no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Input<'a> {
    /// The beginning of a world, or something of it that no call can give.
    Given(Given),
    /// A request that was refused on its headers.
    Admit {
        /// Where the caller stands.
        path: Cow<'a, NetworkPath>,
        /// The request, without its body.
        request: SentRequest<'a>,
    },
    /// A request whose body was too long.
    TooLong {
        /// Where the caller stands.
        path: Cow<'a, NetworkPath>,
        /// The request, without its body.
        request: SentRequest<'a>,
    },
    /// What is to be worked out for a request was asked for.
    Prepare {
        /// Where the caller stands.
        path: Cow<'a, NetworkPath>,
        /// The request.
        request: SentRequest<'a>,
    },
    /// A request.
    Call {
        /// Where the caller stands.
        path: Cow<'a, NetworkPath>,
        /// The request.
        request: SentRequest<'a>,
    },
    /// A connection to a database server.
    Connect {
        /// Where the client stands.
        path: Cow<'a, NetworkPath>,
        /// The server's host.
        host: String,
    },
    /// Where programs on the machine reach a database server.
    Entrance {
        /// The server's host.
        host: String,
        /// Where; nowhere any more if left out.
        address: Option<SocketAddr>,
    },
    /// Whatever had fallen due was run.
    Tick,
    /// Outside work ended.
    Complete {
        /// Which.
        effect: EffectId,
        /// How.
        result: OutsideResult,
    },
    /// A fault of requests was put in place.
    Fault(Fault),
    /// A fault of connections was put in place.
    ConnectionFault(DatabaseFault),
    /// A fault of jobs was put in place.
    JobFault(JobFault),
    /// The services of a region do not answer, or answer again.
    RegionFault(RegionFault),
    /// Resource Manager refuses what is too much.
    ThrottlingFault(ThrottlingFault),
    /// All faults were taken away.
    ClearFaults,
    /// The world was kept under a name.
    Keep {
        /// The name.
        name: String,
    },
    /// The world was made what it was when it was kept.
    ComeBack {
        /// The name.
        name: String,
    },
    /// A kept world was let go of.
    Forget {
        /// The name.
        name: String,
    },
    /// Another empty Azure took the place of this one; only the log goes on.
    BeginAgain(Box<Beginning>),
    /// The world that began was built: whoever comes back to what is kept need not build it.
    Built,
    /// The clock was moved to this time. What fell due on the way has inputs of its own.
    Advanced,
    /// A database server that runs was started again behind Azure's back, and listens elsewhere.
    Moved {
        /// The database engine's key.
        key: String,
        /// Where it listens now.
        address: SocketAddr,
    },
}

/// What a world is given without a call.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Given {
    /// Microsoft's side, a tenant, a subscription and its operator.
    Foundation {
        /// A certificate (DER) the operator may sign in with as well, base64.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<String>,
    },
    /// A further subscription.
    Subscription {
        /// Its id.
        id: String,
        /// The name people see.
        name: String,
        /// Its tenant.
        tenant: TenantId,
    },
    /// An application that can sign in.
    Application(Application),
    /// A role.
    Role {
        /// Who has it.
        to: PrincipalId,
        /// The built-in role's name.
        role: String,
        /// Where.
        at: ResourceId,
        /// How long it takes to be seen.
        #[serde(default)]
        after: SignedDuration,
    },
    /// Properties of a resource, as if its service had set them.
    Properties {
        /// The resource.
        id: ResourceId,
        /// What is set.
        properties: Map<String, Value>,
    },
    /// A deny assignment, as a deployment stack or a managed application leaves one.
    DenyAssignment(Box<DenyAssignment>),
}

/// An application with a secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The object id.
    pub id: PrincipalId,
    /// The application (client) id.
    pub app_id: Uuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// The name people see.
    pub name: String,
    /// Its secret.
    pub secret: String,
}

impl Input<'_> {
    /// What it is, for a person, without what is secret in it.
    pub fn what(&self) -> String {
        match self {
            Self::Given(Given::Foundation { .. }) => "the world began".to_owned(),
            Self::Given(Given::Subscription { name, .. }) => {
                format!("the world was given the subscription {name}")
            }
            Self::Given(Given::Application(application)) => {
                format!("the world was given the application {}", application.name)
            }
            Self::Given(Given::Role { role, at, .. }) => {
                format!("the world was given a role: {role} at {at}")
            }
            Self::Given(Given::Properties { id, properties }) => {
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                format!("{} of {id} was changed behind its service", names.join(", "))
            }
            Self::Given(Given::DenyAssignment(own)) => {
                format!(
                    "the world was given the deny assignment {} at {}",
                    own.name, own.scope
                )
            }
            Self::Admit { request, .. } => format!("{} was asked whether to read its body", request.what()),
            Self::TooLong { request, .. } => format!("{} had too long a body", request.what()),
            Self::Prepare { request, .. } => format!("{} was prepared", request.what()),
            Self::Call { request, .. } => request.what(),
            Self::Connect { host, .. } => format!("a connection to {host}"),
            Self::Entrance { host, address } => match address {
                Some(address) => format!("{host} is reached at {address}"),
                None => format!("{host} is reached nowhere any more"),
            },
            Self::Tick => "what had fallen due was run".to_owned(),
            Self::Complete { effect, result } => {
                format!("outside work {} ended: {}", effect.0, result.what())
            }
            Self::Fault(fault) => format!("a fault of requests was put in place: {}", fault.kind),
            Self::ConnectionFault(fault) => {
                format!("a fault of connections was put in place: {}", fault.kind)
            }
            Self::JobFault(fault) => format!("a fault of jobs was put in place: {}", fault.kind),
            Self::RegionFault(fault) => format!("a fault of a region was put in place: {fault}"),
            Self::ThrottlingFault(fault) => format!("a fault of throttling was put in place: {fault}"),
            Self::ClearFaults => "all faults were taken away".to_owned(),
            Self::Keep { name } => format!("the world was kept as `{name}`"),
            Self::ComeBack { name } => format!("the world was made what it was as `{name}`"),
            Self::Forget { name } => format!("the kept world `{name}` was let go of"),
            Self::BeginAgain(_) => "another world took the place of this one".to_owned(),
            Self::Built => "the world was built".to_owned(),
            Self::Advanced => "the clock was moved".to_owned(),
            Self::Moved { key, address } => format!("the database server `{key}` listens at {address} now"),
        }
    }
}
