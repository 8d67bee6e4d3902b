//! Whether a connection to a PostgreSQL server is let in.

use super::{Book, Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::connect::{Endpoint, Flavour, Origin, PublicAccess, Range, Sketch};

/// What a client is told that no rule covers.
const NO_ENTRY: &str = "no pg_hba.conf entry";
const DISABLED: &str = "The public network access on this server is disabled.";

/// Whether a client is let in. A private endpoint that is approved is always served; then a server in a virtual network
/// serves that network, a closed one nobody, and an open one whom its rules let in.
pub fn connect(profile: Profile, sketch: &Sketch) -> Expected {
    if sketch.origin == Origin::OwnEndpoint && sketch.endpoint == Endpoint::Approved {
        return Expected::Passes;
    }
    match sketch.flavour {
        Flavour::Single => single(profile, sketch),
        Flavour::Flexible => flexible(profile, sketch),
    }
}

fn single(profile: Profile, sketch: &Sketch) -> Expected {
    let service = matches!(sketch.origin, Origin::Backup | Origin::OtherService);
    // SS-B-07: while public access is denied the rule for Azure services is of no use.
    if sketch.access == PublicAccess::Disabled {
        return no(Gate::Network, &["SS-N-DENY", "SS-B-07"], DISABLED);
    }
    // SS-B-08: the documents came to say that such a server can be backed up; Microsoft's answers say it cannot.
    if service && sketch.endpoint == Endpoint::Approved && profile.book == Book::Observed {
        return no(Gate::Network, &["SS-N-PE-SERVICE", "SS-B-08"], NO_ENTRY);
    }
    let by_subnet = sketch.origin == Origin::NamedSubnet && sketch.subnet_rule;
    if by_subnet || by_address(profile, sketch) {
        return Expected::Passes;
    }
    no(Gate::Network, &["SS-N-NONE"], NO_ENTRY)
}

fn flexible(profile: Profile, sketch: &Sketch) -> Expected {
    if sketch.injected {
        return match sketch.origin {
            Origin::NamedSubnet | Origin::OwnNetwork => Expected::Passes,
            _ => no(Gate::Network, &["FX-N-INJECTED"], SYNTHETIC),
        };
    }
    if sketch.access == PublicAccess::Disabled {
        return no(Gate::Network, &["FX-N-DENY"], SYNTHETIC);
    }
    if by_address(profile, sketch) {
        return Expected::Passes;
    }
    no(Gate::Network, &["FX-N-NONE"], NO_ENTRY)
}

/// What firewall rules let in: addresses of version 4, and by a rule of its own (SS-B-06) Azure's services.
fn by_address(profile: Profile, sketch: &Sketch) -> bool {
    match sketch.origin {
        Origin::Covered => matches!(sketch.range, Range::Covers | Range::EveryAddress),
        Origin::OtherAddress => sketch.range == Range::EveryAddress,
        Origin::Backup | Origin::OtherService => {
            let everyone = sketch.range == Range::EveryAddress && profile.everyone_is_services_too;
            sketch.azure_services || everyone
        }
        Origin::Version6
        | Origin::NamedSubnet
        | Origin::OwnNetwork
        | Origin::OtherNetwork
        | Origin::OwnEndpoint
        | Origin::OtherEndpoint => false,
    }
}
