//! A sketch's words as the settings of real resources.

use azdrill_emulator::model::{ResourceId, TenantId};
use serde_json::{Value, json};

use crate::sketch::restore_as_files::{
    CrossTenant, DefaultAction, Network, PublicAccess, ResourceRule, Sketch,
};

/// The vault a resource rule may name, and the tenant it lies in.
pub struct RuleSubject<'a> {
    /// The vault's id, as it is to be written.
    pub vault: &'a ResourceId,
    /// Its tenant.
    pub tenant: TenantId,
}

/// Writes a sketch's settings into the body of a storage account.
pub fn write_account(body: &mut Value, sketch: &Sketch, subject: &RuleSubject<'_>) {
    let properties = &mut body["properties"];
    set(
        properties,
        "publicNetworkAccess",
        public_access(sketch.network.access),
    );
    properties["networkAcls"] = network_acls(&sketch.network, subject);
    properties["privateEndpointConnections"] = private_endpoints(sketch.network.private_endpoint);
    let replication = match sketch.cross_tenant {
        CrossTenant::True => json!(true),
        CrossTenant::False => json!(false),
        CrossTenant::Unset | CrossTenant::UnsetSinceLongAgo => Value::Null,
    };
    set(properties, "allowCrossTenantReplication", replication);
}

/// Sets a member, or takes it away where there is nothing to set.
fn set(object: &mut Value, name: &str, value: Value) {
    if !value.is_null() {
        object[name] = value;
    } else if let Some(object) = object.as_object_mut() {
        object.remove(name);
    }
}

fn public_access(access: PublicAccess) -> Value {
    match access {
        PublicAccess::Unset => Value::Null,
        PublicAccess::Enabled | PublicAccess::Disabled | PublicAccess::SecuredByPerimeter => {
            json!(access.label())
        }
    }
}

fn network_acls(network: &Network, subject: &RuleSubject<'_>) -> Value {
    let mut acls = json!({
        "bypass": network.bypass.label(),
        "resourceAccessRules": resource_rules(network.resource_rule, subject),
        "virtualNetworkRules": [],
        "ipRules": [],
    });
    if network.default_action != DefaultAction::Unset {
        acls["defaultAction"] = json!(network.default_action.label());
    }
    if network.ip_rule {
        acls["ipRules"] = json!([{"value": "198.51.100.0/24", "action": "Allow"}]);
    }
    acls
}

fn resource_rules(rule: ResourceRule, subject: &RuleSubject<'_>) -> Value {
    let vault = subject.vault;
    let (parent, name) = vault.as_str().rsplit_once('/').unwrap_or_default();
    let stranger = TenantId(uuid::Uuid::from_u128(7));
    let (resource, tenant) = match rule {
        ResourceRule::None => return json!([]),
        ResourceRule::ThisVault => (vault.to_string(), subject.tenant),
        ResourceRule::AnyVault => (format!("{parent}/*"), subject.tenant),
        ResourceRule::AnotherVault => (format!("{parent}/{name}2"), subject.tenant),
        ResourceRule::AnotherTenant => (vault.to_string(), stranger),
    };
    json!([{"resourceId": resource, "tenantId": tenant}])
}

fn private_endpoints(there: bool) -> Value {
    if !there {
        return json!([]);
    }
    let endpoint = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/net/providers/Microsoft.Network/privateEndpoints/blob";
    json!([{"name": "blob", "properties": {
        "privateEndpoint": {"id": endpoint},
        "privateLinkServiceConnectionState": {"status": "Approved"},
        "provisioningState": "Succeeded",
    }}])
}
