//! Backups of a single server's database, in the days when there were any: what they need, and what they leave.

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::model::{Request, Response, TenantId, Timestamp};
use azdrill_emulator::rules::Profile;
use azdrill_emulator::services::Settings;
use azdrill_emulator::state::Subscription;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bodies::{backup_body, policy_body, vault_body};
use crate::rules::named;
use crate::single_server::{SINGLE, long, server_body};
use crate::world::{World, below_vault};

pub(crate) const DATABASES: &str = "Microsoft.DBforPostgreSQL/servers/databases";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const BLOB_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const KEYS_HOST: &str = "azdrillkeys.vault.azure.net";
const ONE: &str = "backupInstances/one";

impl World {
    fn database(&self) -> String {
        format!("{}{SINGLE}/databases/shop", self.group())
    }

    pub(crate) fn database_instance(&self) -> Value {
        let server = format!("{}{SINGLE}", self.group());
        json!({"properties": {
            "friendlyName": "shop",
            "dataSourceInfo": {
                "datasourceType": DATABASES,
                "objectType": "Datasource",
                "resourceID": self.database(),
                "resourceLocation": "westeurope",
                "resourceName": "shop",
                "resourceType": DATABASES,
            },
            "dataSourceSetInfo": {"objectType": "DatasourceSet", "resourceID": server, "resourceName": "single"},
            "datasourceAuthCredentials": {
                "objectType": "SecretStoreBasedAuthCredentials",
                "secretStoreResource": {
                    "secretStoreType": "AzureKeyVault",
                    "uri": format!("https://{KEYS_HOST}/secrets/database"),
                },
            },
            "objectType": "BackupInstance",
            "policyInfo": {"policyId": format!("{}{}", self.group(), below_vault("backupPolicies/weekly"))},
        }})
    }

    pub(crate) fn validate_database(&mut self) -> Response {
        let properties = self.database_instance()["properties"].clone();
        let sent = json!({"objectType": "ValidateForBackupRequest", "backupInstance": properties});
        let started = self.post(&below_vault("validateForBackup"), &sent);
        assert_eq!(started.status, 202, "{started:?}");
        self.settle();
        self.follow(&started, "azure-asyncoperation")
    }

    /// A server with a database, its credentials in a key vault, and a vault whose identity may do what it needs.
    pub(crate) fn with_a_database() -> Self {
        Self::at(Profile::Observed, "2024-09-02T06:00:00Z").make_a_database()
    }

    /// The same, of an empty world.
    pub(crate) fn make_a_database(self) -> Self {
        let mut world = self;
        let mut server = server_body("11");
        server["location"] = json!("westeurope");
        long(&world.put(SINGLE, &server));
        world.settle();
        let everybody = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
        for (child, body) in [
            ("databases/shop", json!({"properties": {}})),
            ("firewallRules/azure", everybody),
        ] {
            long(&world.put(&format!("{SINGLE}/{child}"), &body));
            world.settle();
        }
        world.put_key_vault(false);
        world.put_secret();
        world.put_account();
        assert_eq!(world.put_vault("2024-04-01", "On").status, 201);
        let mut policy = policy_body();
        policy["properties"]["datasourceTypes"] = json!([DATABASES]);
        assert_eq!(
            world.put(&below_vault("backupPolicies/weekly"), &policy).status,
            200
        );
        let keys = format!(
            "{}/providers/Microsoft.KeyVault/vaults/azdrillkeys",
            world.group()
        );
        let server = format!("{}{SINGLE}", world.group());
        for (scope, role) in [
            (server, READER),
            (keys, SECRETS_USER),
            (world.account(), BLOB_CONTRIBUTOR),
        ] {
            world.give_vault(&scope, role);
        }
        world.settle();
        world
    }

    fn put_secret(&mut self) {
        self.put_secret_for("single");
    }

    /// A connection string for a server of that name.
    pub(crate) fn put_secret_for(&mut self, server: &str) {
        let value = format!(
            "Server={server}.postgres.database.azure.com;User Id=cloudsa@single;Password=Not-a-secret-1!"
        );
        self.put_secret_that_reads(&value);
    }

