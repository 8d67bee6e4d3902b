//! Whether a connection to a PostgreSQL server is let in.

use super::{Dimension, Shape, dimension};

words! {
    /// What kind of server it is.
    Flavour {
        /// A flexible server.
        Flexible = "flexible server",
        /// A single server.
        Single = "single server",
    }
}

words! {
    /// `publicNetworkAccess`; of a flexible server in its `network`.
    PublicAccess {
        /// Enabled.
        Enabled = "Enabled",
        /// Not set.
        Unset = "unset",
        /// Disabled.
        Disabled = "Disabled",
    }
}

words! {
    /// The firewall rule for addresses.
    Range {
        /// It covers the one address, and not the other.
        Covers = "covers an address",
        /// It is for every address.
        EveryAddress = "every address",
        /// Its end is before its beginning.
        Backwards = "backwards",
        /// There is none.
        None = "none",
    }
}

words! {
    /// The private endpoint of the server.
    Endpoint {
        /// There is none.
        None = "none",
        /// It has been approved.
        Approved = "approved",
        /// It waits for approval.
        Pending = "pending",
    }
}

words! {
    /// Where the client stands.
    Origin {
        /// At an address that the range may cover.
        Covered = "the address a range covers",
        /// At another one.
        OtherAddress = "another address",
        /// At an address of version 6.
        Version6 = "an IPv6 address",
        /// Azure Backup.
        Backup = "Azure Backup",
        /// Another service.
        OtherService = "another Azure service",
        /// In a subnet that a virtual network rule may name.
        NamedSubnet = "the subnet a rule names",
        /// In a subnet of the network the server may stand in.
        OwnNetwork = "another subnet of the server’s network",
        /// In a subnet of another network.
        OtherNetwork = "a subnet of another network",
        /// Behind the private endpoint of the server.
        OwnEndpoint = "the server’s private endpoint",
        /// Behind one of something else.
        OtherEndpoint = "a private endpoint of something else",
    }
}

/// A server, and a client that wants to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// The kind of server.
    pub flavour: Flavour,
    /// `publicNetworkAccess`.
    pub access: PublicAccess,
    /// Whether it stands in a delegated subnet of a virtual network; a single server never does.
    pub injected: bool,
    /// Whether a firewall rule goes from 0.0.0.0 to 0.0.0.0.
    pub azure_services: bool,
    /// The firewall rule for addresses.
    pub range: Range,
    /// Whether a virtual network rule names the subnet; a flexible server has none.
    pub subnet_rule: bool,
    /// The private endpoint.
    pub endpoint: Endpoint,
    /// Where the client stands.
    pub origin: Origin,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            flavour: Flavour::Flexible,
            access: PublicAccess::Enabled,
            injected: false,
            azure_services: false,
            range: Range::Covers,
            subnet_rule: false,
            endpoint: Endpoint::None,
            origin: Origin::Covered,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("server", |sketch, word| sketch.flavour = word),
            dimension("in a virtual network", |sketch, word| sketch.injected = word),
            dimension("public access", |sketch, word| sketch.access = word),
            dimension("private endpoint", |sketch, word| sketch.endpoint = word),
            dimension("rule for Azure services", |sketch, word| {
                sketch.azure_services = word
            }),
            dimension("range", |sketch, word| sketch.range = word),
            dimension("subnet rule", |sketch, word| sketch.subnet_rule = word),
            dimension("the client stands at", |sketch, word| sketch.origin = word),
        ]
    }
}
