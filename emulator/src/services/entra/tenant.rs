//! The tenants there are.

use uuid::Uuid;

use super::refusal::refuse;
use crate::gateway::Refusal;
use crate::model::TenantId;
use crate::rules::code;
use crate::services::Context;

/// The tenant a path names: a GUID of a tenant with a subscription, or `common`/`organizations`
/// where there is just one.
pub(super) fn tenant_of(context: &Context<'_>, named: &str) -> Result<TenantId, Refusal> {
    let mut tenants = context
        .state
        .subscriptions
        .values()
        .filter(|subscription| !subscription.hidden)
        .map(|subscription| subscription.tenant);
    let found = match named.to_ascii_lowercase().as_str() {
        "common" | "organizations" | "consumers" => tenants.next(),
        named => {
            let wanted = named.parse::<Uuid>().ok().map(TenantId);
            tenants.find(|tenant| Some(*tenant) == wanted)
        }
    };
    found.ok_or_else(|| refuse(code::AADSTS90002, &[("tenant", named)]))
}
