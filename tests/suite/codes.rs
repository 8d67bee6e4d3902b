//! What scenarios must show between them.

use std::collections::BTreeSet;

use azdrill::scenario::Library;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};

use crate::source::root;

/// The codes Microsoft's troubleshooting page lists for single servers.
const SINGLE_SERVER: [&str; 13] = [
    "UserErrorMSIMissingPermissions",
    "UserErrorBackupUserAuthFailed",
    "UserErrorMissingNetworkSecurityPermissions",
    "UserErrorContainerNotAccessible",
    "UserErrorDBUserAuthFailed",
    "UserErrorInvalidSecret",
    "UserErrorMissingDBPermissions",
    "UserErrorSecretValueInUnsupportedFormat",
    "UserErrorInvalidSecretStore",
    "UserErrorMissingPermissionsOnSecretStore",
    "UserErrorDBNotFound",
    "UserErrorDatabaseNameAlreadyInUse",
    "UserErrorServerConnectionClosed",
];

#[test]
fn every_published_code_of_single_servers_is_expected_by_a_scenario() {
    let library = Library::find(None, root()).unwrap();
    let expected: BTreeSet<String> = library
        .all()
        .unwrap()
        .iter()
        .filter(|scenario| scenario.topic == "single_server")
        .flat_map(|scenario| &scenario.steps)
        .filter_map(|step| step.expect.under(Profile::Observed).code)
        .collect();
    let missing: Vec<&str> = SINGLE_SERVER
        .into_iter()
        .filter(|code| !expected.contains(*code))
        .collect();
    assert!(missing.is_empty(), "no scenario expects {missing:?}");
}

/// A rule that no document and no scenario of ours names is one nobody would miss.
#[test]
fn every_rule_of_single_servers_is_the_subject_of_a_scenario() {
    let library = Library::find(None, root()).unwrap();
    let about: BTreeSet<String> = library
        .all()
        .unwrap()
        .into_iter()
        .flat_map(|scenario| scenario.about)
        .collect();
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let silent: BTreeSet<&str> = rules
        .prerequisites
        .iter()
        .map(|row| row.id.as_str())
        .filter(|id| id.starts_with("SS-") && !about.contains(*id))
        .collect();
    // Their worlds would be worlds of another kind (programs that are too old, a second subscription): wire tests
    // expect them.
    let left_out = BTreeSet::from(["SS-B-TOOL", "SS-CS-01-DATABASE"]);
    let unexpected: Vec<&&str> = silent.difference(&left_out).collect();
    assert!(unexpected.is_empty(), "no scenario is about {unexpected:?}");
    let told: Vec<&&str> = left_out.difference(&silent).collect();
    assert!(told.is_empty(), "{told:?} are told by a scenario now");
}
