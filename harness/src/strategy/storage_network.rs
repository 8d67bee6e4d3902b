//! The network of a storage account: its settings in the account's body, and where a caller stands.

use azdrill_emulator::model::{NetworkPath, Origin as RequestOrigin, ResourceId, TenantId};
use serde_json::{Value, json};

use super::foundation::REGION;
use crate::sketch::storage_network::{DefaultAction, Network, Origin, PublicAccess, ResourceRule};

/// What an IP rule covers.
const LISTED: &str = "198.51.100.0/24";

/// The vault a resource rule may name, and the tenant it lies in.
pub struct RuleSubject<'a> {
    /// The vault's id, as it is to be written.
    pub vault: &'a ResourceId,
    /// Its tenant.
    pub tenant: TenantId,
}

/// Writes network settings into the properties of a storage account.
pub(super) fn write_network(properties: &mut Value, network: &Network, subject: &RuleSubject<'_>) {
    set(properties, "publicNetworkAccess", public_access(network.access));
    properties["networkAcls"] = network_acls(network, subject);
    properties["privateEndpointConnections"] = private_endpoints(network.private_endpoint);
}

/// Sets a member, or takes it away where there is nothing to set.
pub(super) fn set(object: &mut Value, name: &str, value: Value) {
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
        acls["ipRules"] = json!([{"value": LISTED, "action": "Allow"}]);
    }
    if network.subnet_rule {
        acls["virtualNetworkRules"] = json!([{"id": subnet("listed"), "action": "Allow"}]);
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
    json!([{"name": "blob", "properties": {
        "privateEndpoint": {"id": endpoint("blob")},
        "privateLinkServiceConnectionState": {"status": "Approved"},
        "provisioningState": "Succeeded",
    }}])
}

fn in_network(kind: &str, name: &str) -> ResourceId {
    let group = "subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/net";
    let id = format!("{group}/providers/Microsoft.Network/{kind}/{name}");
    ResourceId::from_segments(id.split('/'))
}

fn subnet(name: &str) -> ResourceId {
    in_network("virtualNetworks/clients/subnets", name)
}

fn endpoint(name: &str) -> ResourceId {
    in_network("privateEndpoints", name)
}

/// The way from where somebody stands.
pub(super) fn path_from(origin: Origin, subject: &RuleSubject<'_>) -> NetworkPath {
    let service = |instance: ResourceId| RequestOrigin::AzureService {
        instance,
        tenant: subject.tenant,
        region: REGION.to_owned(),
    };
    let address = |address: [u8; 4]| RequestOrigin::Internet {
        address: address.into(),
    };
    let origin = match origin {
        Origin::Backup => service(subject.vault.clone()),
        Origin::OtherService => {
            let group = subject.vault.resource_group_id();
            let group = group.unwrap_or_else(|| subject.vault.clone());
            service(group.child(["providers", "Microsoft.DevOps", "pipelines", "one"]))
        }
        Origin::ListedAddress => address([198, 51, 100, 10]),
        Origin::OtherAddress => address([203, 0, 113, 10]),
        Origin::ListedSubnet => RequestOrigin::Subnet {
            subnet: subnet("listed"),
        },
        Origin::OtherSubnet => RequestOrigin::Subnet {
            subnet: subnet("listed2"),
        },
        Origin::OwnEndpoint => RequestOrigin::PrivateEndpoint {
            endpoint: endpoint("blob"),
        },
        Origin::OtherEndpoint => RequestOrigin::PrivateEndpoint {
            endpoint: endpoint("blob2"),
        },
    };
    NetworkPath { origin }
}
