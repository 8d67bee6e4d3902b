//! Bodies that are not of their published type: refused in the provider's way, before anything
//! changes.

use azdrill_emulator::rules::Endpoint;
use http::Method;
use serde_json::{Value, json};

use super::bodies::{backup_body, policy_body, vault_body};
use super::world::{World, below_vault};

const NETWORK: &str = "/providers/Microsoft.Network";
const STORAGE: &str = "/providers/Microsoft.Storage/storageAccounts/target";
pub(crate) const SERVER: &str = "/providers/Microsoft.DBforPostgreSQL/flexibleServers/source";
const KEY_VAULT: &str = "/providers/Microsoft.KeyVault/vaults/secrets";
const IDENTITY: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one";

/// Places that hold anything, and one that a client sends although no version has it.
const ANYTHING: [&str; 2] = ["/properties/template", "/properties/name"];

/// What can be written in a world with one of each, with a body that is right.
#[expect(clippy::too_many_lines, reason = "a table")]
fn writes(world: &mut World) -> Vec<(Method, String, Value)> {
    let guid = "0b7c0d3e-0000-4000-8000-000000000001";
    let restore = world.restore_body();
    let instance = world.instance_body();
    let (group, account) = (world.group(), world.account());
    let put = |target: &str, body: Value| (Method::PUT, target.to_owned(), body);
    let patch = |target: &str, body: Value| (Method::PATCH, target.to_owned(), body);
    let post = |target: &str, body: Value| (Method::POST, target.to_owned(), body);
    let role = format!(
        "{group}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    );
    let server = json!({
        "location": "westeurope", "tags": {"a": "b"},
        "sku": {"name": "Standard_D2s_v3", "tier": "GeneralPurpose"},
        "properties": {
            "administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "16",
            "storage": {"storageSizeGB": 32, "autoGrow": "Disabled"},
            "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"},
            "network": {"publicNetworkAccess": "Enabled"},
            "highAvailability": {"mode": "Disabled"},
            "authConfig": {"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"},
        },
    });
    let storage = json!({
        "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "tags": {"a": "b"},
        "properties": {
            "allowBlobPublicAccess": false, "minimumTlsVersion": "TLS1_2", "publicNetworkAccess": "Enabled",
            "networkAcls": {"defaultAction": "Allow", "bypass": "None", "ipRules": [{"value": "20.1.2.3", "action": "Allow"}]},
        },
    });
    vec![
        put("", json!({"location": "westeurope", "tags": {"a": "b"}})),
        patch("", json!({"tags": {"a": "b"}})),
        put(&below_vault(""), vault_body("On")),
        patch(
            &below_vault(""),
            json!({"tags": {"a": "b"}, "properties": {"securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 15}}}}),
        ),
        put(&below_vault("backupPolicies/weekly"), policy_body()),
        put(&below_vault("backupInstances/one"), instance.clone()),
        post(&below_vault("backupInstances/one/backup"), backup_body()),
        post(
            &below_vault("backupInstances/one/validateRestore"),
            json!({"restoreRequestObject": restore}),
        ),
        post(&below_vault("backupInstances/one/restore"), restore),
        put(SERVER, server.clone()),
        patch(
            SERVER,
            json!({"tags": {"a": "b"}, "properties": {"backup": {"backupRetentionDays": 8}}}),
        ),
        put(
            &format!("{SERVER}/firewallRules/all"),
            json!({"properties": {"startIpAddress": "20.0.0.1", "endIpAddress": "20.0.0.9"}}),
        ),
        put(
            &format!("{SERVER}/databases/shop"),
            json!({"properties": {"charset": "UTF8", "collation": "en_US.utf8"}}),
        ),
        put(
            &format!("{SERVER}/configurations/azure.extensions"),
            json!({"properties": {"value": "pg_cron", "source": "user-override"}}),
        ),
        put(STORAGE, storage),
        patch(
            STORAGE,
            json!({"tags": {"a": "b"}, "properties": {"allowSharedKeyAccess": true}}),
        ),
        put(
            &format!("{STORAGE}/blobServices/default/containers/more"),
            json!({"properties": {"publicAccess": "None", "metadata": {"a": "b"}}}),
        ),
        post(&format!("{STORAGE}/regenerateKey"), json!({"keyName": "key1"})),
        put(
            KEY_VAULT,
            json!({"location": "westeurope", "properties": {
                "tenantId": world.operator.tenant, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true,
                "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
            }}),
        ),
        patch(
            KEY_VAULT,
            json!({"tags": {"a": "b"}, "properties": {"publicNetworkAccess": "Enabled"}}),
        ),
        put(IDENTITY, json!({"location": "westeurope", "tags": {"a": "b"}})),
        put(
            &format!("{NETWORK}/virtualNetworks/v"),
            json!({"location": "westeurope", "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            }}),
        ),
        put(
            &format!("{NETWORK}/privateEndpoints/e"),
            json!({"location": "westeurope", "properties": {
                "privateLinkServiceConnections": [{"name": "c", "properties": {"privateLinkServiceId": account, "groupIds": ["blob"]}}],
            }}),
        ),
        put(
            &format!("{group}/providers/Microsoft.Authorization/roleAssignments/{guid}"),
            json!({"properties": {
                "roleDefinitionId": role, "principalId": world.operator.object_id, "principalType": "ServicePrincipal",
            }}),
        ),
        put(
            &format!("{group}/providers/Microsoft.Authorization/locks/l"),
            json!({"properties": {"level": "CanNotDelete", "notes": "n"}}),
        ),
        put(
            "/providers/Microsoft.Resources/deployments/d",
            json!({"properties": {"mode": "Incremental", "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0", "resources": [],
            }}}),
        ),
    ]
}

/// Everything that is kept, to compare with.
pub(crate) fn everything(world: &World) -> Vec<String> {
    let state = world.azure.state();
    let resources = state
        .resources
        .iter()
        .map(|(id, own)| format!("{id} {}", *own.body));
    resources
        .chain([format!("{} assignments", state.access.assignments().count())])
        .collect()
}

/// A body with the value at each place in turn put in the place of one of another kind.
fn wrong_kinds(body: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    collect(body, String::new(), &mut places);
    let mut wrong = Vec::new();
    for place in places {
        let own = if place.is_empty() {
            body
        } else {
            body.pointer(&place).expect("it is there")
        };
        for other in [json!("word"), json!(7), json!(true), json!([]), json!({})] {
            if std::mem::discriminant(own) != std::mem::discriminant(&other) {
                let mut whole = body.clone();
                match whole.pointer_mut(&place) {
                    Some(value) => *value = other.clone(),
                    None => continue,
                }
                wrong.push((format!("{place} = {other}"), whole));
            }
        }
    }
    wrong
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    if ANYTHING.contains(&at.as_str()) || value.is_null() {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(value, format!("{at}/{key}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}

#[test]
fn a_value_of_another_kind_is_refused_and_nothing_changes() {
    let mut world = World::protected();
    let made = world.put(KEY_VAULT, &json!({"location": "westeurope", "properties": {"tenantId": world.operator.tenant, "sku": {"family": "A", "name": "standard"}}}));
    assert!(made.status.is_success(), "{made:?}");
    backed_up(&mut world);
    let mut taken = Vec::new();
    let mut count = 0;
    let mut writes = writes(&mut world);
    let instance = world.instance_body()["properties"].take();
    writes.push((
        Method::POST,
        below_vault("validateForBackup"),
        json!({"backupInstance": instance}),
    ));
    for (method, target, body) in writes {
        for (what, wrong) in wrong_kinds(&body) {
            let before = everything(&world);
            let answer = world.arm(method.clone(), &target, Some(&wrong));
            count += 1;
            if !answer.status.is_client_error() || everything(&world) != before {
                taken.push(format!("{method} {target} {what}: {}", answer.status));
            }
        }
    }
    assert!(count > 800, "only {count} were tried");
    assert!(
        taken.is_empty(),
        "{} of {count} were taken:\n{}",
        taken.len(),
        taken.join("\n")
    );
}

fn backed_up(world: &mut World) {
    let answer = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(answer.status, 202, "{answer:?}");
    world.settle();
}

/// The right bodies are right: the test above would pass if everything were refused.
#[test]
fn what_is_of_its_type_is_taken() {
    let mut world = World::protected();
    backed_up(&mut world);
    for (method, target, body) in writes(&mut world) {
        let answer = world.arm(method.clone(), &target, Some(&body));
        assert!(answer.status.is_success(), "{method} {target}: {answer:?}");
        world.settle();
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_must_be_there_and_what_there_is_not() {
    let mut world = World::protected();
    backed_up(&mut world);
    let restore = world.restore_body();
    for name in ["objectType", "sourceDataStoreType", "recoveryPointId"] {
        let mut body = restore.clone();
        body.as_object_mut().expect("an object").remove(name);
        let target = below_vault("backupInstances/one/validateRestore");
        let answer = world.post(&target, &json!({"restoreRequestObject": body}));
        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(
            answer.json_body()["error"]["code"],
            "BMSUserErrorInvalidInput",
            "{name}"
        );
    }
    let mut body = restore;
    body["restoreTargetInfo"]
        .as_object_mut()
        .expect("an object")
        .remove("recoveryOption");
    let answer = world.post(&below_vault("backupInstances/one/restore"), &body);
    assert_eq!(answer.status, 400);
    let vault = |place: &str, value: Value| {
        let mut body = vault_body("On");
        *body.pointer_mut(place).expect("it is there") = value;
        (below_vault(""), body)
    };
    let policy = |place: &str, value: Value| {
        let mut body = policy_body();
        *body.pointer_mut(place).expect("it is there") = value;
        (below_vault("backupPolicies/other"), body)
    };
    let soft = "/properties/securitySettings/softDeleteSettings";
    let duration = "/properties/policyRules/1/lifecycles/0/deleteAfter/duration";
    let zone = "/properties/policyRules/0/trigger/schedule/timeZone";
    let server = |retention: i64| {
        let body = json!({"location": "westeurope", "properties": {
            "administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "16",
            "backup": {"backupRetentionDays": retention},
        }});
        (
            "/providers/Microsoft.DBforPostgreSQL/flexibleServers/other".to_owned(),
            body,
        )
    };
    for ((target, body), code) in [
        (
            vault(&format!("{soft}/state"), json!("Maybe")),
            "BMSUserErrorInvalidInput",
        ),
        (
            vault(&format!("{soft}/retentionDurationInDays"), json!(5)),
            "BMSUserErrorInvalidInput",
        ),
        (
            vault(&format!("{soft}/retentionDurationInDays"), json!(500)),
            "BMSUserErrorInvalidInput",
        ),
        (
            vault(
                "/properties/storageSettings/0/datastoreType",
                json!("SnapshotStore"),
            ),
            "BadRequest",
        ),
        (
            vault("/location", json!("atlantis")),
            "LocationNotAvailableForResourceType",
        ),
        (policy(duration, json!("hello")), "BMSUserErrorInvalidInput"),
        (policy(duration, json!("P20Y")), "BMSUserErrorInvalidInput"),
        (policy(zone, json!("Mars")), "BMSUserErrorInvalidInput"),
        (server(0), "InvalidParameterValue"),
        (server(36), "InvalidParameterValue"),
    ] {
        let answer = world.put(&target, &body);
        assert_eq!(answer.status, 400, "{target} {body}");
        assert_eq!(answer.json_body()["error"]["code"], code, "{body}");
    }
    let group = format!(
        "/subscriptions/{}/resourceGroups/other",
        world.operator.subscription
    );
    let answer = world.put(&group, &json!({"location": "atlantis"}));
    assert_eq!(
        answer.json_body()["error"]["code"],
        "LocationNotAvailableForResourceGroup"
    );
    assert_eq!(world.get(&group).status, 404);
}

#[test]
fn what_a_version_does_not_have_is_not_taken() {
    let mut world = World::protected();
    let mut body = vault_body("On");
    body["properties"]["surprise"] = json!({"a": 1});
    body["properties"]["provisioningState"] = json!("Failed");
    body["PROPERTIES"] = body["properties"].take();
    body.as_object_mut().expect("an object").remove("properties");
    let answer = world.put(&below_vault(""), &body);
    assert!(answer.status.is_success(), "{answer:?}");
    assert_eq!(answer.header("x-azdrill-ignored"), Some("properties.surprise"));
    // The first sixteen are told.
    let mut many = vault_body("On");
    for letter in 'A'..='T' {
        many[letter.to_string()] = json!(1);
    }
    let answer = world.put(&below_vault(""), &many);
    let told = answer.header("x-azdrill-ignored");
    assert_eq!(told, Some("A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P"));
    let kept = world.get(&below_vault("")).json_body();
    assert_eq!(kept["properties"].get("surprise"), None);
    assert_ne!(kept["properties"]["provisioningState"], "Failed");
    // A version that came after the type was read may have it: it is kept, and shown.
    let server = "/providers/Microsoft.DBforPostgreSQL/flexibleServers/source?api-version=2026-10-01";
    let answer = world.arm(
        Method::PATCH,
        server,
        Some(&json!({"properties": {"surprise": {"a": 1}}})),
    );
    assert_eq!(answer.status, 202, "{answer:?}");
    world.settle();
    assert_eq!(
        world.get(server).json_body()["properties"]["surprise"],
        json!({"a": 1})
    );
}

#[test]
fn a_version_is_named_and_known() {
    let mut world = World::new();
    let vaults = format!(
        "{}/providers/Microsoft.DataProtection/backupVaults",
        world.group()
    );
    for (version, code) in [
        ("", "MissingApiVersionParameter"),
        ("?api-version=", "MissingApiVersionParameter"),
        ("?api-version=banana", "NoRegisteredProviderFound"),
        ("?api-version=2024-04-02", "NoRegisteredProviderFound"),
        ("?api-version=2099-01-01", "NoRegisteredProviderFound"),
    ] {
        let request = world.request(Method::GET, &format!("{vaults}{version}"));
        let answer = world.send(request);
        assert_eq!(answer.status, 400, "{version}");
        assert_eq!(answer.json_body()["error"]["code"], code, "{version}");
    }
    let request = world.request(Method::GET, "/subscriptions?api-version=1999-01-01");
    let answer = world.send(request);
    assert_eq!(answer.json_body()["error"]["code"], "InvalidApiVersionParameter");
    for version in ["2021-01-01", "2026-03-01", "2027-02-01"] {
        let request = world.request(Method::GET, &format!("{vaults}?api-version={version}"));
        assert_eq!(world.send(request).status, 200, "{version}");
    }
}

/// What writes has a type, so that a new operation cannot forget its body. Actions of which Azure's
/// types say nothing take none.
#[test]
fn every_write_has_a_type_or_takes_no_body() {
    let world = World::new();
    let rules = world.azure.rules();
    let untyped: Vec<&str> = rules
        .router
        .operations()
        .iter()
        .filter(|row| row.endpoint == Endpoint::Arm)
        .filter(|row| matches!(row.method, Method::PUT | Method::PATCH | Method::POST))
        .filter(|row| rules.bodies.of_operation(row).is_none())
        .map(|row| &*row.id)
        .collect();
    let without_body = [
        "Providers_Register",
        "Providers_Unregister",
        "StorageAccounts_ListKeys",
        "StorageAccounts_RevokeUserDelegationKeys",
        "PrivateDnsZoneSuffix_Get",
        "FlexibleServers_Start",
        "FlexibleServers_Stop",
        "SingleServers_Restart",
        "BackupInstances_ResumeBackups",
        "BackupInstances_ResumeProtection",
        "ExportJobs_Trigger",
        "DeletedBackupInstances_Undelete",
        "KeyVaults_PurgeDeleted",
        "Deployments_Cancel",
        "Deployments_CancelAtSubscriptionScope",
        "Deployments_ExportTemplate",
        "Deployments_ExportTemplateAtSubscriptionScope",
    ];
    assert_eq!(untyped, without_body);
}

/// `PUT` says how a resource is to be, `PATCH` what is to change.
#[test]
fn put_replaces_and_patch_merges() {
    let mut world = World::protected();
    let tagged = json!({"a": "b"});
    let vault = below_vault("");
    let key_vault = json!({"location": "westeurope", "properties": {"tenantId": world.operator.tenant, "sku": {"family": "A", "name": "standard"}}});
    let server = json!({"location": "westeurope", "sku": {"name": "Standard_D2s_v3", "tier": "GeneralPurpose"}, "properties": {"administratorLogin": "drill", "administratorLoginPassword": "Not-a-secret-1!", "version": "16"}});
    // A storage account's is not here: its service documents it as an update.
    for (target, plain) in [
        (vault.as_str(), vault_body("On")),
        (KEY_VAULT, key_vault),
        (SERVER, server),
        (IDENTITY, json!({"location": "westeurope"})),
        ("", json!({"location": "westeurope"})),
    ] {
        let mut with_tags = plain.clone();
        with_tags["tags"] = tagged.clone();
        assert!(world.put(target, &with_tags).status.is_success(), "{target}");
        world.settle();
        assert_eq!(world.get(target).json_body()["tags"], tagged, "{target}");
        let more = json!({"tags": {"a": "b", "c": "d"}});
        assert!(
            world.arm(Method::PATCH, target, Some(&more)).status.is_success(),
            "{target}"
        );
        world.settle();
        let kept = world.get(target).json_body();
        assert_eq!(kept["tags"], more["tags"], "{target}");
        let location = if target == SERVER {
            "West Europe"
        } else {
            "westeurope"
        };
        assert_eq!(kept["location"], location, "{target}");
        assert!(world.put(target, &plain).status.is_success(), "{target}");
        world.settle();
        let tags = world.get(target).json_body()["tags"].take();
        assert!(tags.is_null() || tags == json!({}), "{target}: {tags}");
    }
}
