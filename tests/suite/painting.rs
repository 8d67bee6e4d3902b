//! Painting sketches behind the services' backs makes the worlds that real calls make.

use azdrill::oracle::Profile;
use azdrill::strategy::agreement::RestoreEngine;
use azdrill::strategy::by_calls::can_be_called;
use azdrill::strategy::lower::EngineUnderTest;
use azdrill::strategy::product;

/// Every seventh cell of the core that calls can make.
#[test]
fn painted_worlds_answer_like_called_ones() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let mut engine = EngineUnderTest::new(profile).unwrap();
        let mut passed = 0;
        for sketch in product::core().filter(can_be_called).step_by(7) {
            let painted = engine.validate(&sketch);
            let called = engine.validate_by_calls(&sketch).unwrap();
            passed += usize::from(called.passes());
            assert_eq!(painted, called, "{profile:?}: {sketch:?}");
        }
        assert!(passed > 20, "{profile:?}: only {passed} cells passed");
    }
}