    pub(crate) fn put_secret_that_reads(&mut self, value: &str) {
        let answer = self.sign_in("https://vault.azure.net/.default").json_body();
        let token = answer["access_token"].as_str().expect("a token");
        let request = Request::new(Method::PUT, KEYS_HOST, "/secrets/database?api-version=7.4")
            .with_header("authorization", &format!("Bearer {token}"))
            .with_json(&json!({"value": value}));
        let made = self.send(request);
        assert_eq!(made.status, 200, "{made:?}");
    }

    pub(crate) fn with_a_protected_database() -> Self {
        let mut world = Self::with_a_database();
        let instance = world.database_instance();
        let made = world.put(&below_vault(ONE), &instance);
        assert_eq!(made.status, 201, "{made:?}");
        world.settle();
        let state = world.get(&below_vault(ONE)).json_body()["properties"]["currentProtectionState"].clone();
        assert_eq!(state, "ProtectionConfigured");
        world
    }

    pub(crate) fn back_up_database(&mut self) -> Value {
        let started = self.post(&below_vault(&format!("{ONE}/backup")), &backup_body());
        assert_eq!(started.status, 202, "{started:?}");
        self.settle();
        self.listed("backupJobs")[0]["properties"].clone()
    }

    fn last_note(&self) -> Vec<&'static str> {
        let notes = self.azure.log().notes();
        let last = notes.last().expect("a note");
        last.rules.iter().map(|rule| rule.as_str()).collect()
    }
}

#[test]
fn a_vault_without_an_identity_backs_nothing_up() {
    let mut world = World::with_a_database();
    let mut body = vault_body("On");
    body["identity"] = json!({"type": "None"});
    assert!(world.put(&below_vault(""), &body).status.is_success());
    world.settle();
    let refused = world.validate_database();
    named(&refused, "SS-B-01");
    assert_eq!(
        refused.json_body()["error"]["code"],
        "UserErrorSystemIdentityNotEnabledWithVault"
    );
}

/// The one file of a recovery point is written under the very prefix a restore asks for.
#[test]
fn a_restore_as_files_writes_one_file_of_the_name_it_is_given() {
    let mut world = World::with_a_protected_database();
    assert_eq!(world.back_up_database()["status"], "Completed");
    let restore = world.restore_body();
    let started = world.post(&below_vault(&format!("{ONE}/restore")), &restore);
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    assert_eq!(world.listed("backupJobs")[0]["properties"]["status"], "Completed");
    assert_eq!(world.movement.copied, ["restored"]);
    // What is there is not written over.
    named(&world.restore_needs(|_| {}), "SS-RF-04");
    let beside = world.restore_needs(|restore| {
        restore["restoreTargetInfo"]["targetDetails"]["filePrefix"] = json!("restore");
    });
    assert_eq!(beside.json_body()["status"], "Succeeded", "{beside:?}");
    let too_long = world.restore_needs(|restore| {
        restore["restoreTargetInfo"]["targetDetails"]["filePrefix"] = json!("a".repeat(1025));
    });
    named(&too_long, "DPP-RESTORE-REQUEST,SS-RF-08");
}

#[test]
fn programs_older_than_the_server_are_no_way_to_back_it_up() {
    let mut world = World::with_a_database();
    world.movement.sign_ins_fail_with = Some(SessionFailure::ClientTooOld);
    let refused = world.validate_database();
    named(&refused, "SS-B-TOOL");
    assert_eq!(refused.json_body()["error"]["code"], "SyntheticClientTooOld");
    let mut world = World::with_a_protected_database();
    world.movement.sign_ins_fail_with = Some(SessionFailure::ClientTooOld);
    assert_eq!(world.back_up_database()["status"], "Failed");
    assert_eq!(world.last_note(), ["SS-B-TOOL"]);
}

