//! The restore of a flexible server as files, asked for in the paired region.

use azdrill::oracle::Profile;
use azdrill::sketch::Shape as _;
use azdrill::sketch::restore_across_regions::{
    Below, Enabled, Held, Point, Region, Sketch, SourceRegion, Vault,
};
use azdrill::sketch::restore_as_files::{
    Container, CrossTenant, PublicAccess, Region as Here, Sketch as Target,
};
use azdrill::strategy::answer::Answer;
use azdrill::strategy::question::{Engine as _, engine};
use azdrill::strategy::restore_across_regions::RestoreAcrossRegions;
use azdrill::strategy::restore_as_files::RestoreAsFiles;
use azdrill_emulator::rules::{RestoredAs, RestoredIn, Stage};
use proptest::prelude::*;

use super::agreement::{any_cell, law, random_agree, walk_whole};
use super::mistakes::{Mistake, all_are_caught, sees, spoilt};
use super::nearby::nearby;
use super::weights::{prerequisites, prerequisites_bear_load};
use super::words::each_carries_weight;

/// Prerequisites that carry no weight here, as they carry none in the vault's own region.
const IDLE: [&str; 5] = ["FX-RF-11", "FX-RF-12", "FX-RF-13", "FX-RF-14", "TENANT-RF"];

#[test]
fn every_product_agrees_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(
            walk_whole::<RestoreAcrossRegions>(profile),
            1_080 + 320 + 360 + 486
        );
    }
}

/// Literal truths: of what the documents and a recording say of restores across regions.
#[test]
fn what_the_sources_say_in_so_many_words() {
    let mut engines = [Profile::DOCUMENTED, Profile::OBSERVED].map(|book| engine(book).unwrap());
    let mut answers = |change: fn(&mut Sketch)| {
        let mut sketch = Sketch::in_order();
        change(&mut sketch);
        let [documented, observed] = engines
            .each_mut()
            .map(|engine: &mut RestoreAcrossRegions| engine.ask(&sketch));
        assert_eq!(documented, observed, "{sketch:?}");
        observed
    };
    // Which is what the redundancy is paid for.
    assert!(answers(|sketch| sketch.down = true).passes());
    // Up to 48 hours after it was switched on, and up to twelve after the backup.
    assert!(!answers(|sketch| sketch.enabled = Enabled::TooNew).passes());
    assert!(!answers(|sketch| sketch.point = Point::TooNew).passes());
    let last = answers(|sketch| (sketch.enabled, sketch.point) = (Enabled::Just, Point::Just));
    assert!(last.passes());
    // Cross-region restore is a setting of a vault that is geo-redundant.
    for change in [
        |sketch: &mut Sketch| sketch.vault = Vault::Off,
        |sketch: &mut Sketch| sketch.vault = Vault::Local,
    ] {
        assert!(answers(change).fails_at("service"));
    }
    // Calls go to the paired region, below the vault's group: 404 elsewhere.
    for change in [
        |sketch: &mut Sketch| sketch.asked_in = Region::Own,
        |sketch: &mut Sketch| sketch.asked_in = Region::Third,
        |sketch: &mut Sketch| sketch.below = Below::Other,
    ] {
        let Answer::Fails { code, .. } = answers(change) else {
            panic!("it is answered")
        };
        assert_eq!(code, "UserErrorGenericResourceNotFound");
    }
    // The account is over there as well; and whoever asks needs the right to, over the whole group.
    assert!(answers(|sketch| sketch.region = Region::Own).fails_at("service"));
    for change in [
        |sketch: &mut Sketch| sketch.held = Held::OnVault,
        |sketch: &mut Sketch| sketch.held = Held::Reader,
    ] {
        assert!(answers(change).fails_at("authorization"));
    }
}

/// The storage rules are those of a restore in the vault's region (FX-CR-06): with the account over there.
#[test]
fn an_account_in_the_paired_region_is_as_good_as_one_in_the_own() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        let (mut across, mut within) = (
            engine::<RestoreAcrossRegions>(profile).unwrap(),
            engine::<RestoreAsFiles>(profile).unwrap(),
        );
        let targets = nearby(2).filter(|target: &Target| target.region == Here::Same);
        for target in targets {
            let own = within.ask(&target);
            let sketch = Sketch {
                target,
                ..Sketch::in_order()
            };
            assert_eq!(across.ask(&sketch), own, "{sketch:?}");
        }
    }
}

#[test]
fn what_is_there_is_there_later_as_well() {
    law::<RestoreAcrossRegions, _>(any_cell::<Sketch>, |engine, sketch| {
        let now = engine.ask(&sketch);
        let later = engine.ask(&Sketch {
            enabled: Enabled::Before,
            point: Point::Before,
            ..sketch
        });
        prop_assert!(!now.passes() || later.passes(), "{later:?}");
        Ok(())
    });
}

#[test]
fn the_paired_region_does_not_need_the_vaults() {
    law::<RestoreAcrossRegions, _>(any_cell::<Sketch>, |engine, sketch| {
        let asked = Sketch {
            asked_in: Region::Paired,
            ..sketch
        };
        let [up, down] = [false, true].map(|down| {
            engine.ask(&Sketch {
                down,
                ..asked.clone()
            })
        });
        prop_assert_eq!(up, down);
        Ok(())
    });
}

#[test]
fn more_rights_do_no_harm() {
    law::<RestoreAcrossRegions, _>(any_cell::<Sketch>, |engine, sketch| {
        let given = engine.ask(&sketch);
        let more = engine.ask(&Sketch {
            held: Held::OnSubscription,
            ..sketch
        });
        prop_assert!(!given.passes() || more.passes(), "{more:?}");
        prop_assert!(!more.fails_at("authorization") || given.fails_at("authorization"));
        Ok(())
    });
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
        spoilt("the first copies take two days and an hour", |rules| {
            rules.vaults.cross_region.first_hours = 49;
        }),
        spoilt("the first copies take 47 hours", |rules| {
            rules.vaults.cross_region.first_hours = 47;
        }),
        spoilt("a copy takes thirteen hours", |rules| {
            rules.vaults.cross_region.hours_later = 13;
        }),
        spoilt("a copy takes eleven hours", |rules| {
            rules.vaults.cross_region.hours_later = 11;
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
    let mut all = in_the_copy();
    all.extend(in_the_target());
    all_are_caught::<RestoreAcrossRegions>(&all);
}
