//! Further tenants and subscriptions.

use serde::Deserialize;

use super::Password;

/// A further subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionWorld {
    /// The tenant it is in: one of `[tenant.NAME]`; the operator's own if left out.
    pub tenant: Option<String>,
}

/// A further tenant: another organisation's, with an operator of its own who owns its subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TenantWorld {
    /// The secret its operator signs in with.
    #[serde(skip)]
    pub secret: Password,
}
