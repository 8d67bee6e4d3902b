//! The front door's decision: which operation, who is asking, may they, from there.
//!
//! The order of things stands in [`Door::pass`]. Everything fails closed: an operation without a
//! row, a gate that is not listed, a caller that is not known: all are refused.

pub(crate) mod arm_headers;
mod authentication;
mod authorization;
mod caller;
mod database;
mod key_vault;
mod lock;
mod refusal;
mod sas;
mod shared_key;
mod token;

use http::Method;

use crate::model::{NetworkPath, Request, ResourceId, Timestamp};
use crate::network::Firewall;
use crate::rules::{Endpoint, Gate, Operation, Params, Routed, RuleId, Rules};
use crate::state::{IdentityKind, State};

pub use caller::{Caller, Credential};
pub(crate) use database::{DatabaseDoor, DatabaseNo, server_named};
pub(crate) use key_vault::add_headers as add_key_vault_headers;
pub(crate) use refusal::NOT_IMPLEMENTED;
pub use refusal::{Refusal, Shape};
#[cfg(test)]
pub(crate) use sas::account_signature;
pub(crate) use sas::container_signature;
#[cfg(test)]
pub(crate) use shared_key::sign;
pub use token::{TokenAuthority, TokenError};

/// The proof that every gate has let a request through. Only [`Door::pass`] makes one, and a
/// handler cannot be called without it.
#[derive(Clone, Debug)]
pub struct Permit {
    operation: usize,
    /// The values of the path's placeholders.
    pub params: Params,
    /// Who is asking.
    pub caller: Caller,
    /// The scope that access was decided on.
    pub scope: ResourceId,
    /// The rules that had a say.
    pub rules: Vec<RuleId>,
    /// Whether the caller may do this below the scope only, and not everywhere there: a list must leave
    /// out what it may not read.
    pub below_only: bool,
}

impl Permit {
    /// The index of the operation in the router's list.
    pub fn operation_index(&self) -> usize {
        self.operation
    }

    /// The operation.
    pub fn operation<'a>(&self, rules: &'a Rules) -> &'a Operation {
        &rules.router.operations()[self.operation]
    }
}

/// What the gates look at. Borrowed for one decision.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// The rules under the chosen profile.
    pub rules: &'a Rules,
    /// What exists.
    pub state: &'a State,
    /// Issues and checks tokens.
    pub tokens: &'a TokenAuthority,
}

/// The endpoint a host name stands for. `None`: not one of ours.
pub fn endpoint_of(host: &str, path: &str) -> Option<Endpoint> {
    let is = |name: &str| host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    if is("management.azure.com") {
        Some(Endpoint::Arm)
    } else if matches!(
        host,
        "login.microsoftonline.com" | "login.windows.net" | "sts.windows.net"
    ) {
        Some(Endpoint::Login)
    } else if host == "graph.microsoft.com" {
        Some(Endpoint::Graph)
    } else if host.ends_with(".blob.core.windows.net") {
        Some(Endpoint::Blob)
    } else if host.ends_with(".vault.azure.net") {
        Some(Endpoint::KeyVault)
    } else if host == "169.254.169.254" {
        Some(Endpoint::Imds)
    } else if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        Some(endpoint_of_path(path))
    } else {
        None
    }
}

/// On the custom-cloud address one host serves several endpoints, told apart by their paths.
fn endpoint_of_path(path: &str) -> Endpoint {
    let path = path.trim_start_matches('/').to_ascii_lowercase();
    if path.starts_with("_azdrill/") {
        Endpoint::Admin
    } else if path.starts_with("metadata/identity/") || path.starts_with("msi/token") {
        Endpoint::Imds
    } else if path.starts_with("v1.0/") {
        Endpoint::Graph
    } else if ["/oauth2/", "/.well-known/", "/discovery/", "common/userrealm/"]
        .iter()
        .any(|part| path.contains(part))
    {
        Endpoint::Login
    } else {
        Endpoint::Arm
    }
}

