//! What the gates look at, and the proof of having passed them.

use http::Method;

use super::{Caller, TokenAuthority};
use crate::authz::Sight;
use crate::model::{Request, ResourceId};
use crate::rules::{Operation, Params, RuleId, Rules, cloud};
use crate::state::State;

/// The proof that every gate has let a request through. Only [`Gates::pass`] makes one, and a
/// handler cannot be called without it.
#[derive(Clone, Debug)]
pub struct Permit {
    pub(super) operation: usize,
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
pub struct Gates<'a> {
    /// The rules under the chosen profile.
    pub rules: &'a Rules,
    /// What exists.
    pub state: &'a State,
    /// Issues and checks tokens.
    pub tokens: &'a TokenAuthority,
    /// What whoever answers sees of role assignments.
    pub sight: Sight,
}

impl Gates<'_> {
    /// The storage account a blob request is addressed to. Only an account whose redundancy says so
    /// can be read at a secondary endpoint, and none is written there.
    pub fn account_of(&self, request: &Request) -> Option<&ResourceId> {
        let name = cloud().account_named(&request.host);
        let id = self.state.storage_accounts.get(name)?;
        let is_primary = request.host.as_bytes().get(name.len()) == Some(&b'.');
        let reads = || {
            let account = self.state.resource(id);
            matches!(request.method, Method::GET | Method::HEAD)
                && account.is_some_and(|account| {
                    self.rules
                        .storage_accounts
                        .reads_secondary(account.text("/sku/name"))
                })
        };
        (is_primary || reads()).then_some(id)
    }
}
