//! Takes a request through the gates, in the order its endpoint has them.

use http::{HeaderName, Method};

use super::{
    Caller, Gates, Permit, Refusal, authentication, authorization, blob_request, endpoint_of, given_twice,
    key_vault, lock, query_options,
};
use crate::model::{Facts, NetworkPath, Request, ResourceId, Timestamp};
use crate::network::Firewall;
use crate::rules::{Endpoint, Gate, Operation, Params, Routed};
use crate::state::IdentityKind;

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

impl Gates<'_> {
    /// Takes a request through every gate, in the endpoint's order.
    ///
    /// # Errors
    ///
    /// The refusal of the first gate that says no.
    pub fn pass(&self, now: Timestamp, path: &NetworkPath, request: &Request) -> Result<Permit, Refusal> {
        let endpoint =
            endpoint_of(&request.host, &request.path).ok_or_else(|| Refusal::unknown_host(&request.host))?;
        given_twice::check(endpoint, request)?;
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
                // Asked once the body has been read.
                Gate::Policy => {}
                Gate::Route | Gate::Throttling | Gate::Service | Gate::Fault => {}
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
        // An empty value is no value.
        let value = |name: &str| request.query.value(name).filter(|value| !value.is_empty());
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

    /// The operation a request asks for, whoever asks.
    pub(crate) fn operation_of(&self, request: &Request) -> Option<&Operation> {
        let endpoint = endpoint_of(&request.host, &request.path)?;
        let routed = self.route(endpoint, request).ok()?;
        self.rules.router.operations().get(routed.operation)
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
