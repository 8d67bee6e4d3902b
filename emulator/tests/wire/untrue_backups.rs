//! Vaults, policies, instances and restores that say of themselves what is not so, or what cannot be.

use azdrill_emulator::model::Response;
use http::Method;
use serde_json::{Value, json};

use crate::bodies::{policy_body, vault_body};
use crate::world::{World, below_vault};

fn code(answer: &Response) -> (u16, String) {
    let code = answer.json_body()["error"]["code"].clone();
    (
        answer.status.as_u16(),
        code.as_str().unwrap_or_default().to_owned(),
    )
}

fn refused(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

fn vault(name: &str) -> String {
    format!("/providers/Microsoft.DataProtection/backupVaults/{name}?api-version=2024-04-01")
}

#[test]
fn names_of_vaults_and_policies_have_a_form() {
    let mut world = World::new();
    for name in ["a", "1vault", "my_vault", &"a".repeat(51)] {
        let told = world.put(&vault(name), &vault_body("On"));
        assert_eq!(code(&told), refused("BMSUserErrorInvalidInput"), "{name}");
    }
    world.put_vault("2024-04-01", "On");
    for name in ["ab", "a_b_c"] {
        let told = world.put(&below_vault(&format!("backupPolicies/{name}")), &policy_body());
        assert_eq!(code(&told), refused("BMSUserErrorInvalidInput"), "{name}");
    }
}

#[test]
fn a_vault_has_no_identity_of_a_type_there_is_none_of() {
    let mut world = World::new();
    let mut body = vault_body("On");
    body["identity"] = json!({"type": "Foo"});
    assert_eq!(
        code(&world.put(&vault("odd"), &body)),
        refused("SyntheticIdentityType")
    );
    assert_eq!(world.get(&vault("odd")).status, 404);
    body["identity"] = json!({"type": "UserAssigned"});
    assert_eq!(world.put(&vault("odd"), &body).status, 400);
    world.put_vault("2024-04-01", "On");
    let patch = json!({"identity": {"type": "Foo"}});
    let told = world.arm(Method::PATCH, &below_vault(""), Some(&patch));
    assert_eq!(code(&told), refused("SyntheticIdentityType"));
}

#[test]
fn what_is_disabled_for_ever_stays_disabled() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let state = |state: &str| json!({"properties": {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": state}}}});
    let patch = |world: &mut World, state: &Value| {
        let answer = world.arm(Method::PATCH, &below_vault(""), Some(state));
        world.settle();
        answer
    };
    assert_eq!(patch(&mut world, &state("Disabled")).status, 202);
    assert_eq!(patch(&mut world, &state("Enabled")).status, 202);
    assert_eq!(patch(&mut world, &state("PermanentlyDisabled")).status, 202);
    let told = patch(&mut world, &state("Enabled"));
    assert_eq!(
        code(&told),
        refused("SyntheticCrossSubscriptionRestoreStaysDisabled")
    );
    let told = world.put(&below_vault(""), &vault_body("On"));
    assert_eq!(
        code(&told),
        refused("SyntheticCrossSubscriptionRestoreStaysDisabled")
    );
}

#[test]
fn a_policy_has_no_two_rules_of_a_name_and_repeats_for_ever() {
    let mut world = World::new();
    world.put_vault("2024-04-01", "On");
    let mut twice = policy_body();
    twice["properties"]["policyRules"][0]["name"] = json!("default");
    let told = world.put(&below_vault("backupPolicies/twice"), &twice);
    assert_eq!(code(&told), refused("BMSUserErrorInvalidInput"));
    let mut counted = policy_body();
    counted["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] =
        json!(["R5/2021-08-15T06:30:00+00:00/P1W"]);
    let told = world.put(&below_vault("backupPolicies/counted"), &counted);
    assert_eq!(told.status, 501, "{told:?}");
}

#[test]
fn an_instance_keeps_its_datasource_and_says_what_is_so() {
    let mut world = World::protected();
    let body = world.instance_body();
    let one = below_vault("backupInstances/one");
    let mut other = body.clone();
    other["properties"]["dataSourceInfo"]["resourceID"] = json!(format!("{}-other", world.server()));
    let told = world.put(&one, &other);
    assert_eq!(code(&told), refused("SyntheticDatasourceFixed"));
    for (place, value) in [
        (
            "dataSourceInfo/resourceType",
            json!("Microsoft.DBforPostgreSQL/servers"),
        ),
        ("dataSourceInfo/resourceLocation", json!("uksouth")),
        (
            "dataSourceSetInfo",
            json!({"objectType": "DatasourceSet", "resourceID": format!("{}-other", world.server())}),
        ),
        (
            "datasourceAuthCredentials",
            json!({"objectType": "SecretStoreBasedAuthCredentials", "secretStoreResource": {
                "secretStoreType": "AzureKeyVault", "uri": "https://drill.vault.azure.net/secrets/s",
            }}),
        ),
    ] {
        let mut untrue = body.clone();
        let own = untrue.pointer_mut(&format!("/properties/{place}"));
        *own.expect("it is there") = value;
        let told = world.put(&one, &untrue);
        assert_eq!(
            code(&told),
            refused("UserErrorInvalidRequestParameter"),
            "{place}"
        );
        let asked = json!({"backupInstance": untrue["properties"]});
        let told = world.post(&below_vault("validateForBackup"), &asked);
        assert_eq!(
            code(&told),
            refused("UserErrorInvalidRequestParameter"),
            "{place}"
        );
    }
    let mut guarded = body.clone();
    guarded["properties"]["resourceGuardOperationRequests"] = json!(["/subscriptions/x"]);
    assert_eq!(
        code(&world.put(&one, &guarded)),
        refused("BMSUserErrorInvalidInput")
    );
    world.settle();
    let kept = world.get(&one).json_body();
    assert_eq!(
        kept["properties"]["dataSourceInfo"],
        body["properties"]["dataSourceInfo"]
    );
    assert_eq!(
        kept["properties"]["currentProtectionState"],
        "ProtectionConfigured"
    );
    // Regions are written in two ways.
    let mut spaced = body.clone();
    spaced["properties"]["dataSourceInfo"]["resourceLocation"] = json!("West Europe");
    assert_eq!(world.put(&one, &spaced).status, 201);
}

#[test]
fn a_restore_names_one_container_and_its_own_source() {
    let mut world = World::backed_up();
    let body = world.restore_body();
    let ask = |world: &mut World, place: &str, value: Value| {
        let mut body = body.clone();
        let (whole, name) = place.rsplit_once('/').unwrap_or(("", place));
        body.pointer_mut(whole).expect("it is there")[name] = value;
        let asked = json!({"objectType": "ValidateRestoreRequestObject", "restoreRequestObject": body});
        let validated = world.post(&below_vault("backupInstances/one/validateRestore"), &asked);
        let restored = world.post(&below_vault("backupInstances/one/restore"), &body);
        assert_eq!(
            validated.status, restored.status,
            "{place}: {validated:?} {restored:?}"
        );
        world.settle();
        validated
    };
    const DETAILS: &str = "/restoreTargetInfo/targetDetails";
    let container = format!("{}/blobServices/default/containers", world.account());
    let (server, vault) = (world.server(), format!("{}{}", world.group(), below_vault("")));
    for (place, value) in [
        ("/sourceResourceId".to_owned(), json!(format!("{server}-other"))),
        (format!("{DETAILS}/targetResourceArmId"), json!(vault)),
        (
            format!("{DETAILS}/targetResourceArmId"),
            json!(format!("{container}/other")),
        ),
        (
            format!("{DETAILS}/url"),
            json!("https://target.blob.core.windows.net/box?sv=2021-12-02&sig=x"),
        ),
        (format!("{DETAILS}/filePrefix"), json!("x".repeat(1024))),
    ] {
        let told = ask(&mut world, &place, value);
        assert_eq!(code(&told), refused("BMSUserErrorInvalidInput"), "{place}");
    }
    let fits = ask(&mut world, "/sourceResourceId", json!(server));
    assert_eq!(fits.status, 202);
    let fits = ask(
        &mut world,
        &format!("{DETAILS}/targetResourceArmId"),
        json!(format!("{container}/box")),
    );
    assert_eq!(fits.status, 202);
}
