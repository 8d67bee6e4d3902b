//! Locks hold for everybody, on what they are on and below it.

use azdrill_emulator::model::{Request, Response};
use http::Method;
use serde_json::{Value, json};

use crate::bodies::backup_body;
use crate::callers::{READER, assignment, assignment_at};
use crate::world::{World, below_vault};

const LOCKS: &str = "/providers/Microsoft.Authorization/locks";

impl World {
    fn lock(&mut self, scope: &str, name: &str, level: &str) -> Response {
        let target = format!("{scope}{LOCKS}/{name}");
        self.put(&target, &json!({"properties": {"level": level}}))
    }

    fn unlock(&mut self, scope: &str, name: &str) -> u16 {
        self.delete(&format!("{scope}{LOCKS}/{name}")).status.as_u16()
    }

    fn lock_names(&mut self, scope: &str, query: &str) -> Vec<String> {
        let listed = self.get(&format!("{scope}{LOCKS}{query}"));
        let body = listed.json_body();
        let all = body["value"].as_array().expect("a list").iter();
        all.map(|lock| lock["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

#[track_caller]
fn assert_locked(answer: &Response, operation: &str, locked: &str) {
    assert_eq!(answer.status, 409, "{answer:?}");
    let error = answer.json_body()["error"].clone();
    assert_eq!(error["code"], "ScopeLocked");
    let message = error["message"].as_str().expect("a message");
    let wanted =
        format!("cannot perform {operation} operation because following scope(s) are locked: '{locked}'.");
    assert!(message.contains(&wanted), "{message}");
    assert_eq!(answer.header("x-azdrill-gate"), Some("lock"));
    assert_eq!(answer.header("x-azdrill-rules"), Some("LOCK"));
}

#[test]
fn a_lock_is_a_resource_of_its_own() {
    let mut world = World::new();
    let group = world.group();
    let target = format!("{group}{LOCKS}/keep");
    let body = json!({"properties": {
        "level": "cannotdelete", "notes": "until the drill is over", "owners": [{"applicationId": "backups"}],
    }});
    let made = world.put(&target, &body);
    assert_eq!(made.status, 201);
    let expected = json!({
        "properties": {
            "level": "CanNotDelete", "notes": "until the drill is over", "owners": [{"applicationId": "backups"}],
        },
        "id": target, "type": "Microsoft.Authorization/locks", "name": "keep",
    });
    assert_eq!(made.json_body(), expected);
    assert_eq!(world.put(&target, &body).status, 200);
    assert_eq!(world.get(&target).json_body(), expected);
    assert_eq!(world.unlock(&group, "keep"), 200);
    assert_eq!(world.unlock(&group, "keep"), 204);
    assert_eq!(world.get(&target).status, 404);
    assert_eq!(world.lock(&group, "odd", "Sometimes").status, 400);
    assert_eq!(
        world
            .lock("/providers/Microsoft.KeyVault/vaults/none", "l", "ReadOnly")
            .status,
        404
    );
}

#[test]
fn a_scope_lists_its_own_locks_and_those_below() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    let subscription = group[..group.find("/resourceGroups").expect("a group")].to_owned();
    world.lock(&subscription, "a", "CanNotDelete");
    world.lock(&group, "b", "CanNotDelete");
    world.lock(&account, "c", "CanNotDelete");
    assert_eq!(world.lock_names(&subscription, ""), ["a", "b", "c"]);
    assert_eq!(world.lock_names(&group, ""), ["b", "c"]);
    assert_eq!(world.lock_names(&group, "?$filter=atScope()"), ["b"]);
    assert_eq!(world.lock_names(&account, ""), ["c"]);
}

#[test]
fn what_must_not_be_deleted_can_be_changed() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    world.lock(&account, "keep", "CanNotDelete");
    assert_locked(&world.delete(&account), "delete", &account);
    // The group would take the account with it.
    assert_locked(&world.delete(&group), "delete", &account);
    assert_eq!(
        world
            .arm(Method::PATCH, &account, Some(&json!({"tags": {"a": "b"}})))
            .status,
        200
    );
    assert_eq!(
        world.post(&format!("{account}/listKeys"), &Value::Null).status,
        200
    );
    assert_eq!(world.unlock(&account, "keep"), 200);
    assert_eq!(world.delete(&account).status, 200);
}

/// An action is one of the resource it is asked of, and that is what the refusal names.
#[test]
fn an_action_that_a_lock_forbids_names_the_resource() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    world.lock(&account, "still", "ReadOnly");
    let refused = world.post(&format!("{account}/listKeys"), &Value::Null);
    assert_locked(&refused, "write", &account);
    let message = refused.json_body()["error"]["message"].clone();
    let message = message.as_str().expect("a message");
    assert!(
        message.starts_with(&format!("The scope '{account}' cannot perform")),
        "{message}"
    );
}

#[test]
fn a_lock_is_inherited() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    world.lock(&group, "keep", "CanNotDelete");
    assert_locked(&world.delete(&account), "delete", &group);
    let container = format!("{account}/blobServices/default/containers/box");
    assert_locked(&world.delete(&container), "delete", &group);
    // A role assignment is below the group as well, though access to it is decided on the account.
    let body = assignment(READER, &json!({"principalId": world.operator.object_id}));
    let below = assignment_at(&account, "11111111-2222-4333-8444-000000000001");
    assert_eq!(world.put(&below, &body).status, 201);
    assert_locked(&world.delete(&below), "delete", &group);
    world.unlock(&group, "keep");
    assert_eq!(world.delete(&below).status, 200);
    // One at the group does not go with the account: a lock on the account is nothing to it.
    let above = assignment_at(&group, "11111111-2222-4333-8444-000000000002");
    assert_eq!(world.put(&above, &body).status, 201);
    world.lock(&account, "keep", "CanNotDelete");
    assert_eq!(world.delete(&above).status, 200);
}

