//! The restore of a flexible server as files, asked for in the paired region.

use azdrill::oracle::Profile;
use azdrill::sketch::restore_across_regions::{
    Below, Enabled, Held, Point, Region, Sketch, SourceRegion, Vault,
};
use azdrill::sketch::restore_as_files::{Container, CrossTenant, PublicAccess};
use azdrill::strategy::question::Question as _;
use azdrill::strategy::restore_across_regions::RestoreAcrossRegions;
use azdrill_emulator::rules::{RestoredAs, RestoredIn, Stage};

use super::agreement::{any_cell, random_agree, walk_whole};
use super::mistakes::{Mistake, all_are_caught, sees};
use super::nearby::nearby;
use super::weights::{prerequisites, prerequisites_bear_load};
use super::words::each_carries_weight;

/// Prerequisites that carry no weight here, as they carry none in the vault's own region.
const IDLE: [&str; 5] = ["FX-RF-11", "FX-RF-12", "FX-RF-13", "FX-RF-14", "TENANT-RF"];

#[test]
fn every_product_agrees_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<RestoreAcrossRegions>(profile), 9_720 + 4_320 + 960);
    }
}

#[test]
fn random_sketches_agree() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        random_agree::<RestoreAcrossRegions, _>(profile, &any_cell());
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<RestoreAcrossRegions>();
}

#[test]
fn every_prerequisite_of_a_restore_bears_load() {
    prerequisites_bear_load::<RestoreAcrossRegions>(
        &[Profile::DOCUMENTED, Profile::OBSERVED],
        &nearby(1).collect::<Vec<_>>(),
        |rules| {
            let restored = Some((RestoredAs::Files, RestoredIn::PairedRegion));
            prerequisites(rules, "flexible_server", Stage::ValidateRestore, restored)
        },
        &IDLE,
        &[],
    );
}

fn in_the_copy() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "a geo-redundant vault is copied as it is",
            |sketch: &mut Sketch| {
                if sketch.vault == Vault::Off {
                    sketch.vault = Vault::Enabled;
                }
            },
        ),
        sees("the first copy is there at once", |sketch: &mut Sketch| {
            if sketch.enabled == Enabled::TooNew {
                sketch.enabled = Enabled::Before;
            }
        }),
        sees("a recovery point is there at once", |sketch: &mut Sketch| {
            if sketch.point == Point::TooNew {
                sketch.point = Point::Before;
            }
        }),
        sees(
            "in the twelfth hour it is not there yet",
            |sketch: &mut Sketch| {
                if sketch.point == Point::Just {
                    sketch.point = Point::TooNew;
                }
            },
        ),
        sees("at 48 hours the first is not there yet", |sketch: &mut Sketch| {
            if sketch.enabled == Enabled::Just {
                sketch.enabled = Enabled::TooNew;
            }
        }),
        sees("it may be asked for anywhere", |sketch: &mut Sketch| {
            sketch.asked_in = Region::Paired;
        }),
        sees("the source region is not read", |sketch: &mut Sketch| {
            sketch.source_region = SourceRegion::Vaults;
        }),
        sees("it may be asked for below any group", |sketch: &mut Sketch| {
            sketch.below = Below::Vaults;
        }),
        sees("the vault's region has to answer", |sketch: &mut Sketch| {
            if sketch.down {
                sketch.asked_in = Region::Own;
            }
        }),
    ]
}

fn in_the_target() -> Vec<Mistake<Sketch>> {
    vec![
        sees("a role at the vault is enough", |sketch: &mut Sketch| {
            if sketch.held == Held::OnVault {
                sketch.held = Held::OnGroup;
            }
        }),
        sees("whoever reads restores", |sketch: &mut Sketch| {
            if sketch.held == Held::Reader {
                sketch.held = Held::OnSubscription;
            }
        }),
        sees("the account is where the vault is", |sketch: &mut Sketch| {
            sketch.region = match sketch.region {
                Region::Paired => Region::Own,
                Region::Own => Region::Paired,
                Region::Third => Region::Third,
            };
        }),
        sees("any other region will do", |sketch: &mut Sketch| {
            if sketch.region == Region::Third {
                sketch.region = Region::Paired;
            }
        }),
        sees(
            "a closed account is reached from over there",
            |sketch: &mut Sketch| {
                sketch.target.network.access = PublicAccess::Enabled;
            },
        ),
        sees("the container is made on the way", |sketch: &mut Sketch| {
            sketch.target.container = Container::There;
        }),
        sees("replication is not asked about", |sketch: &mut Sketch| {
            sketch.target.cross_tenant = CrossTenant::True;
        })
        .documented(),
    ]
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<RestoreAcrossRegions>(&in_the_copy());
    all_are_caught::<RestoreAcrossRegions>(&in_the_target());
}