#[test]
fn another_subscription_is_out_of_reach_where_the_vault_says_so() {
    let mut world = World::with_a_protected_database();
    assert_eq!(world.back_up_database()["status"], "Completed");
    let off = json!({"properties": {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Disabled"}}}});
    let changed = world.arm(Method::PATCH, &below_vault(""), Some(&off));
    assert_eq!(changed.status, 202, "{changed:?}");
    world.settle();
    // What stands in another subscription is the same but for its id.
    let target: azdrill_emulator::model::ResourceId = world.account().parse().expect("an id");
    let elsewhere = world.account().replace(
        &world.operator.subscription,
        "00000000-0000-0000-0000-0000000000bb",
    );
    let elsewhere: azdrill_emulator::model::ResourceId = elsewhere.parse().expect("an id");
    let state = world.azure.state_mut();
    let mut account = state.resources.remove(&target).expect("an account");
    account.id = elsewhere.clone();
    state.resources.insert(elsewhere.clone(), account);
    state.storage_accounts.insert("target".to_owned(), elsewhere);
    named(&world.restore_needs(|_| {}), "SS-CS-01");
}

#[test]
fn a_database_in_another_subscription_is_as_much_out_of_reach() {
    let mut world = World::with_a_protected_database();
    assert_eq!(world.back_up_database()["status"], "Completed");
    let own = world.database().replace("/shop", "/restored");
    let credentials = world.database_instance()["properties"]["datasourceAuthCredentials"].clone();
    let elsewhere = own.replace(
        &world.operator.subscription,
        "00000000-0000-0000-0000-0000000000bb",
    );
    let needs = |world: &mut World, database: &str| {
        world.restore_needs(|restore| {
            restore["restoreTargetInfo"] = json!({
                "objectType": "RestoreTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": "westeurope",
                "datasourceInfo": {"objectType": "Datasource", "datasourceType": DATABASES, "resourceID": database},
                "datasourceAuthCredentials": credentials,
            });
        })
    };
    let off = json!({"properties": {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Disabled"}}}});
    named(&needs(&mut world, &elsewhere), "SS-B-SERVER");
    // The subscription turns out to be another tenant's.
    let theirs = Subscription {
        id: "00000000-0000-0000-0000-0000000000bb".to_owned(),
        name: "theirs".to_owned(),
        tenant: TenantId(Uuid::from_u128(0x7e17)),
        hidden: false,
    };
    let subscriptions = &mut world.azure.state_mut().subscriptions;
    subscriptions.insert(theirs.id.clone(), theirs);
    named(&needs(&mut world, &elsewhere), "TENANT-RD");
    let subscriptions = &mut world.azure.state_mut().subscriptions;
    subscriptions.remove("00000000-0000-0000-0000-0000000000bb");

    assert_eq!(needs(&mut world, &own).json_body()["status"], "Succeeded");
    let changed = world.arm(Method::PATCH, &below_vault(""), Some(&off));
    assert_eq!(changed.status, 202, "{changed:?}");
    world.settle();
    named(&needs(&mut world, &elsewhere), "SS-CS-01-DATABASE");
    assert_eq!(needs(&mut world, &own).json_body()["status"], "Succeeded");
}

/// SS-B-20: the older model, in which the vault's own identity is a user of the database, is closed to new instances; where
/// it is still taken, the server has an administrator of Microsoft Entra ID (SS-B-20-ENTRA).
#[test]
fn an_instance_that_names_no_secret_is_one_of_the_older_model() {
    let without = |world: &mut World| {
        let mut properties = world.database_instance()["properties"].clone();
        properties["datasourceAuthCredentials"] = Value::Null;
        let sent = json!({"objectType": "ValidateForBackupRequest", "backupInstance": properties});
        let started = world.post(&below_vault("validateForBackup"), &sent);
        assert_eq!(started.status, 202, "{started:?}");
        world.settle();
        world.follow(&started, "azure-asyncoperation")
    };
    named(&without(&mut World::with_a_database()), "SS-B-20");
    // It is looked at a step of the world's time after it was asked for, and at the end itself it is over.
    for (more, rule) in [(1_234, "SS-B-20"), (1_235, "SS-B-20-ENTRA")] {
        let mut world = World::with_a_database();
        let until = world.now + SignedDuration::from_millis(more);
        world.azure.settings_mut().entra_credentials_until = Some(until);
        named(&without(&mut world), rule);
    }
    let now = "2024-09-02T06:00:00Z";
    for (until, rule) in [
        ("2024-09-02T06:00:01Z", "SS-B-20"),
        ("2024-12-01T00:00:00Z", "SS-B-20-ENTRA"),
    ] {
        let settings = Settings {
            entra_credentials_until: Some(until.parse().expect("a time")),
            ..Settings::default()
        };
        let mut world = World::with(Profile::Observed, now, settings).make_a_database();
        named(&without(&mut world), rule);
        if rule == "SS-B-20-ENTRA" {
            let administrator = json!({"properties": {
                "administratorType": "ActiveDirectory", "login": "dba",
                "sid": "b0a2f3d6-8b0e-4b3f-9d43-0d6a8f5a2b11", "tenantId": world.operator.tenant,
            }});
            long(&world.put(
                &format!("{SINGLE}/administrators/activeDirectory"),
                &administrator,
            ));
            world.settle();
            assert_eq!(without(&mut world).json_body()["status"], "Succeeded");
            // What was configured so goes on so, when nobody is any more.
            let mut instance = world.database_instance();
            instance["properties"]["datasourceAuthCredentials"] = Value::Null;
            let made = world.put(&below_vault(ONE), &instance);
            assert_eq!(made.status, 201, "{made:?}");
            world.settle();
            world.pass(SignedDuration::from_hours(24 * 120));
            world.sign_in_again();
            assert_eq!(world.back_up_database()["status"], "Completed");
            let deleted = world.delete(&below_vault(&format!("{ONE}?api-version=2024-04-01")));
            assert!(deleted.status.is_success(), "{deleted:?}");
        }
    }
}

/// SS-B-20-ENTRA: there is a user for the vault's identity, or the sign-in fails for that.
#[test]
fn the_vaults_identity_is_a_user_of_the_database_in_the_older_model() {
    let settings = Settings {
        entra_credentials_until: Some("2024-12-01T00:00:00Z".parse().expect("a time")),
        ..Settings::default()
    };
    let mut world = World::with(Profile::Observed, "2024-09-02T06:00:00Z", settings).make_a_database();
    let administrator = json!({"properties": {
        "administratorType": "ActiveDirectory", "login": "dba",
        "sid": "b0a2f3d6-8b0e-4b3f-9d43-0d6a8f5a2b11", "tenantId": world.operator.tenant,
    }});
    long(&world.put(
        &format!("{SINGLE}/administrators/activeDirectory"),
        &administrator,
    ));
    world.settle();
    world.movement.sign_ins_fail_with = Some(SessionFailure::SignInRefused);
    let mut properties = world.database_instance()["properties"].clone();
    properties["datasourceAuthCredentials"] = Value::Null;
    let sent = json!({"objectType": "ValidateForBackupRequest", "backupInstance": properties});
    let started = world.post(&below_vault("validateForBackup"), &sent);
    world.settle();
    named(&world.follow(&started, "azure-asyncoperation"), "SS-B-20-ENTRA");
}

/// SS-RD-11: whoever compares the secret's words with the target refuses one for another server, and no other.
#[test]
fn a_secret_for_another_server_is_none_for_the_target() {
    let assumptions = [("SS-RD-11".to_owned(), "compared".to_owned())];
    let mut world = World::assuming(assumptions, "2024-09-02T06:00:00Z").make_a_database();
    let instance = world.database_instance();
    assert_eq!(world.put(&below_vault(ONE), &instance).status, 201);
    world.settle();
    assert_eq!(world.back_up_database()["status"], "Completed");
    for (server, refused) in [("single", false), ("SINGLE", false), ("other", true)] {
        world.put_secret_for(server);
        let database = world.database().replace("/shop", "/restored");
        let credentials = instance["properties"]["datasourceAuthCredentials"].clone();
        let answer = world.restore_needs(|restore| {
            restore["restoreTargetInfo"] = json!({
                "objectType": "RestoreTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": "westeurope",
                "datasourceInfo": {"objectType": "Datasource", "datasourceType": DATABASES, "resourceID": database},
                "datasourceAuthCredentials": credentials,
            });
        });
        if refused {
            named(&answer, "SS-RD-11");
        } else {
            assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
        }
    }
}

/// Of a single server's database a policy may want two backups a week, and gets both (FX-B-09 is flexible servers').
#[test]
fn a_database_is_backed_up_as_often_as_its_policy_says() {
    let mut world = World::with_a_protected_database();
    let mut policy = policy_body();
    policy["properties"]["datasourceTypes"] = json!([DATABASES]);
    policy["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] = json!([
        "R/2024-09-03T06:30:00+00:00/P1W",
        "R/2024-09-05T06:30:00+00:00/P1W"
    ]);
    let twice = world.put(&below_vault("backupPolicies/twice"), &policy);
    assert_eq!(twice.status, 200, "{twice:?}");
    let mut instance = world.database_instance();
    let id = format!("{}{}", world.group(), below_vault("backupPolicies/twice"));
    instance["properties"]["policyInfo"]["policyId"] = json!(id);
    assert!(world.put(&below_vault(ONE), &instance).status.is_success());
    world.settle();
    world.pass(SignedDuration::from_hours(24 * 5));
    let jobs = world.listed("backupJobs");
    let done = jobs
        .iter()
        .filter(|job| job["properties"]["status"] == "Completed");
    assert_eq!(done.count(), 2, "{jobs:?}");
}

/// Whoever may not look at a server learns nothing of it, and is told that he may not; only of one that is gone he is told so.
#[test]
fn a_server_that_may_not_be_read_is_not_taken_to_be_gone() {
    let mut world = World::with_a_database();
    let server = format!("{}{SINGLE}", world.group());
    let listed = world.get(&format!(
        "{server}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()"
    ));
    let body = listed.json_body();
    let all = body["value"].as_array().expect("a list").iter();
    let mut own = all.filter(|one| one["properties"]["scope"] == server.as_str());
    let id = own.next().expect("an assignment")["id"].as_str().expect("an id");
    assert_eq!(world.delete(id).status, 200);
    world.settle();
    named(&world.validate_database(), "SS-B-02,RBAC");
    assert!(world.delete(&server).status.is_success());
    world.settle();
    named(&world.validate_database(), "SS-B-SERVER");
}

#[test]
fn a_password_that_does_not_fit_is_the_secrets() {
    let mut world = World::with_a_database();
    world.movement.sign_ins_fail_with = Some(SessionFailure::SignInRefused);
    named(&world.validate_database(), "SS-B-11");
}

/// SS-RD-08, SS-RF-07: not over what was backed up; and as files even when the servers are no more.
#[test]
fn a_restore_goes_elsewhere_and_after_the_end_to_files() {
    let mut world = World::with_a_protected_database();
    assert_eq!(world.back_up_database()["status"], "Completed");
    let instance = world.database_instance();
    let credentials = instance["properties"]["datasourceAuthCredentials"].clone();
    let own = world.database();
    let over = world.restore_needs(|restore| {
        restore["restoreTargetInfo"] = json!({
            "objectType": "RestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": "westeurope",
            "datasourceInfo": {"objectType": "Datasource", "datasourceType": DATABASES, "resourceID": own},
            "datasourceAuthCredentials": credentials,
        });
    });
    named(&over, "SS-RD-08");
    let told = |world: &mut World| {
        let before = world.azure.log().notes().len();
        let answer = world.restore_needs(|_| {});
        assert_eq!(answer.json_body()["status"], "Succeeded", "{answer:?}");
        let notes = world.azure.log().notes();
        let mut rules = notes.iter().skip(before).flat_map(|note| &note.rules);
        rules.any(|rule| rule.as_str() == "SS-RF-07")
    };
    assert!(!told(&mut world));
    let end: Timestamp = "2025-03-28T00:00:00Z".parse().expect("a time");
    world.pass(end.duration_since(world.now));
    world.sign_in_again();
    assert!(told(&mut world));
}
