//! Further tenants of a world: each has an operator of its own, who owns its subscriptions.

use std::collections::BTreeMap;

use azdrill_emulator::journal::{Application, Given};
use azdrill_emulator::model::{PrincipalId, ResourceId, TenantId};
use azdrill_emulator::world::Operator;
use uuid::Uuid;

use super::build_single::give_role;
use super::client::Client;
use super::{Names, Play, RunError, build_single};
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

/// Puts the further subscriptions into a world, with who owns them. Nobody's call makes one: subscriptions are there
/// before anybody calls.
pub(super) fn found(client: &Client, names: &Names, world: &World) -> Result<(), RunError> {
    let now = client.now();
    let give = |given: &Given| {
        client
            .look(|core| core.give(now, given))
            .map_err(RunError::Scenario)
    };
    for (name, owner) in client.owners().tenants() {
        give(&Given::Application(Application {
            id: owner.object_id,
            app_id: owner.client_id,
            tenant: owner.tenant,
            name: format!("operator of {name}"),
            secret: owner.client_secret.clone(),
        }))?;
    }
    for name in world.subscriptions.keys() {
        let id = names.subscription_id(name);
        let scope = ResourceId::from_segments(["subscriptions", &id]);
        let owner = client
            .owners()
            .of_id(&scope.to_string())
            .unwrap_or(client.operator());
        give(&Given::Subscription {
            id,
            name: name.clone(),
            tenant: owner.tenant,
        })?;
        give_role(client, now, owner.object_id, "Owner", scope)?;
    }
    Ok(())
}

impl Play<'_> {
    /// Whoever is meant by the name of a persona or of a tenant.
    pub(super) fn somebody(&self, name: &str) -> Result<Operator, RunError> {
        match self.client.owners().of_tenant(name) {
            Some(owner) => Ok(owner.clone()),
            None => build_single::persona(&self.client, &self.names, &self.scenario.world, name),
        }
    }
}
