//! Regions whose services do not answer.

use azdrill_emulator::fault::RegionFault;
use azdrill_emulator::machine::Core as _;
use azdrill_emulator::model::Response;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use crate::bodies::policy_body;
use crate::rules::named;
use crate::world::{World, below_vault};

impl World {
    fn region(&mut self, down: bool) {
        let region = "West Europe".to_owned();
        self.azure.faults_mut().set_region(&RegionFault { region, down });
    }
}

#[test]
fn nothing_in_a_region_that_is_down_answers_but_resource_manager_does() {
    let mut world = World::backed_up();
    let account = "/providers/Microsoft.Storage/storageAccounts/target";
    assert!(world.azure.resolves("target.blob.core.windows.net"));
    let (restore, server) = (world.restore_body(), world.server());
    let vault = format!("{}{}", world.group(), below_vault(""));
    let (tags, kept) = (
        below_vault("providers/Microsoft.Resources/tags/default"),
        world.group().replace("/drill", "/kept"),
    );
    world.region(true);
    let new = json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    let elsewhere = json!({"location": "northeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    let silent = [
        world.get(&below_vault("")),
        world.get(&below_vault("backupInstances/one/recoveryPoints")),
        world.post(&below_vault("backupInstances/one/restore"), &restore),
        world.get(&server),
        world.get(account),
        world.put("/providers/Microsoft.Storage/storageAccounts/anotherone", &new),
        // Resource Manager is asked, and has to ask the provider.
        world.put(&tags, &json!({"properties": {"tags": {"region": "down"}}})),
        world.post(
            "/moveResources",
            &json!({"resources": [vault], "targetResourceGroup": kept}),
        ),
    ];
    for answer in silent {
        assert_eq!(answer.status, 504, "{answer:?}");
        assert_eq!(answer.json_body()["error"]["code"], "GatewayTimeout");
        named(&answer, "REGION-DOWN");
    }
    assert!(!world.azure.resolves("target.blob.core.windows.net"));
    // What is somebody else's, or elsewhere, answers.
    assert_eq!(world.get("").status, 200);
    assert_eq!(world.get("/resources").status, 200);
    assert_eq!(
        world
            .get(&format!("{account}/providers/Microsoft.Authorization/locks"))
            .status,
        200
    );
    assert!(
        world
            .put("/providers/Microsoft.Storage/storageAccounts/faraway", &elsewhere)
            .status
            .is_success()
    );
    world.region(false);
    assert_eq!(world.get(&below_vault("")).status, 200);
    assert!(world.azure.resolves("target.blob.core.windows.net"));
}

/// What is in a region that is down is not deleted: the group says so, stays, and can be deleted later.
#[test]
fn a_group_whose_resources_do_not_answer_is_not_deleted_and_says_so() {
    let mut world = World::new();
    world.put_account();
    let group = world.group();
    world.region(true);
    let deleted = world.delete(&group);
    assert_eq!(deleted.status, 202);
    world.settle();
    let ended = deleted.header("location").unwrap_or_default().to_owned();
    let ended = ended
        .trim_start_matches("https://management.azure.com")
        .to_owned();
    let answer = world.get(&ended);
    assert_eq!(
        answer.json_body()["error"]["code"],
        "ResourceGroupDeletionBlocked",
        "{answer:?}"
    );
    world.region(false);
    assert_eq!(
        world.get(&group).json_body()["properties"]["provisioningState"],
        "Succeeded"
    );
    assert_eq!(world.delete(&group).status, 202);
    world.settle();
    assert_eq!(world.get(&group).status, 404);
}

/// `REGION-DOWN`: nothing is backed up by schedule while nothing answers, and again once it does.
#[test]
fn a_scheduled_backup_is_left_out_while_the_region_is_down() {
    let mut world = World::protected();
    let mut policy = policy_body();
    policy["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] =
        json!(["R/2026-03-03T06:30:00+00:00/P1W"]);
    world.take_policy("weekly-then", &policy);
    world.region(true);
    world.pass(SignedDuration::from_hours(24 * 2));
    let notes = world.azure.log().notes();
    let told = notes.iter().flat_map(|note| &note.rules);
    assert_eq!(
        told.map(|rule| rule.as_str()).collect::<Vec<_>>(),
        ["REGION-DOWN"]
    );
    world.region(false);
    assert_eq!(world.listed("backupJobs").len(), 0);
    world.pass(SignedDuration::from_hours(24 * 7));
    assert_eq!(world.listed("backupJobs").len(), 1);
}

/// A resource stays where it was made. That is documented of what is put, and inferred of what is changed.
#[test]
fn a_resource_is_put_into_no_other_region_and_changed_into_none() {
    let mut world = World::new();
    world.put_server();
    world.settle();
    let server = world.server();
    let mut body = world.get(&server).json_body();
    body["location"] = json!("northeurope");
    for (method, sent, mark) in [
        (Method::PUT, body.clone(), None),
        (
            Method::PATCH,
            json!({"location": "northeurope"}),
            Some("inferred"),
        ),
    ] {
        let refused = world.arm(method.clone(), &server, Some(&sent));
        assert_eq!(refused.status, 409, "{method}: {refused:?}");
        assert_eq!(refused.json_body()["error"]["code"], "InvalidResourceLocation");
        assert_eq!(refused.header("x-azdrill-mark"), mark, "{method}");
    }
    // One that is no region at all is no other one: it is refused as if nothing were there.
    body["location"] = json!("");
    let none = world.arm(Method::PUT, &server, Some(&body));
    let new = world.arm(Method::PUT, &format!("{server}2"), Some(&body));
    assert_eq!(none.status, 400, "{none:?}");
    let code = |answer: &Response| answer.json_body()["error"]["code"].clone();
    assert_eq!(code(&none), code(&new), "{none:?}");
}

/// A group stays where it is as well, and says so in its own words.
#[test]
fn a_group_is_put_into_no_other_region() {
    let mut world = World::new();
    let moved = world.put("", &json!({"location": "northeurope"}));
    assert_eq!(moved.status, 409, "{moved:?}");
    assert_eq!(moved.json_body()["error"]["code"], "InvalidResourceGroupLocation");
}
