//! What whoever protects or restores needs besides a role on the vault.

use super::datasource::Datasource;
use super::restore_request::{Destination, RestoreRequest};
use crate::gateway::{Permit, Refusal};
use crate::model::ResourceId;
use crate::rules::{CallerFacts, RuleId};
use crate::services::Context;

/// Refuses whoever protects a datasource and may not write its server, where that is taken to be asked for.
pub(super) fn require_for_backup(
    context: &Context<'_>,
    permit: &Permit,
    of: &Datasource,
) -> Result<(), Refusal> {
    match &of.played(context.rules).caller {
        Some(facts) => require(context, permit, facts, facts.protect, of.server()),
        None => Ok(()),
    }
}

/// The same of whoever restores to a database.
pub(super) fn require_for_restore(
    context: &Context<'_>,
    permit: &Permit,
    wanted: &RestoreRequest,
) -> Result<(), Refusal> {
    match (&wanted.source.played(context.rules).caller, &wanted.destination) {
        (Some(facts), Destination::Database { id, .. }) => {
            require(context, permit, facts, facts.restore, id.parent())
        }
        _ => Ok(()),
    }
}

fn require(
    context: &Context<'_>,
    permit: &Permit,
    facts: &CallerFacts,
    rule: RuleId,
    server: ResourceId,
) -> Result<(), Refusal> {
    if !context.rules.takes(rule, CallerFacts::ENFORCED) {
        return Ok(());
    }
    let mut at_server = permit.clone();
    at_server.scope = server;
    let allowed = context
        .gates()
        .also_allows(context.now, &at_server, &facts.operation);
    allowed.map_err(|mut refusal| {
        refusal.mark = refusal.mark.max(context.rules.rule(rule).mark());
        refusal.by([rule])
    })
}
