//! The matrix as tables: what changes in them is what changes for users.

use azdrill::oracle::Profile;
use azdrill::strategy::lower::EngineUnderTest;
use azdrill::strategy::table;

fn assert_table(name: &str, profile: Profile) {
    let text = table::restore_as_files(&mut EngineUnderTest::new(profile).unwrap());
    insta::with_settings!({
        snapshot_path => "../../snapshots/matrix",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn restore_as_files_observed() {
    assert_table("restore-as-files.observed", Profile::OBSERVED);
}

#[test]
fn restore_as_files_documented() {
    assert_table("restore-as-files.documented", Profile::DOCUMENTED);
}
