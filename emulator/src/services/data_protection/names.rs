//! What vaults and policies may be called.

use super::refused;
use super::vault::VAULT;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::rule;
use crate::services::Context;

/// Refuses a name that no vault, or no policy, can have.
pub(in crate::services) fn check_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let names = &context.rules.names;
    let (what, form) = if id.is_type(VAULT) {
        ("a vault", &names.backup_vault)
    } else {
        ("a policy", &names.backup_policy)
    };
    if form.admits(id.name()) {
        return Ok(());
    }
    let why = format!("{what} cannot be called `{}`", id.name());
    Err(refused::by(context, rule::DPP_NAME).because(why))
}
