//! Where a command stands in the network, by a word on the command line.

use azdrill_emulator::model::{NetworkPath, Origin, ResourceId};
use azdrill_emulator::world::Operator;

use crate::run::Names;
use crate::scenario::World;

/// A word that names no place.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// It is none of the kinds.
    #[error(
        "`{0}` is no place in the network: expected `internet`, `internet:ADDRESS`, `subnet:ID` or \
         `private-endpoint:ID`"
    )]
    Unknown(String),
    /// The address is none.
    #[error("`{0}` is no address")]
    Address(String),
    /// The id is none.
    #[error("`{0}` is no resource id{1}")]
    Id(String, &'static str),
}

/// The place that a word names. Subnets and private endpoints of a world with this seed may be named
/// without the rest of their id.
///
/// # Errors
///
/// If it names none.
pub fn origin(word: &str, world: Option<&World>, seed: u64) -> Result<NetworkPath, OriginError> {
    let world = world.map(|world| Names::of(world, &Operator::of_seed(seed).subscription));
    let world = world.as_ref();
    let (kind, name) = word.split_once(':').unwrap_or((word, ""));
    let origin = match (kind, name) {
        ("internet", "") => return Ok(NetworkPath::internet()),
        ("internet", address) => Origin::Internet {
            address: address
                .parse()
                .map_err(|_| OriginError::Address(address.to_owned()))?,
        },
        ("subnet", name) => Origin::Subnet {
            subnet: id(name, world.map(|names| names.subnet(name)))?,
        },
        ("private-endpoint", name) => Origin::PrivateEndpoint {
            endpoint: id(name, world.map(|names| names.private_endpoint(name)))?,
        },
        _ => return Err(OriginError::Unknown(word.to_owned())),
    };
    Ok(NetworkPath { origin })
}

fn id(name: &str, in_world: Option<String>) -> Result<ResourceId, OriginError> {
    let whole = if name.starts_with('/') {
        Some(name.to_owned())
    } else {
        in_world.filter(|_| !name.is_empty() && !name.contains('/'))
    };
    let hint = if whole.is_none() {
        ", and only a world (`--world`) has short names for its own"
    } else {
        ""
    };
    whole
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| OriginError::Id(name.to_owned(), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_by_words() {
        let world = World::default();
        assert_eq!(origin("internet", None, 1).unwrap(), NetworkPath::internet());
        let elsewhere = origin("internet:198.51.100.7", None, 1).unwrap();
        assert!(
            matches!(elsewhere.origin, Origin::Internet { address } if address.to_string() == "198.51.100.7")
        );
        let Origin::Subnet { subnet } = origin("subnet:postgres", Some(&world), 1).unwrap().origin else {
            panic!("a subnet");
        };
        assert!(subnet.is_type("Microsoft.Network/virtualNetworks/subnets"));
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/e";
        let Origin::PrivateEndpoint { endpoint } =
            origin(&format!("private-endpoint:{id}"), None, 1).unwrap().origin
        else {
            panic!("a private endpoint");
        };
        assert_eq!(endpoint.to_string(), id);
    }

    #[test]
    fn other_words_are_refused_with_what_was_expected() {
        let says = |word: &str| origin(word, None, 1).unwrap_err().to_string();
        assert!(says("moon").contains("expected `internet`"));
        assert!(says("internet:x").contains("no address"));
        assert!(says("subnet:postgres").contains("--world"));
        assert!(says("subnet:").contains("no resource id"));
    }
}
