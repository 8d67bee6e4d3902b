//! The secret a single server's database is backed up with: what can be wrong with it, and who says so.

use http::Method;
use serde_json::json;

use crate::rules::named;
use crate::single_server_backups::DATABASES;
use crate::world::World;

const KEYS: &str = "/providers/Microsoft.KeyVault/vaults/azdrillkeys";

/// The operator takes from the vault's identity what it holds at a scope.
fn take_roles(world: &mut World, scope: &str) {
    let kept = world.operator.object_id.to_string();
    let listed = world.get(&format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"
    ));
    let body = listed.json_body();
    for one in body["value"].as_array().expect("a list") {
        let own = &one["properties"];
        if own["scope"] == scope && own["principalId"] != kept.as_str() {
            assert_eq!(world.delete(one["id"].as_str().expect("an id")).status, 200);
        }
    }
    world.settle();
}

/// SS-B-09, SS-B-10: each says another code.
#[test]
fn a_secret_must_be_there_and_read_as_one() {
    let mut world = World::with_a_database();
    assert_eq!(world.validate_database().json_body()["status"], "Succeeded");
    world.put_secret_that_reads("the password");
    let refused = world.validate_database();
    named(&refused, "SS-B-09");
    assert_eq!(
        refused.json_body()["error"]["code"],
        "UserErrorSecretValueInUnsupportedFormat"
    );
    // It names another server: whoever signs in finds that out.
    world.put_secret_for("other");
    assert_eq!(world.validate_database().json_body()["status"], "Succeeded");
    let answer = world.sign_in("https://vault.azure.net/.default").json_body();
    let token = answer["access_token"].as_str().expect("a token").to_owned();
    let host = "azdrillkeys.vault.azure.net";
    let request = |method: Method, target: &str| {
        azdrill_emulator::model::Request::new(method, host, target)
            .with_header("authorization", &format!("Bearer {token}"))
    };
    // SS-B-10-USABLE: a disabled one is not given out.
    let version = world.send(request(Method::GET, "/secrets/database?api-version=7.4"));
    let id = version.json_body()["id"].as_str().expect("an id").to_owned();
    let path = id.trim_start_matches(&format!("https://{host}")).to_owned();
    let disabled = request(Method::PATCH, &format!("{path}?api-version=7.4"));
    let off = world.send(disabled.with_json(&json!({"attributes": {"enabled": false}})));
    assert_eq!(off.status, 200, "{off:?}");
    named(&world.validate_database(), "SS-B-10-USABLE");
    let gone = world.send(request(Method::DELETE, "/secrets/database?api-version=7.4"));
    assert_eq!(gone.status, 200, "{gone:?}");
    world.settle();
    let refused = world.validate_database();
    named(&refused, "SS-B-10");
    assert_eq!(refused.json_body()["error"]["code"], "UserErrorInvalidSecret");
}

/// SS-B-03, SS-B-05, SS-B-STORE: role, network, and that there is a key vault at all.
#[test]
fn a_secret_must_be_within_reach() {
    let mut world = World::with_a_database();
    let scope = format!("{}{KEYS}", world.group());
    let closed = json!({"properties": {"networkAcls": {"defaultAction": "Deny", "bypass": "None"}}});
    let changed = world.arm(Method::PATCH, &scope, Some(&closed));
    assert!(changed.status.is_success(), "{changed:?}");
    let refused = world.validate_database();
    let rules = refused.header("x-azdrill-rules").expect("rules");
    assert!(rules.starts_with("SS-B-05,"), "{rules}");
    assert_eq!(
        refused.json_body()["error"]["code"],
        "UserErrorMissingPermissionsOnSecretStore"
    );
    let trusting =
        json!({"properties": {"networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}}});
    assert!(
        world
            .arm(Method::PATCH, &scope, Some(&trusting))
            .status
            .is_success()
    );
    assert_eq!(world.validate_database().json_body()["status"], "Succeeded");
    take_roles(&mut world, &scope);
    let refused = world.validate_database();
    let rules = refused.header("x-azdrill-rules").expect("rules");
    assert!(rules.starts_with("SS-B-03,"), "{rules}");
    assert!(world.delete(&scope).status.is_success());
    world.settle();
    named(&world.validate_database(), "SS-B-STORE");
}

/// SS-B-14: Azure's own databases are nobody's to back up.
#[test]
fn azures_own_databases_are_not_backed_up() {
    let mut world = World::with_a_database();
    for name in ["azure_maintenance", "azure_sys"] {
        let mut properties = world.database_instance()["properties"].clone();
        let own = properties["dataSourceInfo"]["resourceID"]
            .as_str()
            .expect("an id");
        properties["dataSourceInfo"]["resourceID"] = json!(own.replace("/shop", &format!("/{name}")));
        properties["dataSourceInfo"]["resourceName"] = json!(name);
        let sent = json!({"objectType": "ValidateForBackupRequest", "backupInstance": properties});
        let started = world.post(&crate::world::below_vault("validateForBackup"), &sent);
        assert_eq!(started.status, 202, "{DATABASES}: {started:?}");
        world.settle();
        named(&world.follow(&started, "azure-asyncoperation"), "SS-B-14");
    }
}
