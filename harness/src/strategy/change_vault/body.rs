//! A vault's settings, as they were and as they are asked to be.

use serde_json::{Map, Value, json};

use super::founded::{KEYS, key_uri};
use crate::sketch::change_vault::{Days, Encrypted, Encryption, Identity, Request, Sketch, Stored};
use crate::strategy::painted::Identities;

/// How many days soft-deleted instances were kept.
const DAYS_BEFORE: u32 = 30;

/// A vault's encryption settings with a key, which is used as an identity: the system-assigned one, or that one.
fn encrypted(key: &str, user: Option<&Identities>) -> Value {
    let identity = match user {
        None => json!({"identityType": "SystemAssigned"}),
        Some(identities) => json!({"identityType": "UserAssigned", "identityId": identities.user_id}),
    };
    json!({
        "state": "Enabled",
        "keyVaultProperties": {"keyUri": key_uri(key)},
        "kekIdentity": identity,
        "infrastructureEncryption": "Disabled",
    })
}

/// The body of a vault with the settings it has before it is changed.
pub(super) fn before(mut vault: Value, sketch: &Sketch) -> Value {
    let across = sketch.stored == Stored::Across;
    let redundancy = match sketch.stored {
        Stored::Across => Stored::Geo.label(),
        stored => stored.label(),
    };
    let properties = &mut vault["properties"];
    properties["storageSettings"] = json!([{"datastoreType": "VaultStore", "type": redundancy}]);
    let mut security = json!({
        "softDeleteSettings": {
            "state": sketch.soft_delete.was.label(),
            "retentionDurationInDays": f64::from(DAYS_BEFORE),
        },
        "immutabilitySettings": {"state": sketch.immutability.was.label()},
    });
    if sketch.encrypted == Encrypted::ByOwn {
        security["encryptionSettings"] = encrypted(KEYS[0], None);
    }
    properties["securitySettings"] = security;
    properties["featureSettings"] = json!({
        "crossSubscriptionRestoreSettings": {"state": sketch.subscriptions.was.label()},
        "crossRegionRestoreSettings": {"state": switched(across)},
    });
    vault
}

fn switched(on: bool) -> &'static str {
    if on { "Enabled" } else { "Disabled" }
}

/// What the request says of the vault: all of its settings, or those that are to be others.
pub(super) fn asked(location: &Value, identities: &Identities, sketch: &Sketch) -> Value {
    let all = sketch.request != Request::PatchOfChanges;
    let mut properties = Map::new();
    let redundancy = sketch.redundancy.label();
    if all || !sketch.stored.label().starts_with(redundancy) {
        let storage = json!([{"datastoreType": "VaultStore", "type": redundancy}]);
        properties.insert("storageSettings".to_owned(), storage);
    }
    let security = security(identities, sketch, all);
    if !security.is_empty() {
        properties.insert("securitySettings".to_owned(), security.into());
    }
    let features = features(sketch, all);
    if !features.is_empty() {
        properties.insert("featureSettings".to_owned(), features.into());
    }
    let mut body = json!({"properties": properties});
    if sketch.request == Request::Put {
        body["location"] = location.clone();
    }
    if all || sketch.identity != Identity::Both {
        body["identity"] = identity(identities, sketch.identity);
    }
    body
}

fn security(identities: &Identities, sketch: &Sketch, all: bool) -> Map<String, Value> {
    let mut found = Map::new();
    let days = match sketch.days {
        Days::AsBefore => DAYS_BEFORE,
        Days::Longest => 180,
        Days::Shortest => 14,
        Days::TooLong => 181,
        Days::TooShort => 13,
    };
    let mut soft_delete = Map::new();
    if all || sketch.soft_delete.changes() {
        soft_delete.insert("state".to_owned(), json!(sketch.soft_delete.becomes.label()));
    }
    if all || sketch.days != Days::AsBefore {
        soft_delete.insert("retentionDurationInDays".to_owned(), json!(days));
    }
    if !soft_delete.is_empty() {
        found.insert("softDeleteSettings".to_owned(), soft_delete.into());
    }
    if all || sketch.immutability.changes() {
        let state = sketch.immutability.becomes.label();
        found.insert("immutabilitySettings".to_owned(), json!({"state": state}));
    }
    let encryption = match sketch.encryption {
        Encryption::Unsaid => return found,
        Encryption::Off => json!({"state": "Disabled"}),
        Encryption::FirstKey => encrypted(KEYS[0], None),
        Encryption::SecondKey => encrypted(KEYS[1], None),
        Encryption::OtherIdentity => encrypted(KEYS[0], Some(identities)),
        Encryption::Both => encrypted(KEYS[1], Some(identities)),
    };
    found.insert("encryptionSettings".to_owned(), encryption);
    found
}

fn features(sketch: &Sketch, all: bool) -> Map<String, Value> {
    let mut found = Map::new();
    if all || sketch.subscriptions.changes() {
        let state = sketch.subscriptions.becomes.label();
        found.insert(
            "crossSubscriptionRestoreSettings".to_owned(),
            json!({"state": state}),
        );
    }
    if all || sketch.across_regions != (sketch.stored == Stored::Across) {
        let state = switched(sketch.across_regions);
        found.insert("crossRegionRestoreSettings".to_owned(), json!({"state": state}));
    }
    found
}

fn identity(identities: &Identities, identity: Identity) -> Value {
    let mut named = json!({});
    named[identities.user_id.as_str()] = json!({});
    match identity {
        Identity::Both => json!({"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": named}),
        Identity::System => json!({"type": "SystemAssigned"}),
        Identity::User => json!({"type": "UserAssigned", "userAssignedIdentities": named}),
        Identity::Neither => json!({"type": "None"}),
    }
}
