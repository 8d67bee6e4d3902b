//! A vault's JSON: what was sent, what is made up for it, what may not be sent.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::gateway::Refusal;
use crate::model::{ResourceId, TenantId};
use crate::rules::{KeyVaultFacts, Mark, cloud, code};
use crate::services::Context;
use crate::services::sent_body::{known_word, not_an_object, respell};
use crate::state::field;

/// Properties a request cannot set. They are tolerated, since clients send back what they read.
const READ_ONLY: [&str; 4] = [
    "provisioningState",
    "privateEndpointConnections",
    "hsmPoolResourceId",
    "vaultUri",
];
const TOP: [&str; 3] = ["properties", "location", "tags"];
const FLAGS: [&str; 6] = [
    "enabledForDeployment",
    "enabledForDiskEncryption",
    "enabledForTemplateDeployment",
    "enableSoftDelete",
    "enableRbacAuthorization",
    "enablePurgeProtection",
];
const PROPERTIES: [&str; 7] = [
    "tenantId",
    "sku",
    "accessPolicies",
    "softDeleteRetentionInDays",
    "createMode",
    "networkAcls",
    "publicNetworkAccess",
];
const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets";
const NETWORK: [&str; 4] = ["bypass", "defaultAction", "ipRules", "virtualNetworkRules"];

fn invalid(what: &str) -> Refusal {
    Refusal::of(code::KeyVaultBodyInvalid, &[("what", what)])
}

/// The request's body as this service understands it: known names and words in their own spelling,
/// read-only properties left out.
///
/// # Errors
///
/// 400 if a member is not what it should be: a typing mistake must not open a vault.
pub(super) fn normalized(context: &Context<'_>, sent: Value) -> Result<Value, Refusal> {
    let mut body = match sent {
        Value::Null => Map::new(),
        Value::Object(body) => body,
        _ => return Err(not_an_object("body")),
    };
    respell(&mut body, &TOP);
    let Some(properties) = body.get_mut("properties").filter(|value| !value.is_null()) else {
        return Ok(Value::Object(body));
    };
    let properties = properties
        .as_object_mut()
        .ok_or_else(|| not_an_object("properties"))?;
    properties.retain(|name, _| !READ_ONLY.iter().any(|known| known.eq_ignore_ascii_case(name)));
    respell(properties, &PROPERTIES);
    respell(properties, &FLAGS);
    for name in FLAGS {
        if !matches!(properties.get(name), None | Some(Value::Null | Value::Bool(_))) {
            return Err(invalid(&format!("{name} must be true or false.")));
        }
    }
    known_word(
        properties,
        "publicNetworkAccess",
        &["Enabled", "Disabled", "SecuredByPerimeter"],
    )?;
    known_word(properties, "createMode", &["default", "recover"])?;
    if let Some(network) = properties.get_mut("networkAcls").filter(|value| !value.is_null()) {
        let network = network
            .as_object_mut()
            .ok_or_else(|| not_an_object("networkAcls"))?;
        respell(network, &NETWORK);
        known_word(network, "defaultAction", &["Allow", "Deny"])?;
        known_word(network, "bypass", &["AzureServices", "None"])?;
        check_subnets(network.get("virtualNetworkRules").unwrap_or(&Value::Null))?;
    }
    check_retention(context, properties)?;
    if let Some(policies) = properties.get("accessPolicies").filter(|value| !value.is_null()) {
        check_policies(context, policies)?;
    }
    Ok(Value::Object(body))
}

/// Refuses a vault of a tenant that is none: the nil one, or one that nobody here knows.
pub(super) fn check_tenant(context: &Context<'_>, sent: &Value) -> Result<(), Refusal> {
    const NAME: &str = "tenantId";
    let Some(text) = field(field(sent, "properties"), NAME).as_str() else {
        return Ok(());
    };
    let wanted = text.parse::<Uuid>().unwrap_or_default();
    let mut known = context
        .state
        .subscriptions
        .values()
        .map(|subscription| subscription.tenant);
    if known.any(|tenant| tenant.0 == wanted) {
        return Ok(());
    }
    let mut refusal = Refusal::of(code::KeyVaultTenant, &[("name", NAME)]);
    if !wanted.is_nil() {
        // Of another tenant nobody has said what Azure answers.
        refusal.mark = refusal.mark.max(Mark::Inferred);
    }
    Err(refusal.because(format!("there is no tenant {wanted} in this world")))
}

