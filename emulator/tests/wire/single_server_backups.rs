//! Backups of a single server's database, in the days when there were any: what they need, and what they leave.

use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::model::{Request, Response, TenantId};
use azdrill_emulator::rules::Profile;
use azdrill_emulator::state::Subscription;
use http::Method;
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

    fn validate_database(&mut self) -> Response {
        let properties = self.database_instance()["properties"].clone();
        let sent = json!({"objectType": "ValidateForBackupRequest", "backupInstance": properties});
        let started = self.post(&below_vault("validateForBackup"), &sent);
        assert_eq!(started.status, 202, "{started:?}");
        self.settle();
        self.follow(&started, "azure-asyncoperation")
    }

    /// A server with a database, its credentials in a key vault, and a vault whose identity may do what it needs.
    fn with_a_database() -> Self {
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
        let answer = self.sign_in("https://vault.azure.net/.default").json_body();
        let token = answer["access_token"].as_str().expect("a token");
        let value =
            "Server=single.postgres.database.azure.com;User Id=cloudsa@single;Password=Not-a-secret-1!";
        let request = Request::new(Method::PUT, KEYS_HOST, "/secrets/database?api-version=7.4")
            .with_header("authorization", &format!("Bearer {token}"))
            .with_json(&json!({"value": value}));
        let made = self.send(request);
        assert_eq!(made.status, 200, "{made:?}");
    }

    fn with_a_protected_database() -> Self {
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