impl Door<'_> {
    /// Takes a request through every gate, in the endpoint's order.
    ///
    /// # Errors
    ///
    /// The refusal of the first gate that says no.
    pub fn pass(&self, now: Timestamp, path: &NetworkPath, request: &Request) -> Result<Permit, Refusal> {
        let endpoint =
            endpoint_of(&request.host, &request.path).ok_or_else(|| Refusal::unknown_host(&request.host))?;
        let routed = self.route(endpoint, request)?;
        let row = &self.rules.router.operations()[routed.operation];
        let mut permit = Permit {
            operation: routed.operation,
            scope: match endpoint {
                Endpoint::Blob => self.blob_scope(&routed.params, request),
                Endpoint::KeyVault => key_vault::scope(key_vault::vault_of(self, request)?, &routed.params),
                _ => routed.scope,
            },
            params: routed.params,
            caller: Caller::anonymous(),
            rules: Vec::new(),
            below_only: false,
        };
        let order = self
            .rules
            .gates
            .get(&endpoint)
            .ok_or_else(|| Refusal::unknown_host(&request.host))?;
        for gate in order {
            match gate {
                Gate::Authentication if row.anonymous => {}
                Gate::Authentication => {
                    permit.caller = authentication::authenticate(self, now, path, request, endpoint, row)?;
                }
                Gate::Network if endpoint == Endpoint::KeyVault => {
                    key_vault::network(self, path, request, &mut permit)
                        .map_err(|no| no.to(&permit.caller))?;
                }
                Gate::Network => self
                    .network(path, request, &mut permit)
                    .map_err(|no| no.to(&permit.caller))?,
                Gate::Authorization => {
                    authorization::authorize(self, now, row, &mut permit)
                        .map_err(|no| no.to(&permit.caller))?;
                }
                Gate::Lock => {
                    lock::pass(self, row, request, &permit).map_err(|no| no.to(&permit.caller))?;
                }
                Gate::Route | Gate::Service | Gate::Fault => {}
            }
        }
        Ok(permit)
    }

    fn route(&self, endpoint: Endpoint, request: &Request) -> Result<Routed, Refusal> {
        let pairs = if endpoint == Endpoint::Blob {
            request.query_pairs()
        } else {
            Vec::new()
        };
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let mut dispatch = [value("restype"), value("comp")];
        // Only PUT, GET, HEAD and DELETE of a blob carry neither; an empty value is no value.
        for part in &mut dispatch {
            if *part == Some("") {
                *part = None;
            }
        }
        match self
            .rules
            .router
            .route(endpoint, &request.method, &request.path, dispatch)
        {
            Ok(Some(found)) => Ok(found),
            Ok(None) if request.method == Method::OPTIONS => {
                Err(Refusal::unknown_operation(endpoint, request))
            }
            Ok(None) => Err(Refusal::unknown_operation(endpoint, request)),
            Err(bad) => Err(Refusal::bad_path(endpoint, &bad.0)),
        }
    }

    /// What access to blobs is decided on: the container, or the account, that holds the data.
    fn blob_scope(&self, params: &Params, request: &Request) -> ResourceId {
        let account = self.account_of(request).cloned();
        let account = account.unwrap_or_else(|| ResourceId::from_segments([]));
        match params.get("container") {
            "" => account,
            container => account.child(["blobServices", "default", "containers", container]),
        }
    }

    /// The storage account a blob request is addressed to.
    pub fn account_of(&self, request: &Request) -> Option<&ResourceId> {
        let name = request.host.split('.').next()?;
        self.state.storage_accounts.get(name)
    }

    fn network(&self, path: &NetworkPath, request: &Request, permit: &mut Permit) -> Result<(), Refusal> {
        let account = self
            .account_of(request)
            .and_then(|id| self.state.resource(id))
            .ok_or_else(|| Refusal::unknown_account(&request.host))?;
        let user_assigned = matches!(permit.caller.identity, Some(IdentityKind::UserAssigned(_)));
        let verdict = Firewall::of_storage_account(account).decide(self.rules, path, user_assigned);
        permit.rules.push(RuleId::new(verdict.row));
        if verdict.allowed {
            Ok(())
        } else {
            Err(Refusal::storage_network(verdict, permit.rules.clone()))
        }
    }
}