/// Refuses rules for what is no subnet.
fn check_subnets(rules: &Value) -> Result<(), Refusal> {
    let is_subnet = |rule: &&Value| {
        let id = field(rule, "id")
            .as_str()
            .and_then(|id| id.parse::<ResourceId>().ok());
        id.is_some_and(|id| id.is_type(SUBNET))
    };
    match rules
        .as_array()
        .into_iter()
        .flatten()
        .find(|rule| !is_subnet(rule))
    {
        None => Ok(()),
        Some(_) => Err(invalid("virtualNetworkRules must name subnets by their ids.")),
    }
}

fn check_retention(context: &Context<'_>, properties: &Map<String, Value>) -> Result<(), Refusal> {
    let days = &context.rules.key_vault.retention_days;
    let (least, most) = (days.least.to_string(), days.most.to_string());
    match properties.get("softDeleteRetentionInDays") {
        None | Some(Value::Null) => {}
        Some(sent) => {
            let fits = sent
                .as_u64()
                .is_some_and(|sent| (u64::from(days.least)..=u64::from(days.most)).contains(&sent));
            if !fits {
                let fill = [("least", least.as_str()), ("most", &most)];
                return Err(Refusal::of(code::KeyVaultRetentionOutOfRange, &fill));
            }
        }
    }
    // Of a new vault as well, which has none to be switched off.
    if properties.get("enablePurgeProtection") == Some(&Value::Bool(false)) {
        return Err(Refusal::of(code::KeyVaultPurgeProtectionIrreversible, &[]));
    }
    if properties.get("enableSoftDelete") == Some(&Value::Bool(false)) {
        return Err(Refusal::of(code::KeyVaultSoftDeleteRequired, &[]));
    }
    Ok(())
}

/// Refuses access policies that name nobody, or a permission that is none.
pub(super) fn check_policies(context: &Context<'_>, policies: &Value) -> Result<(), Refusal> {
    let no = |what: &str| invalid(what);
    let policies = policies
        .as_array()
        .ok_or_else(|| no("accessPolicies must be an array."))?;
    for entry in policies {
        for name in ["tenantId", "objectId"] {
            let id = field(entry, name).as_str().unwrap_or_default();
            if id.parse::<Uuid>().is_err() {
                return Err(no(&format!("{name} of an access policy must be a GUID.")));
            }
        }
        let permissions = field(entry, "permissions")
            .as_object()
            .ok_or_else(|| no("An access policy must have permissions."))?;
        for (collection, words) in permissions {
            check_words(context, collection, words)?;
        }
    }
    Ok(())
}

fn check_words(context: &Context<'_>, collection: &str, words: &Value) -> Result<(), Refusal> {
    let facts: &KeyVaultFacts = &context.rules.key_vault;
    // Permissions for what is not here, storage accounts, grant nothing.
    let Some(known) = facts
        .collections()
        .find(|known| known.eq_ignore_ascii_case(collection))
    else {
        return Ok(());
    };
    let words = match words {
        Value::Null => return Ok(()),
        words => words.as_array(),
    };
    let words = words.ok_or_else(|| invalid(&format!("permissions.{known} must be an array.")))?;
    for word in words {
        let word = word.as_str().unwrap_or_default();
        if !facts.knows_permission(known, word) {
            let what = format!("'{word}' is not a permission for {known}.");
            return Err(invalid(&what));
        }
    }
    Ok(())
}

/// What a new vault has that the request did not say.
pub(super) fn defaults(facts: &KeyVaultFacts, id: &ResourceId, tenant: TenantId, version: &str) -> Value {
    json!({
        "tags": {},
        "properties": {
            "sku": {"family": "A", "name": "standard"},
            "tenantId": tenant,
            "accessPolicies": [],
            "enabledForDeployment": false,
            "enableSoftDelete": true,
            "softDeleteRetentionInDays": facts.retention_days.unset,
            "enableRbacAuthorization": version >= facts.roles_by_default.from.as_str(),
            "vaultUri": format!("https://{}/", cloud().vault_host(&id.name().to_ascii_lowercase())),
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
        },
    })
}