#[test]
fn what_is_read_only_takes_no_write_and_no_action() {
    let mut world = World::new();
    world.put_account();
    let (group, account) = (world.group(), world.account());
    world.lock(&account, "still", "ReadOnly");
    let tags = json!({"tags": {"a": "b"}});
    assert_locked(
        &world.arm(Method::PATCH, &account, Some(&tags)),
        "write",
        &account,
    );
    assert_locked(
        &world.post(&format!("{account}/listKeys"), &Value::Null),
        "write",
        &account,
    );
    let container = format!("{account}/blobServices/default/containers/other");
    assert_locked(&world.put(&container, &json!({})), "write", &account);
    let own_tags = format!("{account}/providers/Microsoft.Resources/tags/default");
    assert_locked(
        &world.put(&own_tags, &json!({"properties": {"tags": {}}})),
        "write",
        &account,
    );
    assert_locked(&world.delete(&account), "delete", &account);
    assert_eq!(world.get(&account).status, 200);
    // Its neighbours are free, and the group can be changed.
    assert_eq!(world.arm(Method::PATCH, &group, Some(&tags)).status, 200);
    // Whoever may, takes a read-only lock off: it does not lock itself in.
    assert_eq!(world.lock(&account, "second", "CanNotDelete").status, 201);
    assert_eq!(world.unlock(&account, "still"), 200);
    assert_eq!(world.arm(Method::PATCH, &account, Some(&tags)).status, 200);
}

/// Every operation of Azure Resource Manager that changes something is stopped by a read-only lock
/// over everything, but for the locks themselves; none that reads is.
#[test]
fn no_operation_slips_past_a_lock() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    world.lock(&subscription, "all", "ReadOnly");
    let rows: Vec<(String, String, bool)> = world
        .azure
        .rules()
        .router
        .operations()
        .iter()
        .filter(|row| row.endpoint == azdrill_emulator::rules::Endpoint::Arm)
        .map(|row| {
            (
                row.id.to_string(),
                row.example_path(&subscription),
                row.past_locks,
            )
        })
        .collect();
    let methods: Vec<Method> = world
        .azure
        .rules()
        .router
        .operations()
        .iter()
        .filter(|row| row.endpoint == azdrill_emulator::rules::Endpoint::Arm)
        .map(|row| row.method.clone())
        .collect();
    let (mut stopped, mut past) = (0, Vec::new());
    for ((id, path, past_locks), method) in rows.into_iter().zip(methods) {
        if !path.starts_with(&subscription) {
            continue;
        }
        let reads = matches!(method, Method::GET | Method::HEAD);
        let request: Request = world.request(method, &format!("{path}?api-version=2024-04-01"));
        let path_of = azdrill_emulator::model::NetworkPath::internet();
        let refused = world.azure.decide(world.now, &path_of, &request).err();
        let locked = refused.is_some_and(|refusal| refusal.code == "ScopeLocked");
        assert_eq!(locked, !reads && !past_locks, "{id}");
        stopped += usize::from(locked);
        if past_locks {
            past.push(id);
        }
    }
    assert!(stopped > 80, "only {stopped} operations were stopped");
    assert_eq!(past, ["Locks_CreateOrUpdate", "Locks_Delete"]);
}

/// Data is not Resource Manager's: a lock on the account does not keep a restore out of it.
#[test]
fn a_restore_goes_through_into_a_locked_account() {
    let mut world = World::backed_up();
    let account = world.account();
    world.lock(&account, "still", "ReadOnly");
    let body = world.restore_body();
    let started = world.post(&below_vault("backupInstances/one/restore"), &body);
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    let jobs = world.get(&below_vault("backupJobs")).json_body();
    let restore = jobs["value"]
        .as_array()
        .expect("jobs")
        .iter()
        .find(|job| job["properties"]["operation"] == "Restore")
        .expect("a restore");
    assert_eq!(restore["properties"]["status"], "Completed", "{restore}");
}

/// A backup asks the server to be backed up, and that is an action: a read-only lock stops it.
#[test]
fn a_backup_of_a_locked_server_fails() {
    let mut world = World::protected();
    let server = world.server();
    world.lock(&server, "still", "ReadOnly");
    let started = world.post(&below_vault("backupInstances/one/backup"), &backup_body());
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    let jobs = world.get(&below_vault("backupJobs")).json_body();
    assert_eq!(jobs["value"][0]["properties"]["status"], "Failed", "{jobs}");
}

#[test]
fn a_lock_goes_with_what_it_is_on() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    world.lock(&account, "keep", "CanNotDelete");
    let id = account.parse().expect("an id");
    world.azure.state_mut().remove(&id);
    assert_eq!(world.lock_names("", ""), Vec::<String>::new());
}
