//! Restores in the region a vault's is paired with.

use azdrill_emulator::model::{ResourceId, Response};
use azdrill_emulator::rules::Profile;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::resource_guards::{guard, map, names, put_guard, requests};
use crate::rules::named;
use crate::world::{World, below_vault};

const BLOB_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const FAR: &str = "/providers/Microsoft.Storage/storageAccounts/farrestore";

impl World {
    /// With a backed-up server in a vault that restores across regions, and a storage account in the other one.
    pub(crate) fn paired(self) -> Self {
        let mut world = self;
        let account =
            json!({"location": "northeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
        assert!(world.put(FAR, &account).status.is_success());
        world.settle();
        let container = format!("{FAR}/blobServices/default/containers/box");
        assert!(world.put(&container, &json!({})).status.is_success());
        let scope = format!("{}{FAR}", world.group());
        world.give_vault(&scope, BLOB_CONTRIBUTOR);
        let on =
            json!({"properties": {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}});
        let changed = world.arm(Method::PATCH, &below_vault(""), Some(&on));
        assert_eq!(changed.status, 202, "{changed:?}");
        world.settle();
        world
    }

    fn hours(&mut self, hours: i64) {
        self.pass(SignedDuration::from_hours(hours));
        self.sign_in_again();
    }

    fn vault_id(&self) -> String {
        format!("{}{}", self.group(), below_vault(""))
    }

    fn source(&self) -> Value {
        let instance = format!("{}{}", self.group(), below_vault("backupInstances/one"));
        json!({"sourceRegion": "westeurope", "sourceBackupInstanceId": instance})
    }

    /// Asks something in the other region, of an instance or a vault.
    pub(crate) fn ask_there(&mut self, action: &str, body: &Value) -> Response {
        let target = format!("/providers/Microsoft.DataProtection/locations/northeurope/{action}");
        self.post(&target, body)
    }

    fn there(&mut self) -> Vec<Value> {
        let source = self.source();
        let listed = self.ask_there("fetchSecondaryRecoveryPoints", &source);
        assert_eq!(listed.status, 200, "{listed:?}");
        let points = listed.json_body()["value"].as_array().cloned();
        points.expect("a list")
    }

    pub(crate) fn far_restore(&mut self) -> Value {
        let mut restore = self.restore_body();
        restore["restoreTargetInfo"]["restoreLocation"] = json!("northeurope");
        restore["restoreTargetInfo"]["targetDetails"]["url"] =
            json!("https://farrestore.blob.core.windows.net/box");
        json!({"restoreRequestObject": restore, "crossRegionRestoreDetails": self.source()})
    }

    fn jobs_there(&mut self) -> Vec<Value> {
        let asked = json!({"sourceRegion": "westeurope", "sourceBackupVaultId": self.vault_id()});
        let listed = self.ask_there("fetchCrossRegionRestoreJobs", &asked);
        assert_eq!(listed.status, 200, "{listed:?}");
        let jobs = listed.json_body()["value"].as_array().cloned();
        jobs.expect("a list")
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

#[test]
fn a_point_is_there_after_forty_eight_hours_and_every_other_after_twelve() {
    let mut world = World::backed_up().paired();
    world.hours(47);
    assert_eq!(world.there().len(), 0);
    world.hours(2);
    assert_eq!(world.there().len(), 1);
    let backup = json!({"backupRuleOptions": {"ruleName": "BackupWeekly", "triggerOption": {}}});
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup);
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    world.hours(11);
    assert_eq!(world.there().len(), 1);
    let early = world.far_restore();
    named(
        &world.ask_there("validateCrossRegionRestore", &early),
        "DPP-POINT,FX-CR-03-LAG",
    );
    world.hours(2);
    assert_eq!(world.there().len(), 2);
}

/// Nothing of the primary region is asked: the server is gone, and vault storage is read in the other one.
#[test]
fn a_restore_there_is_like_any_other_and_needs_nothing_here() {
    let mut world = World::backed_up().paired();
    world.hours(49);
    let server: ResourceId = world.server().parse().expect("an id");
    world.azure.state_mut().resources.remove(&server);
    let asked = world.far_restore();
    let validated = world.ask_there("validateCrossRegionRestore", &asked);
    assert_eq!(validated.status, 202, "{validated:?}");
    let prefix = format!(
        "/subscriptions/{}/providers/Microsoft.DataProtection/locations/northeurope/",
        world.operator.subscription
    );
    for header in ["azure-asyncoperation", "location"] {
        let address = validated.header(header).expect("an address");
        assert!(address.contains(&prefix), "{address}");
    }
    world.settle();
    let status = world.follow(&validated, "azure-asyncoperation").json_body();
    assert_eq!(status["status"], "Succeeded", "{status}");
    let since = world.azure.log().count();
    let started = world.ask_there("crossRegionRestore", &asked);
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    let job = world.follow(&started, "location").json_body()["jobId"].clone();
    let id = job.as_str().expect("an id");
    assert_eq!(id.len(), 36, "a bare GUID: {id}");
    let hosts: Vec<String> = (world.azure.log().since(since))
        .map(|exchange| exchange.host.to_string())
        .collect();
    assert!(
        hosts.iter().any(|host| host.contains("-secondary.blob")),
        "{hosts:?}"
    );
    let one = json!({"sourceRegion": "westeurope", "sourceBackupVaultId": world.vault_id(), "jobId": id});
    let shown = world.ask_there("fetchCrossRegionRestoreJob", &one).json_body();
    let properties = &shown["properties"];
    assert_eq!(properties["status"], "Completed", "{shown}");
    assert_eq!(properties["operationCategory"], "CrossRegionRestore");
    assert_eq!(properties["operation"], "Restore");
    assert_eq!(shown["type"], "Microsoft.DataProtection/BackupVaults/backupJobs");
    assert!(!has_null(&shown), "{shown}");
    assert_eq!(world.jobs_there()[0]["name"], job);
    // Here nobody knows of it.
    let here = world.listed("backupJobs");
    assert!(here.iter().all(|own| own["name"] != job), "{here:?}");
    assert_eq!(world.get(&below_vault(&format!("backupJobs/{id}"))).status, 404);
    assert!(!world.movement.copied.is_empty());
}

#[test]
fn by_the_documents_its_job_is_read_like_any_other() {
    let mut world = World::of(Profile::Documented).protect_and_back_up().paired();
    world.hours(49);
    let asked = world.far_restore();
    let started = world.ask_there("crossRegionRestore", &asked);
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    let job = world.follow(&started, "location").json_body()["jobId"].clone();
    let shown = world.get(job.as_str().expect("an id"));
    assert_eq!(shown.status, 200, "{shown:?}");
}

#[test]
fn it_is_asked_where_it_is_done_and_of_what_is_there() {
    let mut world = World::backed_up();
    let source = world.source();
    named(
        &world.ask_there("fetchSecondaryRecoveryPoints", &source),
        "SS-CR-02",
    );
    let mut world = world.paired();
    let listing = |world: &mut World, region: &str, body: &Value| {
        let path =
            format!("/providers/Microsoft.DataProtection/locations/{region}/fetchSecondaryRecoveryPoints");
        world.post(&path, body)
    };
    for region in ["westeurope", "eastus", "nowhere"] {
        let told = listing(&mut world, region, &source);
        assert_eq!(told.status, 404, "{told:?}");
        named(&told, "FX-CR-05");
    }
    let mut other = source.clone();
    other["sourceRegion"] = json!("northeurope");
    named(&listing(&mut world, "northeurope", &other), "FX-CR-05");
    other = source.clone();
    let unknown = source["sourceBackupInstanceId"]
        .as_str()
        .expect("an id")
        .replace("/one", "/none");
    other["sourceBackupInstanceId"] = json!(unknown);
    assert_eq!(listing(&mut world, "northeurope", &other).status, 404);
}

#[test]
fn resource_graph_shows_what_is_there() {
    let mut world = World::backed_up().paired();
    let shown = |world: &mut World| {
        world.sign_in_again();
        let query = json!({"query": "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupinstances'"});
        let path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
        let request = world.request(Method::POST, path);
        let answer = world.send_with(request, Some(&query)).json_body();
        let own = answer["data"][0]["properties"]["backupInstanceExtendedProperties"].clone();
        let latest = own["recoveryPointInfo"]["latestRecoveryPointInSecondaryRegion"].clone();
        (own["protectionStateInSecondaryRegion"].clone(), latest)
    };
    let never = json!("0001-01-01T00:00:00Z");
    assert_eq!(shown(&mut world), (json!("NotProtected"), never.clone()));
    world.hours(49);
    let (state, latest) = shown(&mut world);
    assert_eq!(state, "ProtectionConfigured");
    assert_ne!(latest, never);
}

/// What a guard keeps from being restored here is not restored there either.
#[test]
fn a_guard_on_restores_counts_there_as_well() {
    let mut world = World::backed_up().paired();
    world.hours(49);
    assert_eq!(put_guard(&mut world, &json!([])).status, 200);
    let guard = guard(&world);
    assert_eq!(map(&mut world, &guard).status, 200);
    world.settle();
    let mut asked = world.far_restore();
    let refused = world.ask_there("crossRegionRestore", &asked);
    assert_eq!(refused.status, 403, "{refused:?}");
    names(&refused, "VLT-10");
    asked["restoreRequestObject"]["resourceGuardOperationRequests"] =
        requests(&guard, "dppTriggerRestoreRequests");
    let started = world.ask_there("crossRegionRestore", &asked);
    assert_eq!(started.status, 202, "{started:?}");
}

#[test]
fn jobs_are_listed_whole_and_no_filter_of_theirs_is_known() {
    let mut world = World::backed_up().paired();
    let asked = json!({"sourceRegion": "westeurope", "sourceBackupVaultId": world.vault_id()});
    let filtered =
        |filter: &str| format!("fetchCrossRegionRestoreJobs?$filter={filter}&api-version=2024-04-01");
    assert_eq!(world.ask_there(&filtered(""), &asked).status, 200);
    let refused = world.ask_there(&filtered("status%20eq%20%27Failed%27"), &asked);
    assert_eq!(refused.status, 501, "{refused:?}");
    let said = refused.header("x-azdrill-not-implemented").unwrap_or_default();
    assert!(said.contains("$filter"), "{said}");
}
