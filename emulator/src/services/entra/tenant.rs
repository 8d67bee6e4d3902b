//! The tenants there are, and where somebody signs in.

use std::fmt;

use uuid::Uuid;

use super::refusal::refuse;
use crate::gateway::Refusal;
use crate::model::TenantId;
use crate::rules::code;
use crate::services::Context;

/// Where somebody signs in, as the path says it.
#[derive(Clone, Copy)]
pub(super) enum Authority<'a> {
    /// In this tenant.
    Tenant(TenantId),
    /// At an address that all tenants share: whose it is, is for the account to say.
    Shared(&'a str),
}

impl Authority<'_> {
    /// Whether who lives in that tenant may be found here.
    pub(super) fn has(self, tenant: TenantId) -> bool {
        match self {
            Self::Tenant(named) => named == tenant,
            Self::Shared(_) => true,
        }
    }

    /// The tenant, which an account that has none of its own to name cannot do without.
    pub(super) fn tenant(self) -> Result<TenantId, Refusal> {
        match self {
            Self::Tenant(tenant) => Ok(tenant),
            Self::Shared(_) => Err(refuse(code::AADSTS50059, &[])),
        }
    }
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(tenant) => tenant.fmt(formatter),
            Self::Shared(named) => formatter.write_str(named),
        }
    }
}

/// What a path names: the GUID of a tenant with a subscription, or the address that tenants share.
pub(super) fn authority<'a>(context: &Context<'_>, named: &'a str) -> Result<Authority<'a>, Refusal> {
    if ["common", "organizations", "consumers"].contains(&&*named.to_ascii_lowercase()) {
        return Ok(Authority::Shared(named));
    }
    let wanted = named.parse::<Uuid>().ok().map(TenantId);
    context
        .state
        .subscriptions
        .values()
        .filter(|subscription| !subscription.hidden)
        .map(|subscription| subscription.tenant)
        .find(|tenant| Some(*tenant) == wanted)
        .map(Authority::Tenant)
        .ok_or_else(|| refuse(code::AADSTS90002, &[("tenant", named)]))
}
