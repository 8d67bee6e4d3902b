//! The restore job ends as its validation would have, and writes only where it may.

use azdrill::oracle::restore_as_files::restore_as_files;
use azdrill::oracle::{Expected, Profile};
use azdrill::sketch::restore_as_files::{Network, PublicAccess, Sketch};
use azdrill::sketch::{Product, Shape as _};
use azdrill::strategy::question::{Engine as _, engine};
use azdrill::strategy::restore_as_files::{JobEnd, RestoreAsFiles, core, edges};

/// The files of the simulated recovery point.
const FILES: usize = 4;

fn end(status: &str, writes_admitted: usize) -> JobEnd {
    JobEnd {
        status: status.to_owned(),
        writes_admitted,
    }
}

/// Every 61st cell of the core (a prime, so that every value of every setting comes by) and every
/// 17th around it.
#[test]
fn jobs_end_as_their_validation_does() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let mut engine = engine::<RestoreAsFiles>(profile).unwrap();
        let mut passed = 0;
        let (core, edges) = (core(), edges());
        let around = edges.iter().flat_map(Product::cells);
        let cells = core.cells().step_by(61).chain(around.step_by(17));
        for sketch in cells {
            let wanted = match restore_as_files(profile, &sketch) {
                Expected::Passes => end("Completed", FILES),
                Expected::Fails { .. } => end("Failed", 0),
            };
            passed += usize::from(wanted.status == "Completed");
            assert!(
                engine.ask(&sketch).passes() == (wanted.status == "Completed"),
                "{sketch:?}"
            );
            assert_eq!(
                engine.restore(&sketch, None),
                Ok(wanted),
                "{profile:?}: {sketch:?}"
            );
        }
        assert!(passed > 20, "{profile:?}: only {passed} restores went through");
    }
}

/// A validation that passed is no promise: what changes before the copy writes counts.
#[test]
fn closing_the_account_midway_fails_the_job_and_lets_nothing_in() {
    let mut engine = engine::<RestoreAsFiles>(Profile::OBSERVED).unwrap();
    let open = Sketch::in_order();
    let closed = Sketch {
        network: Network {
            access: PublicAccess::Disabled,
            ..Network::OPEN
        },
        ..open.clone()
    };
    let bare = Sketch {
        grants: Vec::new(),
        ..open.clone()
    };
    assert!(engine.ask(&open).passes());
    assert_eq!(engine.restore(&open, Some(&closed)), Ok(end("Failed", 0)));
    assert_eq!(engine.restore(&open, Some(&bare)), Ok(end("Failed", 0)));
    assert_eq!(engine.restore(&open, None), Ok(end("Completed", FILES)));
}
