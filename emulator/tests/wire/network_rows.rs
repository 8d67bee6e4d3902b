//! Rows of the tables of storage accounts and key vaults, each by the one thing that makes it decide; and what is the
//! case where none fits.

use azdrill_emulator::model::{NetworkPath, Origin, ResourceId, Timestamp};
use azdrill_emulator::network::Firewall;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::state::Resource;
use http::Method;
use serde_json::{Value, json};

use crate::rules::named;
use crate::world::{World, below_vault};

const SUBNET: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/inner";
const ENDPOINT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/way-in";
const VAULT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/vault";

fn id(text: &str) -> ResourceId {
    text.parse().expect("an id")
}

fn resource(kind: &str, properties: &Value) -> Resource {
    let id = id(&format!("/subscriptions/s/resourceGroups/g/providers/{kind}/own"));
    Resource::new(id, json!({"properties": properties}), Timestamp::UNIX_EPOCH)
}

fn from(origin: Origin) -> NetworkPath {
    NetworkPath { origin }
}

fn subnet() -> NetworkPath {
    from(Origin::Subnet { subnet: id(SUBNET) })
}

fn endpoint() -> NetworkPath {
    from(Origin::PrivateEndpoint {
        endpoint: id(ENDPOINT),
    })
}

/// The Backup service, when it acts for a vault.
fn service() -> NetworkPath {
    from(Origin::AzureService {
        instance: id(VAULT),
        tenant: "00000000-0000-0000-0000-00000000000a"
            .parse()
            .map(azdrill_emulator::model::TenantId)
            .expect("a GUID"),
        region: "westeurope".to_owned(),
    })
}

/// Access rules whose default action is this.
fn acls(default_action: &str, more: &Value) -> Value {
    let mut acls = json!({"defaultAction": default_action, "bypass": "None"});
    for (name, value) in more.as_object().expect("members") {
        acls[name] = value.clone();
    }
    json!({"networkAcls": acls})
}

fn approved() -> Value {
    json!({"publicNetworkAccess": "Disabled", "privateEndpointConnections": [{"properties": {
        "privateEndpoint": {"id": ENDPOINT},
        "privateLinkServiceConnectionState": {"status": "Approved"},
    }}]})
}

#[test]
fn a_storage_account_is_reached_by_the_row_that_fits() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let addresses = json!({"ipRules": [{"value": "203.0.113.0/24"}]});
    let subnets = json!({"virtualNetworkRules": [{"id": SUBNET}]});
    for (settings, path, allowed, rule) in [
        (approved(), endpoint(), true, "E2-PE"),
        (approved(), NetworkPath::internet(), false, "E2-8"),
        (acls("Deny", &addresses), NetworkPath::internet(), true, "E2-IP"),
        (acls("Deny", &subnets), subnet(), true, "E2-VNET"),
        (acls("Deny", &subnets), NetworkPath::internet(), false, "E2-5"),
        (acls("Deny", &addresses), service(), false, "E2-6"),
        // No call writes such a word: what no row knows lets nobody in.
        (acls("Perhaps", &json!({})), service(), false, "E2-NONE"),
    ] {
        let account = resource("Microsoft.Storage/storageAccounts", &settings);
        let verdict = Firewall::of_storage_account(&account).decide(&rules, &path, false);
        let decided = verdict.rules.first().map(|rule| rule.as_str());
        assert_eq!(
            (verdict.allowed, decided),
            (allowed, Some(rule)),
            "{settings} {path:?}"
        );
    }
}

#[test]
fn a_key_vault_lets_nobody_in_by_a_word_no_row_knows() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    for (settings, allowed, rule) in [
        (acls("Allow", &json!({})), true, "KV-5"),
        (acls("Perhaps", &json!({})), false, "KV-NONE"),
    ] {
        let vault = resource("Microsoft.KeyVault/vaults", &settings);
        let verdict = Firewall::of_key_vault(&vault).decide(&rules, &NetworkPath::internet(), false);
        let decided = verdict.rules.first().map(|rule| rule.as_str());
        assert_eq!((verdict.allowed, decided), (allowed, Some(rule)), "{settings}");
    }
}

/// Whether exceptions cover an identity that a user has made and lent to the vault, nobody has written down.
#[test]
fn a_user_assigned_identity_is_covered_as_long_as_nobody_assumes_otherwise() {
    let account = resource(
        "Microsoft.Storage/storageAccounts",
        &acls("Deny", &json!({"bypass": "AzureServices"})),
    );
    for (taken, user_assigned, rule) in [
        ("covered", true, "E2-4"),
        ("denied", true, "E2-UAMI"),
        ("denied", false, "E2-4"),
    ] {
        let assumed = Assumptions::from([("NET-UAMI".to_owned(), taken.to_owned())]);
        let rules = Rules::load(Profile::Observed, &assumed).expect("the rules load");
        let verdict = Firewall::of_storage_account(&account).decide(&rules, &service(), user_assigned);
        let decided = verdict.rules.first().map(|rule| rule.as_str());
        assert_eq!(decided, Some(rule), "{taken}");
        assert_eq!(verdict.allowed, rule == "E2-4", "{taken}");
    }
}

/// The refusal of a restore names the row of the table besides the prerequisite.
#[test]
fn a_restore_into_an_account_for_certain_addresses_names_the_row() {
    let mut world = World::backed_up();
    let account = world.account();
    let closed = json!({"properties": {"networkAcls": {
        "defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "203.0.113.0/24"}],
    }}});
    let changed = world.arm(Method::PATCH, &account, Some(&closed));
    assert_eq!(changed.status, 200, "{changed:?}");
    named(&world.restore_needs(|_| {}), "FX-RF-03,FX-RF-04,E2-6");
}

/// `NET-UAMI`: whether the exception for trusted services is for user-assigned identities as well, nobody has seen.
#[test]
fn a_user_assigned_identity_may_be_no_trusted_one() {
    let assumed = [("NET-UAMI".to_owned(), "denied".to_owned())];
    let mut world = World::assuming(assumed, "2026-03-02T06:00:00.1234567Z").protect_and_back_up();
    let identity = format!(
        "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/own",
        world.group()
    );
    let (_, principal) = world.put_identity("own");
    let both = json!({"identity": {
        "type": "SystemAssigned,UserAssigned",
        "userAssignedIdentities": {identity.clone(): {}},
    }});
    let changed = world.arm(Method::PATCH, &below_vault(""), Some(&both));
    assert!(changed.status.is_success(), "{changed:?}");
    world.settle();
    let account = world.account();
    let to = json!({"principalId": principal, "principalType": "ServicePrincipal"});
    let given = world.assign(7, &account, "ba92f5b4-2d11-453d-a403-e96b0029c9fe", &to);
    assert_eq!(given.status, 201, "{given:?}");
    let closed = json!({"networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}});
    let changed = world.change_account(&closed);
    assert_eq!(changed.status, 200, "{changed:?}");
    let system = world.restore_needs(|_| {});
    assert_eq!(system.json_body()["status"], "Succeeded", "{system:?}");
    let details = json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": identity});
    let refused = world.restore_needs(|restore| restore["identityDetails"] = details);
    let rules = refused.header("x-azdrill-rules").unwrap_or_default();
    assert!(rules.contains("E2-UAMI"), "{refused:?}");
}
