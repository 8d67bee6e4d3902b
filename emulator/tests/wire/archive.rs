//! The archive of single servers' backups: how points get there, what they show, and how they come back.

use azdrill_emulator::model::Response;
use azdrill_emulator::rules::Profile;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bodies::policy_body;
use crate::rules::named;
use crate::single_server_backups::DATABASES;
use crate::world::{World, below_vault};

const ONE: &str = "backupInstances/one";
const BEGIN: &str = "2024-09-02T06:00:00Z";

pub(crate) fn lifecycle(store: &str, duration: &str, copies: &Value) -> Value {
    json!({
        "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": duration},
        "sourceDataStore": {"dataStoreType": store, "objectType": "DataStoreInfoBase"},
        "targetDataStoreCopySettings": copies,
    })
}

pub(crate) fn copy_to(store: &str, option: &Value) -> Value {
    json!([{"dataStore": {"dataStoreType": store, "objectType": "DataStoreInfoBase"}, "copyAfter": option}])
}

/// A policy whose one retention rule has these lifecycles. Its first scheduled backup is years away.
pub(crate) fn policy_of(lifecycles: &Value) -> Value {
    let mut policy = policy_body();
    policy["properties"]["datasourceTypes"] = json!([DATABASES]);
    let rules = &mut policy["properties"]["policyRules"];
    rules[0]["trigger"]["schedule"]["repeatingTimeIntervals"] = json!(["R/2039-01-02T06:30:00+00:00/P1W"]);
    rules[1]["lifecycles"] = lifecycles.clone();
    policy
}

/// One that keeps in vault storage, copies, and keeps in the archive.
pub(crate) fn archived(vault: &str, option: &str, archive: &str) -> Value {
    policy_of(&json!([
        lifecycle(
            "VaultStore",
            vault,
            &copy_to("ArchiveStore", &json!({"objectType": option}))
        ),
        lifecycle("ArchiveStore", archive, &Value::Null),
    ]))
}

impl World {
    /// A database that is protected by this policy, with one recovery point.
    fn archiving(self, policy: &Value) -> Self {
        let mut world = self.make_a_database();
        let made = world.put(&below_vault("backupPolicies/archived"), policy);
        assert_eq!(made.status, 200, "{made:?}");
        let mut instance = world.database_instance();
        let id = format!("{}{}", world.group(), below_vault("backupPolicies/archived"));
        instance["properties"]["policyInfo"]["policyId"] = json!(id);
        let made = world.put(&below_vault(ONE), &instance);
        assert_eq!(made.status, 201, "{made:?}");
        world.pass(SignedDuration::from_hours(1));
        world.sign_in_again();
        world.back_up_database();
        world.pass(SignedDuration::from_hours(1));
        assert_eq!(world.listed("backupJobs")[0]["properties"]["status"], "Completed");
        world
    }

    fn days(&mut self, days: i64) {
        self.pass(SignedDuration::from_hours(24 * days));
        self.sign_in_again();
    }

    /// The stores the only recovery point is in.
    fn entries(&mut self) -> Vec<Value> {
        let points = self.listed(&format!("{ONE}/recoveryPoints"));
        assert_eq!(points.len(), 1, "{points:?}");
        let entries = points[0]["properties"]["recoveryPointDataStoresDetails"].as_array();
        entries.cloned().expect("its stores")
    }

