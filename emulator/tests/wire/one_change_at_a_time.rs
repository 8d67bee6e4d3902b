//! A server takes one change at a time, of either flavour.

use http::Method;
use serde_json::{Value, json};

use crate::flexible_servers::{SERVER, with_server};
use crate::single_server::{SINGLE, world as with_single_server};
use crate::world::World;

/// What may be asked of a server while something else is done to it.
fn changes(server: &str) -> Vec<(Method, String, Option<Value>)> {
    let rule = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
    let value = json!({"properties": {"value": "off"}});
    vec![
        (
            Method::PUT,
            format!("{server}/configurations/array_nulls"),
            Some(value),
        ),
        (
            Method::PUT,
            format!("{server}/databases/shop"),
            Some(json!({"properties": {}})),
        ),
        (Method::PUT, format!("{server}/firewallRules/any"), Some(rule)),
        (
            Method::PATCH,
            server.to_owned(),
            Some(json!({"tags": {"a": "b"}})),
        ),
        (Method::DELETE, server.to_owned(), None),
    ]
}

#[track_caller]
fn refused(world: &mut World, server: &str, but: &str) {
    for (method, target, body) in changes(server) {
        if target.contains(but) {
            continue;
        }
        let answer = world.arm(method, &target, body.as_ref());
        assert_eq!(answer.status, 409, "{target}: {answer:?}");
        let error = answer.json_body()["error"].take();
        assert_eq!(error["code"], "ServerIsBusy", "{target}");
        let name = server.rsplit('/').next().expect("a name");
        let text = error["message"].as_str().expect("a text");
        assert!(text.contains(&format!("'{name}' is busy")), "{text}");
    }
}

#[test]
fn a_second_change_is_refused_until_the_first_has_ended() {
    for (mut world, server) in [(with_server(), SERVER), (with_single_server(), SINGLE)] {
        let first = |world: &mut World, at: usize| {
            let (method, target, body) = changes(server).swap_remove(at);
            let answer = world.arm(method, &target, body.as_ref());
            assert_eq!(answer.status, 202, "{target}: {answer:?}");
        };
        for at in 0..5 {
            first(&mut world, at);
            // Rules may be changed side by side.
            refused(
                &mut world,
                server,
                if at == 2 { "firewallRules" } else { "nothing" },
            );
            world.settle();
        }
        assert_eq!(world.get(server).status, 404);
    }
}

#[test]
fn a_server_that_is_made_takes_nothing_yet() {
    let mut world = World::new();
    assert_eq!(world.put_server().status, 202);
    refused(&mut world, SERVER, "nothing");
    world.settle();
    let (method, target, body) = changes(SERVER).swap_remove(0);
    assert_eq!(world.arm(method, &target, body.as_ref()).status, 202);
}

#[test]
fn rules_of_the_firewall_are_changed_side_by_side() {
    let mut world = with_server();
    for name in ["one", "two"] {
        let rule = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
        let answer = world.put(&format!("{SERVER}/firewallRules/{name}"), &rule);
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    refused(&mut world, SERVER, "firewallRules");
}

#[test]
fn what_only_a_ready_server_does_is_accepted_and_fails() {
    let mut world = with_server();
    let (stop, restart) = (format!("{SERVER}/stop"), format!("{SERVER}/restart"));
    let tags = json!({"tags": {"a": "b"}});
    assert_eq!(world.arm(Method::PATCH, SERVER, Some(&tags)).status, 202);
    let answer = world.arm(Method::POST, &restart, None);
    assert_eq!(answer.status, 202, "{answer:?}");
    world.settle();
    let status = world.follow(&answer, "azure-asyncoperation").json_body();
    assert_eq!(status["error"]["code"], "ServerIsNotReady");
    let text = status["error"]["message"].as_str().expect("a text");
    assert!(text.ends_with("Current Server State = Updating"), "{text}");
    assert_eq!(world.arm(Method::POST, &stop, None).status, 202);
    world.settle();
    assert_eq!(world.get(SERVER).json_body()["properties"]["state"], "Stopped");
    for (method, target, body) in changes(SERVER).into_iter().take(4) {
        let answer = world.arm(method, &target, body.as_ref());
        assert_eq!(
            answer.json_body()["error"]["code"],
            "ServerIsNotReady",
            "{target}"
        );
        assert_eq!(answer.header("x-azdrill-mark"), Some("inferred"), "{target}");
    }
    assert_eq!(
        world.arm(Method::POST, &format!("{SERVER}/start"), None).status,
        202
    );
    world.settle();
    assert_eq!(world.delete(SERVER).status, 202);
}

#[test]
fn a_group_waits_for_its_server_and_takes_it_along() {
    let mut world = with_server();
    let (method, target, body) = changes(SERVER).swap_remove(0);
    assert_eq!(world.arm(method, &target, body.as_ref()).status, 202);
    let answer = world.delete("");
    assert_eq!(answer.status, 202, "{answer:?}");
    world.settle();
    assert_eq!(world.get("").status, 404);
    assert_eq!(world.get(SERVER).status, 404);
}
