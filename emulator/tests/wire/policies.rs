//! What a backup policy may say, and that it does not change.

use azdrill_emulator::model::Response;
use azdrill_emulator::rules::Profile;
use serde_json::{Value, json};

use crate::bodies::policy_body;
use crate::world::{World, below_vault};

impl World {
    fn put_own_policy(&mut self, body: &Value) -> Response {
        self.put(&below_vault("backupPolicies/own"), body)
    }
}

fn with_vault(profile: Profile) -> World {
    let mut world = World::of(profile);
    world.put_vault("2024-04-01", "On");
    world
}

/// The body of tests with a value put at a pointer below its rules.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = policy_body();
    let place = format!("/properties/policyRules{pointer}");
    match body.pointer_mut(&place) {
        Some(own) => *own = value,
        None => panic!("there is no {place}"),
    }
    body
}

fn code(answer: &Response) -> String {
    answer.json_body()["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_policy_that_is_there_does_not_change() {
    let mut world = with_vault(Profile::Observed);
    let made = world.put_own_policy(&policy_body());
    assert_eq!(made.status, 200);
    assert_eq!(world.put_own_policy(&policy_body()).status, 200, "the same again");
    // What a client read and sends back, ids of tags and nulls included, says the same.
    let mut read = made.json_body();
    read["properties"]["policyRules"][0]["trigger"]["taggingCriteria"][0]["criteria"] = Value::Null;
    assert_eq!(world.put_own_policy(&read).status, 200, "as it was read");
    let other = with("/1/lifecycles/0/deleteAfter/duration", json!("P4M"));
    let refused = world.put_own_policy(&other);
    assert_eq!(
        (refused.status.as_u16(), code(&refused).as_str()),
        (400, "UserErrorBMSUpdatePolicyNotSupported")
    );
    let kept = world.get(&below_vault("backupPolicies/own")).json_body();
    assert_eq!(kept, made.json_body());
}

#[test]
fn retention_has_limits() {
    let lasting = |duration: &str| with("/1/lifecycles/0/deleteAfter/duration", json!(duration));
    let mut documented = with_vault(Profile::Documented);
    let mut observed = with_vault(Profile::Observed);
    for duration in ["hello", "P20Y", "", "PT1H", "P10Y1D"] {
        for world in [&mut documented, &mut observed] {
            let refused = world.put_own_policy(&lasting(duration));
            assert_eq!(
                (refused.status.as_u16(), code(&refused).as_str()),
                (400, "BMSUserErrorInvalidInput"),
                "{duration}"
            );
        }
    }
    // A provider's own example keeps a day.
    assert_eq!(documented.put_own_policy(&lasting("P1D")).status, 400);
    assert_eq!(observed.put_own_policy(&lasting("P1D")).status, 200);
    assert_eq!(documented.put_own_policy(&lasting("P10Y")).status, 200);
}

/// Flexible servers have no archive, and nothing of PostgreSQL has another store.
#[test]
fn archives_and_other_stores_are_refused() {
    let mut world = with_vault(Profile::Observed);
    let store = |kind: &str| json!({"dataStoreType": kind, "objectType": "DataStoreInfoBase"});
    let copy =
        json!([{"dataStore": store("ArchiveStore"), "copyAfter": {"objectType": "CopyOnExpiryOption"}}]);
    let copies = "/1/lifecycles/0/targetDataStoreCopySettings";
    let bodies = [
        with(copies, copy),
        with("/1/lifecycles/0/sourceDataStore", store("ArchiveStore")),
        with("/1/lifecycles/0/sourceDataStore", store("OperationalStore")),
        with("/0/dataStore", store("OperationalStore")),
        with("/0/backupParameters/backupType", json!("Incremental")),
        with(
            "/0/trigger/schedule/repeatingTimeIntervals",
            json!(["R/2021-08-15T06:30:00+00:00/P1D"]),
        ),
        with("/0/trigger/taggingCriteria", json!([])),
    ];
    for body in bodies {
        assert_eq!(world.put_own_policy(&body).status, 400, "{body}");
    }
    let missing = world.get(&below_vault("backupPolicies/own"));
    assert_eq!(missing.status, 404, "nothing was kept");
}

/// Nor is a restore from an archive that there is none of, or a backup of another kind, done as the one that is played.
#[test]
fn restores_from_the_archive_and_backups_of_another_kind_are_refused() {
    let mut world = World::backed_up();
    let mut ask = |name: &str, value: &str| {
        let mut body = world.restore_body();
        body[name] = json!(value);
        body["rehydrationPriority"] = json!("Standard");
        body["rehydrationRetentionDuration"] = json!("P15D");
        let answer = world.post(&below_vault("backupInstances/one/restore"), &body);
        (answer.status.as_u16(), code(&answer))
    };
    let not_played = (501, "NotImplementedByEmulator".to_owned());
    let invalid = (400, "BMSUserErrorInvalidInput".to_owned());
    assert_eq!(
        ask("objectType", "AzureBackupRestoreWithRehydrationRequest"),
        invalid
    );
    assert_eq!(ask("sourceDataStoreType", "ArchiveStore"), invalid);
    assert_eq!(
        ask("objectType", "AzureBackupRecoveryTimeBasedRestoreRequest"),
        invalid
    );
    assert_eq!(ask("sourceDataStoreType", "OperationalStore"), invalid);
    let mut instance = world.instance_body();
    instance["properties"]["policyInfo"]["policyParameters"] = json!({"backupDatasourceParametersList": [{
        "objectType": "PostgreSqlFlexibleServerBackupDatasourceParameters", "backupSolutionType": "PhysicalBackup",
    }]});
    let answer = world.put(&below_vault("backupInstances/one"), &instance);
    assert_eq!((answer.status.as_u16(), code(&answer)), not_played);
}

/// Azure Backup takes them; a policy of theirs does nothing by itself.
#[test]
fn policies_of_other_datasources_are_kept_and_unknown_ones_are_not() {
    let mut world = with_vault(Profile::Observed);
    let operational = json!({"properties": {
        "policyRules": [{
            "lifecycles": [{
                "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P30D"},
                "sourceDataStore": {"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"},
            }],
            "isDefault": true,
            "name": "Default",
            "objectType": "AzureRetentionRule",
        }],
        "datasourceTypes": ["Microsoft.Storage/storageAccounts/blobServices"],
        "objectType": "BackupPolicy",
    }});
    assert_eq!(world.put_own_policy(&operational).status, 200);
    let mut unknown = operational;
    unknown["properties"]["datasourceTypes"] = json!(["Contoso.Things/widgets"]);
    let refused = world.put(&below_vault("backupPolicies/other"), &unknown);
    assert_eq!(
        (refused.status.as_u16(), code(&refused).as_str()),
        (400, "BMSUserErrorInvalidInput")
    );
    unknown["properties"]["datasourceTypes"] = json!([
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.DBforPostgreSQL/flexibleServers"
    ]);
    let mixed = world.put(&below_vault("backupPolicies/other"), &unknown);
    assert_eq!(
        (mixed.status.as_u16(), code(&mixed).as_str()),
        (400, "BMSUserErrorInvalidInput")
    );
    let mut mine = policy_body();
    mine["properties"]["policyRules"]
        .as_array_mut()
        .expect("rules")
        .remove(0);
    assert_eq!(
        world.put(&below_vault("backupPolicies/mine"), &mine).status,
        400,
        "no backup rule"
    );
}
