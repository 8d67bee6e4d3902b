//! Who owns what: further tenants of a world have an operator each, who owns its subscriptions.

use std::collections::BTreeMap;

use azdrill_emulator::model::{PrincipalId, TenantId};
use azdrill_emulator::world::Operator;
use uuid::Uuid;

use super::names::Names;
use crate::scenario::{TenantWorld, World};

/// Who owns what does not belong to the world's operator.
#[derive(Clone, Default)]
pub(crate) struct Owners {
    /// By the tenant's name.
    of_tenants: BTreeMap<String, Operator>,
    /// By a subscription's id.
    of_subscriptions: BTreeMap<String, Operator>,
}

impl Owners {
    /// The operators a world's tenants have.
    pub(crate) fn of(world: &World, names: &Names, operator: &Operator) -> Self {
        let mut owners = Self::default();
        for (name, subscription) in &world.subscriptions {
            let Some((tenant, said)) = subscription
                .tenant
                .as_ref()
                .and_then(|tenant| world.tenants.get_key_value(tenant))
            else {
                continue;
            };
            let id = names.subscription_id(name);
            let owner = operator_of(tenant, said, &id, operator);
            owners
                .of_tenants
                .entry(tenant.clone())
                .or_insert_with(|| owner.clone());
            owners.of_subscriptions.insert(id, owner);
        }
        owners
    }

    /// The further tenants' operators, by the names of the tenants.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = (&str, &Operator)> {
        self.of_tenants.iter().map(|(name, owner)| (name.as_str(), owner))
    }

    /// The operator of a tenant.
    pub(super) fn of_tenant(&self, name: &str) -> Option<&Operator> {
        self.of_tenants.get(name)
    }

    /// The operator of the subscription that something is in, unless it is the world's.
    pub(super) fn of_id(&self, id: &str) -> Option<&Operator> {
        let mut segments = id.split('/').skip_while(|segment| *segment != "subscriptions");
        self.of_subscriptions.get(segments.nth(1)?)
    }
}

/// Everything about a further tenant follows from its name and the first one.
fn operator_of(name: &str, said: &TenantWorld, subscription: &str, first: &Operator) -> Operator {
    let tenant = Uuid::new_v5(&first.tenant.0, name.as_bytes());
    Operator {
        tenant: TenantId(tenant),
        subscription: subscription.to_owned(),
        client_id: Uuid::new_v5(&tenant, b"client"),
        client_secret: format!("azdrill~{}", said.secret.as_str()),
        object_id: PrincipalId(Uuid::new_v5(&tenant, b"operator")),
    }
}
