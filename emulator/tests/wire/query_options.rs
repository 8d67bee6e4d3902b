//! Query options are heeded, or refused by name: a list that leaves one out of account shows too much.

use azdrill_emulator::rules::{Assumptions, Endpoint, Profile, Rules};
use http::Method;
use serde_json::json;

use crate::graph::names;
use crate::world::{World, below_vault};

fn encoded(filter: &str) -> String {
    filter
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('&', "%26")
        .replace('#', "%23")
}

/// Every operation of ARM and of Graph is asked with options nothing heeds, and with those that it may.
#[test]
fn no_operation_leaves_an_option_out_of_account() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let ask = |world: &mut World, method: &Method, target: &str| {
        let request = world.request(method.clone(), &world.with_version(target));
        world.send(request)
    };
    for row in rules.router.operations() {
        let path = row.example_path(&subscription);
        match row.endpoint {
            Endpoint::Arm => {
                for option in [
                    "$orderby=name",
                    "$expand=nope",
                    "%24search=x",
                    "$filter=garbage((",
                ] {
                    let answer = ask(&mut world, &row.method, &format!("{path}?{option}"));
                    let heeded = option.starts_with("$filter") && &*row.id == "BlobContainers_List";
                    assert!(
                        answer.status == 501
                            || heeded
                            || option.contains("filter") && [403, 404].contains(&answer.status.as_u16()),
                        "{}: {option}: {answer:?}",
                        row.id
                    );
                }
                if row.method == Method::GET {
                    let answer = ask(&mut world, &Method::GET, &format!("{path}?$top=0"));
                    let paged = row.pages;
                    let fits = match answer.status.as_u16() {
                        501 => !paged,
                        400 | 403 | 404 => paged,
                        _ => false,
                    };
                    assert!(fits, "{}: {answer:?}", row.id);
                }
            }
            Endpoint::Graph => {
                for option in [
                    "$search=x",
                    "search=x",
                    "$skip=5",
                    "skip=5",
                    "$orderby=id",
                    "$expand=owners",
                    "$nope=1",
                ] {
                    let target = format!("{}?{option}", path.trim_start_matches("/v1.0"));
                    let answer = world.graph(row.method.clone(), &target, None);
                    assert_eq!(answer.status, 501, "{}: {option}: {answer:?}", row.id);
                    assert!(answer.header("x-azdrill-not-implemented").is_some());
                }
            }
            _ => {}
        }
    }
}

#[test]
fn filters_of_resources_are_read_whole_or_refused() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    world.put_account();
    let group = world.get(&format!("{subscription}/resourceGroups")).json_body()["value"][0].clone();
    let group = group["name"].as_str().expect("a name").to_owned();
    for list in ["resources", &format!("resourceGroups/{group}/resources")] {
        for filter in [
            "name eq 'n' or name eq 'vn'",
            "substringof('n',name)",
            "garbage(",
            "name gt 'a'",
            "tagValue eq 'x'",
            "name eq n",
            "plan eq 'x'",
            "name eq 'a' and",
        ] {
            let target = format!("{subscription}/{list}?$filter={}", encoded(filter));
            let answer = world.get(&target);
            assert_eq!(answer.status, 501, "{filter}: {answer:?}");
            let text = answer.json_body()["error"]["message"].to_string();
            assert!(text.contains(&filter[..4]), "{text}");
        }
        let found = |world: &mut World, filter: &str| {
            let answer = world.get(&format!("{subscription}/{list}?$filter={}", encoded(filter)));
            answer.json_body()["value"].as_array().map(Vec::len)
        };
        assert_eq!(
            found(&mut world, "resourceType eq 'microsoft.storage/storageaccounts'"),
            Some(1)
        );
        assert_eq!(
            found(
                &mut world,
                "resourceType eq 'Microsoft.Storage/storageAccounts' and name eq 'x'"
            ),
            Some(0)
        );
    }
    for filter in ["garbage((", "name eq 'x'"] {
        let answer = world.get(&format!(
            "{subscription}/resourceGroups?$filter={}",
            encoded(filter)
        ));
        assert_eq!(answer.status, 501, "{answer:?}");
    }
    let answer = world.get(&format!(
        "{subscription}/resourceGroups?$filter={}",
        encoded("tagName eq 'nosuch'")
    ));
    assert_eq!(answer.json_body()["value"], json!([]));
    // What az asks for whenever it lists resources.
    let answer = world.get(&format!(
        "{subscription}/resources?$expand=createdTime,changedTime,provisioningState"
    ));
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn filters_of_recovery_points_and_of_locks_are_read_whole_or_refused() {
    let mut world = World::protected();
    let points = below_vault("backupInstances/one/recoveryPoints");
    let locks = "/providers/Microsoft.Authorization/locks";
    for (list, filter, status) in [
        (&*points, "", 200),
        (
            &points,
            "startDate eq '2023-06-16T01:00:00.0000000Z' and endDate eq '2023-06-17T01:00:00Z'",
            200,
        ),
        (&points, "startDate eq 'nope'", 501),
        (&points, "startDate ge '2023-06-16T01:00:00.0000000Z'", 501),
        (&points, "type eq 'Full'", 501),
        (locks, "atScope()", 200),
        (locks, "not atScope()", 501),
        (locks, "level eq 'x'", 501),
    ] {
        let answer = world.get(&format!("{list}?$filter={}", encoded(filter)));
        assert_eq!(answer.status, status, "{filter}: {answer:?}");
    }
}

#[test]
fn graph_heeds_options_without_their_dollar_sign_as_well() {
    let mut world = World::peopled();
    let found = world.found("/users?filter=userPrincipalName%20eq%20'ada@drill.example'");
    assert_eq!(found, ["ada@drill.example"]);
    let answer = world.graph(
        Method::GET,
        "/groups?top=2&$count=true&select=id,displayName",
        None,
    );
    assert_eq!(names(&answer).len(), 2);
    assert_eq!(answer.json_body()["@odata.count"], 3);
    assert!(answer.json_body()["value"][0]["mailEnabled"].is_null());
    for (target, status) in [
        ("/applications/$count", 501),
        ("/groups/$count", 501),
        ("/groups?$top=a", 400),
        ("/groups?$count=nope", 400),
    ] {
        let answer = world.graph(Method::GET, target, None);
        assert_eq!(answer.status, status, "{target}: {answer:?}");
    }
}

#[test]
fn what_ids_are_looked_up_as_is_known_or_refused() {
    let mut world = World::peopled();
    let id = world.operator.object_id;
    for (body, status) in [
        (json!({"ids": "x"}), 400),
        (json!([]), 400),
        (json!({"ids": ["x"]}), 400),
        (json!({"ids": [1]}), 400),
        (json!({"ids": vec![id; 1001]}), 400),
        (json!({"ids": [id], "types": "user"}), 400),
        (json!({"ids": [id], "types": ["nope"]}), 501),
        (json!({"ids": [id], "types": ["device"]}), 200),
    ] {
        let answer = world.graph(Method::POST, "/directoryObjects/getByIds", Some(&body));
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