    fn stores(&mut self) -> Vec<String> {
        let entries = self.entries();
        entries
            .iter()
            .map(|own| own["type"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    fn restore_archived(&mut self, duration: &str) -> Value {
        let mut restore = self.restore_body();
        restore["objectType"] = json!("AzureBackupRestoreWithRehydrationRequest");
        restore["sourceDataStoreType"] = json!("ArchiveStore");
        restore["rehydrationPriority"] = json!("Standard");
        restore["rehydrationRetentionDuration"] = json!(duration);
        restore
    }

    fn restore(&mut self, body: &Value) -> Response {
        self.post(&below_vault(&format!("{ONE}/restore")), body)
    }

    fn newest_job(&mut self) -> Value {
        let job = self.listed("backupJobs")[0]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.get(&below_vault(&format!("backupJobs/{job}"))).json_body()["properties"].clone()
    }

    fn rehydrate(&mut self, priority: &str) -> Response {
        let asked = json!({
            "recoveryPointId": self.point(),
            "rehydrationPriority": priority,
            "rehydrationRetentionDuration": "P10D",
        });
        self.post(&below_vault(&format!("{ONE}/rehydrate")), &asked)
    }
}

fn day(time: &Value) -> &str {
    &time.as_str().expect("a time")[..10]
}

/// It is copied when it expires in vault storage, is gone there, and the archive lets go of it in the end.
#[test]
fn what_expires_in_vault_storage_is_in_the_archive_from_then_on() {
    let mut world =
        World::at(Profile::Observed, BEGIN).archiving(&archived("P7D", "CopyOnExpiryOption", "P6M"));
    world.days(6);
    let entries = world.entries();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let before = (&entries[0]["type"], day(&entries[0]["expiryTime"]));
    assert_eq!(before, (&json!("VaultStore"), "2024-09-09"));
    let points = world.listed(&format!("{ONE}/recoveryPoints"));
    assert_eq!(
        day(&points[0]["properties"]["expiryTime"]),
        "2025-03-09",
        "in the last store"
    );
    world.days(1);
    let entries = world.entries();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let own = &entries[0];
    assert_eq!(own["type"], "ArchiveStore");
    assert_eq!(
        (day(&own["creationTime"]), day(&own["expiryTime"])),
        ("2024-09-09", "2025-03-09")
    );
    let rest = json!([
        own["visible"],
        own["state"],
        own["rehydrationStatus"],
        own["rehydrationExpiryTime"]
    ]);
    assert_eq!(rest, json!([true, "COMMITTED", null, null]));
    world.released();
    world.days(180);
    assert_eq!(world.entries().len(), 1);
    world.days(3);
    assert_eq!(world.listed(&format!("{ONE}/recoveryPoints")).len(), 0);
    assert!(world.released() > 0, "its bytes are given back");
}

/// At once: it is in both, and each lets go of it at its own time.
#[test]
fn what_is_copied_at_once_is_in_both_stores() {
    let mut world =
        World::at(Profile::Observed, BEGIN).archiving(&archived("P7D", "ImmediateCopyOption", "P6M"));
    assert_eq!(world.stores(), ["VaultStore", "ArchiveStore"]);
    // It can be restored from where it is, and need not come back.
    named(&world.rehydrate("Standard"), "DPP-REHYDRATE");
    let restore_archived = world.restore_archived("P15D");
    named(&world.restore(&restore_archived), "DPP-REHYDRATE");
    let from_vault = world.restore_body();
    assert_eq!(world.restore(&from_vault).status, 202);
    world.days(7);
    assert_eq!(world.stores(), ["ArchiveStore"]);
    let mut world =
        World::at(Profile::Observed, BEGIN).archiving(&archived("P9M", "ImmediateCopyOption", "P6M"));
    world.days(190);
    assert_eq!(
        world.stores(),
        ["VaultStore"],
        "the archive was the first to let go of it"
    );
    world.days(90);
    assert_eq!(
        world.listed(&format!("{ONE}/recoveryPoints")).len(),
        1,
        "the last one outlives the product"
    );
}

/// Stopping protection keeps data where it is.
#[test]
fn nothing_is_copied_while_protection_is_stopped() {
    let mut world =
        World::at(Profile::Observed, BEGIN).archiving(&archived("P7D", "CopyOnExpiryOption", "P6M"));
    let stopped = world.post(&below_vault(&format!("{ONE}/stopProtection")), &json!({}));
    assert_eq!(stopped.status, 202, "{stopped:?}");
    world.days(20);
    assert_eq!(world.stores(), ["VaultStore"]);
    let resumed = world.post(&below_vault(&format!("{ONE}/resumeProtection")), &json!({}));
    assert_eq!(resumed.status, 202, "{resumed:?}");
    world.days(2);
    assert_eq!(world.stores(), ["ArchiveStore"]);
    // Deleted softly and brought back, it is followed to its end as before.
    let deleted = world.delete(&below_vault(ONE));
    assert_eq!(deleted.status, 202, "{deleted:?}");
    world.days(1);
    let back = world.post(&below_vault("deletedBackupInstances/one/undelete"), &json!({}));
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(world.stores(), ["ArchiveStore"]);
}

/// Whoever restores from the archive says that it comes back first, how urgently, and for how long.
#[test]
fn a_restore_from_the_archive_says_how_it_is_rehydrated() {
    let mut world =
        World::at(Profile::Observed, BEGIN).archiving(&archived("P7D", "CopyOnExpiryOption", "P6M"));
    let early = world.restore_archived("P15D");
    named(&world.restore(&early), "DPP-REHYDRATE");
    world.days(8);
    let good = world.restore_archived("P15D");
    let with = |name: &str, value: &str| {
        let mut body = good.clone();
        body[name] = json!(value);
        body
    };
    for wrong in [
        world.restore_body(),
        with("objectType", "AzureBackupRecoveryPointBasedRestoreRequest"),
        with("sourceDataStoreType", "VaultStore"),
        with("rehydrationPriority", "Invalid"),
        with("rehydrationPriority", "Urgent"),
        with("rehydrationRetentionDuration", "P9D"),
        with("rehydrationRetentionDuration", "P31D"),
        with("rehydrationRetentionDuration", "15"),
    ] {
        let refused = world.restore(&wrong);
        named(&refused, "SS-RD-10");
        let code = refused.json_body()["error"]["code"].clone();
        assert_eq!(
            (refused.status.as_u16(), code),
            (400, json!("SyntheticRehydrationNeeded"))
        );
        let asked = json!({"objectType": "ValidateRestoreRequestObject", "restoreRequestObject": wrong});
        named(
            &world.post(&below_vault(&format!("{ONE}/validateRestore")), &asked),
            "SS-RD-10",
        );
    }
    for duration in ["P10D", "P30D", "P2W"] {
        let asked = with("rehydrationRetentionDuration", duration);
        let asked = json!({"objectType": "ValidateRestoreRequestObject", "restoreRequestObject": asked});
        let started = world.post(&below_vault(&format!("{ONE}/validateRestore")), &asked);
        assert_eq!(started.status, 202, "{started:?}");
        world.settle();
        assert_eq!(
            world.follow(&started, "azure-asyncoperation").json_body()["status"],
            "Succeeded"
        );
    }
    assert_eq!(
        world.stores(),
        ["ArchiveStore"],
        "a validation brings nothing back"
    );
}

/// As long as it takes: the job waits, the point shows that it comes back, is there for a while, and is gone again.
#[test]
fn a_restore_waits_until_its_point_is_back() {
    let mut world = World::paced_at(BEGIN).archiving(&archived("P7D", "CopyOnExpiryOption", "P6M"));
    world.days(8);
    let asked = world.restore_archived("P10D");
    let started = world.restore(&asked);
    assert_eq!(started.status, 202, "{started:?}");
    world.pass(SignedDuration::from_hours(14));
    world.sign_in_again();
    let job = world.newest_job();
    let shown = json!([
        job["status"],
        job["sourceDataStoreType"],
        job["rehydrationPriority"]
    ]);
    assert_eq!(shown, json!(["InProgress", "ArchiveStore", "Standard"]));
    let entries = world.entries();
    let shown = (
        &entries[0]["type"],
        &entries[0]["rehydrationStatus"],
        entries.len(),
    );
    assert_eq!(shown, (&json!("ArchiveStore"), &json!("CREATE_IN_PROGRESS"), 1));
    named(&world.restore(&asked), "DPP-REHYDRATE");
    let from_vault = world.restore_body();
    named(&world.restore(&from_vault), "SS-RD-10");
    world.pass(SignedDuration::from_hours(2));
    world.sign_in_again();
    assert_eq!(world.newest_job()["status"], "Completed");
    assert_eq!(world.movement.copied, ["restored"]);
    let entries = world.entries();
    let copy = (&entries[0]["type"], day(&entries[0]["expiryTime"]));
    assert_eq!(copy, (&json!("VaultStore"), "2024-09-20"));
    let own = &entries[1];
    assert_eq!(own["rehydrationStatus"], "COMPLETED");
    assert_eq!(day(&own["rehydrationExpiryTime"]), "2024-09-20");
    // While it is there it is restored like any other.
    let again = world.restore(&from_vault);
    assert_eq!(again.status, 202, "{again:?}");
    world.days(10);
    let entries = world.entries();
    let shown = (
        &entries[0]["type"],
        &entries[0]["rehydrationStatus"],
        entries.len(),
    );
    assert_eq!(shown, (&json!("ArchiveStore"), &json!("DELETED"), 1));
    named(&world.restore(&from_vault), "SS-RD-10");
}

#[test]
fn a_point_is_brought_back_without_being_restored() {
    let mut world = World::paced_at(BEGIN).archiving(&archived("P7D", "CopyOnExpiryOption", "P6M"));
    world.days(8);
    named(&world.rehydrate("Urgent"), "SS-RD-10");
    let started = world.rehydrate("High");
    assert_eq!(started.status, 202, "{started:?}");
    world.pass(SignedDuration::from_mins(50));
    let status =
        |world: &mut World| world.follow(&started, "azure-asyncoperation").json_body()["status"].clone();
    assert_eq!(status(&mut world), "Inprogress");
    named(&world.rehydrate("High"), "DPP-REHYDRATE");
    world.pass(SignedDuration::from_mins(20));
    world.sign_in_again();
    assert_eq!(status(&mut world), "Succeeded");
    assert_eq!(world.stores(), ["VaultStore", "ArchiveStore"]);
    let jobs = world.listed("backupJobs");
    assert_eq!(jobs.len(), 1, "no job of its own");
}

/// What is in the archive is restored where it is.
#[test]
fn a_restore_from_the_archive_in_another_region_is_not_played() {
    let mut world =
        World::at(Profile::Observed, BEGIN).archiving(&archived("P7D", "CopyOnExpiryOption", "P6M"));
    let on = json!({"properties": {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}});
    let changed = world.arm(Method::PATCH, &below_vault(""), Some(&on));
    assert_eq!(changed.status, 202, "{changed:?}");
    world.days(8);
    let instance = format!("{}{}", world.group(), below_vault(ONE));
    let source = json!({"sourceRegion": "westeurope", "sourceBackupInstanceId": instance});
    let (archived, vaulted) = (world.restore_archived("P15D"), world.restore_body());
    let mut ask = |restore: &Value| {
        let mut restore = restore.clone();
        restore["restoreTargetInfo"]["restoreLocation"] = json!("northeurope");
        let sent = json!({"restoreRequestObject": restore, "crossRegionRestoreDetails": source});
        let target = "/providers/Microsoft.DataProtection/locations/northeurope/crossRegionRestore";
        world.post(target, &sent)
    };
    let refused = ask(&archived);
    assert_eq!(refused.status, 501, "{refused:?}");
    let what = refused.header("x-azdrill-not-implemented").unwrap_or_default();
    assert!(what.contains("across regions from the archive"), "{what}");
    named(&ask(&vaulted), "SS-RD-10");
}
