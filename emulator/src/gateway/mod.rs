//! The front door's decision: which operation, who is asking, may they, from there.
//!
//! The order of things stands in [`Door::pass`]. Everything fails closed: an operation without a
//! row, a gate that is not listed, a caller that is not known: all are refused.

pub(crate) mod arm_headers;
mod authentication;
mod authorization;
mod blob_request;
mod caller;
mod conditional;
mod database;
mod given_twice;
pub(crate) mod json_text;
mod key_vault;
mod known_hosts;
pub(crate) mod lenient_json;
mod lock;
mod parsed_body;
mod planned_write;
mod query_options;
mod refusal;
mod resource_place;
mod sas;
mod sent_body;
mod shared_key;
mod token;
mod user_delegation;

use http::{HeaderName, Method};

use crate::model::{Facts, NetworkPath, Request, ResourceId, Timestamp};
use crate::network::Firewall;
use crate::rules::{Endpoint, Gate, Operation, Params, Routed, RuleId, Rules};
use crate::state::{IdentityKind, State};

pub use authentication::audience_of;
pub(crate) use authorization::attributes;
pub use caller::{Caller, Credential};
pub(crate) use conditional::check as check_conditions;
pub(crate) use database::{DatabaseDoor, DatabaseNo, HOST_SUFFIX, server_named};
pub(crate) use key_vault::add_headers as add_key_vault_headers;
pub(crate) use known_hosts::KnownHosts;
pub(crate) use parsed_body::ParsedBody;
pub(crate) use planned_write::planned;
pub(crate) use refusal::NOT_IMPLEMENTED;
pub use refusal::{Refusal, Shape};
pub(crate) use resource_place::check as check_place;
pub(crate) use sas::{account_signature, container_signature, service_signature};
pub(crate) use sent_body::{check as check_body, check_tags, read_json, read_lenient_json, too_large};
pub(crate) use shared_key::authorize as authorize_with_key;
#[cfg(test)]
pub(crate) use shared_key::sign;
pub use token::{TokenAuthority, TokenError};
pub(crate) use user_delegation::DelegationKey;

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
    /// Whether new blobs may be made and nothing that is there overwritten.
    pub only_adds: bool,
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

/// The account that a blob host belongs to.
pub(crate) fn account_named(host: &str) -> &str {
    let label = host.split('.').next().unwrap_or_default();
    label.strip_suffix("-secondary").unwrap_or(label)
}

/// The endpoint a host name stands for. `None`: not one of ours.
pub fn endpoint_of(host: &str, path: &str) -> Option<Endpoint> {
    // One label and no more: what stands further in front is another host, and none of ours.
    let is_below = |zone: &str| {
        let label = host.strip_suffix(zone).and_then(|rest| rest.strip_suffix('.'));
        label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
    };
    if host == "management.azure.com" || is_below("management.azure.com") {
        Some(Endpoint::Arm)
    } else if matches!(
        host,
        "login.microsoftonline.com" | "login.windows.net" | "sts.windows.net"
    ) {
        Some(Endpoint::Login)
    } else if host == "graph.microsoft.com" {
        Some(Endpoint::Graph)
    } else if is_below("blob.core.windows.net") {
        Some(Endpoint::Blob)
    } else if is_below("vault.azure.net") {
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

const COPY_SOURCE: HeaderName = HeaderName::from_static("x-ms-copy-source");

/// Where a blob write takes its bytes from, if not from its body. One that does not say what kind
/// of blob it makes is a copy.
fn source_of_bytes(request: &Request, comp: Option<&str>) -> Option<&'static str> {
    if request.method != Method::PUT || !request.headers.contains_key(COPY_SOURCE) {
        return None;
    }
    match comp {
        None if !request.headers.contains_key("x-ms-blob-type") => Some("copy"),
        _ => Some("url"),
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
        given_twice::check(self.rules, endpoint, request)?;
        if endpoint == Endpoint::Blob {
            blob_request::check_version(self.rules, request)?;
        }
        let routed = self.route(endpoint, request)?;
        let row = &self.rules.router.operations()[routed.operation];
        query_options::check(self.rules, row, &routed.params, request)?;
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
            only_adds: false,
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
                    permit.caller =
                        authentication::authenticate(self, now, path, request, row, &permit.params)?;
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
        match endpoint {
            Endpoint::Blob => blob_request::check(self.rules, row, request),
            Endpoint::KeyVault => key_vault::check_version(self.rules, row, request),
            _ => Ok(()),
        }
        .map_err(|no| no.to(&permit.caller))?;
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
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| &**value)
                // An empty value is no value.
                .filter(|value| !value.is_empty())
        };
        let dispatch = match endpoint {
            Endpoint::Blob => {
                let comp = value("comp");
                [value("restype"), comp, source_of_bytes(request, comp)]
            }
            _ => [None; 3],
        };
        match self
            .rules
            .router
            .route(endpoint, &request.method, &request.path, dispatch)
        {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(Refusal::unknown_operation(endpoint, request)),
            Err(bad) => Err(Refusal::bad_path(endpoint, &bad.0)),
        }
    }

    /// Whether the caller, who has passed the gates, may do what another operation takes as well.
    ///
    /// # Errors
    ///
    /// The refusal of the authorization gate.
    pub fn also_allows(&self, now: Timestamp, permit: &Permit, operation: &str) -> Result<(), Refusal> {
        match self.rules.router.operation(operation) {
            Some(row) => authorization::authorize(self, now, row, &mut permit.clone()),
            None => Err(Refusal::unknown_host(operation)),
        }
    }

    /// Whether the caller may perform the operation they have been let in for, now that more is known of
    /// the request than the gates knew.
    ///
    /// # Errors
    ///
    /// The refusal of the authorization gate.
    pub fn allows_given(&self, now: Timestamp, permit: &Permit, facts: &Facts) -> Result<(), Refusal> {
        let row = permit.operation(self.rules);
        authorization::authorize_given(self, now, row, &mut permit.clone(), Some(facts))
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

    /// The storage account a blob request is addressed to. Only an account whose redundancy says so
    /// can be read at a secondary endpoint, and none is written there.
    pub fn account_of(&self, request: &Request) -> Option<&ResourceId> {
        let name = account_named(&request.host);
        let id = self.state.storage_accounts.get(name)?;
        let is_primary = request.host.as_bytes().get(name.len()) == Some(&b'.');
        let reads = || {
            let account = self.state.resource(id);
            matches!(request.method, Method::GET | Method::HEAD)
                && account.is_some_and(|account| account.text("/sku/name").starts_with("Standard_RA"))
        };
        (is_primary || reads()).then_some(id)
    }

    fn network(&self, path: &NetworkPath, request: &Request, permit: &mut Permit) -> Result<(), Refusal> {
        let account = self
            .account_of(request)
            .and_then(|id| self.state.resource(id))
            .ok_or_else(|| Refusal::unknown_account(&request.host))?;
        let user_assigned = matches!(permit.caller.identity, Some(IdentityKind::UserAssigned(_)));
        let verdict = Firewall::of_storage_account(account).decide(self.rules, path, user_assigned);
        permit.rules.extend(verdict.rules.iter().copied());
        if verdict.allowed {
            Ok(())
        } else {
            Err(Refusal::storage_network(verdict, permit.rules.clone()))
        }
    }
}
