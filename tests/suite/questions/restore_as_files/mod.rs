//! The restore of a flexible server as files.

mod anchors;
mod jobs;
mod laws;
mod load_bearing;
mod mistakes;
mod network_mistakes;
mod painting;
mod random;

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::strategy::question::Question as _;
use azdrill::strategy::restore_as_files::{RestoreAsFiles, core, edges};

use self::random::any_sketch;
use super::agreement::{random_agree, walk};
use super::words::each_carries_weight;

#[test]
fn the_core_product_agrees_with_the_documents() {
    assert_eq!(
        walk::<RestoreAsFiles>(Profile::DOCUMENTED, core().cells()),
        61_440
    );
}

#[test]
fn the_core_product_agrees_with_the_observations() {
    assert_eq!(walk::<RestoreAsFiles>(Profile::OBSERVED, core().cells()), 61_440);
}

#[test]
fn the_edges_agree_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let edges = edges();
        assert_eq!(
            walk::<RestoreAsFiles>(profile, edges.iter().flat_map(Product::cells)),
            3_840
        );
    }
}

/// The open points touch network and identity only, so the roles stay in order here.
#[test]
fn open_points_decided_either_way_agree() {
    for profile in RestoreAsFiles::other_profiles() {
        let cells = Product::of(&[
            "public access",
            "default",
            "bypass",
            "resource rule",
            "IP rule",
            "private endpoint",
            "identity",
        ])
        .only("default", &["Allow", "Deny"])
        .only("bypass", &["AzureServices", "None"]);
        assert_eq!(walk::<RestoreAsFiles>(profile, cells.cells()), 1_600);
    }
}

/// Any number of grants, and everything else at once: more than seven million cells even with one grant.
#[test]
fn random_sketches_agree() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<RestoreAsFiles, _>(profile, &any_sketch());
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<RestoreAsFiles>();
}
