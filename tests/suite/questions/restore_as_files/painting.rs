//! Painting sketches behind the services' backs makes the worlds that real calls make.

use azdrill::oracle::Profile;
use azdrill::strategy::question::{Engine as _, engine};
use azdrill::strategy::restore_as_files::{RestoreAsFiles, can_be_called, core};

/// Every seventh cell of the core that calls can make.
#[test]
fn painted_worlds_answer_like_called_ones() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let mut engine = engine::<RestoreAsFiles>(profile).unwrap();
        let mut passed = 0;
        for sketch in core().cells().filter(can_be_called).step_by(7) {
            let painted = engine.ask(&sketch);
            let called = engine.validate_by_calls(&sketch).unwrap();
            passed += usize::from(called.passes());
            assert_eq!(painted, called, "{profile:?}: {sketch:?}");
        }
        assert!(passed > 20, "{profile:?}: only {passed} cells passed");
    }
}
