//! A storage account's JSON: what was sent, what is made up for it, what may not be sent.

use serde_json::{Map, Value, json};

use crate::gateway::Refusal;
use crate::model::{Timestamp, wire_hundred_nanoseconds};
use crate::rules::{Rules, cloud, code};
use crate::services::sent_body::{fill, known_word, not_an_object, respell};
use crate::state::field;

/// Properties a request cannot set. They are tolerated, since clients send back what they read.
const READ_ONLY: [&str; 12] = [
    "provisioningState",
    "primaryEndpoints",
    "secondaryEndpoints",
    "primaryLocation",
    "secondaryLocation",
    "statusOfPrimary",
    "statusOfSecondary",
    "creationTime",
    "keyCreationTime",
    "privateEndpointConnections",
    "lastGeoFailoverTime",
    "geoReplicationStats",
];
/// Members that are looked up by their exact name, so a request's own spelling is put right.
const TOP: [&str; 7] = [
    "properties",
    "location",
    "tags",
    "sku",
    "kind",
    "identity",
    "extendedLocation",
];
const PROPERTIES: [&str; 8] = [
    "publicNetworkAccess",
    "networkAcls",
    "minimumTlsVersion",
    "allowBlobPublicAccess",
    "allowCrossTenantReplication",
    "allowSharedKeyAccess",
    "supportsHttpsTrafficOnly",
    "accessTier",
];
const NETWORK: [&str; 5] = [
    "resourceAccessRules",
    "bypass",
    "virtualNetworkRules",
    "ipRules",
    "defaultAction",
];

/// The request's body as this service understands it: known names in their own spelling, read-only
/// properties left out, words of the network settings in their own spelling.
///
/// # Errors
///
/// 400 if an object is something else, or a word of the network settings is not known: a typing
/// mistake there must not open an account.
pub(super) fn normalized(sent: Value) -> Result<Value, Refusal> {
    let mut body = match sent {
        Value::Null => Map::new(),
        Value::Object(body) => body,
        _ => return Err(not_an_object("body")),
    };
    respell(&mut body, &TOP);
    if let Some(properties) = body.get_mut("properties").filter(|value| !value.is_null()) {
        let properties = properties
            .as_object_mut()
            .ok_or_else(|| not_an_object("properties"))?;
        properties.retain(|name, _| !READ_ONLY.iter().any(|known| known.eq_ignore_ascii_case(name)));
        respell(properties, &PROPERTIES);
        known_word(
            properties,
            "publicNetworkAccess",
            &["Enabled", "Disabled", "SecuredByPerimeter"],
        )?;
        if let Some(network) = properties.get_mut("networkAcls").filter(|value| !value.is_null()) {
            let network = network
                .as_object_mut()
                .ok_or_else(|| not_an_object("networkAcls"))?;
            respell(network, &NETWORK);
            known_word(network, "defaultAction", &["Allow", "Deny"])?;
        }
    }
    Ok(Value::Object(body))
}

/// Refuses rules for addresses that no caller from the internet has, and ranges that are too small.
///
/// # Errors
///
/// 400 for the first of them.
pub(super) fn check_ip_rules(rules: &Rules, body: &Value) -> Result<(), Refusal> {
    let network = field(field(body, "properties"), "networkAcls");
    let wrong = field(network, "ipRules")
        .as_array()
        .into_iter()
        .flatten()
        .find(|rule| {
            let value = field(rule, "value").as_str();
            value.is_some_and(|value| !rules.storage.ip_rules.admit(value))
        });
    let Some(rule) = wrong else {
        return Ok(());
    };
    let why = format!(
        "the rule for {} names no public address or range of four or more",
        field(rule, "value")
    );
    Err(Refusal::of(code::InvalidIpRule, &[]).because(why))
}

/// What a new account has that the request did not say.
pub(super) fn defaults(rules: &Rules, name: &str, location: &str, now: Timestamp) -> Value {
    let time = wire_hundred_nanoseconds(now);
    let mut endpoints = Map::new();
    for (service, address) in cloud().account_addresses(name) {
        endpoints.insert(service.to_owned(), json!(address));
    }
    let facts = &rules.storage_accounts;
    let mut body = json!({
        "sku": {"name": facts.new.sku},
        "kind": facts.new.kind,
        "tags": {},
        "properties": {
            "privateEndpointConnections": [],
            "encryption": {
                "services": {
                    "file": {"keyType": "Account", "enabled": true, "lastEnabledTime": time},
                    "blob": {"keyType": "Account", "enabled": true, "lastEnabledTime": time},
                },
                "keySource": "Microsoft.Storage",
            },
            "accessTier": null,
            "provisioningState": "Succeeded",
            "creationTime": time,
            "primaryEndpoints": endpoints,
            "primaryLocation": location,
            "statusOfPrimary": "available",
        },
    });
    fill(&mut body["properties"], &facts.new_properties(now));
    body
}

/// The SKU's tier follows from its name, and that of the blobs, where none is said, from the account's kind.
pub(super) fn set_tier(rules: &Rules, body: &mut Value) {
    let name = body
        .pointer("/sku/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let tier = json!(rules.storage_accounts.tier_of(name));
    if let Some(sku) = body.get_mut("sku").filter(|sku| sku.is_object()) {
        sku["tier"] = tier;
    }
    let kind = body.get("kind").and_then(Value::as_str).unwrap_or_default();
    let kind = rules.storage_accounts.kind(kind);
    let first = kind.and_then(|kind| kind.access_tiers.first());
    let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    if properties.get("accessTier").is_none_or(Value::is_null) {
        match first {
            Some(first) => properties.insert("accessTier".to_owned(), json!(first)),
            None => properties.remove("accessTier"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_put_right_and_unknown_members_are_kept() {
        let sent = json!({"Properties": {"PublicNetworkAccess": "disabled", "networkACLs": {"DefaultAction": "deny"}, "x": 1, "creationTime": "no"}});
        assert_eq!(
            normalized(sent).expect("fine"),
            json!({"properties": {"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny"}, "x": 1}})
        );
        let wrong = normalized(json!({"properties": {"networkAcls": {"defaultAction": "Denied"}}}));
        assert_eq!(wrong.unwrap_err().code, "InvalidValuesForRequestParameters");
        assert!(normalized(json!([])).is_err());
    }

    #[test]
    fn defaults_fill_gaps_and_change_nothing() {
        let mut body = json!({"sku": {"name": "Premium_LRS"}, "properties": {"networkAcls": {"defaultAction": "Deny"}, "accessTier": null}});
        let rules = Rules::load(Default::default(), &Default::default()).expect("the rules load");
        fill(
            &mut body,
            &defaults(&rules, "acct", "westeurope", Timestamp::UNIX_EPOCH),
        );
        assert_eq!(body["sku"], json!({"name": "Premium_LRS"}));
        assert_eq!(body["properties"]["networkAcls"]["defaultAction"], "Deny");
        assert_eq!(body["properties"]["networkAcls"]["bypass"], "AzureServices");
    }
}
