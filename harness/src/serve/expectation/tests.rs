//! Expectations that name nothing.

use azdrill_emulator::rules::Assumptions;
use miette::Diagnostic as _;

use super::*;

#[test]
fn what_names_nothing_is_shown_where_it_stands() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    for (text, place, says, help) in [
        (
            "called = [\"BackupVaults_Get\", \"BackupVaults_Gett\"]\n",
            "line 1, column 31",
            "operation BackupVaults_Gett: there is no such thing",
            "did you mean `BackupVaults_Get`?",
        ),
        (
            "[[refused]]\ngate = \"netwrk\"\n",
            "line 2, column 8",
            "gate netwrk",
            "did you mean `network`?",
        ),
        (
            "[[refused]]\nstage = \"validate-restore\"\n",
            "line 2, column 9",
            "stage validate-restore",
            "did you mean `validate_restore`?",
        ),
        (
            "[[refused]]\nstage = \"xyz\"\n",
            "line 2, column 9",
            "There are validate_backup, protect, backup, validate_restore, restore, vault",
            "README.md shows",
        ),
        (
            "exit = 1\n[observed]\n[[observed.job]]\nstatus = \"Completd\"\n",
            "line 4, column 10",
            "job, status Completd",
            "did you mean `Completed`?",
        ),
        (
            "no_refusals = true\n[[refused]]\ncode = \"x\"\n",
            "line 1, column 15",
            "cannot both hold",
            "README.md shows",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("expect.toml");
        std::fs::write(&file, text).unwrap();
        let told = RunExpect::read(&file, &rules).unwrap_err();
        let helped = told.help().map(|help| help.to_string()).unwrap_or_default();
        assert!(helped.contains(help), "{helped}");
        let told = told.to_string();
        assert!(told.contains(place) && told.contains(says), "{told}");
    }
}
