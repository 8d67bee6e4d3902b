//! Tags by their own address, and the names a subscription has given out.

use http::Method;
use serde_json::{Value, json};

use crate::azure_policy::{NO_PUBLIC_ACCESS, built_in};
use crate::world::World;

fn of(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Resources/tags/default")
}

impl World {
    fn change_tags(&mut self, scope: &str, operation: &str, tags: &Value) -> Value {
        let body = json!({"operation": operation, "properties": {"tags": tags}});
        let answer = self.arm(Method::PATCH, &of(scope), Some(&body));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json_body()["properties"]["tags"].clone()
    }
}

#[test]
fn tags_are_put_merged_deleted_and_replaced() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let put = world.put(
        &of(&account),
        &json!({"properties": {"tags": {"a": "1", "b": "2"}}}),
    );
    assert_eq!(put.status, 200);
    assert_eq!(
        put.json_body(),
        json!({"id": of(&account), "name": "default", "type": "Microsoft.Resources/tags", "properties": {"tags": {"a": "1", "b": "2"}}})
    );
    assert_eq!(
        world.change_tags(&account, "Merge", &json!({"B": "3", "c": "4"})),
        json!({"a": "1", "B": "3", "c": "4"})
    );
    assert_eq!(
        world.change_tags(&account, "Delete", &json!({"A": "1", "c": "another value"})),
        json!({"B": "3", "c": "4"})
    );
    assert_eq!(
        world.get(&account).json_body()["tags"],
        json!({"B": "3", "c": "4"}),
        "the resource shows them"
    );
    assert_eq!(
        world.change_tags(&account, "replace", &json!({"d": "5"})),
        json!({"d": "5"})
    );
    assert_eq!(world.delete(&of(&account)).status, 200);
    assert_eq!(
        world.get(&of(&account)).json_body()["properties"]["tags"],
        json!({})
    );
    let odd = json!({"operation": "Shuffle", "properties": {"tags": {}}});
    assert_eq!(world.arm(Method::PATCH, &of(&account), Some(&odd)).status, 400);
    let numbers = json!({"properties": {"tags": {"a": 1}}});
    assert_eq!(world.put(&of(&account), &numbers).status, 400);
    assert_eq!(
        world
            .get(&of("/providers/Microsoft.Storage/storageAccounts/none"))
            .status,
        404
    );
}

#[test]
fn groups_and_subscriptions_have_tags_too() {
    let mut world = World::new();
    let group = world.group();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    for scope in [&group, &subscription] {
        let put = world.put(&of(scope), &json!({"properties": {"tags": {"team": "drill"}}}));
        assert_eq!(put.status, 200, "{put:?}");
        assert_eq!(world.get(scope).json_body()["tags"], json!({"team": "drill"}));
    }
}

#[test]
fn resources_are_found_by_tag() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    world.put(&of(&account), &json!({"properties": {"tags": {"team": "drill"}}}));
    let mut found = |filter: &str| {
        let listed = world.get(&format!("/resources?$filter={filter}"));
        listed.json_body()["value"].as_array().expect("a list").len()
    };
    assert_eq!(found("tagName eq 'Team' and tagValue eq 'drill'"), 1);
    assert_eq!(found("tagName eq 'team' and tagValue eq 'other'"), 0);
    assert_eq!(found("tagName eq 'other'"), 0);
}

#[test]
fn names_are_given_out_counted_and_taken_back() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let name = format!("{subscription}/tagNames/env");
    assert_eq!(world.put(&name, &json!({})).status, 201);
    assert_eq!(world.put(&name, &json!({})).status, 200);
    assert_eq!(
        world.put(&format!("{name}/tagValues/prod"), &json!({})).status,
        201
    );
    let group = world.group();
    world.put(&of(&group), &json!({"properties": {"tags": {"env": "prod"}}}));
    let listed = world.get(&format!("{subscription}/tagNames")).json_body();
    let count = json!({"type": "Total", "value": 1});
    assert_eq!(
        listed["value"],
        json!([{
            "id": name, "tagName": "env", "count": count,
            "values": [{"id": format!("{name}/tagValues/prod"), "tagValue": "prod", "count": count}],
        }])
    );
    assert_eq!(world.delete(&format!("{name}/tagValues/prod")).status, 200);
    assert_eq!(world.delete(&name).status, 200);
    assert_eq!(world.delete(&name).status, 204);
}

