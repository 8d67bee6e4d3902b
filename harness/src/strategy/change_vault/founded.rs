//! The world: a vault that is empty, one with an instance and one with a soft-deleted one, and two keys.

use azdrill_emulator::model::{Request, ResourceId};
use azdrill_emulator::rules::Rules;
use http::Method;
use serde_json::json;

use crate::sketch::change_vault::Holds;
use crate::strategy::client::{Client, WorldError};
use crate::strategy::foundation::{Foundation, REGION};
use crate::strategy::guarded_vaults::{Founding, Place};

const HOST: &str = "drillkeys.vault.azure.net";
/// The two keys there are.
pub(super) const KEYS: [&str; 2] = ["first", "second"];

/// Where a key is.
pub(super) fn key_uri(key: &str) -> String {
    format!("https://{HOST}/keys/{key}")
}

/// Puts the world up: the vaults are in the order of [`Holds::ALL`].
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(rules: Rules, seed: u64) -> Result<(Founding, Vec<Place>), WorldError> {
    let mut founding = Founding::begin(rules, seed)?;
    let key_vault = keys(&mut founding.world)?;
    let mut places = Vec::new();
    for (holds, group) in Holds::ALL.iter().zip(["empty", "sales", "gone"]) {
        let place = founding.vault(group)?;
        for identity in [place.identities.system, place.identities.user] {
            let role = "Key Vault Crypto Service Encryption User";
            founding.world.assign(identity, role, &key_vault)?;
        }
        if *holds != Holds::Nothing {
            founding.protect(&place, true)?;
        }
        if *holds == Holds::SoftDeleted {
            founding.delete_instance(&place)?;
        }
        places.push(place);
    }
    Ok((founding, places))
}

/// A key vault with two keys, which protects what is deleted.
fn keys(world: &mut Foundation) -> Result<ResourceId, WorldError> {
    let subscription = world.person.subscription.clone();
    let id =
        world
            .group(&subscription, "keys")?
            .child(["providers", "Microsoft.KeyVault", "vaults", "drillkeys"]);
    let properties = json!({
        "tenantId": world.person.tenant,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": true,
        "enablePurgeProtection": true,
    });
    let body = json!({"location": REGION, "properties": properties});
    world.put(&id, "2023-07-01", &body)?;
    let owner = world.person.object_id;
    world.assign(owner, "Key Vault Crypto Officer", &id)?;
    let officer = Client::sign_in(&world.azure, world.now, owner, "https://vault.azure.net");
    let officer = officer.ok_or(WorldError::Missing("operator"))?;
    for key in KEYS {
        let request = Request::new(Method::POST, HOST, &format!("/keys/{key}/create?api-version=7.4"));
        let request = request.with_json(&json!({"kty": "RSA", "key_size": 2048}));
        officer.require(&mut world.azure, world.now, request)?;
    }
    Ok(id)
}
