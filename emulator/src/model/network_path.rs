//! Where a caller stands in the network.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::{ResourceId, TenantId};

/// The way a request takes to an endpoint: decided by where the caller stands, not by what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkPath {
    /// Where the caller stands.
    pub origin: Origin,
}

/// A caller's place in the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somewhere on the internet, with the address the endpoint sees.
    Internet {
        /// The public address.
        address: IpAddr,
    },
    /// In a subnet of a virtual network, reaching public endpoints by service endpoint.
    Subnet {
        /// The subnet's resource id.
        subnet: ResourceId,
    },
    /// Arriving through a private endpoint.
    PrivateEndpoint {
        /// The resource id of the private endpoint (`Microsoft.Network/privateEndpoints`).
        endpoint: ResourceId,
    },
    /// An Azure service acting for one of its resources (a Backup vault, a PostgreSQL server), from
    /// Microsoft's own address space.
    AzureService {
        /// The resource it acts for; its type is what trusted-service lists and resource instance
        /// rules name.
        instance: ResourceId,
        /// The tenant of that resource.
        tenant: TenantId,
        /// The region it runs in.
        region: String,
    },
}

impl NetworkPath {
    /// Whether an Azure service is calling.
    pub fn is_azure_service(&self) -> bool {
        matches!(self.origin, Origin::AzureService { .. })
    }

    /// A laptop on the internet (203.0.113.10, from the documentation range of RFC 5737).
    pub fn internet() -> Self {
        Self {
            origin: Origin::Internet {
                address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)),
            },
        }
    }
}
