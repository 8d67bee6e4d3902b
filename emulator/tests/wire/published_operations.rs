//! That every operation of the published client is there: answered, or refused with a reason.

use azdrill_emulator::model::Request;
use http::Method;

use serde_json::json;

use crate::world::{ARM, World, below_vault};

/// A line a operation, as `GET @rg/providers/…`.
const OPERATIONS: &str = include_str!("published_operations.txt");

fn path_of(world: &World, pattern: &str) -> String {
    let group = world.group();
    let subscription = group.rsplitn(3, '/').last().unwrap_or_default().to_owned();
    pattern
        .replace("@rg", &group)
        .replace("@sub", &subscription)
        .replace("/{resourceId}", &world.server())
        .replace("{vault}", "vault")
        .replace("{instance}", "one")
        .replace("{location}", "westeurope")
        .replace(['{', '}'], "")
}

/// Whoever has no token is asked for one: of what is not there the emulator says that it has it not.
#[test]
fn every_published_operation_is_there() {
    let mut world = World::new();
    let lines = OPERATIONS.lines().filter(|line| !line.starts_with('#'));
    let mut absent = Vec::new();
    for line in lines {
        let (method, pattern) = line.split_once(' ').expect("a method and a path");
        let method: Method = method.parse().expect("a method");
        let path = path_of(&world, pattern);
        let answer = world.send(Request::new(
            method,
            ARM,
            &format!("{path}?api-version=2024-04-01"),
        ));
        if answer.status != 401 {
            absent.push(format!("{line}: {}", answer.status));
        }
    }
    assert!(absent.is_empty(), "{absent:#?}");
}

/// A vault's own address of results answers with the vault, as the published type of it says.
#[test]
fn what_changing_a_vault_comes_to_is_the_vault() {
    let mut world = World::protected();
    let vault = format!("{}?api-version=2024-04-01", below_vault(""));
    let changed = world.arm(Method::PATCH, &vault, Some(&json!({"tags": {"a": "b"}})));
    assert_eq!(changed.status, 202);
    let status = changed.header("azure-asyncoperation").unwrap_or_default();
    let operation = status.rsplit('/').next().and_then(|name| name.split('?').next());
    let result = below_vault(&format!("operationResults/{}", operation.unwrap_or_default()));
    assert_eq!(world.get(&result).status, 202);
    world.settle();
    let answer = world.get(&result);
    assert_eq!(answer.status, 200);
    let body = answer.json_body();
    assert_eq!(
        (&body["name"], &body["tags"]),
        (&json!("vault"), &json!({"a": "b"}))
    );
}
