//! Steps, played without rows.

use std::path::Path;

use azdrill_emulator::rules::Profile;

use crate::run::{Machine, Outside, Report, play};
use crate::scenario::Library;

/// What comes of a file's steps on the observed machine.
async fn played(text: &str) -> Report {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = Library::find(None, &root).expect("the scenarios");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("steps.toml");
    std::fs::write(&file, text).expect("written");
    let scenario = library.read(&file).expect("read");
    let machine = Machine::of(Profile::Observed, Outside::Simulated(vec![15]));
    play(&scenario, &machine).await.expect("played")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_list_recovery_points_is_told_that_and_asks_for_no_restore() {
    let report = played(
        "claim = \"c\"\nextends = \"_worlds/flexible_server_backed_up.toml\"\n\
         [world.personas.outsider]\nroles = [{ role = \"Reader\", on = \"server_group\" }]\n\
         [[step]]\ndo = \"validate_restore\"\nas = \"outsider\"\nexpect.status = \"403\"\n\
         [[step]]\ndo = \"restore\"\nas = \"outsider\"\nexpect.status = \"403\"\n",
    )
    .await;
    let asked = |kind: &str| kind.contains("restore");
    let restores: Vec<_> = report
        .steps
        .iter()
        .filter(|step| asked(step.kind.as_str()))
        .collect();
    for step in &restores {
        let outcome = &step.outcome;
        assert_eq!(outcome.code, "AuthorizationFailed", "{outcome:?}");
        assert!(outcome.message.contains("recoveryPoints/read"), "{outcome:?}");
        assert_eq!(outcome.gate, "authorization", "{outcome:?}");
    }
    assert_eq!(restores.len(), 2);
}

/// A step that could not do what it is for says why to whoever reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_without_a_code_prints_why() {
    let report = played(
        "claim = \"c\"\nextends = \"_worlds/flexible_server_ready.toml\"\n\
         [[step]]\ndo = \"undelete_vault\"\nexpect.status = \"Failed\"\n",
    )
    .await;
    let page = crate::page::Page::plain(100);
    let text = crate::run::print(&report, &page, false, &mut std::collections::BTreeMap::new());
    assert!(
        text.contains("no vault of this name is among the deleted ones"),
        "{text}"
    );
}
