//! That every operation of the published client is there: answered, or refused with a reason.

use azdrill_emulator::model::Request;
use http::Method;

use crate::world::{ARM, World};

/// A line a operation, as `GET @rg/providers/…`.
const OPERATIONS: &str = include_str!("published_operations.txt");

/// What is not there yet.
const NOT_YET: [&str; 5] = [
    "resourceGuards",
    "backupResourceGuardProxies",
    "rossRegionRestore",
    "fetchSecondaryRecoveryPoints",
    "GET /providers/",
];

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
    for line in lines.filter(|line| !NOT_YET.iter().any(|part| line.contains(part))) {
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