/// Before anything changes, whichever way they come.
#[test]
fn tags_keep_to_their_limits() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let many = |count: usize| -> serde_json::Map<String, serde_json::Value> {
        (0..count).map(|at| (format!("t{at}"), json!("x"))).collect()
    };
    let named = |name: &str, value: &str| json!({ name: value });
    let tags = format!("{account}/providers/Microsoft.Resources/tags/default");
    for (wrong, code) in [
        (json!(many(51)), "SyntheticTooManyTags"),
        (named(&"n".repeat(513), ""), "InvalidTagName"),
        (named("n", &"v".repeat(257)), "InvalidTagValueLength"),
        (named("a<b", ""), "InvalidTagNameCharacters"),
        (named("a/b", ""), "InvalidTagNameCharacters"),
    ] {
        for answer in [
            world.arm(Method::PATCH, &account, Some(&json!({"tags": wrong}))),
            world.put(&tags, &json!({"properties": {"tags": wrong}})),
        ] {
            assert_eq!(answer.status, 400, "{answer:?}");
            assert_eq!(answer.json_body()["error"]["code"], code);
        }
    }
    let answer = world.put(&tags, &json!({"properties": {"tags": many(50)}}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let one_more = json!({"operation": "Merge", "properties": {"tags": {"hidden-title/x": "1"}}});
    let answer = world.arm(Method::PATCH, &tags, Some(&one_more));
    assert_eq!(
        answer.json_body()["error"]["code"],
        "SyntheticTooManyTags",
        "{answer:?}"
    );
}

/// Of some types there are fewer, or shorter ones; and what is merged counts with what was there.
#[test]
fn some_types_have_limits_of_their_own() {
    let mut world = World::new();
    world.put_account();
    let account = world.account();
    let many = |from: usize, to: usize| -> serde_json::Map<String, serde_json::Value> {
        (from..to).map(|at| (format!("t{at}"), json!("x"))).collect()
    };
    let zone = format!(
        "{}/providers/Microsoft.Network/privateDnsZones/z.example",
        world.group()
    );
    let body = |count: usize| json!({"location": "global", "tags": many(0, count)});
    assert_eq!(world.put(&zone, &body(15)).status, 202);
    let refused = world.put(&zone, &body(16));
    assert_eq!(refused.json_body()["error"]["code"], "SyntheticTooManyTags");
    let more = json!({"operation": "Merge", "properties": {"tags": {"more": "1"}}});
    let refused = world.arm(Method::PATCH, &of(&zone), Some(&more));
    assert_eq!(refused.json_body()["error"]["code"], "SyntheticTooManyTags");
    for target in [account.clone(), of(&account)] {
        for (length, status) in [(128, 200), (129, 400)] {
            let name = "n".repeat(length);
            let tags = json!({ name: "" });
            let body = json!({"tags": tags, "operation": "Replace", "properties": {"tags": tags}});
            let answer = world.arm(Method::PATCH, &target, Some(&body));
            assert_eq!(answer.status, status, "{target} {length}");
        }
    }
}

/// No rule of a policy that is played asks about tags: who changes nothing else is let through, whatever the rest is like.
#[test]
fn tags_of_what_a_policy_forbids_can_be_changed() {
    let mut world = World::new();
    world.put_account();
    let (account, group) = (world.account(), world.group());
    let open = json!({"publicNetworkAccess": "Enabled"});
    assert_eq!(world.change_account(&open).status, 200);
    world.assign_built_in(&group, "closed", &built_in(NO_PUBLIC_ACCESS), "Deny");
    let tags = json!({"tags": {"a": "b"}});
    assert_eq!(world.arm(Method::PATCH, &account, Some(&tags)).status, 200);
    let more = json!({"tags": {"a": "b"}, "properties": open});
    assert_eq!(world.arm(Method::PATCH, &account, Some(&more)).status, 403);
}
