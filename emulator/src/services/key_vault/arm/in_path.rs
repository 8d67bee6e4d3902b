//! Which vault a path is about.

use super::super::VAULT;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::services::Context;
use crate::state::Resource;

/// The vault a path leads through, which must exist.
pub(super) fn vault_in_path<'a>(
    context: &'a Context<'_>,
    scope: &ResourceId,
) -> Result<&'a Resource, Refusal> {
    // /subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.KeyVault/vaults/{v}
    let id = ResourceId::from_segments(scope.segments().take(8));
    context
        .state
        .resource(&id)
        .filter(|vault| vault.is_type(VAULT))
        .ok_or_else(|| context.not_found(&id))
}
